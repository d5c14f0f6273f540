# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Medians and ratios of the runs, for people, for machines and for the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from tests.bench.course import Run

OURS = "mailops"
Key = tuple[str, str, int, str]


@dataclass(frozen=True)
class Line:
    """One row of the result: a contestant at one work, medians of its runs."""

    work: str
    destination: str
    delay: int
    what: str
    contestant: str
    runs: int
    seconds: float
    ratio: float | None
    messages: int
    cpu: float
    rss_mb: float
    mb_per_second: float
    turns: tuple[int, ...]
    differences: int


def lines(runs: Sequence[Run], messages: Mapping[str, int], octets: Mapping[str, int]) -> list[Line]:
    """A row for each contestant; ``ratio`` is its seconds by ours, above 1 where we are faster."""
    groups: dict[tuple[Key, str], list[Run]] = {}
    for run in runs:
        groups.setdefault(((run.work, run.destination, run.delay, run.what), run.contestant), []).append(run)
    seconds = {group: median(run.measured.seconds for run in found) for group, found in groups.items()}
    rows = []
    for (key, name), found in groups.items():
        ours = seconds.get((key, OURS))
        took = seconds[key, name]
        rows.append(Line(
            *key, name, len(found), took, took / ours if ours else None, messages[key[0]],
            median(run.measured.cpu for run in found), max(run.measured.rss_mb for run in found),
            octets[key[0]] / took / 1e6 if key[3] == "first pass" else 0.0,
            max((run.turns for run in found), default=()), max(run.differences for run in found),
        ))  # fmt: skip
    return rows


def as_json(rows: Iterable[Line], about: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, with what the machine is."""
    return {"machine": dict(about), "rows": [asdict(row) for row in rows]}


_COLUMNS: Mapping[str, Callable[[Line], str]] = {
    "work": lambda row: f"{row.work} to {row.destination}",
    "round trip": lambda row: f"{row.delay} ms",
    "pass": lambda row: row.what,
    "": lambda row: row.contestant,
    "seconds": lambda row: f"{row.seconds:.2f}",
    "by ours": lambda row: f"{row.ratio:.2f}" if row.ratio and row.contestant != OURS else "",
    "MB/s": lambda row: f"{row.mb_per_second:.1f}" if row.mb_per_second else "",
    "CPU s": lambda row: f"{row.cpu:.2f}" if row.cpu else "",
    "peak MB": lambda row: f"{row.rss_mb:.0f}" if row.rss_mb else "",
    "turns": lambda row: " + ".join(map(str, row.turns)),
    "differ": lambda row: str(row.differences) if row.differences else "",
}


def as_text(rows: Sequence[Line]) -> str:
    """A table for a terminal."""
    cells = [list(_COLUMNS), *([show(row) for show in _COLUMNS.values()] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(_COLUMNS))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)


def as_markdown(rows: Sequence[Line]) -> str:
    """The same for the docs."""
    cells = [list(_COLUMNS), ["---"] * len(_COLUMNS), *([show(row) for show in _COLUMNS.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)
