# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench verify: both depths of a verification beside a plain streaming read of the same mailboxes, interleaved."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import compare_spec, run_compare

from tests.bench.course import DISK
from tests.bench.engine import measured_pass
from tests.bench.raw import drain
from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_maildir
from tests.support.mail_maker import small_work

USER = "verify@example.com"
READ, FULL, FACTS, PROOF = "both sides read and dropped", "full", "facts", "full, with manifest and pages"


class Cost(NamedTuple):
    """In seconds; ``cpu`` is that of this process, without the servers."""

    wall: float
    cpu: float


def main() -> None:
    """Bring a mailbox over once, then measure in rounds and print a table of medians."""
    options = _options()
    spec = small_work(folders=10, messages=options.messages // 10)
    with (
        DovecotServer(parent=DISK) as source,
        DovecotServer(parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as state,
    ):
        fill_maildir(source, USER, spec)
        ends = {"source": source.endpoint(USER, "none"), "destination": destination.endpoint(USER, "none")}
        arguments = {"mailbox": USER, "state_dir": state, **ends}
        copied = measured_pass(arguments)["result"]["counts"]["copied"]
        works = {
            READ: lambda: [drain(end) for end in ends.values()],
            FULL: lambda: _verify(arguments, copied),
            FACTS: lambda: _verify(arguments, copied, depth="facts"),
            PROOF: lambda: _verify(arguments, copied, proof={"dir": str(Path(state) / "proof"), "ticket": "1"}),
        }
        costs: dict[str, list[Cost]] = {name: [] for name in works}
        for number in range(options.rounds):
            turn = list(works)[number % len(works) :] + list(works)[: number % len(works)]
            for name in turn:
                costs[name].append(_cost(works[name]))
                print(f"  {name}: {costs[name][-1].wall:.2f} s", file=sys.stderr, flush=True)
    _print(costs, copied)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench verify", description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def _verify(arguments: Mapping[str, Any], messages: int, **more: Any) -> None:
    names = ("mailbox", "state_dir", "source", "destination")
    checked = ArgumentSpecValidator(compare_spec()).validate({**{name: arguments[name] for name in names}, **more})
    result = run_compare(checked.validated_parameters, check=False)
    if not result["passed"] or result["proof"]["here"] != messages:
        sys.exit(f"the proof is not one: {result.get('msg') or result['proof']}")


def _cost(work: Callable[[], object]) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    work()
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    return Cost(ended - began, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _print(costs: Mapping[str, list[Cost]], messages: int) -> None:
    print(f"{messages:,} messages, both sides, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; medians\n")
    print("| | seconds | CPU seconds | messages/s | time against the plain read |\n|---|---|---|---|---|")
    plain = costs[READ]
    for name, each in costs.items():
        wall, cpu = median(cost.wall for cost in each), median(cost.cpu for cost in each)
        ratio = median(cost.wall / read.wall for cost, read in zip(each, plain, strict=True))
        print(f"| {name} | {wall:.2f} | {cpu:.2f} | {messages / wall:,.0f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
