# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When what the destination has answered is entered in the journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import CONFIRMED, INTENDED
from ansible_collections.mailops.migration.plugins.module_utils.sync.flights import Flight, Flights
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal

from tests.unit.imap.scripted import session_to
from tests.unit.sync.makers import entry, opened


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return opened(tmp_path / "journal.sqlite")


def states(journal: Journal) -> list[str]:
    return [row.state for row in journal.rows()]


@pytest.mark.parametrize("act", [Flights.enter, Flights.settle, Flights.drain])
def test_what_was_taken_is_confirmed_at_every_end(journal: Journal, act: Callable[[Flights], None]) -> None:
    with session_to(lambda peer: None) as session:
        flights = Flights(session, journal, lambda work, error: None)
        flights.taken(journal.intend([entry(1)], 1, 0.0), 9, [5])
        session.wire.broken = True
        act(flights)
    assert [(row.state, row.destination.uid) for row in journal.rows()] == [(CONFIRMED, 5)]


class Slow:
    """Who sent one command; what the journal knows when its answer is waited for."""

    has_ended = False

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.known: list[str] = []

    def settle(self, flight: Flight) -> None:
        self.known = states(self._journal)

    close = settle


def test_what_was_taken_is_entered_before_the_server_is_waited_for(journal: Journal) -> None:
    slow = Slow(journal)
    with session_to(lambda peer: None) as session:
        flights = Flights(session, journal, lambda work, error: None)
        flights.taken(journal.intend([entry(1)], 1, 0.0), 9, [5])
        flights.add(Flight(slow, None, (), 0))  # type: ignore[arg-type]
        flights.settle()
    assert slow.known == [CONFIRMED]


def test_what_was_taken_is_durable_with_the_next_intents(journal: Journal) -> None:
    statements: list[str] = []
    journal._connection.set_trace_callback(statements.append)
    with session_to(lambda peer: None) as session:
        flights = Flights(session, journal, lambda work, error: None)
        first = journal.intend([entry(1)], 1, 0.0)
        flights.taken(first, 9, [5])
        with journal.together():
            flights.enter()
            journal.intend([entry(2)], 1, 0.0)
    assert states(journal) == [CONFIRMED, INTENDED]
    assert statements.count("COMMIT") == 2
