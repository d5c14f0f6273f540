# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""imap_undo on real servers: what the migration brought goes, everything else stays as it is, octet for octet."""

from __future__ import annotations

import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from tests.support import oracle
from tests.support.arrival import Arrival
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import MailboxSpec, make_folder, variety, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, Place, Point, Stall
from tests.support.sync_runner import EngineProcess, Migration, counts, filled, total
from tests.support.undo_runner import reasons, undo, undo_once

SPEC = MailboxSpec(
    (
        with_twins(make_folder(("INBOX",), 6, "undo")),
        make_folder(("Leads",), 4, "undo"),
        make_folder(("Clients", "Acme"), 3, "undo"),
        make_folder(("Empty",), 0, "undo"),
    )
)
COUNTED = 14
OWN = b"Subject: own\r\n\r\nThe user's own.\r\n"


@pytest.fixture
def migrated(migration: Migration) -> Migration:
    """A mailbox with a message of its own that a pass has brought over."""
    migration.destination.save(migration.user, "INBOX", OWN)
    migration.fill(SPEC)
    assert migration.run()["counts"]["copied"] == COUNTED
    return migration


def stored(migration: Migration) -> str:
    return oracle.snapshot(migration.destination, migration.user)


def test_everything_that_a_pass_brought_goes_and_the_next_pass_brings_it_again(migration: Migration) -> None:
    migration.destination.save(migration.user, "INBOX", OWN)
    before = filled(migration.at_destination()), migration.destination.folders(migration.user)
    migration.fill(variety())
    first = migration.run()
    brought = migration.at_destination()

    result = undo(migration)
    assert (result["changed"], result["complete"], result["left"]) == (True, True, [])
    assert result["counts"]["taken_back"] == first["counts"]["copied"]
    assert (filled(migration.at_destination()), migration.destination.folders(migration.user)) == before
    assert set(migration.destination.subscriptions(migration.user)) <= {"INBOX"}

    again = undo(migration)
    assert (again["changed"], again["counts"]["taken_back"]) == (False, 0)
    assert migration.run()["counts"]["copied"] == first["counts"]["copied"]
    assert migration.at_destination() == brought
    assert counts(migration.run()).keys() <= {"already_there", "excluded"}


def test_check_mode_tells_the_same_and_touches_neither_mailbox_nor_journal(migrated: Migration) -> None:
    before = stored(migrated), migrated.journal_states()
    planned = undo(migrated, check=True)
    assert (stored(migrated), migrated.journal_states()) == before
    done = undo(migrated)
    assert planned == done
    assert done["folders_removed"] == ["Clients.Acme", "Empty", "Leads"]


def test_what_the_user_touched_stays_and_is_listed(migrated: Migration) -> None:
    user, there = migrated.user, migrated.destination
    there.create_folders(user, ["Mine", "Leads.Own"])
    there.add_flags(user, "\\Flagged", "mailbox", "INBOX", "uid", "2")
    there.add_flags(user, "\\Deleted", "mailbox", "INBOX", "uid", "3")
    there.move(user, "Mine", "mailbox", "INBOX", "uid", "4")
    there.rename_folder(user, "Clients.Acme", "Customers")
    there.save(user, "Leads", OWN)
    kept = migrated.at_destination()

    result = undo(migrated)
    assert reasons(result) == {
        "its folder was renamed, removed or made anew at the destination": 3,
        "its flags were changed at the destination": 1,
        "it was marked as deleted at the destination": 1,
        "it is no longer where it was put": 1,
    }
    left = migrated.at_destination()
    assert (left["Mine"], left["Customers"]) == (kept["Mine"], kept["Customers"])
    assert left["INBOX"].total() == 3
    assert left["Leads"].total() == 1
    assert {item["folder"]: item["reason"] for item in result["folders_left"]} == {"Leads": "1 folders lie below it"}
    assert result["folders_removed"] == ["Empty"]


def test_messages_that_were_there_before_stay(migration: Migration) -> None:
    migration.fill(SPEC)
    migration.run()
    migration.lose_journal()
    migration.source.save(migration.user, "INBOX", OWN)
    result = migration.run()
    assert (result["counts"]["matched"], result["counts"]["copied"]) == (COUNTED, 1)
    before = migration.at_destination()

    taken = undo(migration)
    assert (taken["counts"]["taken_back"], taken["counts"]["left"]) == (1, COUNTED)
    assert before["INBOX"].total() - migration.at_destination()["INBOX"].total() == 1
    assert {name: found for name, found in migration.at_destination().items() if name != "INBOX"} == {
        name: found for name, found in before.items() if name != "INBOX"
    }


def test_copy_whose_move_or_sending_was_cut_off_stays_until_a_pass_has_seen_to_it(migrated: Migration) -> None:
    with closing(sqlite3.connect(migrated.journal_file)) as journal:
        rows = [row for (row,) in journal.execute("SELECT id FROM message ORDER BY id LIMIT 2")]
        begun = "INSERT INTO move SELECT id, destination, destination_uidvalidity, 99 FROM message WHERE id = ?"
        journal.execute(begun, rows[:1])
        journal.execute("UPDATE message SET state = 'intended', destination_uid = 0 WHERE id = ?", rows[1:])
        journal.commit()
    found = reasons(undo(migrated))
    assert found == {
        "its move to another folder was cut off; run a sync first, which completes it, then undo": 1,
        "its sending was cut off, so nobody knows yet where it is; run a sync first, then undo": 1,
    }
    assert total(migrated.at_destination()) == 3


def test_without_a_journal_nothing_is_taken_back(migrated: Migration) -> None:
    migrated.lose_journal()
    before = stored(migrated)
    result = undo(migrated)
    assert "there is no journal" in result["msg"]
    assert stored(migrated) == before


def test_server_that_cannot_expunge_single_messages_loses_none(source_server: DovecotServer, mailbox_name: str,
                                                               state_dir: Any) -> None:
    with DovecotServer(DovecotShape(capabilities=("IMAP4rev1", "MOVE"))) as bare:
        migration = Migration(source_server, bare, mailbox_name, state_dir)
        migration.fill(SPEC)
        migration.run()
        before = stored(migration)
        result = undo(migration)
        assert (result["failed"], result["changed"]) == (True, False)
        assert "no UIDPLUS" in result["msg"]
        assert stored(migration) == before


@pytest.mark.parametrize(("verb", "point"), [
    ("UID STORE", Point.ANSWER), ("UID EXPUNGE", Point.COMMAND), ("UID EXPUNGE", Point.ANSWER),
    ("RENAME", Point.ANSWER), ("DELETE", Point.ANSWER)])
def test_undo_that_is_cut_off_anywhere_is_completed_by_the_next(migrated: Migration, verb: str, point: Point) -> None:
    address = ("127.0.0.1", migrated.destination.place.imap_port)
    with FaultProxy(address, Fault(Place(point, verb, number=2), Cut())) as proxy:
        broken = undo(migrated.through(destination=proxy))
        assert proxy.script.fired
    assert broken["failed"]
    if verb.startswith("UID"):
        refused = migrated.run()
        assert "an undo of this mailbox was cut off" in refused["failures"][0]["reason"]
        assert refused["counts"]["copied"] == 0

    assert undo(migrated)["complete"]
    assert undo(migrated)["changed"] is False
    assert filled(migrated.at_destination()).keys() == {"INBOX"}
    assert migrated.at_destination()["INBOX"].total() == 1
    assert migrated.run()["counts"]["copied"] == COUNTED


def test_copy_that_its_user_flags_between_a_cut_and_the_next_undo_stays(migrated: Migration) -> None:
    address = ("127.0.0.1", migrated.destination.place.imap_port)
    with FaultProxy(address, Fault(Place(Point.ANSWER, "UID STORE"), Cut())) as proxy:
        undo(migrated.through(destination=proxy))
    marked = [(name, m) for name, found in oracle.read_mailbox(migrated.destination, migrated.user).items()
              for m in found if "\\Deleted" in m.flags]
    folder, message = marked[0]
    migrated.destination.add_flags(migrated.user, "\\Flagged", "mailbox", folder, "uid", str(message.uid))

    assert reasons(undo(migrated)) == {"its flags were changed at the destination": 1}
    (left,) = [m for m in oracle.read_mailbox(migrated.destination, migrated.user)[folder] if m.uid == message.uid]
    assert left.flags == message.flags - {"\\Deleted"} | {"\\Flagged"}
    assert counts(migrated.run())["already_there"] == 1


@pytest.mark.parametrize("look", [1, 2])
def test_mail_that_arrives_when_its_folder_was_seen_empty_is_not_lost(migrated: Migration, look: int) -> None:
    """The folder is looked at twice, and removed after that; the second time nobody delivers to it any more."""
    arrival = Arrival(migrated.arguments()["destination"], "Clients.Acme", look)
    with FaultProxy(("127.0.0.1", migrated.destination.place.imap_port), rewrites=[arrival]) as proxy:
        result = undo(migrated.through(destination=proxy))
    assert arrival.looks >= look
    assert [m.total() for m in filled(migrated.at_destination()).values()] == [1, 1]
    assert migrated.at_destination()["Clients.Acme"].total() == 1
    assert result["folders_left"] == [
        {"folder": "Clients.Acme", "reason": "mail or a folder arrived in it just now"}]
    assert not [name for name in migrated.at_destination() if "mailops" in name]


def test_mail_that_arrives_while_an_undo_is_cut_off_is_given_back(migrated: Migration) -> None:
    address = ("127.0.0.1", migrated.destination.place.imap_port)
    arrival = Arrival(migrated.arguments()["destination"], "Clients.Acme")
    with FaultProxy(address, Fault(Place(Point.ANSWER, "RENAME"), Cut()), rewrites=[arrival]) as proxy:
        assert undo(migrated.through(destination=proxy))["failed"]
    (aside,) = [name for name in migrated.at_destination() if "mailops" in name]
    migrated.destination.create_folders(migrated.user, ["Clients.Acme"])

    assert [left["folder"] for left in undo(migrated)["folders_left"]] == ["Clients.Acme"]
    there = migrated.at_destination()
    assert (there["Clients.Acme"].total(), aside in there) == (1, False)


def test_flag_that_is_set_in_the_last_moment_saves_its_message(migrated: Migration) -> None:
    user, there = migrated.user, migrated.destination
    with (
        FaultProxy(("127.0.0.1", there.place.imap_port), Fault(Place(Point.COMMAND, "UID STORE"), Stall(3.0))) as proxy,
        ThreadPoolExecutor(1) as pool,
    ):
        running = pool.submit(undo, migrated.through(destination=proxy))
        while not proxy.script.fired:
            assert not running.done(), running.result()
            time.sleep(0.01)
        there.add_flags(user, "\\Flagged", "mailbox", "Clients.Acme", "uid", "2")
        result = running.result()

    assert reasons(result) == {"its flags were changed at the destination": 1}
    (left,) = oracle.read_mailbox(there, user)["Clients.Acme"]
    assert (left.uid, "\\Flagged" in left.flags, "\\Deleted" in left.flags) == (2, True, False)
    assert counts(migrated.run())["already_there"] == 1


def test_kill_at_any_time_loses_nothing_of_the_users_and_the_next_undo_ends_the_same(migrated: Migration) -> None:
    address = ("127.0.0.1", migrated.destination.place.imap_port)
    kills = 0
    with FaultProxy(address, delay=0.01) as proxy:
        slow = migrated.through(destination=proxy).arguments()
        for turn in range(1, 8):
            process = EngineProcess(slow, migrated.state_dir.parent / f"undo-{turn}.json", work=undo_once)
            time.sleep(0.12 * turn)
            kills += process.kill()
    assert kills
    undo(migrated)
    assert filled(migrated.at_destination()).keys() == {"INBOX"}
    assert migrated.at_destination()["INBOX"].total() == 1
    assert migrated.run()["counts"]["copied"] == COUNTED
