# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench: the engine, its peers and the servers' own limits side by side in one run, every copy verified."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import bars, report
from tests.bench.contestants import contestants
from tests.bench.course import Course, Run
from tests.bench.works import WORKS, octets, shrink


class Planned(NamedTuple):
    """One course; with ``everyone`` false only ours runs it, once: it is about memory."""

    work: str
    destination: str
    delay: int
    everyone: bool = True


# All that the bars are about. Where the destination waits for the disk with each message, the huge work takes an hour.
BARS = (
    Planned("small", "maildir", 0), Planned("small", "maildir", 40), Planned("mixed", "maildir", 0),
    Planned("mixed", "maildir", 40), Planned("small", "mdbox", 0), Planned("folders", "maildir", 40),
    Planned("few", "maildir", 40), Planned("large", "maildir", 0, False), Planned("huge", "mdbox", 0, False),
)


def main() -> None:
    """Measure the works that are named, or those of the default."""
    options = _options()
    runners = [each for each in contestants() if not options.only or each.name in options.only]
    missing = set(options.only) - {each.name for each in runners}
    if missing:
        sys.exit(f"not on this machine: {', '.join(sorted(missing))}; there are "
                 f"{', '.join(each.name for each in contestants())}")
    courses = BARS if options.bars else [Planned(*each) for each in
                                         product(options.works, options.destination, options.delay)]
    specs = {work: shrink(WORKS[work](), options.scale) for work in dict.fromkeys(each.work for each in courses)}
    runs: list[Run] = []
    for work, destination, delay, everyone in courses:
        print(f"{work} ({specs[work].count()} messages) to {destination}, {delay} ms", file=sys.stderr)
        here = runners if everyone else [each for each in runners if each.name == report.OURS]
        runs += Course(work, specs[work], destination, delay, _say).go(here, options.rounds if everyone else 1)
        # After each course: a run that is ended early leaves what it has measured.
        rows = report.lines(runs, {work: spec.count() for work, spec in specs.items()},
                            {work: octets(spec) for work, spec in specs.items()})
        _write(rows, options)
    print(report.as_text(rows), bars.as_text(bars.bars(rows)), sep="\n\n")
    if any(row.differences for row in rows if row.contestant == report.OURS):
        sys.exit("our copy differs from the source; the figures are worth nothing")


def _write(rows: Sequence[report.Line], options: argparse.Namespace) -> None:
    reached = bars.bars(rows)
    if options.json:
        told = {**report.as_json(rows, _machine(options)),
                "bars": [{**vars(each), "verdict": each.verdict} for each in reached]}
        options.json.write_text(json.dumps(told, indent=2) + "\n")
    if options.markdown:
        options.markdown.write_text(f"{report.as_markdown(rows)}\n\n{bars.as_markdown(reached)}\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("works", nargs="*", metavar="WORK", help=f"of {', '.join(WORKS)}; by default few and large")
    parser.add_argument("--bars", action="store_true", help="all works and ways that a bar is about")
    parser.add_argument("--delay", type=int, nargs="+", default=[0], metavar="MS", help="round trips in milliseconds")
    parser.add_argument("--destination", nargs="+", default=["maildir"], choices=["maildir", "mdbox"])
    parser.add_argument("--rounds", type=int, default=1, help="runs of which the median counts")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these contestants")
    parser.add_argument("--scale", type=float, default=1.0, help="a part of each work, for a quick look")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--markdown", type=Path, help="write the table there")
    options = parser.parse_args()
    options.works = options.works or ["few", "large"]
    unknown = set(options.works) - WORKS.keys()
    if unknown:
        parser.error(f"unknown work {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    return options


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _machine(options: argparse.Namespace) -> dict[str, Any]:
    return {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0],
            "rounds": options.rounds, "scale": options.scale}


if __name__ == "__main__":
    main()
