# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the engine has to reach beside the others in the same run, and whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.course import DELTA, FIRST, NOTHING
from tests.bench.report import OURS, Line

PASS, FAIL = "PASS", "FAIL"


@dataclass(frozen=True)
class Bar:
    """One bar. ``bound`` is what ``value`` must reach (``least``) or keep within."""

    work: str
    what: str
    value: float
    bound: float
    least: bool

    @property
    def verdict(self) -> str:
        return PASS if (self.value >= self.bound if self.least else self.value <= self.bound) else FAIL


@dataclass(frozen=True)
class _Rows:
    """The rows of a run."""

    rows: Sequence[Line]

    def one(self, work: str, destination: str, delay: int, what: str, contestant: str) -> Line | None:
        wanted = (work, destination, delay, what, contestant)
        found = (r for r in self.rows if (r.work, r.destination, r.delay, r.what, r.contestant) == wanted)
        return next(found, None)


def bars(rows: Sequence[Line]) -> list[Bar]:
    """Those that this run can tell."""
    table = _Rows(rows)
    found: list[Bar] = []
    for work, destination, delay, what in dict.fromkeys((r.work, r.destination, r.delay, r.what) for r in rows):
        ours = table.one(work, destination, delay, what, OURS)
        if ours is None:
            continue
        named = f"{work} to {destination}, {delay} ms, {what}"
        for contestant, times in _times(work, destination, delay, what).items():
            other = table.one(work, destination, delay, what, contestant)
            if other is not None:
                found.append(Bar(named, f"times as fast as {contestant}", other.seconds / ours.seconds, times, True))
        found += _better_of_peers(table, named, ours)
        found += _own(named, ours)
    return found


def _times(work: str, destination: str, delay: int, what: str) -> dict[str, float]:
    """How many times as fast as whom."""
    if what == NOTHING and work == "folders" and delay:
        return {"mbsync": 20.0}
    if what == DELTA and delay:
        return {"mbsync": 1.0}
    if what != FIRST or work not in ("small", "mixed"):
        return {}
    if destination == "mdbox":
        return {"doveadm": 0.8, "mbsync": 5.0, "sketch": 0.5}
    if not delay:
        return {"doveadm": 1.0, "mbsync": 1.7, "sketch": 0.8}
    return {"doveadm": 2.0, "mbsync": 2.0, "sketch": 0.8} if work == "small" else {"sketch": 0.8}


def _better_of_peers(table: _Rows, named: str, ours: Line) -> list[Bar]:
    """With a delay, the mixed work is held against the faster of both."""
    if (ours.work, ours.what, ours.destination) != ("mixed", FIRST, "maildir") or not ours.delay:
        return []
    peers = [table.one(ours.work, ours.destination, ours.delay, FIRST, name) for name in ("doveadm", "mbsync")]
    seconds = [peer.seconds for peer in peers if peer is not None]
    return [Bar(named, "times as fast as the better peer", min(seconds) / ours.seconds, 1.2, True)] if seconds else []


def _own(named: str, ours: Line) -> list[Bar]:
    found = [
        Bar(named, "peak memory, MB", ours.rss_mb, 100.0, False),
        Bar(named, "messages that differ", ours.differences, 0, False),
    ]
    if (ours.work, ours.destination, ours.what) == ("small", "mdbox", FIRST):
        found.append(Bar(named, "CPU for a message, µs", ours.cpu / ours.messages * 1e6, 150.0, False))
    if (ours.work, ours.what) == ("folders", NOTHING) and ours.delay:
        found.append(Bar(named, "seconds", ours.seconds, 1.0, False))
        found.append(Bar(named, "turns of one side", max(ours.turns, default=0), 10, False))
    return found


def as_text(found: Sequence[Bar]) -> str:
    """A line for each bar, for a terminal."""
    return "\n".join(f"{each.verdict}  {each.work}: {_told(each)}" for each in found)


def as_markdown(found: Sequence[Bar]) -> str:
    """The same as a table."""
    lines = ["| bar | reached | must be | |", "| --- | --- | --- | --- |"]
    for each in found:
        sign = "≥" if each.least else "≤"
        lines.append(f"| {each.work}: {each.what} | {each.value:.2f} | {sign} {each.bound:g} | {each.verdict} |")
    return "\n".join(lines)


def _told(each: Bar) -> str:
    return f"{each.what} {each.value:.2f}, must be {'at least' if each.least else 'at most'} {each.bound:g}"
