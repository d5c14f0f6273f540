# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A message that breaks the connection when it is read: at the destination by a pass, on either side by the proof."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compare_runner import compare, explained, told
from tests.support.odd_server import OddServer
from tests.support.odd_store import Oddities
from tests.support.sync_runner import Migration, counts

DATE = b"01-Feb-2024 10:00:00 +0000"
OTHER_DATE = b"01-Mar-2024 10:00:00 +0000"
FATAL = Oddities(fatal=frozenset({4}))


def between(source: OddServer, destination: OddServer, state_dir: Path) -> Migration:
    return Migration(source, destination, "user@example.com", state_dir)


def message(number: int) -> bytes:
    return b"Subject: %03d\r\n\r\nbody" % number


def test_pass_lists_what_it_cannot_read_at_the_destination_and_goes_on(state_dir: Path) -> None:
    """Of ten messages that are there, one cannot be read; nine are known again, and what is new arrives."""
    with OddServer() as source, OddServer(FATAL) as destination:
        for number in range(1, 21):
            source.folder().add(message(number), (), DATE)
        for number in range(1, 11):
            content, date = (message(100), OTHER_DATE) if number == 4 else (message(number), DATE)
            destination.folder().add(content, (), date)
        migration = between(source, destination, state_dir)

        result = migration.attempt()

        assert (result["complete"], result["failures"]) == (True, [])
        assert counts(result) == {"matched": 9, "copied": 11}
        [warning] = result["warnings"]
        assert warning.startswith("INBOX: message 4 at the destination cannot be read")
        there = destination.folder().contents()
        assert sorted(there) == sorted([message(number) for number in (*range(1, 21), 100)])


def test_interrupted_send_of_a_message_that_cannot_be_read_there_stops_nothing(state_dir: Path) -> None:
    """It may be there, and nobody knows: it is sent again, and both are told."""
    with OddServer() as source, OddServer(Oddities(("LITERAL+",), mute=frozenset({4}))) as destination:
        for number in range(1, 11):
            source.folder().add(message(number), (), DATE)
        migration = between(source, destination, state_dir)
        destination.oddities = Oddities(("LITERAL+",), fatal=frozenset({4}), mute=frozenset({4}))

        result = migration.attempt(settle=0.1)

        assert (result["complete"], result["failures"]) == (True, [])
        assert any("message 4 at the destination" in warning for warning in result["warnings"])
        assert set(destination.folder().contents()) == set(source.folder().contents())


@pytest.mark.parametrize("side", ["source", "destination"])
def test_proof_lists_what_it_cannot_read_and_judges_all_the_others(side: str, state_dir: Path) -> None:
    with OddServer() as source, OddServer() as destination:
        for number in range(1, 11):
            source.folder().add(message(number), (), DATE)
        source.folder("Leads").add(message(50), ("\\Seen",), DATE)
        migration = between(source, destination, state_dir)
        migration.run()
        destination.folder("Leads").change(1, flags=frozenset())
        {"source": source, "destination": destination}[side].oddities = FATAL

        verdict = compare(migration, journal=False)

        found = told(verdict)
        assert ("unreadable", "INBOX") in found and ("flags_differ", "Leads") in found
        [fault] = [each for each in verdict["differences"] if each["kind"] == "unreadable"]
        assert f"at the {side}: the server breaks off" in fault["reason"]
        assert verdict["counts"]["identical"] == 10
        with_journal = compare(migration)
        assert ("unreadable", "INBOX") in told(with_journal)
        assert not any("deleted" in reason for _unused, reason, _unused in explained(with_journal))
