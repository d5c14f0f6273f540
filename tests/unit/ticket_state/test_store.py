# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ticket.sqlite: what one run noted, the next one knows, and several at once do not hurt each other."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.schema import VERSION
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import (
    NAME,
    open_ticket_state,
    read_ticket_state,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.values import Override, Told

OLD = MxSeen("a.example", MxPlace.ELSEWHERE, ("mx.old.example",), 300, 100.0, 100.0)
OURS = MxSeen("a.example", MxPlace.OURS, ("mx.platform.example",), 60, 500.0, 500.0)
PASS = DomainPass("a.example", "first", 1.0, 2.0, mailboxes=3, worked=3, complete=3, copied=7, verified=0)


def test_next_run_knows_what_was_noted(tmp_path: Path) -> None:
    override = Override("a.example", "Local Delivery yes", "CHG-77", 3.0)
    with open_ticket_state(str(tmp_path / "123")) as state:
        state.note_mx(OLD)
        state.add_pass(PASS)
        state.add_override(override)
        state.close_domain("a.example", 9.0)
        state.close_domain("a.example", 10.0)
    for again in (open_ticket_state, read_ticket_state):
        with again(str(tmp_path / "123")) as state:
            assert state.mx_history("a.example") == (OLD,)
            assert state.passes("a.example") == (PASS,)
            assert state.overrides("a.example") == (override,)
            assert (state.closed("a.example"), state.closed("b.example")) == (9.0, None)


def test_domain_that_is_opened_again_is_closed_for_nobody_and_may_be_closed_once_more(tmp_path: Path) -> None:
    with open_ticket_state(str(tmp_path)) as state:
        for domain in ("a.example", "b.example"):
            state.close_domain(domain, 9.0)
        assert (state.reopen_domain("a.example"), state.reopen_domain("a.example")) == (True, False)
    with open_ticket_state(str(tmp_path)) as state:
        assert (state.closed("a.example"), state.closed("b.example")) == (None, 9.0)
        state.close_domain("a.example", 10.0)
        assert state.closed("a.example") == 10.0


def test_same_records_lengthen_the_last_row_and_others_begin_a_new_one(tmp_path: Path) -> None:
    with open_ticket_state(str(tmp_path)) as state:
        state.note_mx(OLD)
        state.note_mx(replace(OLD, first_seen=200.0, last_seen=200.0))
        state.note_mx(OURS)
        state.note_mx(replace(OLD, first_seen=600.0, last_seen=600.0))
        assert [(seen.place, seen.first_seen, seen.last_seen) for seen in state.mx_history("a.example")] == [
            (MxPlace.ELSEWHERE, 100.0, 200.0),
            (MxPlace.OURS, 500.0, 500.0),
            (MxPlace.ELSEWHERE, 600.0, 600.0),
        ]
        assert state.mx_history("b.example") == ()


def test_reading_makes_nothing_and_forgets_what_is_written(tmp_path: Path) -> None:
    with read_ticket_state(str(tmp_path / "123")) as state:
        state.note_mx(OLD)
        assert state.mx_history("a.example") == (OLD,)
    assert not (tmp_path / "123").exists()
    open_ticket_state(str(tmp_path / "123")).__exit__(None, None, None)
    with read_ticket_state(str(tmp_path / "123")) as state:
        state.note_mx(OLD)
    with read_ticket_state(str(tmp_path / "123")) as state:
        assert state.mx_history("a.example") == ()


def note_many(folder: str, number: int) -> None:
    for round_number in range(5):
        with open_ticket_state(folder) as state:
            state.add_pass(replace(PASS, domain=f"{number}.example", copied=round_number))
            state.note_mx(OLD)


def test_runs_that_begin_at_once_lose_nothing(tmp_path: Path) -> None:
    folder = str(tmp_path / "123")
    with ProcessPoolExecutor(6) as pool:
        list(pool.map(note_many, [folder] * 6, range(6)))
    with read_ticket_state(folder) as state:
        assert [len(state.passes(f"{number}.example")) for number in range(6)] == [5] * 6
        assert state.mx_history("a.example") == (OLD,)


@pytest.mark.parametrize("reader", [open_ticket_state, read_ticket_state])
def test_newer_foreign_and_broken_files_are_refused_with_the_way_out(tmp_path: Path, reader: object) -> None:
    assert callable(reader)
    open_ticket_state(str(tmp_path)).__exit__(None, None, None)
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(JournalError, match="Use the release that wrote it"):
        reader(str(tmp_path))
    with closing(sqlite3.connect(tmp_path / NAME)) as connection:
        connection.execute("PRAGMA application_id = 7")
    with pytest.raises(JournalError, match="another program's database"):
        reader(str(tmp_path))
    for file in tmp_path.glob(f"{NAME}*"):
        file.unlink()
    (tmp_path / NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalError, match="move the file away"):
        reader(str(tmp_path))


def test_what_a_run_told_takes_the_place_of_what_was_told_before(tmp_path: Path) -> None:
    with open_ticket_state(str(tmp_path)) as state:
        state.tell("sync", {"anna": {"copied": 1}, "bert": {"copied": 2}, "carl": None}, 5.0)
        state.tell("sync", {"anna": {"copied": 3}}, 6.0)
        state.tell("verify", {"anna": {}}, 7.0)
        state.untell("sync", ["bert"])
    with read_ticket_state(str(tmp_path)) as state:
        assert state.told("sync") == {"anna": Told(6.0, {"copied": 3}), "carl": Told(5.0, None)}
        assert (state.told("verify"), state.told("archive")) == ({"anna": Told(7.0, {})}, {})


@pytest.mark.parametrize("earlier", ["DROP TABLE ticket_update; PRAGMA user_version = 1;", "PRAGMA user_version = 2;"])
def test_file_of_an_earlier_version_is_led_on_and_keeps_what_it_knows(tmp_path: Path, earlier: str) -> None:
    with open_ticket_state(str(tmp_path)) as state:
        state.close_domain("a.example", 9.0)
    with closing(sqlite3.connect(tmp_path / NAME)) as file:
        file.executescript(f"DROP TABLE told; {earlier}")
    with open_ticket_state(str(tmp_path)) as state:
        state.tell("sync", {"anna": 1}, 5.0)
        assert state.closed("a.example") == 9.0
    with read_ticket_state(str(tmp_path)) as state:
        assert state.told("sync") == {"anna": Told(5.0, 1)}
