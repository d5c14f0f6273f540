# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench: works made deterministically, copied by the engine, verified message by message, measured."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.support import mail_maker
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import MailboxSpec
from tests.support.oracle import contents, read_mailbox

ROOT = Path(__file__).resolve().parents[2]
USER = "bench@example.com"
# Servers and journal on a disk, where fsync costs what it costs.
DISK = Path("/var/tmp")

WORKS: Mapping[str, Callable[[], MailboxSpec]] = {
    "small": mail_maker.small_work,
    "large": mail_maker.one_large,
    "mixed": mail_maker.mixed_work,
    "folders": mail_maker.many_folders,
    "big": mail_maker.big_folder,
}


def main() -> None:
    """Measure the works that are named, or those of the default."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("works", nargs="*", default=["small", "large"], help=f"of {', '.join(WORKS)}")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    unknown = set(options.works) - WORKS.keys()
    if unknown:
        parser.error(f"unknown work {', '.join(sorted(unknown))}; there are {', '.join(WORKS)}")
    rows = [row for work in options.works for row in _measure(work)]
    _print(rows)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


def _measure(work: str) -> list[dict[str, Any]]:
    """A first pass and one with nothing new, between two fresh servers."""
    spec = WORKS[work]()
    with (
        DovecotServer(DovecotShape(separator="/"), parent=DISK) as source,
        DovecotServer(DovecotShape(separator="."), parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as state,
    ):
        fill_maildir(source, USER, spec)
        arguments = {
            "mailbox": USER,
            "state_dir": state,
            "source": source.endpoint(USER),
            "destination": destination.endpoint(USER),
        }
        rows = [_row(work, name, spec, _run(arguments)) for name in ("first pass", "nothing new")]
        _verify(source, destination, work)
    return rows


def _run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.engine"]
    environment = {"PYTHONPATH": f"{ROOT / '.ansible' / 'collections'}:{ROOT}", "PATH": "/usr/bin:/bin"}
    text = json.dumps(arguments)
    done = subprocess.run(
        command, input=text, capture_output=True, text=True, env=environment, cwd=ROOT, timeout=1800, check=False
    )
    if done.returncode:
        sys.exit(f"the engine failed: {done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout)
    if measured["result"].get("failed"):
        sys.exit(f"the pass failed: {measured['result']['msg']}")
    return measured


def _row(work: str, what: str, spec: MailboxSpec, measured: Mapping[str, Any]) -> dict[str, Any]:
    counts = measured["result"]["counts"]
    return {
        "work": work,
        "pass": what,
        "messages": spec.count(),
        "copied": counts["copied"],
        "seconds": round(measured["seconds"], 2),
        "messages_per_second": round(counts["copied"] / measured["seconds"]),
        "mb_per_second": round(counts["bytes"] / measured["seconds"] / 1e6, 1),
        "cpu_seconds": round(measured["cpu_seconds"], 2),
        "peak_rss_mb": round(measured["peak_rss_mb"]),
    }


def _verify(source: DovecotServer, destination: DovecotServer, work: str) -> None:
    """Every message once, with its octets, flags and date; by what lies on the disks, not by our own reader."""
    here, there = read_mailbox(source, USER), read_mailbox(destination, USER)
    for folder, messages in here.items():
        name = folder.replace("/", ".")
        if contents(messages) != contents(there.get(name, ())):
            sys.exit(f"{work}: {folder} differs at the destination; the figures are worth nothing")


def _print(rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    widths = [max(len(name), *(len(str(row[name])) for row in rows)) for name in columns]
    for cells in [columns, *([str(row[name]) for name in columns] for row in rows)]:
        print("  ".join(str(cell).rjust(width) for cell, width in zip(cells, widths, strict=True)))


if __name__ == "__main__":
    main()
