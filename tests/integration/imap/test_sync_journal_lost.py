# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal is gone, broken or of another kind: nothing comes twice and nothing comes back."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync import known_again

from tests.support.fill import fill_maildir
from tests.support.mail_maker import FolderSpec, MailboxSpec, MessageSpec, make_folder, make_message, with_twins
from tests.support.plain_imap import Appended, PlainImap
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, at_command
from tests.support.sync_runner import Migration, counts

INBOX = tuple(make_message(f"lost/{n}", flags=["\\Seen"]) for n in range(5))
SPEC = MailboxSpec((with_twins(FolderSpec(("INBOX",), INBOX)), make_folder(("Work",), 3, "lost")))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass, whose user has an archive now."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 9}
    migration.destination.create_folders(migration.user, ["Archive.INBOX.2023"])
    return migration


def test_nothing_is_copied_again(moved: Migration) -> None:
    before = moved.at_destination()
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 9}
    assert not result["changed"] and "failed" not in result
    assert moved.at_destination() == before


def test_archived_messages_are_found_wherever_they_are(moved: Migration) -> None:
    moved.destination.move(moved.user, "Archive.INBOX.2023", "mailbox", "INBOX", "uid", "1:3")
    moved.destination.move(moved.user, "INBOX", "mailbox", "Work", "uid", "1")
    before = moved.at_destination()
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 9}
    assert moved.at_destination() == before


def test_pass_after_the_rebuilt_journal_has_nothing_to_do(moved: Migration) -> None:
    moved.lose_journal()
    moved.run()

    result = moved.run()

    assert counts(result) == {"already_there": 9}
    assert not result["changed"]


def test_messages_that_miss_at_the_destination_are_listed_and_not_copied(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    before = moved.at_destination()
    moved.lose_journal()

    result, again = moved.run(), moved.run()

    assert counts(result) == {"matched": 7, "held": 2}
    assert counts(again) == {"already_there": 7, "held": 2}
    assert result["failed"] and again["failed"]
    assert [(failure["folder"], failure["kind"]) for failure in result["failures"]] == [("INBOX", "held")]
    assert "recopy" in result["msg"]
    assert moved.at_destination() == before


def test_held_messages_are_copied_when_told(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    moved.lose_journal()
    moved.run()

    result = moved.run(recopy=True)

    assert counts(result) == {"copied": 2, "already_there": 7}
    assert moved.at_destination()["INBOX"] == moved.at_source()["INBOX"]
    assert "failed" not in moved.run()


def test_flags_of_the_destination_stay_as_they_are(moved: Migration) -> None:
    moved.destination.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "1")
    moved.source.add_flags(moved.user, "\\Answered", "mailbox", "INBOX", "uid", "1:2")
    before = moved.at_destination()
    moved.lose_journal()

    moved.run()
    moved.run()

    assert moved.at_destination() == before


@pytest.mark.parametrize("command", ["LIST", "EXAMINE", "UID FETCH"])
def test_connection_lost_while_the_journal_is_rebuilt_brings_nothing_back(moved: Migration, command: str) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    before = moved.at_destination()
    moved.lose_journal()

    with FaultProxy(("127.0.0.1", moved.destination.place.imap_port), Fault(at_command(command), Cut())) as proxy:
        result = moved.through(destination=proxy).attempt()
        assert proxy.script.fired

    assert counts(result) == {"matched": 7, "held": 2}
    assert moved.at_destination() == before


def test_lost_journal_of_a_killed_run_doubles_nothing(migration: Migration) -> None:
    """The first pass died half-way and its disk with it. The rest never was there: nothing has left any folder."""
    migration.fill(SPEC)
    migration.run(folders={"include": ["INBOX"]})
    migration.lose_journal()

    assert counts(migration.run()) == {"matched": 6, "copied": 3}
    assert migration.at_destination() == migration.expected(SPEC)


# The first pass into a mailbox that holds some of the same mail is no lost journal


def deliver(migration: Migration, folder: str, *messages: MessageSpec) -> None:
    """Some of the source's own messages, brought to the destination by other means."""
    with PlainImap(migration.arguments()["destination"]) as client:
        if folder != "INBOX":
            client.create(folder)
        client.append(folder, [Appended(m.content(), m.flags, m.received) for m in messages])


def test_message_that_lies_on_both_sides_before_holds_nothing_back(migration: Migration) -> None:
    migration.fill(SPEC)
    deliver(migration, "INBOX", INBOX[0])

    result = migration.run()

    assert counts(result) == {"matched": 1, "copied": 8}
    assert "failed" not in result
    assert migration.at_destination() == migration.expected(SPEC)


def test_mailbox_in_use_with_a_few_of_the_same_messages_gets_the_others(migration: Migration) -> None:
    """Its user deletes mail, too: uids are missing, but too little of the source's mail was found."""
    many = make_folder(("INBOX",), 40, "in-use", size=600)
    migration.fill(MailboxSpec((many, make_folder(("Work",), 3, "in-use"))))
    deliver(migration, "INBOX", *(make_message(f"own/{n}", size=700) for n in range(30)), *many.messages[4:6])
    migration.destination.expunge(migration.user, "mailbox", "INBOX", "uid", "3:20")

    result = migration.run()

    assert counts(result) == {"matched": 2, "copied": 41}
    assert "failed" not in result


def test_folder_that_was_brought_over_by_hand_is_no_earlier_pass(migration: Migration) -> None:
    migration.fill(SPEC)
    deliver(migration, "INBOX", *SPEC.folders[0].messages)
    migration.destination.expunge(migration.user, "mailbox", "INBOX", "uid", "6")

    result = migration.run()

    assert counts(result) == {"matched": 5, "held": 1, "copied": 3}
    assert migration.at_destination()["Work"] == migration.at_source()["Work"]


def test_first_pass_that_looks_like_one_without_its_journal_says_so_and_what_to_do(migration: Migration) -> None:
    """One of few messages lies there already, and its user has deleted something: nothing tells this from a loss."""
    few = make_folder(("INBOX",), 4, "few")
    migration.fill(MailboxSpec((few,)))
    deliver(migration, "INBOX", few.messages[0], make_message("welcome"))
    migration.destination.expunge(migration.user, "mailbox", "INBOX", "uid", "2")

    result = migration.run()
    told = migration.run(recopy=True)

    assert counts(result) == {"matched": 1, "held": 3}
    [failure] = result["failures"]
    assert "3 messages are not at the destination, where other mail of this source lies" in failure["reason"]
    assert "If no pass of this mailbox came before" in failure["remedy"] and "recopy: true" in failure["remedy"]
    assert counts(told) == {"already_there": 1, "copied": 3}
    assert migration.at_destination() == migration.at_source()


def test_mailbox_of_which_its_user_kept_little_stays_so(migration: Migration) -> None:
    many = make_folder(("INBOX",), 25, "little")
    migration.fill(MailboxSpec((many, make_folder(("Work",), 5, "little"))))
    migration.run()
    migration.destination.expunge(migration.user, "mailbox", "INBOX", "uid", "2:25")
    migration.destination.expunge(migration.user, "mailbox", "Work", "all")
    migration.lose_journal()
    there = migration.at_destination()

    result = migration.run()

    assert counts(result) == {"matched": 1, "held": 29}
    assert migration.at_destination() == there


def test_only_folders_that_something_has_left_are_held_back(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "Work", "uid", "2")
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")
    moved.lose_journal()

    result = moved.run()

    assert counts(result) == {"matched": 8, "held": 1, "copied": 1}
    assert [failure["folder"] for failure in result["failures"]] == ["Work"]


def test_new_mail_is_told_from_what_the_archiver_took_away(moved: Migration) -> None:
    """Three messages have left INBOX and are found in the archive: none of it was deleted."""
    moved.destination.move(moved.user, "Archive.INBOX.2023", "mailbox", "INBOX", "uid", "1:3")
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")
    moved.lose_journal()

    assert counts(moved.run()) == {"matched": 9, "copied": 1}


def test_folder_that_the_user_deleted_does_not_come_back_with_the_journal_lost(migration: Migration) -> None:
    folders = [make_folder((name,), 3, "deleted") for name in ("INBOX", "Work", "Leads", "Done")]
    migration.fill(MailboxSpec(tuple(folders)))
    migration.run()
    migration.destination.delete_folder(migration.user, "Leads")
    migration.lose_journal()

    assert counts(migration.run()) == {"matched": 9, "held": 3}


@pytest.mark.parametrize("change", ["moved", "renumbered"])
def test_held_message_stays_held_wherever_it_lies_at_the_source(moved: Migration, change: str) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    moved.lose_journal()
    assert counts(moved.run())["held"] == 2
    if change == "moved":
        moved.source.move(moved.user, "Work", "mailbox", "INBOX", "uid", "2:3")
    else:
        moved.source.change_uid_validity(moved.user, "INBOX", 987654321)

    result = moved.run()

    assert counts(result) == {"already_there": 7, "held": 2}
    assert counts(moved.run(recopy=True)) == {"already_there": 7, "copied": 2}


def test_copies_are_known_again_where_sizes_lie(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    moved.lose_journal()
    address = ("127.0.0.1", moved.source.place.imap_port)
    with FaultProxy(address, rewrites=[lambda line: re.sub(rb"RFC822.SIZE \d+", b"RFC822.SIZE 77", line)]) as liar:
        result = moved.through(source=liar).run()

    assert counts(result) == {"matched": 7, "held": 2}


def test_lost_journal_of_merged_accounts_holds_back_what_either_may_have_lost(moved: Migration) -> None:
    other = f"second-{moved.user}"
    fill_maildir(moved.source, other, MailboxSpec((make_folder(("INBOX",), 4, "other"),)))
    second = {"source": moved.source.endpoint(other, "none"), "merge": True}
    assert counts(moved.run(**second)) == {"copied": 4}
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "8")
    moved.lose_journal()

    assert counts(moved.run(merge=True)) == {"matched": 9}
    assert counts(moved.run(**second)) == {"matched": 3, "held": 1}


def test_broken_journal_is_reported_and_nothing_is_done(moved: Migration) -> None:
    before = moved.at_destination()
    moved.journal_file.write_bytes(b"this is no journal" * 1000)

    result = moved.run(recopy=True)

    assert result["failed"] and not result["changed"]
    assert ".snapshot" in result["msg"]
    assert moved.at_destination() == before


def test_snapshot_put_in_place_of_the_journal_goes_on(moved: Migration) -> None:
    snapshot = moved.journal_file.with_name(f"{moved.journal_file.name}.snapshot").read_bytes()
    moved.lose_journal()
    moved.journal_file.write_bytes(snapshot)

    result = moved.run()

    assert counts(result) == {"already_there": 9}


def test_journal_file_that_is_missing_is_put_back_from_its_snapshot(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    before = moved.at_destination()
    moved.journal_file.unlink()

    planned, result = moved.run(check=True), moved.run()

    for answer in (planned, result):
        assert counts(answer) == {"already_there": 9}
        assert any("was missing" in warning for warning in answer["warnings"])
    assert moved.at_destination() == before


def test_old_snapshot_doubles_nothing(moved: Migration) -> None:
    snapshot = moved.journal_file.with_name(f"{moved.journal_file.name}.snapshot")
    old = snapshot.read_bytes()
    for number in range(3):
        moved.source.save(moved.user, "INBOX", f"Subject: {number}\r\n\r\nnews\r\n".encode())
    moved.source.save(moved.user, "INBOX", INBOX[0].content())
    assert counts(moved.run())["copied"] == 4
    before = moved.at_destination()
    moved.lose_journal()
    snapshot.write_bytes(old)

    result = moved.run()

    assert counts(result) == {"already_there": 9, "matched": 4}
    assert moved.at_destination() == before


def test_journal_of_an_earlier_release_copies_nothing_again(moved: Migration) -> None:
    with closing(sqlite3.connect(moved.journal_file)) as journal:
        journal.executescript("DROP TABLE move; DROP TABLE resent; DROP TABLE digested; DROP TABLE essence;"
                              " ALTER TABLE seen DROP COLUMN excluded; ALTER TABLE seen DROP COLUMN unagreed;"
                              " PRAGMA user_version = 1; PRAGMA application_id = 0;")
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "copied": 1}
    assert moved.journal_file.with_name(f"{moved.journal_file.name}.version-1").exists()


def test_page_of_the_journal_that_was_overwritten_is_noticed(moved: Migration) -> None:
    with closing(sqlite3.connect(moved.journal_file)) as journal:
        (page,) = journal.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message_at_destination'").fetchone()
        (size,) = journal.execute("PRAGMA page_size").fetchone()
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with moved.journal_file.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)

    result = moved.run()

    assert result["failed"] and not result["changed"]
    assert "cannot be read" in result["msg"]


def test_journal_of_a_newer_version_is_refused(moved: Migration) -> None:
    with closing(sqlite3.connect(moved.journal_file)) as journal:
        journal.execute("PRAGMA user_version = 99")

    result = moved.run()

    assert result["failed"] and "version 99" in result["msg"]


def test_journal_of_another_mailbox_is_refused(moved: Migration) -> None:
    other = replace(moved, user=f"other-{moved.user}")
    other.journal_file.write_bytes(moved.journal_file.read_bytes())

    result = other.run()

    assert result["failed"] and moved.user in result["msg"]


def test_rebuilding_that_breaks_off_half_way_leaves_the_journal_new(
    moved: Migration, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2:3")
    moved.destination.expunge(moved.user, "mailbox", "Work", "uid", "1")
    moved.lose_journal()

    def break_off(*_unused: object) -> None:
        raise JournalError("broken off")

    with monkeypatch.context() as patch:
        patch.setattr(known_again, "enter_matches", break_off)
        assert moved.run()["failed"]

    assert counts(moved.run()) == {"matched": 6, "held": 3}
