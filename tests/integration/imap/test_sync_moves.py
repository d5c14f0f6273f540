# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages and folders that move at the source: copies follow once, whatever breaks off in the middle."""

from __future__ import annotations

import time

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Fault,
    Place,
    Stall,
    answer,
    at_command,
    before_answer,
    hide_append_uid,
    hide_capabilities,
)
from tests.support.sync_runner import Migration, Result, counts, filled

INBOX = with_twins(FolderSpec(("INBOX",), tuple(make_message(f"moves/{n}", flags=["\\Seen"]) for n in range(6))))
SPEC = MailboxSpec((
    INBOX, make_folder(("Work",), 4, "moves"), make_folder(("Work", "Deep"), 2, "moves"), FolderSpec(("Done",)),
))
MESSAGES = SPEC.count()


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": MESSAGES}
    return migration


def follows(migration: Migration) -> Result:
    """A pass after which the destination is what the source is, and there is nothing more to do."""
    result = migration.run()
    assert "copied" not in counts(result) and "failed" not in result
    assert filled(migration.at_destination()) == filled(migration.mirrored())
    assert counts(migration.run()) == {"already_there": MESSAGES}
    return result


def killed_at(migration: Migration, place: Place, *hidden: str) -> None:
    """A pass that is killed -9 while the destination's conversation stands still at ``place``."""
    address = ("127.0.0.1", migration.destination.place.imap_port)
    with FaultProxy(address, Fault(place, Stall(60)), rewrites=[hide_capabilities(*hidden)]) as proxy:
        engine = migration.through(destination=proxy).start()
        while not proxy.script.fired:
            assert engine.is_alive()
            time.sleep(0.002)
        assert engine.kill()


# Write-ahead


@pytest.mark.parametrize(("place", "hidden", "told"), [
    (at_command("UID MOVE"), (), "moved"), (before_answer("UID MOVE"), (), "recovered"),
    (at_command("UID COPY"), ("MOVE",), "moved"), (before_answer("UID COPY"), ("MOVE",), "moved"),
    (before_answer("UID STORE"), ("MOVE",), "moved"), (before_answer("UID EXPUNGE"), ("MOVE",), "recovered"),
], ids=["before-move", "after-move", "before-copy", "after-copy", "after-store", "after-expunge"])
def test_move_that_a_killed_run_began_is_completed_and_told_as_planned(
    moved: Migration, place: Place, hidden: tuple[str, ...], told: str
) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:4")
    killed_at(moved, place, *hidden)
    planned = moved.run(check=True)

    result = follows(moved)

    assert result.get("warnings", []) == []
    assert counts(result) == counts(planned) == {"already_there": MESSAGES, told: 3}
    assert result["changed"] == planned["changed"] == (told == "moved")


def test_copy_that_the_user_takes_away_while_its_move_is_open_stays_there(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:3")
    killed_at(moved, at_command("UID MOVE"))
    moved.destination.move(moved.user, "Work", "mailbox", "INBOX", "uid", "2")
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "3")
    before = moved.at_destination()

    result = moved.run()

    assert not result["changed"]
    assert moved.at_destination() == before


def test_move_that_the_server_refuses_is_reported_and_tried_again(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:3")
    refusal = answer(b"NO not now", "UID MOVE")
    with FaultProxy(("127.0.0.1", moved.destination.place.imap_port), refusal) as proxy:
        refused = moved.through(destination=proxy).run()

    assert refused["failed"] and "not now" in refused["msg"]
    assert counts(follows(moved)) == {"already_there": MESSAGES, "moved": 2}


def test_copies_follow_without_move(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:4")
    address = ("127.0.0.1", moved.destination.place.imap_port)
    with FaultProxy(address, rewrites=[hide_capabilities("MOVE")]) as proxy:
        assert counts(moved.through(destination=proxy).run())["moved"] == 3

    follows(moved)


def test_copies_stay_where_they_are_at_a_server_that_cannot_move_and_the_report_says_why(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "2:4")
    before = moved.at_destination()
    address = ("127.0.0.1", moved.destination.place.imap_port)
    with FaultProxy(address, rewrites=[hide_capabilities("MOVE", "UIDPLUS")]) as proxy:
        result = moved.through(destination=proxy).run()

    assert counts(result) == {"already_there": MESSAGES}
    assert [warning for warning in result["warnings"] if "neither MOVE nor UIDPLUS" in warning]
    assert moved.at_destination() == before
    assert not moved.run()["changed"]


def test_copies_follow_at_a_server_that_tells_no_uids(migration: Migration) -> None:
    migration.fill(SPEC)
    address = ("127.0.0.1", migration.destination.place.imap_port)
    with FaultProxy(address, rewrites=[hide_append_uid]) as proxy:
        silent = migration.through(destination=proxy)
        silent.run()
        migration.source.move(migration.user, "Done", "mailbox", "INBOX", "uid", "2:4")
        migration.source.rename_folder(migration.user, "Work", "Projects")

        result = silent.run()

        assert counts(result) == {"already_there": MESSAGES, "moved": 9}
        assert not silent.run()["changed"]
    assert filled(migration.at_destination()) == filled(migration.mirrored())


# At the source


def test_message_that_moved_and_changed_its_flags_has_both_in_one_pass(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "4")
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "Done", "all")

    assert counts(follows(moved)) == {"already_there": MESSAGES, "moved": 1, "flags_updated": 1}


def test_flags_of_what_moves_are_planned_in_check_mode(moved: Migration) -> None:
    moved.source.move(moved.user, "Done", "mailbox", "INBOX", "uid", "4")
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "Done", "all")

    assert counts(moved.run(check=True)) == counts(moved.run())


def test_message_that_moved_on_and_back_is_where_it_was(moved: Migration) -> None:
    source, user = moved.source, moved.user
    source.move(user, "Work", "mailbox", "INBOX", "uid", "2:3")
    source.move(user, "Done", "mailbox", "Work", "uid", "5:6")
    source.move(user, "Done", "mailbox", "Work", "uid", "1")
    source.move(user, "Work", "mailbox", "Done", "uid", "3")

    assert counts(follows(moved)) == {"already_there": MESSAGES, "moved": 2}


def test_folders_that_swapped_their_names_swap_their_copies(moved: Migration) -> None:
    source, user = moved.source, moved.user
    source.move(user, "Done", "mailbox", "INBOX", "uid", "2")
    follows(moved)
    for old, new in (("Done", "Other"), ("Work", "Done"), ("Other", "Work")):
        source.rename_folder(user, old, new)

    follows(moved)


def test_folder_renamed_and_made_anew_under_its_old_name(moved: Migration) -> None:
    source, user = moved.source, moved.user
    source.rename_folder(user, "Work", "Projects")
    source.create_folders(user, ["Work"])
    source.save(user, "Work", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"already_there": MESSAGES, "moved": 6, "copied": 1}
    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_message_copied_at_the_source_is_copied(moved: Migration) -> None:
    """The original is still there: this is no move."""
    moved.source.doveadm("copy", "-u", moved.user, "Done", "mailbox", "INBOX", "uid", "2")

    assert counts(moved.run()) == {"already_there": MESSAGES, "copied": 1}
    assert moved.at_destination() == moved.mirrored()


def test_copies_of_a_deleted_folder_stay(moved: Migration) -> None:
    moved.source.delete_folder(moved.user, "Work/Deep")
    before = moved.at_destination()

    result = moved.run()

    assert not result["changed"] and "failed" not in result
    assert moved.at_destination() == before


def test_many_messages_that_moved_at_once_follow_in_few_commands(migration: Migration) -> None:
    migration.fill(MailboxSpec((with_twins(make_folder(("INBOX",), 600, "many", size=400)), FolderSpec(("Done",)))))
    migration.run()
    migration.source.move(migration.user, "Done", "mailbox", "INBOX", "uid", "1:500")
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port)) as proxy:
        result = migration.through(destination=proxy).run()

    assert counts(result) == {"already_there": 601, "moved": 500}
    assert proxy.traffic.commands["UID MOVE"] <= 3
    assert migration.at_destination() == migration.mirrored()
