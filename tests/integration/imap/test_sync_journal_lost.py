# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal is gone, broken or of another kind: nothing comes twice and nothing comes back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync import passes

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
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
    """The first pass died half-way and its disk with it: the rest is held until told."""
    migration.fill(SPEC)
    migration.run(folders={"include": ["INBOX"]})
    migration.lose_journal()

    held, told = migration.run(), migration.run(recopy=True)

    assert counts(held) == {"matched": 6, "held": 3}
    assert counts(told) == {"already_there": 6, "copied": 3}
    assert migration.at_destination() == migration.expected(SPEC)


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
        journal.executescript("DROP TABLE move; DROP TABLE resent; ALTER TABLE seen DROP COLUMN excluded;"
                              " PRAGMA user_version = 1; PRAGMA application_id = 0;")
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"already_there": 9, "copied": 1}
    assert moved.journal_file.with_name(f"{moved.journal_file.name}.version-1").exists()


def test_page_of_the_journal_that_was_overwritten_is_noticed(moved: Migration) -> None:
    with closing(sqlite3.connect(moved.journal_file)) as journal:
        (page,) = journal.execute("SELECT rootpage FROM sqlite_master WHERE name = 'message_content'").fetchone()
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
    hold, held = passes.SyncPass._hold, []

    def break_off(self: passes.SyncPass, work: passes.FolderWork) -> passes.FolderWork:
        if held:
            raise JournalError("broken off")
        held.append(work)
        return hold(self, work)

    with monkeypatch.context() as patch:
        patch.setattr(passes.SyncPass, "_hold", break_off)
        assert moved.run()["failed"]

    assert counts(moved.run()) == {"matched": 6, "held": 3}
