# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Random faults on servers of random abilities, by seed: two passes under them, perhaps one that is killed, and one
that has to find all in order.

``play(seed, …)`` is what the tests and the soak run; the same seed plays the same faults.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

from tests.support.fill import folder_name
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import MailboxSpec, make_folder, make_message, with_twins
from tests.support.mail_user import MailUser
from tests.support.provider_words import GOODBYE, LATER, refused_and_closed, said
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Cut,
    Fault,
    Rewrite,
    Stall,
    after_client_bytes,
    after_server_bytes,
    at_command,
    at_connection,
    before_answer,
    hide_append_uid,
    hide_capabilities,
    in_client_literal,
    in_server_literal,
)
from tests.support.sync_runner import Contents, Migration, Result, filled

SPEC = MailboxSpec((with_twins(make_folder(("INBOX",), 70, "matrix", tuple(EVERYDAY), 1500)),
                    make_folder(("Work",), 25, "matrix"), make_folder(("Sent",), 3, "matrix", ("attachment",), 90_000)))
SHAPES: dict[str, tuple[Rewrite, ...]] = {
    "full": (),
    "no-multiappend": (hide_capabilities("MULTIAPPEND"),),
    "no-literal-plus": (hide_capabilities("LITERAL+", "LITERAL-"),),
    "no-uidplus": (hide_capabilities("UIDPLUS", "MOVE"), hide_append_uid),
    "bare": (hide_capabilities(
        "LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE", "MULTIAPPEND", "LITERAL+", "LITERAL-", "BINARY",
        "CONDSTORE", "QRESYNC", "ENABLE", "UNSELECT", "ESEARCH", "UIDPLUS", "MOVE", "IDLE", "SORT", "WITHIN"),
        hide_append_uid),
}
SOURCE_VERBS = ("LOGIN", "LIST", "EXAMINE", "UID FETCH", "UID FETCH", "UID FETCH")
DESTINATION_VERBS = ("LOGIN", "LIST", "CREATE", "STATUS", "SELECT", "EXAMINE", "APPEND", "APPEND", "APPEND",
                     "UID FETCH", "UID STORE", "SUBSCRIBE")
SEQUENCE_BYTES = (1, 10, 100, 700, 3000, 20_000)


@dataclass(frozen=True)
class Played:
    """What became of one seed. ``fired`` counts the faults that took place, by kind; a killed pass has no result."""

    shapes: tuple[str, str]
    fired: Counter[str]
    kills: int
    results: tuple[Result | None, ...]
    found: Contents
    expected: Contents
    source_kept: bool
    states: frozenset[str]

    def wrong(self) -> str:
        """What is not as it should be; empty when all is."""
        last = self.results[-1]
        if last is None or not last["complete"] or last.get("failed"):
            return f"the last pass is not complete: {last and last.get('msg')}"
        if self.found != self.expected:
            lost, more = _more(self.expected, self.found), _more(self.found, self.expected)
            return f"lost or altered {lost}, doubled or altered {more}"
        if not self.source_kept:
            return "the source was changed"
        return "" if self.states == {"confirmed"} else f"the journal holds {sorted(self.states)}"

    def differences(self) -> dict[str, int]:
        """How many messages were lost, doubled and altered: those that are there in another folder or form."""
        found, expected = _digests(self.found), _digests(self.expected)
        lost = (expected - found).total()
        missing = sum(_more(self.expected, self.found).values())
        return {"lost": lost, "doubled": (found - expected).total(), "altered": missing - lost}


def play(seed: int, migration: Migration) -> Played:
    """Play one seed on an empty mailbox."""
    chance = random.Random(seed)
    here, there = chance.choice(tuple(SHAPES)), chance.choice(tuple(SHAPES))
    migration.fill(SPEC)
    fired: Counter[str] = Counter()
    results: list[Result | None] = [_under_faults(migration, chance, (here, there), fired)]
    _live(migration, chance)
    before = migration.source_snapshot()
    if chance.random() < 0.5:
        results.append(_killed(migration, chance, (here, there)))
    kills = results.count(None)
    results.append(_under_faults(migration, chance, (here, there), fired))
    results.append(migration.attempt(settle=2.0))
    found, expected = filled(migration.at_destination()), filled(migration.mirrored())
    return Played((here, there), fired, kills, tuple(results), found, expected,
                  migration.source_snapshot() == before, frozenset(migration.journal_states()))


def _more(these: Contents, those: Contents) -> dict[str, int]:
    """How many of these are not among those, by folder."""
    counted = {name: (messages - those.get(name, Counter())).total() for name, messages in these.items()}
    return {name: count for name, count in counted.items() if count}


def _digests(contents: Contents) -> Counter[str]:
    counted: Counter[str] = Counter()
    for messages in contents.values():
        for message, count in messages.items():
            counted[message.digest] += count
    return counted


def _under_faults(migration: Migration, chance: random.Random, shapes: tuple[str, str],
                  fired: Counter[str]) -> Result:
    with ExitStack() as stack:
        source, destination = (
            stack.enter_context(FaultProxy(("127.0.0.1", server.place.imap_port), *_faults(chance, verbs),
                                           rewrites=SHAPES[shape]))
            for server, verbs, shape in ((migration.source, SOURCE_VERBS, shapes[0]),
                                         (migration.destination, DESTINATION_VERBS, shapes[1]))
        )
        result = migration.through(source=source, destination=destination).attempt(
            timeout=2.0, settle=1.0, limits={"connections": chance.choice((1, 2, 3))})
        fired.update(_kind(fault) for proxy in (source, destination) for fault in proxy.script.fired)
    return result


def _killed(migration: Migration, chance: random.Random, shapes: tuple[str, str]) -> Result | None:
    """A pass that is killed while one side is silent; its result where it was through before."""
    reads, number = chance.random() < 0.4, chance.randint(1, 4)
    silent = in_server_literal(number, 100) if reads else chance.choice(
        (before_answer("APPEND", number), in_client_literal("APPEND", number, 100)))
    with ExitStack() as stack:
        source, destination = (
            stack.enter_context(FaultProxy(("127.0.0.1", server.place.imap_port), *faults, rewrites=SHAPES[shape]))
            for server, faults, shape in (
                (migration.source, [Fault(silent, Stall())] if reads else [], shapes[0]),
                (migration.destination, [] if reads else [Fault(silent, Stall())], shapes[1]))
        )
        running = migration.through(source=source, destination=destination).start(haste={"settle": 1.0})
        while running.is_alive() and not source.script.fired and not destination.script.fired:
            time.sleep(0.005)
        return None if running.kill() else running.wait()


def _faults(chance: random.Random, verbs: tuple[str, ...]) -> list[Fault]:
    return [_fault(chance, chance.choice(verbs)) for _unused in range(chance.randint(0, 2))]


def _fault(chance: random.Random, verb: str) -> Fault:
    number, after = chance.randint(1, 6), chance.choice(SEQUENCE_BYTES)
    literal = in_client_literal(number=number, after=after) if "APPEND" in verb else in_server_literal(number, after)
    places = (at_command(verb, number), before_answer(verb, number), literal, literal,
              at_connection(chance.randint(1, 3)),
              after_client_bytes(chance.randint(1, 60_000)), after_server_bytes(chance.randint(1, 60_000)))
    what = chance.choice((Cut(), Cut(), Cut(reset=True), Stall(0.2), Stall()))
    words = said(chance.choice((*LATER, *GOODBYE)), verb, number, chance.randint(1, 2))
    return chance.choice((*(Fault(place, what) for place in places), words, words, words,
                          refused_and_closed(verb, number)))


def _kind(fault: Fault) -> str:
    return f"{type(fault.what).__name__.lower()} at {fault.place.point.name.lower()}"


def _live(migration: Migration, chance: random.Random) -> None:
    """What happens at the source between the passes."""
    first = chance.randint(1, 60)
    with MailUser(migration.arguments()["source"]) as user:
        user.flag("INBOX", f"{first}:{first + 8}", "\\Flagged")
        for number in range(chance.randint(1, 12)):
            user.save(folder_name(("Work",), migration.source.shape), make_message(f"late/{number}"))
