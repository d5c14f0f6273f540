# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""People live in both mailboxes between the passes: what they did stays, and nothing comes twice or comes back."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.sync_runner import Migration, counts, filled, total

INBOX = tuple(make_message(f"living/{n}", flags=["\\Seen"]) for n in range(6))
SPEC = MailboxSpec((
    FolderSpec(("INBOX",), INBOX), make_folder(("Work",), 3, "living"), make_folder(("Work", "Deep"), 2, "living"),
    FolderSpec(("Done",)),
))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 11}
    return migration


def everything(migration: Migration) -> Counter[str]:
    """All messages at the destination by digest, whatever their folder and flags."""
    return Counter(content.digest for folder in migration.at_destination().values() for content in folder.elements())


ALL = Counter(message.expected().digest for folder in SPEC.folders for message in folder.messages)

# At the source


def test_copy_follows_a_message_that_moved_at_the_source(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:3")

    result = moved.run()

    assert counts(result)["moved"] == 2
    assert "copied" not in counts(result)
    assert moved.at_destination() == moved.mirrored()
    assert not moved.run()["changed"]


@pytest.mark.parametrize("touch", ["flagged", "moved", "deleted"])
def test_copy_that_the_user_touched_does_not_follow(moved: Migration, touch: str) -> None:
    query = ("mailbox", "INBOX", "uid", "2")
    if touch == "flagged":
        moved.destination.add_flags(moved.user, "\\Flagged", *query)
    elif touch == "moved":
        moved.destination.move(moved.user, "Work", *query)
    else:
        moved.destination.expunge(moved.user, *query)
    before = moved.at_destination()
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2")

    result = moved.run()

    assert not result["changed"]
    assert moved.at_destination() == before
    assert any("moved" in warning and "Done" in warning for warning in result["warnings"])


def test_message_that_moved_and_changed_its_flags_ends_up_with_both(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "4")
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "Done", "all")

    moved.run()
    moved.run()

    assert moved.at_destination() == moved.mirrored()


def test_folder_renamed_at_the_source_is_not_copied_again(moved: Migration) -> None:
    moved.source.rename_folder(moved.user, "Work", "Projects")

    result = moved.run()

    assert "copied" not in counts(result)
    assert everything(moved) == ALL
    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_message_deleted_at_the_source_stays_at_the_destination(moved: Migration) -> None:
    moved.source.expunge(moved.user, "mailbox", "INBOX", "uid", "1:2")
    before = moved.at_destination()

    result = moved.run()

    assert not result["changed"]
    assert moved.at_destination() == before


def test_message_put_into_the_trash_at_the_source_stays_where_it_was_copied_to(moved: Migration) -> None:
    moved.source.create_folders(moved.user, ["Trash"])
    moved.source.move(moved.user, "Trash", "mailbox", "INBOX", "uid", "1")
    before = moved.at_destination()

    result = moved.run()

    assert "copied" not in counts(result)
    assert filled(moved.at_destination()) == filled(before)


def test_source_that_suddenly_reads_empty_changes_nothing_and_is_reported(moved: Migration) -> None:
    moved.source.expunge(moved.user, "mailbox", "*", "all")
    before = moved.at_destination()

    result = moved.run()

    assert result["failed"] and not result["changed"]
    assert "reads empty" in result["msg"]
    assert moved.at_destination() == before


def test_source_that_lost_most_of_its_folders_is_reported(migration: Migration) -> None:
    folders = [make_folder((f"F{n}",), 1, "lost") for n in range(5)]
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), INBOX), *folders)))
    migration.run()
    for folder in folders[1:]:
        migration.source.delete_folder(migration.user, folder.path[0])
    before = migration.at_destination()

    result = migration.run()

    assert any("lost 4 of 6 folders" in warning for warning in result["warnings"])
    assert migration.at_destination() == before


def test_folder_that_lost_its_messages_is_reported(migration: Migration) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 12, "loss"), make_folder(("Work",), 3, "loss"))))
    migration.run()
    migration.source.expunge(migration.user, "mailbox", "INBOX", "uid", "1:11")

    result = migration.run()

    assert any("11 of 12 messages" in warning for warning in result["warnings"])
    assert "failed" not in result and not result["changed"]


# At the destination


def test_flags_of_a_folder_that_the_user_renamed_are_no_failure(moved: Migration) -> None:
    moved.destination.rename_folder(moved.user, "Work", "My work")
    moved.source.add_flags(moved.user, "\\Answered", "mailbox", "Work", "all")
    before = filled(moved.at_destination())

    result = moved.run()

    assert "failed" not in result
    assert filled(moved.at_destination()) == before


@pytest.mark.parametrize("server_change", ["moved", "deleted", "filed", "flagged"])
def test_what_the_user_did_at_the_destination_stays(moved: Migration, server_change: str) -> None:
    query = ("mailbox", "INBOX", "uid", "1:3")
    if server_change == "moved":
        moved.destination.move(moved.user, "Done", *query)
    elif server_change == "deleted":
        moved.destination.expunge(moved.user, *query)
    elif server_change == "filed":
        moved.destination.create_folders(moved.user, ["Archive.INBOX.2023"])
        moved.destination.move(moved.user, "Archive.INBOX.2023", *query)
    else:
        moved.destination.add_flags(moved.user, "\\Flagged $Label1", *query)
    before = moved.at_destination()
    moved.source.add_flags(moved.user, "\\Answered", "mailbox", "INBOX", "uid", "1:3")

    result = moved.run()

    assert not result["changed"]
    assert moved.at_destination() == before


def test_new_mail_arrives_beside_what_the_user_filed_and_deleted(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "1")
    moved.destination.create_folders(moved.user, ["Archive.INBOX.2023"])
    moved.destination.move(moved.user, "Archive.INBOX.2023", "mailbox", "INBOX", "uid", "2:3")
    before = moved.at_destination()
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 11}
    assert moved.at_destination()["INBOX"].total() == before["INBOX"].total() + 1
    assert moved.at_destination()["Archive.INBOX.2023"] == before["Archive.INBOX.2023"]


def test_new_twin_of_a_message_that_the_user_filed_is_copied(moved: Migration) -> None:
    moved.destination.create_folders(moved.user, ["Archive.INBOX.2023"])
    moved.destination.move(moved.user, "Archive.INBOX.2023", "mailbox", "INBOX", "uid", "2")
    moved.source.save(moved.user, "INBOX", INBOX[1].content())

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 11}
    assert everything(moved)[INBOX[1].expected().digest] == 2


def test_folder_that_the_user_renamed_or_deleted_is_not_filled_again(moved: Migration) -> None:
    moved.destination.rename_folder(moved.user, "Work", "My work")
    moved.destination.delete_folder(moved.user, "My work.Deep")
    before = filled(moved.at_destination())

    moved.run()

    assert filled(moved.at_destination()) == before


def test_mailbox_that_the_user_emptied_stays_empty(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "*", "all")
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 11}
    assert total(moved.at_destination()) == 1
