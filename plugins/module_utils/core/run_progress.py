# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is: what its mailboxes say, added up; rates and the time that is left."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# Rates are those of the last so many seconds: what a server gives now, without its every breath.
WINDOW = 60.0
# Before this nothing is foretold.
_EARLIEST = 10.0
_LEAST_DONE = 0.01


@dataclass(frozen=True)
class Live:
    """How far the pass of one mailbox is. What is ``left`` it knows once both sides are listed."""

    mailbox: str
    stage: str = ""
    folders: tuple[str, ...] = ()
    copied: int = 0
    octets: int = 0
    left: int = 0
    octets_left: int = 0
    waiting: str = ""

    @property
    def share(self) -> float:
        """How much of the mailbox is done, from 0 to 1; 0 while it is not known."""
        return self.copied / (self.copied + self.left) if self.stage == "copying" and self.left else 0.0


def live_from(found: Any) -> Live | None:
    """What a progress file of ``imap_sync`` says; None for what is none."""
    if not isinstance(found, Mapping) or not isinstance(found.get("mailbox"), str):
        return None
    folders = found.get("folders")
    return Live(
        found["mailbox"],
        str(found.get("stage") or ""),
        tuple(str(folder) for folder in folders) if isinstance(folders, list) else (),
        _number(found.get("copied")),
        _number(found.get("bytes")),
        _number(found.get("left")),
        _number(found.get("bytes_left")),
        str(found.get("waiting") or ""),
    )


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0


@dataclass(frozen=True)
class View:
    """A run at one moment. ``seconds_left`` is None while it cannot be told; ``active`` begins with the oldest."""

    work: str
    seconds: float
    total: int
    done: int
    failed: int
    active: tuple[Live, ...]
    messages: int
    octets: int
    messages_per_second: float
    octets_per_second: float
    seconds_left: float | None


@dataclass
class RunProgress:
    """One task over all mailboxes. Times are seconds of any one clock."""

    work: str
    total: int
    began: float
    done: int = 0
    failed: int = 0
    messages: int = 0
    octets: int = 0
    active: dict[str, Live] = field(default_factory=dict)
    _samples: deque[tuple[float, int, int]] = field(default_factory=deque)

    def start(self, host: str) -> None:
        """The work on a mailbox has begun."""
        self.active[host] = Live(host)
        self.total = max(self.total, self.done + len(self.active))

    def look(self, host: str, live: Live) -> None:
        """This is how far a mailbox is; told too late it is not heard."""
        if host in self.active:
            self.active[host] = live

    def skip(self, host: str) -> None:
        """There was nothing to be done for a mailbox."""
        if self.active.pop(host, None):
            self.total = max(self.total - 1, self.done + len(self.active))

    def end(self, host: str, *, good: bool, messages: int = 0, octets: int = 0) -> None:
        """A mailbox is through, with so much copied in all."""
        if self.active.pop(host, None):
            self.done += 1
            self.failed += not good
            self.messages += messages
            self.octets += octets

    def view(self, now: float) -> View:
        """The run as it is now; to be asked again and again, for the rates come from what was seen before."""
        active = tuple(self.active.values())
        messages = self.messages + sum(live.copied for live in active)
        octets = self.octets + sum(live.octets for live in active)
        first = self._sampled(now, messages, octets)
        seconds = max(now - first[0], 1e-9)
        rate = max(octets - first[2], 0) / seconds
        return View(
            self.work,
            max(now - self.began, 0.0),
            self.total,
            self.done,
            self.failed,
            active,
            messages,
            octets,
            max(messages - first[1], 0) / seconds,
            rate,
            self._seconds_left(now - self.began, active, octets, rate),
        )

    def _sampled(self, now: float, messages: int, octets: int) -> tuple[float, int, int]:
        """Keep this sample; the one to measure the rates from."""
        if not self._samples:
            self._samples.append((self.began, 0, 0))
        while len(self._samples) > 1 and self._samples[1][0] <= now - WINDOW:
            self._samples.popleft()
        first = self._samples[0]
        self._samples.append((now, messages, octets))
        return first

    def _seconds_left(self, elapsed: float, active: Iterable[Live], octets: int, rate: float) -> float | None:
        """The longer one of two guesses: by mailboxes, as they went so far, and by octets, as fast as they go now."""
        active = tuple(active)
        if self.done == self.total:
            return 0.0
        share = self.done + sum(live.share for live in active)
        if elapsed < _EARLIEST or share < _LEAST_DONE * self.total:
            return None
        by_mailboxes = elapsed * (self.total - share) / share
        listed = [live for live in active if live.stage == "copying"]
        left = sum(live.octets_left for live in listed)
        known = self.done + len(listed)
        unknown = self.total - known
        if not rate or not known:
            return by_mailboxes
        return max(by_mailboxes, (left + unknown * (octets + left) / known) / rate)
