# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections that break, stand still, slow down or lie: the pass goes on, and every message arrives once."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import MailboxSpec, make_folder, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Cut,
    Fault,
    Stall,
    after_client_bytes,
    after_server_bytes,
    answer,
    at_command,
    at_connection,
    before_answer,
    bye,
    chaos,
    in_client_literal,
    in_server_literal,
)
from tests.support.sync_runner import Contents, Migration, Result, counts, filled

SPEC = MailboxSpec((with_twins(make_folder(("INBOX",), 120, "faults", tuple(EVERYDAY), 1500)),
                    make_folder(("Work",), 30, "faults"), make_folder(("Sent",), 3, "faults", ("attachment",), 80_000)))
ONE_LANE = {"connections": 1}
SEEDS = range(20)
AT_ONCE = 16
DESTINATION: dict[str, Fault] = {
    "cut-before-login": Fault(at_connection(), Cut()),
    "cut-in-literal": Fault(in_client_literal("APPEND", 2, 500), Cut()),
    "cut-in-literal-by-reset": Fault(in_client_literal("APPEND", 2, 500), Cut(reset=True)),
    "cut-before-append": Fault(at_command("APPEND", 2), Cut()),
    "cut-after-append": Fault(before_answer("APPEND", 1), Cut()),
    "cut-after-second-append": Fault(before_answer("APPEND", 2), Cut()),
    "cut-after-create": Fault(before_answer("CREATE"), Cut()),
    "cut-after-bytes": Fault(after_client_bytes(60_000), Cut()),
    "stall": Fault(before_answer("APPEND", 1), Stall()),
    "bye": bye(b"server shutting down", "APPEND", 2),
    "no-unavailable": answer(b"NO [UNAVAILABLE] Temporary problem", "APPEND", 2),
    "no-list": answer(b"NO [UNAVAILABLE] try again later", "LIST"),
}
SOURCE: dict[str, Fault] = {
    "cut-before-login": Fault(at_connection(), Cut()),
    "cut-in-fetch": Fault(in_server_literal(40, 300), Cut()),
    "cut-in-first-fetch": Fault(in_server_literal(1, 1), Cut()),
    "cut-after-bytes": Fault(after_server_bytes(100_000), Cut()),
    "cut-in-listing": Fault(at_command("EXAMINE"), Cut()),
    "stall": Fault(in_server_literal(20, 10), Stall()),
    "bye-in-fetch": bye(b"Session invalidated - try again later", "UID FETCH", 2),
    "throttled": answer(b"NO [THROTTLED] Account exceeded command limits", "UID FETCH", 2),
    "login-later": answer(b"NO [UNAVAILABLE] Too many simultaneous connections", "LOGIN"),
    "backoff": answer(b"NO Request is throttled. Suggested Backoff Time: 300 milliseconds", "UID FETCH", 2),
}


@dataclass(frozen=True)
class Outcome:
    """What became of a mailbox with faults on its way; ``fired`` is how many of them took place."""

    fired: int
    result: Result
    found: Contents
    source_kept: bool
    states: set[str]


@contextmanager
def between(
    migration: Migration, source: Sequence[Fault], destination: Sequence[Fault]
) -> Iterator[tuple[Migration, Callable[[], int]]]:
    """The mailbox with these faults on its way, and how many have taken place."""
    with ExitStack() as stack:
        here = stack.enter_context(FaultProxy(("127.0.0.1", migration.source.place.imap_port), *source))
        there = stack.enter_context(FaultProxy(("127.0.0.1", migration.destination.place.imap_port), *destination))
        yield migration.through(source=here, destination=there), lambda: len(here.script.fired + there.script.fired)


def one_fault(migration: Migration, source: Sequence[Fault], destination: Sequence[Fault]) -> Outcome:
    """One pass, which has to cope with the fault by itself."""
    migration.fill(SPEC)
    before = migration.source_snapshot()
    with between(migration, source, destination) as (through, fired):
        result = through.attempt(limits=ONE_LANE, timeout=1.0)
        return outcome(migration, fired(), result, before)


def many_faults(migration: Migration, seed: int) -> Outcome:
    """A pass that may fail, and one without faults after it."""
    migration.fill(SPEC)
    before = migration.source_snapshot()
    with between(migration, chaos(seed, 3), chaos(1000 + seed, 3)) as (through, fired):
        through.attempt(settle=2.0)
        return outcome(migration, fired(), migration.attempt(), before)


def outcome(migration: Migration, fired: int, result: Result, before: str) -> Outcome:
    return Outcome(fired, result, filled(migration.at_destination()), migration.source_snapshot() == before,
                   set(migration.journal_states()))


CASES: dict[str, Callable[[Migration], Outcome]] = {
    **{f"to-{name}": partial(one_fault, source=[], destination=[fault]) for name, fault in DESTINATION.items()},
    **{f"from-{name}": partial(one_fault, source=[fault], destination=[]) for name, fault in SOURCE.items()},
    **{f"seed-{seed}": partial(many_faults, seed=seed) for seed in SEEDS},
}


@pytest.fixture(scope="module")
def outcomes(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """All cases, worked side by side, for most of their time is waiting."""

    def work(name: str, folder: Path) -> Outcome:
        user = f"{name}-{folder.name}@example.com"
        return CASES[name](Migration(source_server, destination_server, user, folder / "state"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(work, name, tmp_path_factory.mktemp(name)) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_fault_loses_and_doubles_nothing(
    outcomes: dict[str, Future[Outcome]], migration: Migration, name: str
) -> None:
    outcome = outcomes[name].result()

    assert outcome.fired or name.startswith("seed")
    assert outcome.result["complete"], outcome.result["msg"]
    assert outcome.found == migration.expected(SPEC)
    assert outcome.source_kept
    assert outcome.states == {"confirmed"}


def test_most_seeds_had_faults(outcomes: dict[str, Future[Outcome]]) -> None:
    hit = [name for name, outcome in outcomes.items() if name.startswith("seed") and outcome.result().fired]

    assert len(hit) >= len(SEEDS) * 3 / 4


def test_server_that_refuses_for_good_ends_the_pass_with_its_words(migration: Migration) -> None:
    migration.fill(SPEC)
    fault = answer(b"NO [UNAVAILABLE] Come back tomorrow", "EXAMINE", times=1000)

    with between(migration, [fault], []) as (through, _unused):
        result = through.attempt(patience=1.0)

    assert result["failed"]
    assert "Come back tomorrow" in json.dumps(result["failures"])


@pytest.mark.parametrize(("side", "command"), [("source", "EXAMINE"), ("destination", "STATUS")])
def test_refused_folder_is_reported_and_the_others_arrive(migration: Migration, side: str, command: str) -> None:
    migration.fill(SPEC)
    faults = {"source": [], "destination": [], side: [answer(b"NO [NOPERM] Permission denied", command, 2)]}

    with between(migration, **faults) as (through, _unused):
        result = through.attempt(limits=ONE_LANE)

    assert result["failed"]
    assert any("Permission denied" in failure["reason"] and failure["folder"] for failure in result["failures"])
    assert len(filled(migration.at_destination())) == 2
    assert counts(migration.attempt())["copied"] == 154 - counts(result)["copied"]


def test_refused_batch_costs_only_the_message_that_is_refused(migration: Migration) -> None:
    """The command that carries one message is refused every time: with the others, alone, again, without keywords."""
    migration.fill(MailboxSpec((make_folder(("INBOX",), 3, "refused"),)))
    fault = answer(b"NO [CANNOT] Invalid message", "APPEND", 1, times=4)

    with between(migration, [], [fault]) as (through, _unused):
        result = through.attempt(limits=ONE_LANE)

    assert counts(result) == {"copied": 2, "refused": 1}
    [failure] = result["failures"]
    assert "Invalid message" in failure["reason"]


def more_than_there_is(line: bytes) -> bytes:
    """Counts of the source's folders that are five too high."""
    def raised(match: re.Match[bytes]) -> bytes:
        return match[1] + b"%d" % (int(match[2]) + 5)

    return re.sub(rb"(MESSAGES )(\d+)", raised, re.sub(rb"^(\* )(\d+)(?= EXISTS)", raised, line))


def false_sizes(line: bytes) -> bytes:
    """RFC822.SIZE as servers tell it that have not looked."""
    return re.sub(rb"(RFC822\.SIZE )(\d+)", lambda match: match[1] + b"%d" % (int(match[2]) * 2 + 7), line)


def test_server_that_shows_less_than_it_counts_is_reported(migration: Migration) -> None:
    migration.fill(SPEC)
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), rewrites=[more_than_there_is]) as proxy:
        result = migration.through(source=proxy).attempt()

    assert result["failed"]
    assert counts(result) == {"copied": 154, "failed": 15}
    assert [failure["folder"] for failure in result["failures"]] == ["INBOX", "Sent", "Work"]
    assert all("5 messages less" in failure["reason"] for failure in result["failures"])


def test_sizes_that_lie_change_nothing(migration: Migration) -> None:
    migration.fill(SPEC)
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), rewrites=[false_sizes]) as proxy:
        through = migration.through(source=proxy)
        results = [through.attempt(), through.attempt()]
        migration.lose_journal()
        results.append(through.attempt())

    assert [counts(result) for result in results] == [{"copied": 154}, {"already_there": 154}, {"matched": 154}]
    assert filled(migration.at_destination()) == migration.expected(SPEC)
