# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ansible's main process killed -9 alone, or with all of its processes, and run again at once.

The worker that does the copying lives on when only the main process is killed: it stops by itself, and the run that
follows gets the mailbox's lock. Each case takes some seconds of waiting, so all begin together.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.ansible_runs import AnsibleRun, Outcome, ad_hoc, is_running
from tests.support.dovecot import DovecotServer
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import MailboxSpec, make_folder, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Fault, Stall, before_answer
from tests.support.sync_runner import Contents, Migration, Result, filled

STOPS_WITHIN = 8.0
SLOW = {"limits": {"messages_per_second": 60, "connections": 1}}
SPEC = MailboxSpec(tuple(
    with_twins(make_folder(path, 130, "parent", tuple(EVERYDAY), 1500)) for path in (("INBOX",), ("Work",), ("Sent",))
))


@dataclass
class Story:
    """What happened in one case."""

    found: Contents
    states: set[str]
    source_kept: bool
    second: Outcome
    left_at_kill: int = 0
    open_at_kill: int = 0
    left_after: Mapping[int, float] = field(default_factory=dict)


class Case:
    """One mailbox that is filled, started, killed and started again."""

    def __init__(self, migration: Migration) -> None:
        self.migration = migration
        migration.fill(SPEC)
        self._before = migration.source_snapshot()

    def tell(self, second: AnsibleRun, at_kill: Mapping[str, int], left_after: Mapping[int, float]) -> Story:
        outcome = second.wait()
        return Story(filled(self.migration.at_destination()), set(self.migration.journal_states()),
                     self.migration.source_snapshot() == self._before, outcome, SPEC.count() - at_kill["confirmed"],
                     at_kill["intended"], left_after)

    def await_copying(self, run: AnsibleRun) -> None:
        """Until a batch is at the destination and the next one waits for its rate."""
        until = time.monotonic() + 60
        while not self.migration.journal_states()["confirmed"]:
            assert run.is_alive(), run.wait().output
            assert time.monotonic() < until
            time.sleep(0.01)


def lifetimes(pids: Sequence[int]) -> dict[int, float]:
    """How long each process lives from now on, in seconds; infinity where it does not end in time."""
    began = time.monotonic()
    left: dict[int, float] = dict.fromkeys(pids, float("inf"))
    while float("inf") in left.values() and time.monotonic() < began + STOPS_WITHIN:
        for pid in [pid for pid, after in left.items() if after == float("inf") and not is_running(pid)]:
            left[pid] = time.monotonic() - began
        time.sleep(0.05)
    return left


def stalled_run(migration: Migration, connection: str, kill: Callable[[AnsibleRun], list[int]]) -> Story:
    """The destination has stored a batch and does not answer: the worker is stuck in a read."""
    case = Case(migration)
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port),
                    Fault(before_answer("APPEND", 2), Stall(60))) as proxy:
        arguments = migration.through(destination=proxy).arguments()
        first = ad_hoc("imap_sync", arguments, connection=connection)
        while not proxy.script.fired:
            assert first.is_alive(), first.wait().output
            time.sleep(0.01)
        orphans = kill(first)
        at_kill = migration.journal_states()
        proxy.set_script()
        second = ad_hoc("imap_sync", arguments, connection=connection)
        return case.tell(second, at_kill, lifetimes(orphans))


def busy_run(migration: Migration, connection: str, kill: Callable[[AnsibleRun], list[int]]) -> Story:
    """The worker waits for its rate between two batches."""
    case = Case(migration)
    first = ad_hoc("imap_sync", migration.arguments(**SLOW), connection=connection)
    case.await_copying(first)
    orphans = kill(first)
    at_kill = migration.journal_states()
    second = ad_hoc("imap_sync", migration.arguments(), connection=connection)
    return case.tell(second, at_kill, lifetimes(orphans))


def alone(run: AnsibleRun) -> list[int]:
    orphans = run.kill_alone()
    assert orphans
    return orphans


def everything(run: AnsibleRun) -> list[int]:
    run.kill_all()
    return []


CASES: dict[str, Callable[[Migration], Story]] = {
    "worker-between-batches": lambda migration: busy_run(migration, "local", alone),
    "worker-stuck": lambda migration: stalled_run(migration, "local", alone),
    "module-between-batches": lambda migration: busy_run(migration, "elsewhere", alone),
    "module-stuck": lambda migration: stalled_run(migration, "elsewhere", alone),
    "stuck-worker-and-parent": lambda migration: stalled_run(migration, "local", everything),
    "module-and-parent": lambda migration: busy_run(migration, "elsewhere", everything),
}


@pytest.fixture(scope="module")
def stories(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Story]]]:
    """All cases, worked side by side."""

    def work(name: str, folder: Path) -> Story:
        user = f"{name}-{folder.name}@example.com"
        return CASES[name](Migration(source_server, destination_server, user, folder / "state"))

    with ThreadPoolExecutor(len(CASES)) as pool:
        yield {name: pool.submit(work, name, tmp_path_factory.mktemp(name)) for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_run_that_follows_at_once_brings_every_message_once(
    stories: dict[str, Future[Story]], migration: Migration, name: str
) -> None:
    story = stories[name].result()

    assert story.left_at_kill
    assert story.open_at_kill or "stuck" not in name
    assert story.second.code == 0, story.second.output
    assert story.found == migration.expected(SPEC)
    assert story.source_kept
    assert story.states == {"confirmed"}


@pytest.mark.parametrize("name", [name for name in CASES if not name.endswith("parent")])
def test_worker_stops_by_itself_when_its_parent_is_gone(stories: dict[str, Future[Story]], name: str) -> None:
    story = stories[name].result()

    assert max(story.left_after.values()) < STOPS_WITHIN


def test_playbook_of_several_mailboxes_is_run_again_at_once(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path: Path
) -> None:
    mailboxes = {name: Migration(source_server, destination_server, f"{name}-{tmp_path.name}@example.com",
                                 tmp_path / "state") for name in ("anna", "bert", "carl")}
    cases = {name: Case(migration) for name, migration in mailboxes.items()}

    def start() -> AnsibleRun:
        return AnsibleRun("ansible-playbook", "-i", ",".join(mailboxes), str(write_play(tmp_path, mailboxes)))

    first = start()
    for case in cases.values():
        case.await_copying(first)
    orphans = alone(first)
    second = start()
    left_after = lifetimes(orphans)
    outcome = second.wait()

    assert outcome.code == 0, outcome.output
    assert max(left_after.values()) < STOPS_WITHIN
    for migration in mailboxes.values():
        assert filled(migration.at_destination()) == migration.expected(SPEC)
        assert set(migration.journal_states()) == {"confirmed"}


def write_play(folder: Path, mailboxes: Mapping[str, Migration]) -> Path:
    """A play with one task per run; the arguments of each mailbox are its host's variables."""
    arguments: dict[str, Result] = {name: migration.arguments(**SLOW) for name, migration in mailboxes.items()}
    options = {name: f"{{{{ mailboxes[inventory_hostname].{name} }}}}" for name in arguments["anna"]}
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "vars": {"mailboxes": arguments},
            "tasks": [{"name": "The mailbox is at its new server", "mailops.migration.imap_sync": options}]}
    path = folder / "play.yml"
    path.write_text(json.dumps([play]))
    return path
