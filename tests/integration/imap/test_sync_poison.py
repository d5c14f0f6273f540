# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A message that breaks the connection every time: it is found and listed, and all the others arrive once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Cut,
    Fault,
    Noise,
    Rewrite,
    Say,
    Stall,
    at_sent,
    at_shown,
    at_stored,
    hide_append_uid,
    hide_capabilities,
)
from tests.support.sync_runner import Contents, Migration, Result, filled

SPEC = MailboxSpec((make_folder(("INBOX",), 130, "poison"), make_folder(("Work",), 20, "poison")))
CULPRIT = 77
NO_MULTIAPPEND = (hide_capabilities("MULTIAPPEND"),)
BARE = (hide_capabilities("MULTIAPPEND", "LITERAL+", "LITERAL-", "UIDPLUS"), hide_append_uid)


def mark_of(number: int) -> bytes:
    """What only this message of INBOX holds."""
    content = SPEC.folders[0].messages[number - 1].content()
    return next(line for line in content.split(b"\r\n") if line.lower().startswith(b"message-id:"))


@dataclass(frozen=True)
class Case:
    source: tuple[Fault, ...] = ()
    destination: tuple[Fault, ...] = ()
    hidden: tuple[Rewrite, ...] = ()
    culprits: tuple[int, ...] = (CULPRIT,)
    words: str = ""


def shown(what: Cut | Stall | Say | Noise, *numbers: int) -> tuple[Fault, ...]:
    return tuple(Fault(at_shown(mark_of(number)), what) for number in numbers or (CULPRIT,))


def sent(what: Cut | Stall | Say, *numbers: int) -> tuple[Fault, ...]:
    return tuple(Fault(at_sent(mark_of(number)), what) for number in numbers or (CULPRIT,))


BYE = Say(untagged=b"* BYE Internal error occurred, see the log\r\n")
CASES = {
    "shown-cut": Case(shown(Cut()), words="hung up"),
    "shown-reset": Case(shown(Cut(reset=True))),
    "shown-stall": Case(shown(Stall()), words="time limit"),
    "shown-bye": Case(shown(BYE)),
    "shown-noise": Case(shown(Noise(b"x\r\nnonsense\r\n"))),
    "shown-two": Case(shown(Cut(), 5, 120), culprits=(5, 120)),
    "shown-neighbours": Case(shown(Cut(), 60, 61, 62), culprits=(60, 61, 62)),
    "sent-cut": Case((), sent(Cut())),
    "sent-bye": Case((), sent(BYE), words="Internal error occurred"),
    "sent-stall": Case((), sent(Stall()), words="time limit"),
    "sent-single": Case((), sent(Cut()), NO_MULTIAPPEND),
    "sent-bare": Case((), sent(Cut()), BARE),
    "sent-neighbours": Case((), sent(Cut(), 60, 61), culprits=(60, 61)),
    "stored-cut": Case((), (Fault(at_stored(mark_of(CULPRIT)), Cut()),), culprits=()),
    "stored-bare": Case((), (Fault(at_stored(mark_of(CULPRIT)), Cut()),), BARE, culprits=()),
    "both-sides": Case(shown(Cut(), 10), sent(Cut(), 90), culprits=(10, 90)),
}


@dataclass(frozen=True)
class Outcome:
    first: Result
    between: Contents
    again: Result
    found: Contents
    source_kept: bool
    states: dict[str, int]


def work(case: Case, migration: Migration) -> Outcome:
    """A pass with the poison, another one, and one when the poison is gone."""
    migration.fill(SPEC)
    before = migration.source_snapshot()
    with (FaultProxy(("127.0.0.1", migration.source.place.imap_port), *case.source) as here,
          FaultProxy(("127.0.0.1", migration.destination.place.imap_port), *case.destination,
                     rewrites=case.hidden) as there):
        through = migration.through(source=here, destination=there)
        first = through.attempt(timeout=1.0, settle=0.3)
        between = filled(migration.at_destination())
        again = through.attempt(timeout=1.0, settle=0.3)
    migration.attempt()
    return Outcome(first, between, again, filled(migration.at_destination()), migration.source_snapshot() == before,
                   dict(migration.journal_states()))


@pytest.fixture(scope="module")
def outcomes(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Outcome]]:
    """All cases side by side, for most of their time is waiting."""

    def begin(name: str, folder: Path) -> Outcome:
        user = f"{name}-{folder.name}@example.com"
        return work(CASES[name], Migration(source_server, destination_server, user, folder / "state"))

    with ThreadPoolExecutor(len(CASES)) as pool:
        futures: dict[str, Future[Outcome]] = {
            name: pool.submit(begin, name, tmp_path_factory.mktemp(name)) for name in CASES
        }
        yield lambda name: futures[name].result()


@pytest.mark.parametrize("name", CASES)
def test_message_that_breaks_the_connection_is_listed_and_the_others_arrive_once(
    outcomes: Callable[[str], Outcome], migration: Migration, name: str
) -> None:
    case, outcome = CASES[name], outcomes(name)
    rest = migration.expected(SPEC)
    for number in case.culprits:
        rest["INBOX"][SPEC.folders[0].messages[number - 1].expected()] -= 1

    assert outcome.between == {folder: +messages for folder, messages in rest.items()}
    for result in (outcome.first, outcome.again):
        assert result["complete"], result["msg"]
        assert sorted((each["folder"], each["uid"]) for each in result["failures"]) == [
            ("INBOX", number) for number in case.culprits]
        assert all(each["kind"] == "failed" and case.words in each["reason"] for each in result["failures"])
        assert result["counts"]["left"] == 0
    assert outcome.first["interruptions"]["times"] >= len(case.culprits)
    assert outcome.again["interruptions"]["times"] <= len(case.culprits)
    assert outcome.found == migration.expected(SPEC)
    assert outcome.source_kept
    assert outcome.states == {"confirmed": 150}


def test_server_that_fails_at_every_message_is_no_matter_of_one_message(migration: Migration) -> None:
    migration.fill(SPEC)
    every = Fault(at_sent(b"Message-ID:"), Cut())
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port), every) as there:
        result = migration.through(destination=there).attempt(settle=0.1)

    assert not result["complete"]
    assert len(there.script.fired) <= 10
    assert migration.attempt()["counts"]["copied"] == 150
