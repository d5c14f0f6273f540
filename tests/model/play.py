# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Play a story on real servers, and hold every pass against the model."""

from __future__ import annotations

import random
import shutil
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from ansible_collections.mailops.migration.plugins.module_utils.sync import engine

from tests.model import names
from tests.model.judge import KINDS, Complaint, Memory, PassSeen, judge, renumbered
from tests.model.person import DESTINATION_ACTIONS, SOURCE_ACTIONS, Person
from tests.model.state import Snapshot, read
from tests.model.story import HIDDEN, Step, Story
from tests.support.dovecot import DovecotServer
from tests.support.plain_imap import Appended, ImapRefused, PlainImap
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import (
    Cut,
    Fault,
    Point,
    Rewrite,
    Say,
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
from tests.support.server_shapes import Server
from tests.support.sync_runner import EngineProcess, Migration, Result

VERBS = ("APPEND", "UID FETCH", "SELECT", "EXAMINE", "UID STORE", "UID MOVE", "UID COPY", "CREATE", "LIST", "STATUS")
NOES = (b"NO [UNAVAILABLE] Temporary problem, please try again later", b"NO [THROTTLED] Account exceeded limits",
        b"NO Request is throttled. Suggested Backoff Time: 100 milliseconds", b"BAD Command Error. 10",
        b"NO [SERVERBUG] Internal error occurred", b"NO [LIMIT] Too many messages")
BYE = b"* BYE Session invalidated - please reconnect\r\n"
LONG = 3600.0
# Seconds; the model looks at a server that is quiet, so that nothing needs to settle.
HASTE: Mapping[str, Any] = {"settle": 0.3, "patience": 3.0, "lock_wait": 20.0, "timeout": 2.0}
PATIENCE = 10.0
# Retries as the product makes them, and faster than for people's servers.
engine._LONGEST_PAUSE = 0.05


@dataclass
class Figures:
    """What was played; added up over stories."""

    seeds: int = 0
    passes: int = 0
    kills: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    copied: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, other: Figures) -> None:
        self.seeds += other.seeds
        self.passes += other.passes
        self.kills += other.kills
        self.faults.update(other.faults)
        self.copied += other.copied
        self.wrong.update(other.wrong)


@dataclass
class Report:
    """How a story went: what was done, in words, and what was wrong with the last pass."""

    story: Story
    script: list[str] = field(default_factory=list)
    wrong: list[Complaint] = field(default_factory=list)
    figures: Figures = field(default_factory=lambda: Figures(seeds=1))

    def count_wrong(self) -> Report:
        """Itself, with what was wrong in its figures."""
        for complaint in self.wrong:
            self.figures.wrong[complaint.kind] += complaint.count
        return self

    def text(self) -> str:
        """For a person: the story so far and the difference."""
        steps = ",".join(str(step.number) for step in self.story.steps)
        again = f"again: bin/bench soak --kind {self.story.kind} --from {self.story.seed} --seeds 1"
        again += f" --only {steps}" if steps else ""
        return "\n".join((self.story.title(), *self.script, *map(str, self.wrong), again))

    def worst(self) -> str:
        """The worst kind of what was wrong; empty where nothing was."""
        kinds = {complaint.kind for complaint in self.wrong}
        return next((kind for kind in KINDS if kind in kinds), "")


def play(story: Story, source: Server, destination: DovecotServer, user: str, folder: Path) -> Report:
    """Play it with a new mailbox; the report is wrong where a pass was. ``folder`` holds journals."""
    return _Stage(story, source, destination, user, folder).play()


class _Stage:
    """The servers of a story and what is known on them."""

    def __init__(
        self, story: Story, source: Server, destination: DovecotServer, user: str, folder: Path
    ) -> None:
        self._story = story
        self._source = source
        self._destination = destination
        self._user = user
        self._migration = Migration(cast(DovecotServer, source), destination, user, folder / "state")
        self._folder = folder
        self._report = Report(story)
        self._memory = Memory()
        self._saved: Memory | None = None
        self._snapshot: Memory | None = None
        self._saved_snapshot: Memory | None = None
        self._options: dict[str, Any] = {}
        self._quiet = 0

    def play(self) -> Report:
        for step in self._story.steps:
            told = self._taken(step)
            self._quiet = self._quiet + 1 if step.who == "pass" and step.what in ("plain", "checked") else 0
            if told:
                self._report.script.append(f"{step}{': ' if told != ' ' else ''}{told.strip()}")
            if self._report.wrong:
                break
        return self._report.count_wrong()

    def _taken(self, step: Step) -> str:
        """What the step came to. An error of the stage itself ends the story as well, and not the whole soak."""
        try:
            return self._take(step)
        except Exception:
            self._report.wrong.append(Complaint("broken", traceback.format_exc()))
            return "broken"

    def _take(self, step: Step) -> str:
        if step.who == "pass":
            return self._pass(step)
        if step.who == "environment":
            return self._environment(step)
        server = self._source if step.who == "source" else self._destination
        person = Person(server, self._user, self._chance(step), f"{self._story.seed}/{step.number}")
        try:
            if step.what == "fill":
                return self._fill(step, person)
            actions = SOURCE_ACTIONS if step.who == "source" else DESTINATION_ACTIONS
            return actions[step.what][1](person)
        except ImapRefused as refused:
            return f"refused: {refused}"
        finally:
            person.close()

    def _chance(self, step: Step) -> random.Random:
        return random.Random(f"{self._story.seed}/{step.number}/{step.what}")

    def _fill(self, step: Step, person: Person) -> str:
        chance = self._chance(step)
        folders = person.make_tree(6)
        for folder in folders:
            person.fill(folder, chance.choice((0, 1, 3, 6, 12) if folder != "INBOX" else (8, 20)))
        return f"{len(folders)} folders"

    # The environment

    def _environment(self, step: Step) -> str:
        chance = self._chance(step)
        deeds: Mapping[str, Callable[[random.Random], str]] = {
            "lose journal": self._lose_journal,
            "lose journal, not its copy": self._lose_journal_alone,
            "save journal": self._save_journal,
            "restore journal": self._restore_journal,
            "other alias": self._other_alias,
            "other host name": self._other_host,
            "renumber source folder": self._renumber_source,
            "renumber destination folder": self._renumber_destination,
            "same mail at both": self._same_mail,
            "empty the source": lambda chance: self._empty(self._source, chance),
            "empty the destination": lambda chance: self._empty(self._destination, chance),
        }
        return deeds[step.what](chance)

    def _lose_journal(self, _chance: random.Random) -> str:
        if not self._migration.journal_file.exists():
            return ""
        self._migration.lose_journal()
        self._snapshot = None
        self._memory = self._memory.forgotten()
        return " "

    def _save_journal(self, _chance: random.Random) -> str:
        if not self._migration.journal_file.exists():
            return ""
        shutil.rmtree(self._folder / "saved", ignore_errors=True)
        shutil.copytree(self._migration.state_dir, self._folder / "saved")
        self._saved, self._saved_snapshot = self._memory, self._snapshot
        return " "

    def _restore_journal(self, _chance: random.Random) -> str:
        if self._saved is None:
            return ""
        shutil.rmtree(self._migration.state_dir)
        shutil.copytree(self._folder / "saved", self._migration.state_dir)
        self._snapshot = self._saved_snapshot
        self._memory = self._memory.as_of(self._saved)
        return " "

    def _lose_journal_alone(self, _chance: random.Random) -> str:
        """Its copy of the last pass that changed something takes its place."""
        if self._snapshot is None or not self._migration.journal_file.exists():
            return ""
        for path in self._migration.state_dir.glob(f"{self._migration.journal_file.name}*"):
            if not path.name.endswith(".snapshot"):
                path.unlink()
        self._memory = self._memory.as_of(self._snapshot)
        return " "

    def _other_alias(self, chance: random.Random) -> str:
        self._options["alias"] = f"alias-{chance.randrange(100)}"
        return str(self._options["alias"])

    def _other_host(self, _chance: random.Random) -> str:
        host = "localhost" if self._options.get("host") != "localhost" else "127.0.0.1"
        self._options["host"] = host
        return host

    def _renumber_source(self, chance: random.Random) -> str:
        if not isinstance(self._source, DovecotServer):
            return ""
        folder = chance.choice(sorted(read(self._source, self._user).folders))
        self._source.change_uid_validity(self._user, folder, chance.randrange(10**8, 2 * 10**9))
        return folder

    def _renumber_destination(self, chance: random.Random) -> str:
        folders = read(self._destination, self._user).folders
        if not folders:
            return ""
        folder = chance.choice(sorted(folders))
        value = chance.randrange(10**8, 2 * 10**9)
        self._destination.change_uid_validity(self._user, folder, value)
        self._memory = renumbered(self._memory, folder, folders[folder], value)
        self._saved, self._snapshot, self._saved_snapshot = (
            renumbered(each, folder, folders[folder], value) if each else None
            for each in (self._saved, self._snapshot, self._saved_snapshot)
        )
        return folder

    def _same_mail(self, chance: random.Random) -> str:
        """The destination gets a message by another way that the source has, too."""
        with PlainImap(self._source.endpoint(self._user, "none")) as client:
            found = list(client.fetch_all("INBOX"))
        if not found:
            return ""
        message = chance.choice(found)
        with PlainImap(self._destination.endpoint(self._user, "none")) as client:
            client.append("INBOX", [Appended(message.content, frozenset(), message.received)])
        return f"uid {message.uid} of INBOX"

    def _empty(self, server: Server, chance: random.Random) -> str:
        person = Person(server, self._user, chance, "")
        try:
            return person.empty_all()
        finally:
            person.close()

    # A pass

    def _pass(self, step: Step) -> str:
        chance = self._chance(step)
        runs: Mapping[str, Callable[[random.Random], Sequence[Result | None]]] = {
            "plain": lambda _chance: [self._attempt()],
            "checked": self._checked,
            "faults": self._faults,
            "killed at a point": self._killed_at_point,
            "killed at a moment": self._killed_at_moment,
            "two at once": self._two_at_once,
            "recopy": lambda _chance: [self._attempt(recopy=True)],
        }
        source, before = read(self._source, self._user), read(self._destination, self._user)
        faults = sum(self._report.figures.faults.values())
        results = runs[step.what](chance)
        if any(result is None or not result["complete"] for result in results):
            self._wait_until_quiet()
        seen = self._seen(source, before, results, step)
        seen = replace(seen, faulty=None in results or sum(self._report.figures.faults.values()) > faults)
        wrong, self._memory = judge(seen, self._memory)
        if any(result and (result["changed"] or "took its place" in str(result["warnings"])) for result in results):
            self._snapshot = self._memory
        self._report.wrong += wrong
        if self._quiet >= 2 and any(result and result["changed"] for result in results):
            self._wrong("the third pass with nothing new still changed something")
        self._report.figures.passes += 1
        self._report.figures.copied += len(seen.after.items) - len(before.items)
        return self._told(results)

    def _seen(
        self, source: Snapshot, before: Snapshot, results: Sequence[Result | None], step: Step
    ) -> PassSeen:
        hidden = HIDDEN[self._story.hidden]
        target = names.targets(source.folders, self._source.shape, self._destination.shape, before.folders)
        made = frozenset(name for name in target.values() if not names.has_role(name, self._destination.shape))
        return PassSeen(
            source, read(self._source, self._user), before, read(self._destination, self._user), tuple(results),
            target, made, can_move="UIDPLUS" not in hidden, recopy=step.what == "recopy",
        )

    def _told(self, results: Sequence[Result | None]) -> str:
        return " | ".join("killed" if result is None else told(result) for result in results)

    def _arguments(self) -> dict[str, Any]:
        return {"limits": {"connections": 1 + self._story.seed % 2}}

    def _between(self, stack: ExitStack, source: Sequence[Fault] = (), destination: Sequence[Fault] = ()) -> tuple[
            Migration, FaultProxy, FaultProxy]:
        hidden = HIDDEN[self._story.hidden]
        rewrites: list[Rewrite] = [hide_capabilities(*hidden)] if hidden else []
        there_too: list[Rewrite] = [*rewrites, hide_append_uid] if self._story.hides_append_uid else rewrites
        here = FaultProxy(("127.0.0.1", self._source.place.imap_port), *source, rewrites=rewrites)
        there = FaultProxy(("127.0.0.1", self._destination.place.imap_port), *destination, rewrites=there_too)
        stack.enter_context(here)
        stack.enter_context(there)
        through = self._migration.through(source=here, destination=there)
        return replace(through, source_options={**through.source_options, **self._options}), here, there

    def _attempt(self, migration: Migration | None = None, **changes: Any) -> Result:
        with ExitStack() as stack:
            through = migration or self._between(stack)[0]
            return through.attempt(**HASTE, **self._arguments(), **changes)

    def _checked(self, _chance: random.Random) -> Sequence[Result]:
        """The plan is what is done then."""
        with ExitStack() as stack:
            planned = self._between(stack)[0].run(check=True, **self._arguments())
        result = self._attempt()
        for name in ("copied", "moved", "flags_updated", "matched", "held"):
            less = planned["counts"][name] - result["counts"][name]
            # Where a server keeps to itself where it moved a copy, the flags of that follow in the next pass.
            later = result["counts"]["moved"] if name == "flags_updated" and self._story.hides_append_uid else 0
            if not 0 <= less <= later and result["complete"]:
                self._wrong(f"check mode plans {planned['counts'][name]} to be {name},"
                            f" and it were {result['counts'][name]}")
        return [result]

    def _faults(self, chance: random.Random) -> Sequence[Result]:
        source, destination = _chaos(chance, chance.randint(0, 3)), _chaos(chance, chance.randint(1, 4))
        if chance.random() < 0.15:
            destination.append(Fault(at_connection(1, chance.choice((1, 2, 20))), Cut(reset=True)))
        with ExitStack() as stack:
            migration, here, there = self._between(stack, source, destination)
            result = self._attempt(migration)
            self._count_faults(here, there)
        return [result]

    def _two_at_once(self, _chance: random.Random) -> Sequence[Result]:
        with ExitStack() as stack, ThreadPoolExecutor(2) as pool:
            migration = self._between(stack)[0]
            return list(pool.map(lambda _unused: self._attempt(migration), range(2)))

    def _killed_at_moment(self, chance: random.Random) -> Sequence[Result | None]:
        with ExitStack() as stack:
            running = self._between(stack)[0].start(haste=HASTE, **self._arguments())
            time.sleep(chance.uniform(0.02, 0.25))
            return self._kill(running)

    def _killed_at_point(self, chance: random.Random) -> Sequence[Result | None]:
        source, destination = _points(chance)
        with ExitStack() as stack:
            migration, here, there = self._between(stack, source, destination)
            running = migration.start(haste=HASTE, **self._arguments())
            while running.is_alive() and not here.script.fired and not there.script.fired:
                time.sleep(0.005)
            killed = self._kill(running)
            self._count_faults(here, there)
        return killed

    def _kill(self, running: EngineProcess) -> Sequence[Result | None]:
        """Nothing is known of a killed run; one that was through before has its result."""
        if running.kill():
            self._report.figures.kills += 1
            return [None]
        return [running.wait()]

    def _wrong(self, text: str) -> None:
        self._report.wrong.append(Complaint("result", text))

    def _count_faults(self, *proxies: FaultProxy) -> None:
        for fault in (fault for proxy in proxies for fault in proxy.script.fired):
            self._report.figures.faults[f"{type(fault.what).__name__} at {fault.place.point.name}".lower()] += 1

    def _wait_until_quiet(self) -> None:
        """Until the destination no longer serves this mailbox: a broken connection may still deliver what it had."""
        until = time.monotonic() + PATIENCE
        while self._user in self._destination.doveadm("who", self._user) and time.monotonic() < until:
            time.sleep(0.02)


def told(result: Result) -> str:
    """A result in one line."""
    counts = ", ".join(f"{name} {count}" for name, count in result["counts"].items() if count and name != "bytes")
    return f"{'complete' if result['complete'] else 'incomplete'}; {counts}; {result.get('msg', 'well')}"


def _chaos(chance: random.Random, count: int) -> list[Fault]:
    """Faults at places that the passes of a small mailbox come by."""
    def one() -> Fault:
        verb, number = chance.choice(VERBS), chance.choice((1, 1, 1, 2, 3))
        place = chance.choice((
            at_command(verb, number), at_command("APPEND", number), before_answer(verb, number),
            before_answer("APPEND", number), in_client_literal("APPEND", number, chance.randint(1, 3000)),
            in_server_literal(chance.randint(1, 30), chance.randint(1, 1000)),
            after_client_bytes(chance.randint(1, 20_000), chance.randint(1, 2)),
            after_server_bytes(chance.randint(1, 20_000), chance.randint(1, 2)), at_connection(number),
        ))
        if place.point is Point.COMMAND and chance.random() < 0.4:
            # A folder that is refused for good gets another name, and keeps it.
            noes = NOES[:3] if place.verb == "CREATE" else NOES
            return Fault(place, Say(text=chance.choice(noes)) if chance.random() < 0.6 else Say(untagged=BYE))
        return Fault(place, chance.choice((Cut(), Cut(), Cut(reset=True), Stall(0.2), Stall(LONG))))

    return [one() for _unused in range(count)]


def _points(chance: random.Random) -> tuple[Sequence[Fault], Sequence[Fault]]:
    """Where the conversation stands still while the engine is killed: on the source's side or the destination's."""
    number = chance.randint(1, 3)
    verb = chance.choice(("APPEND", "APPEND", "CREATE", "UID STORE", "UID MOVE", "UID EXPUNGE", "SUBSCRIBE"))
    return chance.choice((
        ((), [Fault(before_answer(verb, number), Stall(LONG))]),
        ((), [Fault(before_answer("APPEND", number), Stall(LONG))]),
        ((), [Fault(at_command(verb, number), Stall(LONG))]),
        ((), [Fault(in_client_literal("APPEND", number, chance.randint(1, 3000)), Stall(LONG))]),
        ((), [Fault(after_client_bytes(chance.randint(100, 60_000)), Stall(LONG))]),
        ([Fault(in_server_literal(chance.randint(1, 40), chance.randint(1, 500)), Stall(LONG))], ()),
        ([Fault(before_answer("UID FETCH", number), Stall(LONG))], ()),
    ))
