# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    CONFIRMED,
    HELD,
    INTENDED,
    MATCHED,
    REFUSED,
    Listed,
    Place,
    Row,
)
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal, Seen

from tests.unit.sync.makers import entry, opened
from tests.unit.sync.processes import python


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    yield journal
    journal.close()


def only(journal: Journal) -> Row:
    (row,) = journal.rows()
    return row


def states(path: Path) -> list[str]:
    """What another connection reads from the file."""
    other = opened(path)
    found = [row.state for row in other.rows()]
    other.close()
    return found


# Write-ahead


def test_intent_is_in_the_file_before_the_send_and_its_confirmation_after(journal: Journal, path: Path) -> None:
    ids = journal.intend([entry(1), entry(2)], 5, 1000.0)
    assert states(path) == [INTENDED, INTENDED]
    journal.confirm(ids, 9, [5, 6])
    assert states(path) == [CONFIRMED, CONFIRMED]


def test_intent_of_a_killed_process_is_found_again(path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from tests.unit.sync.makers import entry, opened
journal = opened(Path(sys.argv[1]))
first, _ = journal.intend([entry(1), entry(2)], 5, 1000.0)
journal.confirm([first], 9, [5])
os.kill(os.getpid(), signal.SIGKILL)
"""
    with python(code, str(path)) as process:
        assert process.wait(30) == -9
    (row,) = opened(path).open_intents()
    assert (row.source.uid, row.uidnext, row.time) == (2, 5, 1000.0)


def test_row_holds_what_was_entered(journal: Journal) -> None:
    wanted = entry(
        7, b"hello", folder="Sent/Ü", uidvalidity=3, destination="Gesendet", flags=frozenset({"\\Seen", "x"})
    )
    (row,) = journal.intend([wanted._replace(internaldate=b"01-Jan-2024 10:00:00 +0100")], 5, 1000.5)
    assert only(journal) == Row(
        id=row,
        source=Place("Sent/Ü", 3, 7),
        listed_size=10,
        internaldate=b"01-Jan-2024 10:00:00 +0100",
        digest=wanted.digest,
        destination=Place("Gesendet", 0, 0),
        uidnext=5,
        flags=frozenset({"\\Seen", "x"}),
        provenance=APPENDED,
        state=INTENDED,
        reason="",
        time=1000.5,
    )


@pytest.mark.parametrize("flags", [None, frozenset()])
def test_no_base_and_a_base_without_flags_are_two_things(journal: Journal, flags: frozenset[str] | None) -> None:
    journal.intend([entry(1, flags=flags)], 1, 0.0)
    assert only(journal).flags == flags


def test_ids_are_in_the_order_of_the_entries(journal: Journal) -> None:
    ids = journal.intend([entry(9), entry(3), entry(5)], 1, 0.0)
    journal.confirm(ids, 9, [90, 30, 50])
    assert [(row.source.uid, row.destination.uid) for row in journal.rows()] == [(3, 30), (5, 50), (9, 90)]


def test_intent_takes_the_place_of_what_was_known_of_the_message(journal: Journal) -> None:
    journal.refuse(entry(1), "too big", 0.0)
    journal.intend([entry(1, b"b")], 1, 0.0)
    assert (only(journal).state, only(journal).reason, only(journal).digest) == (INTENDED, "", entry(1, b"b").digest)


def test_confirmation_without_uids_leaves_the_place_open(journal: Journal) -> None:
    journal.confirm(journal.intend([entry(1)], 5, 0.0), 0, ())
    assert (only(journal).state, only(journal).destination) == (CONFIRMED, Place("INBOX", 0, 0))
    assert [row.source.uid for row in journal.unplaced()] == [1]


def test_each_message_of_a_large_batch_is_entered_with_its_own_uid(journal: Journal) -> None:
    ids = journal.intend([entry(uid) for uid in range(1, 121)], 5, 1000.0)
    journal.forget(ids[60:62])
    # Numbers as servers give them out where others append meanwhile.
    uids = [*range(10, 60), *range(70, 80), *range(300, 240, -1)]
    left = [row for row in ids if row not in ids[60:62]]

    journal.confirm(left[:-1], 9, uids[: len(left) - 1])

    rows = sorted(journal.rows(), key=lambda row: row.id)
    assert [row.id for row in rows] == left
    assert [row.destination.uid for row in rows[:-1]] == uids[: len(left) - 1]
    assert {row.state for row in rows[:-1]} == {CONFIRMED}
    assert (rows[-1].state, rows[-1].destination.uid) == (INTENDED, 0)


def test_confirmation_with_too_few_uids_is_a_defect(journal: Journal) -> None:
    ids = journal.intend([entry(1), entry(2)], 5, 0.0)
    with pytest.raises(ValueError):
        journal.confirm(ids, 9, [5])
    assert journal.count(CONFIRMED) == 0


def test_forgotten_message_is_new_again(journal: Journal) -> None:
    ids = journal.intend([entry(1), entry(2)], 5, 0.0)
    journal.forget(ids[:1])
    assert [row.source.uid for row in journal.rows()] == [2]


def test_located_copy_is_confirmed_at_its_place(journal: Journal) -> None:
    (row,) = journal.intend([entry(1)], 5, 0.0)
    journal.place(row, Place("Archive", 4, 77))
    assert (only(journal).state, only(journal).destination) == (CONFIRMED, Place("Archive", 4, 77))
    assert list(journal.known_uids("Archive", 4)) == [77]


def test_message_that_moved_at_the_source_keeps_its_copy(journal: Journal) -> None:
    (row,) = journal.intend([entry(1)], 5, 0.0)
    journal.confirm([row], 9, [5])
    journal.rekey(row, "Done", 2, Listed(33, frozenset(), b"17-Jul-2001 02:44:25 -0700", 44))
    moved = only(journal)
    assert (moved.id, moved.source, moved.listed_size) == (row, Place("Done", 2, 33), 44)
    assert moved.internaldate == b"17-Jul-2001 02:44:25 -0700"
    assert (moved.state, moved.destination) == (CONFIRMED, Place("INBOX", 9, 5))


def test_message_that_moved_onto_one_that_was_refused_takes_its_place(journal: Journal) -> None:
    (row,) = journal.intend([entry(1)], 5, 0.0)
    journal.confirm([row], 9, [5])
    journal.refuse(entry(33, folder="Done", uidvalidity=2), "too big", 0.0)
    journal.rekey(row, "Done", 2, Listed(33, frozenset(), b"", 10))
    assert (only(journal).id, only(journal).state) == (row, CONFIRMED)


def test_messages_that_changed_places_at_the_source_keep_their_copies(journal: Journal) -> None:
    rows = journal.intend([entry(1), entry(2)], 5, 0.0)
    journal.confirm(rows, 9, [5, 6])
    journal.unkey(rows)
    for row, uid in zip(rows, (2, 1), strict=True):
        journal.rekey(row, "INBOX", 1, Listed(uid, frozenset(), b"", 10))
    assert {row.id: row.source.uid for row in journal.rows()} == dict(zip(rows, (2, 1), strict=True))


def test_match_has_no_base_and_is_not_ours(journal: Journal) -> None:
    journal.match([(entry(1, flags=frozenset({"\\Seen"})), Place("Else", 4, 8))], 0.0)
    row = only(journal)
    assert (row.state, row.provenance, row.flags, row.destination) == (CONFIRMED, MATCHED, None, Place("Else", 4, 8))


def test_held_and_refused_messages_keep_their_reason(journal: Journal) -> None:
    journal.hold([entry(1)], "who knows", 0.0)
    journal.refuse(entry(2), "too big", 0.0)
    assert [(row.state, row.reason) for row in journal.rows()] == [(HELD, "who knows"), (REFUSED, "too big")]


def test_agreed_flags_are_the_base_from_then_on(journal: Journal) -> None:
    (row,) = journal.intend([entry(1)], 5, 0.0)
    journal.agree_flags([(row, frozenset({"\\Seen"}))])
    assert only(journal).flags == frozenset({"\\Seen"})


# Reading


def test_rows_of_a_folder_are_those_of_its_uidvalidity(journal: Journal) -> None:
    journal.intend([entry(1), entry(1, uidvalidity=2), entry(1, folder="Sent")], 1, 0.0)
    rows = journal.folder_rows("INBOX", 2)
    assert [row.source for row in rows.values()] == [Place("INBOX", 2, 1)]
    assert journal.uidvalidities("INBOX") == {1, 2}
    assert journal.folder_names() == {"INBOX", "Sent"}


def test_rows_of_a_large_folder_are_read_by_ascending_uid_each_once(journal: Journal) -> None:
    uids = list(range(3600, 0, -3))
    ids = journal.intend([entry(uid) for uid in [*uids, 1]] + [entry(2, folder="Sent")], 1, 0.0)
    # What lies nowhere at the source for now has a uid below all others.
    journal.unkey(ids[-2:-1])
    assert [row.source.uid for row in journal.rows_in("INBOX", 1)] == [-ids[-2], *reversed(uids)]
    assert [row.source.uid for row in journal.rows_at("INBOX", 1, range(1, 3601))] == uids[::-1]


def test_content_is_looked_up_among_confirmed_messages(journal: Journal) -> None:
    ids = journal.intend([entry(1, b"a"), entry(2, b"a\n"), entry(3, b"a"), entry(4, b"b")], 1, 0.0)
    journal.confirm([ids[0], ids[1], ids[3]], 9, [1, 2, 4])
    canonical = entry(1, b"a").digest.canonical
    assert [row.source.uid for row in journal.rows_of_content([canonical, canonical])] == [1, 2]


def test_content_of_a_row_that_came_since_or_is_gone_is_looked_up_rightly(journal: Journal) -> None:
    first, second = entry(1, b"first"), entry(2, b"second")
    journal.confirm(journal.intend([first], 1, 0.0), 9, [1])
    dropped = journal.intend([entry(3, b"dropped")], 1, 0.0)
    assert [row.source.uid for row in journal.rows_of_content([first.digest.canonical])] == [1]
    journal.forget(dropped)
    journal.confirm(journal.intend([second], 1, 0.0), 9, [2])
    wanted = [entry(3, b"dropped").digest.canonical, second.digest.canonical]
    assert [row.source.uid for row in journal.rows_of_content(wanted)] == [2]


def test_contents_looked_up_within_what_is_undone_are_looked_up_again(journal: Journal) -> None:
    content = entry(1, b"first").digest.canonical
    with pytest.raises(ZeroDivisionError), journal.together():
        journal.confirm(journal.intend([entry(1, b"first")], 1, 0.0), 9, [1])
        assert len(journal.rows_of_content([content])) == 1
        raise ZeroDivisionError
    assert journal.rows_of_content([content]) == []
    journal.confirm(journal.intend([entry(1, b"first")], 1, 0.0), 9, [1])
    assert len(journal.rows_of_content([content])) == 1


def test_known_uids_are_those_of_every_account_and_of_one_uidvalidity(journal: Journal) -> None:
    journal.confirm(journal.intend([entry(1), entry(2)], 1, 0.0), 9, [5, 6])
    journal.use_account(journal.add_account("new", "imap.new.example", "jo"))
    journal.confirm(journal.intend([entry(1)], 1, 0.0), 9, [7])
    assert list(journal.known_uids("INBOX", 9)) == [5, 6, 7]
    assert not journal.known_uids("INBOX", 8) and not journal.known_uids("Sent", 9)


def test_accounts_do_not_see_each_others_messages(journal: Journal) -> None:
    journal.intend([entry(1)], 1, 0.0)
    journal.note_seen("INBOX", Seen(1, 2, 3, 4))
    journal.add_bytes("2026-01-01", 5)
    journal.use_account(journal.add_account("new", "imap.new.example", "jo"))
    assert not journal.is_empty()
    assert list(journal.rows()) == journal.rows_of_others() == journal.open_intents() == []
    assert (journal.count(INTENDED), journal.seen(), journal.bytes_on("2026-01-01")) == (0, {}, 0)
    journal.intend([entry(1)], 1, 0.0)
    assert journal.count(INTENDED) == journal.count_in("INBOX", 1, INTENDED) == 1


def test_seen_status_is_the_last_one_noted(journal: Journal) -> None:
    journal.note_seen("INBOX", Seen(1, 2, 3, 4))
    journal.note_seen("INBOX", Seen(1, 9, 8, 7))
    assert journal.seen() == {"INBOX": Seen(1, 9, 8, 7)}


def test_bytes_add_up_per_day(journal: Journal) -> None:
    for octets in (5, 6):
        journal.add_bytes("2026-01-01", octets)
    journal.add_bytes("2026-01-02", 1)
    assert [journal.bytes_on(f"2026-01-0{day}") for day in (1, 2, 3)] == [11, 1, 0]


def test_account_keeps_its_rows_when_its_server_has_another_name(journal: Journal) -> None:
    journal.intend([entry(1)], 1, 0.0)
    (account,) = journal.accounts()
    journal.rename_account(account[0], "old", "imap2.old.example")
    assert journal.accounts() == [(account[0], "old", "imap2.old.example", "jo")]
    assert journal.count(INTENDED) == 1


def test_passes_count_from_one(journal: Journal, path: Path) -> None:
    assert journal.begin_pass(1.0) == 1
    journal.end_pass(2.0, "complete")
    assert opened(path).begin_pass(3.0) == 2
    found = sqlite3.connect(path).execute("SELECT started, ended, outcome FROM pass ORDER BY id").fetchall()
    assert found == [(1.0, 2.0, "complete"), (3.0, None, None)]


# Transactions


def test_what_is_written_together_is_not_there_in_part(journal: Journal, path: Path) -> None:
    with pytest.raises(KeyError), journal.together():
        journal.intend([entry(1)], 1, 0.0)
        journal.refuse(entry(2), "too big", 0.0)
        raise KeyError
    assert states(path) == []
    journal.intend([entry(3)], 1, 0.0)
    assert states(path) == [INTENDED]


def test_entry_that_cannot_be_written_leaves_none_of_its_batch(journal: Journal, path: Path) -> None:
    broken = entry(2)._replace(source=Place("INBOX", 1, 2**70))
    with pytest.raises(Exception):  # noqa: B017 - whatever it is, nothing is left of it
        journal.intend([entry(1), broken], 1, 0.0)
    assert states(path) == []
    journal.intend([entry(3)], 1, 0.0)
    assert states(path) == [INTENDED]


def test_journal_that_cannot_be_written_says_so_and_goes_on_when_it_can(journal: Journal, path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE INSERT ON message BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(JournalError, match="disk is full") as error:
        journal.intend([entry(1)], 1, 0.0)
    assert error.value.where == str(path)
    other.execute("DROP TRIGGER full")
    journal.intend([entry(1)], 1, 0.0)
    assert states(path) == [INTENDED]


def test_threads_write_side_by_side(journal: Journal) -> None:
    def work(lane: int) -> None:
        for uid in range(20):
            ids = journal.intend([entry(uid, folder=f"lane {lane}")], 1, 0.0)
            journal.confirm(ids, 9, [lane * 100 + uid + 1])
            journal.note_seen(f"lane {lane}", Seen(1, uid, 0, 0))
            assert len(journal.folder_rows(f"lane {lane}", 1)) == uid + 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work, lane) for lane in range(8)]:
            done.result()
    assert journal.count(CONFIRMED) == len(journal.known_uids("INBOX", 9)) == 160


def test_threads_do_not_write_into_each_others_transaction(journal: Journal, path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(KeyError), journal.together():
            journal.intend([entry(1)], 1, 0.0)
            other = pool.submit(journal.intend, [entry(2)], 1, 0.0)
            raise KeyError
        other.result()
    assert [row.source.uid for row in opened(path).rows()] == [2]


# What a proof asks


def test_copies_of_a_folder_are_told_by_uid_with_what_they_hold(journal: Journal) -> None:
    others = journal.add_account("other", "imap.other.example", "jo")
    many = range(1, 1204)
    ids = journal.intend([entry(uid, b"%d" % uid) for uid in many], 1, 0.0)
    journal.confirm(ids, 9, [2000 - uid for uid in many])
    journal.intend([entry(1300)], 1, 0.0)
    journal.confirm(journal.intend([entry(1301, destination="Leads")], 1, 0.0), 9, [5])
    journal.confirm(journal.intend([entry(1302)], 1, 0.0), 9, [1999])
    ours = journal.accounts()[0][0]
    journal.use_account(others)
    journal.confirm(journal.intend([entry(1), entry(2)], 1, 0.0), 9, [3, 1999])
    journal.use_account(ours)

    found = list(journal.copies_in("INBOX", 9))
    assert [uid for uid, _unused, _digest in found] == sorted([*(2000 - uid for uid in many), 1999])
    assert found[0] == (797, Place("INBOX", 1, 1203), digest_of(b"1203"))
    assert list(journal.copies_in("INBOX", 8)) == list(journal.copies_in("None", 9)) == []
    assert list(journal.uids_of_others("INBOX", 9)) == [3]
    assert [row.source.uid for row in journal.rows()] == [*many, 1300, 1301, 1302]


def test_highest_uids_are_told_by_folder_and_uidvalidity(journal: Journal) -> None:
    journal.intend([entry(7), entry(3), entry(9, folder="Leads"), entry(2, uidvalidity=4)], 1, 0.0)
    assert journal.last_uids() == [("INBOX", 1, 7), ("INBOX", 4, 2), ("Leads", 1, 9)]
