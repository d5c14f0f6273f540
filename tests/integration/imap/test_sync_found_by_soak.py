# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the random stories of ``bin/bench soak`` brought to light, each in its shortest form."""

from __future__ import annotations

import time

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    EVERY_TIME,
    Cut,
    Fault,
    Stall,
    answer,
    at_command,
    hide_append_uid,
    hide_capabilities,
    in_client_literal,
)
from tests.support.sync_runner import Migration, counts, filled, total

INBOX = tuple(make_message(f"soak/{n}", flags=["\\Seen"]) for n in range(4))
SPEC = MailboxSpec((FolderSpec(("INBOX",), INBOX), make_folder(("Work",), 3, "soak"),
                    make_folder(("Work", "Deep"), 2, "soak")))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 9}
    return migration


def test_message_that_comes_back_out_of_the_trash_is_not_copied_again(moved: Migration) -> None:
    moved.source.create_folders(moved.user, ["Trash"])
    moved.source.move(moved.user, "Trash", "mailbox", "INBOX", "uid", "2")
    moved.run()
    moved.source.move(moved.user, "Work", "mailbox", "Trash", "all")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "moved": 1}
    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_message_moved_while_marked_as_deleted_is_not_copied_again(moved: Migration) -> None:
    moved.source.add_flags(moved.user, "\\Deleted", "mailbox", "INBOX", "uid", "2")
    moved.source.move(moved.user, "Work", "mailbox", "INBOX", "uid", "2")
    moved.run()
    moved.source.remove_flags(moved.user, "\\Deleted", "mailbox", "Work", "all")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "moved": 1}
    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_flags_follow_into_a_folder_that_is_made_in_the_same_pass(moved: Migration) -> None:
    moved.source.rename_folder(moved.user, "Work", "Projects")
    moved.source.add_flags(moved.user, "\\Flagged $Label1", "mailbox", "Projects", "all")

    moved.run()
    moved.run()

    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_copies_follow_a_folder_that_gets_its_old_name_back(moved: Migration) -> None:
    """Under its old name it is as it was when it was last worked off, and its copies are not."""
    moved.source.rename_folder(moved.user, "Work", "Projects")
    moved.run()
    moved.source.rename_folder(moved.user, "Projects", "Work")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "moved": 5}
    assert filled(moved.at_destination()) == filled(moved.mirrored())
    assert not moved.run()["changed"]


def test_copies_follow_at_a_server_that_tells_no_uids(migration: Migration) -> None:
    migration.fill(SPEC)
    address = ("127.0.0.1", migration.destination.place.imap_port)
    with FaultProxy(address, rewrites=[hide_append_uid]) as proxy:
        through = migration.through(destination=proxy)
        through.run()
        migration.source.rename_folder(migration.user, "Work", "Projects")
        through.run()

    assert filled(migration.at_destination()) == filled(migration.mirrored())


def test_folder_that_the_destination_lists_and_does_not_have_is_made(moved: Migration) -> None:
    """Dovecot shows the name of a folder that was removed from above another one as if there were one."""
    moved.destination.doveadm("mailbox", "delete", "-u", moved.user, "Work")
    moved.source.save(moved.user, "Work", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 9}
    assert "failed" not in result
    assert total(moved.at_destination()) == 7


def test_folder_that_the_source_lists_and_does_not_have_is_no_failure(migration: Migration) -> None:
    turned = Migration(migration.destination, migration.source, migration.user, migration.state_dir)
    deep = make_folder(("Work", "Deep"), 2, "soak")
    turned.fill(MailboxSpec((FolderSpec(("INBOX",), INBOX), FolderSpec(("Work",)), deep)))
    turned.source.doveadm("mailbox", "delete", "-u", turned.user, "-s", "Work")

    result = turned.run()

    assert counts(result) == {"copied": 6}
    assert "failed" not in result


def test_folders_of_one_uidvalidity_that_change_names_are_told_apart(migration: Migration) -> None:
    """Cyrus numbers folders by the second in which they were made; each keeps its number when it is renamed."""
    migration.fill(MailboxSpec((make_folder(("Work",), 3, "soak"), make_folder(("Leads",), 1, "soak"))))
    for folder in ("Work", "Leads"):
        migration.source.change_uid_validity(migration.user, folder, 987654321)
    migration.run()
    for old, new in (("Work", "between"), ("Leads", "Work"), ("between", "Leads")):
        migration.source.rename_folder(migration.user, old, new)
    migration.source.save(migration.user, "Work", b"Subject: news\r\n\r\nnews\r\n")

    result = migration.run()

    assert counts(result) == {"copied": 1, "already_there": 4, "moved": 4}
    assert migration.at_destination() == migration.mirrored()


def test_journal_lost_after_moves_at_the_source_brings_nothing_back(moved: Migration) -> None:
    """Copies that could not follow lie in other folders than where they belong, and have left none."""
    address = ("127.0.0.1", moved.destination.place.imap_port)
    moved.source.move(moved.user, "INBOX", "mailbox", "Work", "all")
    with FaultProxy(address, rewrites=[hide_capabilities("MOVE", "UIDPLUS")]) as proxy:
        moved.through(destination=proxy).run()
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "1:2")
    before = moved.at_destination()
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 7, "held": 2}
    assert moved.at_destination() == before


def test_folders_that_the_user_removed_before_the_journal_was_lost_stay_removed(migration: Migration) -> None:
    """Most of the mail is there, though only few of the folders are."""
    folders = [make_folder((f"F{n}",), 2, "soak") for n in range(4)]
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), INBOX * 3), *folders)))
    migration.run()
    for folder in ("F0", "F1", "F2"):
        migration.destination.delete_folder(migration.user, folder)
    before = migration.at_destination()
    migration.lose_journal()

    result = migration.run()

    assert counts(result) == {"matched": 14, "held": 6}
    assert filled(migration.at_destination()) == filled(before)


def test_message_removed_before_it_moved_at_the_source_stays_removed_without_the_journal(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2")
    moved.source.move(moved.user, "Work", "mailbox", "INBOX", "uid", "2")
    before = moved.at_destination()
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 8, "held": 1}
    assert moved.at_destination() == before


def test_message_that_moved_out_of_a_folder_that_the_user_removed_stays_removed_without_the_journal(
    moved: Migration,
) -> None:
    moved.source.move(moved.user, "Work/Deep", "mailbox", "Work", "uid", "1")
    moved.destination.doveadm("mailbox", "delete", "-u", moved.user, "-s", "Work")
    moved.source.save(moved.user, "Work/Deep", b"Subject: news\r\n\r\nnews\r\n")
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 6, "held": 3, "copied": 1}


def test_message_of_a_folder_that_became_a_mere_container_is_not_copied_again(moved: Migration) -> None:
    moved.source.move(moved.user, "INBOX", "mailbox", "Work", "all")
    moved.source.doveadm("mailbox", "delete", "-u", moved.user, "Work")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "moved": 3}


def test_folder_whose_messages_could_not_follow_stays_where_the_user_renamed_it_to(moved: Migration) -> None:
    address = ("127.0.0.1", moved.destination.place.imap_port)
    with FaultProxy(address, rewrites=[hide_capabilities("MOVE", "UIDPLUS")]) as proxy:
        through = moved.through(destination=proxy)
        moved.source.rename_folder(moved.user, "Work", "Projects")
        through.run()
        moved.destination.rename_folder(moved.user, "Projects", "Mine")
        result = through.run()

    assert not result["changed"]
    assert "Projects" not in moved.destination.folders(moved.user)


@pytest.mark.parametrize("refused", ["UID FETCH", "STATUS", "UID MOVE"])
def test_copies_kept_from_following_once_follow_in_the_next_pass(moved: Migration, refused: str) -> None:
    moved.source.move(moved.user, "Work", "mailbox", "INBOX", "uid", "2:3")
    address = ("127.0.0.1", moved.destination.place.imap_port)
    # STATUS comes with LIST where it may; what is asked by itself is the folder that they move to.
    with FaultProxy(address, answer(b"NO Command Error. 10", refused)) as proxy:
        told = moved.through(destination=proxy).run()
        assert proxy.script.fired

    assert [(failure["folder"], failure["uid"]) for failure in told["failures"]] == [("Work", 0)]
    assert counts(told) == {"already_there": 9}
    assert counts(moved.run()) == {"already_there": 9, "moved": 2}
    assert filled(moved.at_destination()) == filled(moved.mirrored())
    assert not moved.run()["changed"]


def test_flags_that_a_killed_pass_left_half_written_are_completed(moved: Migration) -> None:
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "2:3")
    moved.source.remove_flags(moved.user, "\\Seen", "mailbox", "INBOX", "uid", "1:3")
    address = ("127.0.0.1", moved.destination.place.imap_port)
    with FaultProxy(address, Fault(at_command("UID STORE", 2), Stall(60))) as proxy:
        engine = moved.through(destination=proxy).start()
        while not proxy.script.fired:
            assert engine.is_alive()
            time.sleep(0.002)
        assert engine.kill()
    assert filled(moved.at_destination()) != filled(moved.mirrored())

    moved.run()

    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_copy_in_a_folder_that_the_user_renamed_is_not_taken_for_the_twin_of_it_that_was_never_stored(
    moved: Migration,
) -> None:
    moved.source.doveadm("copy", "-u", moved.user, "INBOX", "mailbox", "Work", "uid", "2")
    _kill_in_mid_message(moved)
    moved.destination.rename_folder(moved.user, "Work", "Mine")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "copied": 1}
    assert total(moved.at_destination()) == 10


def test_copy_that_the_user_moved_to_where_a_twin_was_never_stored_is_told_from_it_by_its_date(
    moved: Migration,
) -> None:
    moved.source.save(moved.user, "INBOX", SPEC.folders[1].messages[1].content())
    _kill_in_mid_message(moved)
    moved.destination.move(moved.user, "INBOX", "mailbox", "Work", "uid", "2")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "copied": 1}
    assert total(moved.at_destination()) == 10


def _kill_in_mid_message(migration: Migration) -> None:
    """A pass that is killed before the destination has its first message."""
    address = ("127.0.0.1", migration.destination.place.imap_port)
    with FaultProxy(address, Fault(in_client_literal(), Stall(60))) as proxy:
        engine = migration.through(destination=proxy).start()
        while not proxy.script.fired:
            assert engine.is_alive()
            time.sleep(0.002)
        assert engine.kill()


def test_folder_that_the_user_removed_stays_empty_when_the_pass_without_the_journal_broke_off_after_making_it(
    moved: Migration,
) -> None:
    moved.destination.doveadm("mailbox", "delete", "-u", moved.user, "-s", "Work.Deep")
    moved.lose_journal()
    address = ("127.0.0.1", moved.destination.place.imap_port)
    with FaultProxy(address, Fault(at_command("UID FETCH"), Cut())) as proxy:
        result = moved.through(destination=proxy).run()
        assert proxy.script.fired

    assert counts(result) == {"matched": 7, "held": 2}
    assert total(moved.at_destination()) == 7


def test_what_was_deleted_with_its_folder_stays_deleted_though_new_mail_made_the_folder_anew(moved: Migration) -> None:
    """With the journal lost too: the new folder's UIDNEXT tells nothing of what the old one held."""
    moved.destination.delete_folder(moved.user, "Work")
    moved.source.save(moved.user, "Work", b"Subject: new\r\n\r\nnew\r\n")
    assert counts(moved.run())["copied"] == 1
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 7, "held": 3}
    assert total(moved.at_destination()) == 7


def test_copy_that_the_user_moved_is_not_taken_for_a_new_message_of_the_account_under_another_name(
    moved: Migration,
) -> None:
    """As if all were new to it: a folder was numbered anew, too. What its rows account for is theirs all the same."""
    moved.destination.create_folders(moved.user, ["Mine"])
    moved.destination.move(moved.user, "Mine", "mailbox", "INBOX", "uid", "2")
    moved.source.doveadm("copy", "-u", moved.user, "Work", "mailbox", "INBOX", "uid", "2")
    moved.source.change_uid_validity(moved.user, "Work/Deep", 77)

    result = moved.run(source={**moved.source.endpoint(moved.user, "none"), "host": "localhost"})

    assert counts(result) == {"already_there": 9, "copied": 1}
    assert total(moved.at_destination()) == 10


def test_message_moved_out_of_a_folder_that_cannot_be_opened_waits_and_then_follows(moved: Migration) -> None:
    moved.source.move(moved.user, "Work/Deep", "mailbox", "Work", "uid", "2")
    address = ("127.0.0.1", moved.source.place.imap_port)
    shut = answer(b"NO [SERVERBUG] Internal error occurred", "EXAMINE", times=EVERY_TIME, mark=b'"Work"')

    with FaultProxy(address, shut) as proxy:
        result = moved.through(source=proxy).run()

    assert counts(result) == {"already_there": 8, "left": 1}
    waiting = next(each for each in result["failures"] if each["folder"] == "Work/Deep")
    assert waiting["reason"] == "1 messages wait, for they may have been moved from Work, which cannot be read"
    assert counts(moved.run()) == {"already_there": 9, "moved": 1}
    assert filled(moved.at_destination()) == filled(moved.mirrored())
