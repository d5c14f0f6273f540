# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The engine killed -9 at many points and started again at once: every message arrives exactly once.

A killed run's open intents cost the next one up to ten seconds of looking at the destination, so all runs of this file
begin together and each test waits for its own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Fault,
    Place,
    Stall,
    after_client_bytes,
    at_command,
    before_answer,
    in_client_literal,
    in_server_literal,
)
from tests.support.sync_runner import Contents, EngineProcess, Migration, counts, filled, total

SEEDS = range(24)
AT_ONCE = 24
LONG = 3600.0


@dataclass(frozen=True)
class Outcome:
    """What a run with kills came to."""

    kills: int
    open_at_kill: int
    found: Contents
    expected: Contents
    source_kept: bool
    states: dict[str, int]
    complete: bool


def mailbox(seed: int) -> MailboxSpec:
    """Several folders, twins, sizes from some hundred bytes to 2 MB."""
    chance = random.Random(seed)
    folders = [make_folder(("INBOX",), 150, f"kill/{seed}", tuple(EVERYDAY), 1500)]
    folders += [make_folder(("Work", f"F{n}"), chance.randint(20, 120), f"kill/{seed}", size=800) for n in range(3)]
    large = tuple(make_message(f"kill/{seed}/large/{n}", "attachment", size) for n, size in
                  enumerate((2_000_000, 300_000, 1_200_000, 40_000)))
    return MailboxSpec((*map(with_twins, folders), with_twins(FolderSpec(("Large",), large))))


class Killer:
    """Kills one migration at points that its seed chooses."""

    def __init__(self, seed: int, migration: Migration) -> None:
        self.chance = random.Random(f"killer/{seed}")
        self.migration = migration
        self.spec = mailbox(seed)
        self.kills = 0
        self.open_at_kill = 0

    def run(self, kill: Callable[[Killer], None], rounds: int) -> Outcome:
        self.migration.fill(self.spec)
        before = self.migration.source_snapshot()
        for _unused in range(rounds):
            kill(self)
        result = self.migration.start().wait()
        return Outcome(self.kills, self.open_at_kill, filled(self.migration.at_destination()),
                       self.migration.expected(self.spec), self.migration.source_snapshot() == before,
                       dict(self.migration.journal_states()), result["complete"])

    def note(self, engine: EngineProcess) -> None:
        """Kill, and count it if the engine was at work."""
        if engine.kill():
            self.kills += 1
            self.open_at_kill += self.migration.journal_states()["intended"]


def kill_at_progress(killer: Killer) -> None:
    """Without anything between: when so many messages are confirmed, and a moment later."""
    confirmed = killer.migration.journal_states()["confirmed"]
    until = confirmed + killer.chance.randrange(max(1, (killer.spec.count() - confirmed) // 2))
    moment = killer.chance.uniform(0, 0.05)
    engine = killer.migration.start_mortal(until, moment)
    deadline = time.monotonic() + 120
    while engine.is_alive():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    killer.note(engine)


def kill_at_point(killer: Killer) -> None:
    """At a chosen point of one of the conversations, which stands still there."""
    source, destination = points(killer.chance, is_first=not killer.kills)
    with ExitStack() as stack:
        here = stack.enter_context(FaultProxy(address(killer.migration.source), *source))
        there = stack.enter_context(FaultProxy(address(killer.migration.destination), *destination))
        engine = killer.migration.through(source=here, destination=there).start()
        while engine.is_alive() and not here.script.fired and not there.script.fired:
            time.sleep(0.005)
        killer.note(engine)


def stall(place: Place) -> tuple[Fault, ...]:
    return (Fault(place, Stall(LONG)),)


def points(chance: random.Random, *, is_first: bool) -> tuple[tuple[Fault, ...], tuple[Fault, ...]]:
    """The faults of the source's side and of the destination's; after a kill little is left to be done."""
    batch = chance.randint(1, 5 if is_first else 1)
    if is_first and chance.random() < 0.1:
        return (), stall(before_answer("CREATE", chance.randint(1, 4)))
    return chance.choice((
        ((), stall(before_answer("APPEND", batch))),
        ((), stall(in_client_literal("APPEND", batch, chance.randint(1, 3000)))),
        ((), stall(at_command("APPEND", batch))),
        ((), stall(after_client_bytes(chance.randint(1000, 120_000 if is_first else 3000)))),
        (stall(in_server_literal(chance.randint(1, 250 if is_first else 10), chance.randint(1, 1000))), ()),
    ))


def address(server: DovecotServer) -> tuple[str, int]:
    return "127.0.0.1", server.place.imap_port


@pytest.fixture(scope="module")
def outcomes(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[int, Future[Outcome]]]:
    """The outcome of every seed, worked side by side."""

    def work(seed: int, folder: Path) -> Outcome:
        user = f"killed-{seed}-{folder.parent.name}@example.com"
        migration = Migration(source_server, destination_server, user, folder)
        kill = kill_at_progress if seed % 2 else kill_at_point
        return Killer(seed, migration).run(kill, rounds=1 + seed % 3)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {seed: pool.submit(work, seed, tmp_path_factory.mktemp(f"kill-{seed}") / "state") for seed in SEEDS}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_message_is_there_once_after_kills_in_mid_copy(outcomes: dict[int, Future[Outcome]], seed: int) -> None:
    outcome = outcomes[seed].result()

    assert outcome.kills
    assert outcome.complete
    assert outcome.found == outcome.expected
    assert outcome.source_kept
    assert set(outcome.states) == {"confirmed"}


def test_kills_fell_on_messages_that_were_under_way(outcomes: dict[int, Future[Outcome]]) -> None:
    under_way = [seed for seed, outcome in outcomes.items() if outcome.result().open_at_kill]

    assert len(under_way) >= len(outcomes) / 2


@pytest.fixture
def small(migration: Migration) -> MailboxSpec:
    """A mailbox of one batch."""
    spec = MailboxSpec((with_twins(make_folder(("INBOX",), 30, "batch", size=800)),))
    migration.fill(spec)
    return spec


def test_batch_that_was_stored_but_not_answered_is_found_and_not_sent_again(
    migration: Migration, small: MailboxSpec
) -> None:
    with FaultProxy(address(migration.destination), *stall(before_answer("APPEND"))) as proxy:
        kill_when_it_stalls(migration.through(destination=proxy), proxy)

    result = migration.run()

    assert counts(result) == {"recovered": 31, "already_there": 31}
    assert migration.at_destination() == migration.expected(small)


def test_batch_that_was_stored_and_filed_by_the_user_before_the_next_run_is_found(
    migration: Migration, small: MailboxSpec
) -> None:
    with FaultProxy(address(migration.destination), *stall(before_answer("APPEND"))) as proxy:
        kill_when_it_stalls(migration.through(destination=proxy), proxy)
    migration.destination.create_folders(migration.user, ["Archive.INBOX.2023"])
    migration.destination.move(migration.user, "Archive.INBOX.2023", "mailbox", "INBOX", "uid", "1:10")

    result = migration.run()

    assert counts(result) == {"recovered": 31, "already_there": 31}
    assert total(migration.at_destination()) == 31


def test_batch_is_found_though_its_folder_was_made_anew_meanwhile(migration: Migration) -> None:
    """UIDNEXT of the intent is that of the folder as it was: the new one counts from 1 again."""
    migration.fill(MailboxSpec((with_twins(make_folder(("Work",), 30, "anew", size=800)),)))
    destination, user = migration.destination, migration.user
    destination.create_folders(user, ["Work", "New"])
    for number in range(12):
        destination.save(user, "Work", b"Subject: %d\r\n\r\nold\r\n" % number)
    destination.expunge(user, "mailbox", "Work", "all")
    with FaultProxy(address(destination), *stall(before_answer("APPEND"))) as proxy:
        kill_when_it_stalls(migration.through(destination=proxy), proxy)
    destination.move(user, "New", "mailbox", "Work", "all")
    destination.delete_folder(user, "Work")
    destination.rename_folder(user, "New", "Work")

    result = migration.run()

    assert counts(result) == {"recovered": 31, "already_there": 31}
    assert total(migration.at_destination()) == 31


def test_copy_that_a_server_stores_late_is_told_and_not_removed(migration: Migration, small: MailboxSpec) -> None:
    """The network holds the rest of the batch for longer than anybody waits."""
    with FaultProxy(address(migration.destination), Fault(in_client_literal(), Stall(3.0))) as proxy:
        kill_when_it_stalls(migration.through(destination=proxy), proxy)
        migration.attempt(settle=0.0)
        while total(migration.at_destination()) < 62:
            time.sleep(0.1)

    result = migration.run()

    assert counts(result) == {"already_there": 31}
    assert sum("is there twice" in warning for warning in result["warnings"]) == 30
    assert total(migration.at_destination()) == 62


@pytest.mark.parametrize("seconds_under_way", [0, 300])
def test_batch_that_is_still_on_its_way_is_waited_for(
    migration: Migration, small: MailboxSpec, seconds_under_way: int
) -> None:
    """The network holds the rest of the batch for two seconds, and delivers it though the sender is gone."""
    with FaultProxy(address(migration.destination), Fault(in_client_literal(), Stall(2.0))) as proxy:
        kill_when_it_stalls(migration.through(destination=proxy), proxy)

        result = migration.attempt(lambda: time.time() + seconds_under_way, settle=10.0)

    assert counts(result) == {"recovered": 31, "already_there": 31}
    assert migration.at_destination() == migration.expected(small)


def kill_when_it_stalls(migration: Migration, proxy: FaultProxy) -> None:
    engine = migration.start()
    while not proxy.script.fired:
        assert engine.is_alive()
        time.sleep(0.002)
    time.sleep(0.1)
    assert engine.kill()
    assert migration.journal_states() == {"intended": 31}
