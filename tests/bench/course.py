# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The measuring: every contestant in turn on fresh mailboxes of the same two servers, each copy verified."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import raw, works
from tests.bench.contestants import Contestant, Failed, Job, Measured
from tests.bench.delay import Delay
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import MailboxSpec
from tests.support.oracle import contents, read_mailbox

# Servers and journal on a disk, where fsync costs what it costs.
DISK = Path("/var/tmp")
FIRST, NOTHING, DELTA = "first pass", "nothing new", "delta"
PASSES = (FIRST, NOTHING, DELTA)


@dataclass(frozen=True)
class Run:
    """One measured run. ``differences`` counts messages that are not at the destination as they are at the source."""

    work: str
    destination: str
    delay: int
    what: str
    contestant: str
    measured: Measured
    turns: tuple[int, ...] = ()
    differences: int = 0


@dataclass
class Course:
    """One work between one kind of servers. ``delay`` is a round trip in milliseconds."""

    work: str
    spec: MailboxSpec
    destination_format: str
    delay: int
    say: Callable[[str], None]
    runs: list[Run] = field(default_factory=list)

    def go(self, runners: Sequence[Contestant], rounds: int) -> list[Run]:
        """Measure all, interleaved: in each round every contestant, each time another one first."""
        shape = DovecotShape(mail_format=self.destination_format)
        with DovecotServer(parent=DISK) as source, DovecotServer(shape, parent=DISK) as destination:
            for number in range(rounds):
                user = f"source-{number}@example.com"
                fill_maildir(source, user, self.spec)
                turn = number % len(runners)
                self._round(_Round(source, destination, user, number), [*runners[turn:], *runners[:turn]])
                shutil.rmtree(source.place.home(user))
        return self.runs

    def _round(self, here: _Round, runners: Sequence[Contestant]) -> None:
        with ExitStack() as stack:
            states = {each.name: Path(stack.enter_context(_folder())) for each in runners}
            through = []
            for each in runners:
                is_through = self._measure(here, each, FIRST, states[each.name])
                if is_through and each.again:
                    self._measure(here, each, NOTHING, states[each.name])
                    through.append(each)
                else:
                    here.remove(each)
            if not self.delay:
                self._raw(here)
            works.change(here.source, here.user, self.spec, here.number)
            for each in through:
                self._measure(here, each, DELTA, states[each.name])
                here.remove(each)

    def _measure(self, here: _Round, who: Contestant, what: str, state: Path) -> bool:
        """Measure one run; whether it came to its end."""
        try:
            with _ways(here, who, self.delay) as (job, turns):
                measured = who.run(Job(job["source"], job["destination"], state, here.destination))
        except Failed as error:
            self.say(f"  {who.name}: {error}")
            return False
        differences = here.differences(who)
        self.runs.append(Run(self.work, self.destination_format, self.delay, what, who.name, measured,
                             tuple(turns), differences))
        wrong = f", {differences} MESSAGES DIFFER" if differences else ""
        self.say(f"  {what}, {who.name}: {measured.seconds:.2f} s, {measured.rss_mb:.0f} MB{wrong}")
        return True

    def _raw(self, here: _Round) -> None:
        """The servers' own limits, beside the contestants."""
        for name, user, limit in (
            ("source drained", here.user, raw.drain),
            ("destination fed", f"fed-{here.number}@example.com", lambda end: raw.blast(end, self.spec)),
        ):
            server = here.source if name == "source drained" else here.destination
            seconds = limit(server.endpoint(user, "none"))
            gc.collect()
            self.runs.append(Run(self.work, self.destination_format, 0, FIRST, name, Measured(seconds, seconds, 0, 0)))
            self.say(f"  {name}: {seconds:.2f} s")
        shutil.rmtree(here.destination.place.home(f"fed-{here.number}@example.com"))


@dataclass(frozen=True)
class _Round:
    """One mailbox at the source, and one at the destination for each contestant."""

    source: DovecotServer
    destination: DovecotServer
    user: str
    number: int

    def target(self, who: Contestant) -> str:
        return f"{who.name.replace(' ', '-')}-{self.number}@example.com"

    def differences(self, who: Contestant) -> int:
        """Messages that are missing, too many or altered in octets, flags or date, by what lies on the disks."""
        os.sync()
        here = read_mailbox(self.source, self.user)
        there = read_mailbox(self.destination, self.target(who))
        wrong = 0
        for folder in here.keys() | there.keys():
            wanted, found = contents(here.get(folder, ())), contents(there.get(folder, ()))
            wrong += max((wanted - found).total(), (found - wanted).total())
        return wrong

    def remove(self, who: Contestant) -> None:
        shutil.rmtree(self.destination.place.home(self.target(who)), ignore_errors=True)


@contextmanager
def _ways(here: _Round, who: Contestant, delay: int) -> Iterator[tuple[Mapping[str, Mapping[str, Any]], list[int]]]:
    """The endpoints, through relays where there is a delay; the turns of their sessions afterwards."""
    ends = {"source": here.source.endpoint(here.user, "none"),
            "destination": here.destination.endpoint(here.target(who), "none")}
    turns: list[int] = []
    if not delay:
        yield ends, turns
        return
    relays = [Delay(end["port"], delay / 2000) for end in ends.values()]
    try:
        ports = dict(zip(ends, (relay.port for relay in relays), strict=True))
        yield {name: {**end, "port": ports[name]} for name, end in ends.items()}, turns
    finally:
        turns += [max(relay.stop(), default=0) for relay in relays]


@contextmanager
def _folder() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as folder:
        yield folder
