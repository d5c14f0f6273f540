# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench soak: random stories of mailboxes between real servers, each pass held against a model of what is right.

Ends with totals, and with an error when a message was lost, doubled or altered, or a result told something else than
what happened. Ctrl-C ends it early, with the totals so far.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from tests.model.play import Figures, Report
from tests.model.shrink import shrink
from tests.model.story import KINDS, Story, make_story
from tests.model.theatre import Theatre

SHOWN = 10


class Totals:
    """What all stories came to, together and by pair of servers."""

    def __init__(self) -> None:
        self.all = Figures()
        self.pairs: dict[str, Figures] = defaultdict(Figures)
        self.failed: list[Report] = []
        self.began = time.monotonic()

    def add(self, report: Report) -> None:
        self.all.add(report.figures)
        self.pairs[f"{report.story.source} -> {report.story.destination}"].add(report.figures)
        if report.wrong:
            self.failed.append(report)

    def line(self) -> str:
        seconds = time.monotonic() - self.began
        figures = self.all
        return (f"{figures.seeds} seeds, {figures.passes} passes, {figures.kills} kills,"
                f" {figures.faults.total()} faults, {figures.copied} messages, {len(self.failed)} stories wrong,"
                f" {seconds:.0f} s")

    def table(self) -> str:
        columns = ("pair", *_figures(self.all))
        rows = [columns, *(_row(pair, figures) for pair, figures in sorted(self.pairs.items())), _row("all", self.all)]
        widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
        faults = ", ".join(f"{count} {name}" for name, count in self.all.faults.most_common())
        lines = ("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
        return "\n".join((*lines, f"faults: {faults or 'none'}"))

    def as_json(self) -> dict[str, Any]:
        return {"seconds": round(time.monotonic() - self.began, 1), "all": _figures(self.all),
                "pairs": {pair: _figures(figures) for pair, figures in sorted(self.pairs.items())},
                "faults": dict(self.all.faults.most_common()), "failed": [report.text() for report in self.failed]}


def _figures(figures: Figures) -> dict[str, int]:
    """The columns of the table; ``other`` is what was wrong with anything but messages."""
    wrong = figures.wrong
    other = wrong.total() - wrong["lost"] - wrong["doubled"] - wrong["altered"]
    return {"seeds": figures.seeds, "passes": figures.passes, "kills": figures.kills, "faults": figures.faults.total(),
            "messages": figures.copied, "lost": wrong["lost"], "doubled": wrong["doubled"],
            "altered": wrong["altered"], "other": other}


def _row(name: str, figures: Figures) -> tuple[str, ...]:
    return (name, *map(str, _figures(figures).values()))


def main() -> None:
    options = _options()
    totals = Totals()
    with Theatre() as theatre:
        try:
            for report in _reports(theatre, options):
                totals.add(report)
                if report.wrong and len(totals.failed) <= SHOWN:
                    _tell(shrink(report, theatre.perform, options.shrink) if options.shrink else report)
                _show(totals)
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
    print(f"\n{totals.table()}\n{totals.line()}")
    if options.json:
        options.json.write_text(json.dumps(totals.as_json(), indent=2) + "\n")
    # Threads that are still waiting for a server must not hold up the end.
    sys.stdout.flush()
    os._exit(bool(totals.failed))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many stories")
    parser.add_argument("--minutes", type=float, default=0.0, help="no new story after so many minutes")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEED", help="the first seed")
    parser.add_argument("--kind", choices=KINDS, default="model",
                        help="model: people at work on both sides; kill, faults: only these; servers: faults between"
                             " all pairs of servers")
    parser.add_argument("--only", type=_numbers, metavar="N,N", help="only these steps of each story")
    parser.add_argument("--at-once", type=int, default=12, metavar="N", help="stories side by side")
    parser.add_argument("--shrink", type=int, default=0, metavar="TRIES", help="look for a shorter story that fails")
    parser.add_argument("--json", type=Path, help="write all figures there")
    return parser.parse_args()


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(number) for number in text.split(","))


def _reports(theatre: Theatre, options: argparse.Namespace) -> Iterator[Report]:
    """Reports as they come; never more stories begun than are played."""
    until = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    seeds = iter(range(options.first, options.first + options.seeds))
    running: set[Future[Report]] = set()
    pool = ThreadPoolExecutor(options.at_once)
    while True:
        while len(running) < options.at_once and time.monotonic() < until and (seed := next(seeds, None)) is not None:
            running.add(pool.submit(theatre.perform, _story(seed, options)))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        yield from (each.result() for each in done)


def _story(seed: int, options: argparse.Namespace) -> Story:
    story = make_story(seed, options.kind)
    return story.only(tuple(each for each in story.steps if each.number in options.only)) if options.only else story


def _tell(report: Report) -> None:
    print(f"\n{'=' * 100}\n{report.text()}", flush=True)


def _show(totals: Totals) -> None:
    """One line that is written over on a terminal; elsewhere one now and then."""
    if sys.stderr.isatty():
        print(f"\r{totals.line()} ", end="", file=sys.stderr, flush=True)
    elif totals.all.seeds % 50 == 0:
        print(totals.line(), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
