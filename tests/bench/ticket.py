# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole ticket by ansible-playbook: what preflight, passes, report and callback cost, by playbook and by mailbox."""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.engine import measured_pass
from tests.bench.tree import Watch
from tests.support.dovecot import MASTER_PASSWORD, PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER, DovecotShape, mail_uid
from tests.support.fill import fill_maildir
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.terminal import terminal

ROOT = Path(__file__).resolve().parents[2]
DISK = Path("/var/tmp")
DOMAIN = "bench.example"
_COSTS = ("seconds", "cpu", "memory")
# Enough to tell what one pass costs the engine itself.
SAMPLE = 50
GOAL = 1000
TABLES = ROOT / "roles" / "mail_platform" / "files" / "postfixadmin-sqlite.sql"
# What a ticket of a tenth of the mailboxes costs less is what the other mailboxes cost.
WHOLE, TENTH, LISTED = "whole", "tenth", "listed"
PARTS = ("preflight", "final", "report", "sync", "final_sync", "migrate", "inventory", "callback")
_CALLBACK_MODES: Mapping[str, Mapping[str, str]] = {
    "plain lines": {"MAILOPS_PROGRESS": "plain", "MAILOPS_PROGRESS_INTERVAL": "1"},
    "bars": {"MAILOPS_PROGRESS": "bars", "TERM": "xterm"},
}


@dataclass(frozen=True)
class Cost:
    """Of one run, or of one mailbox: wall clock, and CPU of all its processes, in seconds.

    In MB, 0 where that says nothing: ``memory`` of its largest process at its highest, ``together`` of all at once.
    """

    seconds: float
    cpu: float
    memory: float = 0.0
    together: float = 0.0

    def __str__(self) -> str:
        memory = f", largest process {self.memory:.0f} MB" if self.memory else ""
        together = f", all at once {self.together:.0f} MB" if self.together else ""
        return f"{self.seconds:.3g} s, CPU {self.cpu:.3g} s{memory}{together}"


def measure(mailboxes: int, parts: Collection[str]) -> Iterator[tuple[str, Any]]:
    """A first run over ``mailboxes`` small mailboxes, and what of ``parts`` is asked for, each as it is known."""
    with (
        DovecotServer(parent=DISK) as source,
        DovecotServer(DovecotShape(separator="."), parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as name,
    ):
        place = Path(name)
        users = _addresses(mailboxes)
        few = users[: max(1, mailboxes // 10)]
        sizes = ((TENTH, len(few)), (WHOLE, mailboxes))
        _fill(source, users)
        _write_provider(place, destination)
        _write_ticket(place, WHOLE, users, source)
        _write_ticket(place, TENTH, few, source)
        yield "mailboxes", mailboxes
        if "preflight" in parts:
            yield from _of_playbook("preflight.yml", *(_run(place, "preflight", *each) for each in sizes), sizes)
        if set(parts) <= {"preflight"}:
            return
        if "migrate" in parts:
            yield "first run, migrate.yml", _run(place, "migrate", WHOLE, mailboxes)
        else:
            _first_passes(place, users, source, destination)
        shutil.rmtree(place / "state" / TENTH, ignore_errors=True)
        (place / "state" / TENTH).symlink_to(place / "state" / WHOLE)
        if "final" in parts:
            for user in users:
                _deliver(source, user)
            yield "a new message each, final_sync.yml", _run(place, "final_sync", WHOLE, mailboxes)
        engine = _engine_alone(place, users[:SAMPLE], source, destination)
        yield "engine alone, a pass of a mailbox", engine
        for playbook in (each for each in ("sync", "final_sync", "migrate") if each in parts):
            found = _of_playbook(
                f"nothing new, {playbook}.yml", *(_run(place, playbook, *each) for each in sizes), sizes
            )
            yield from found
            share = engine.cpu / dict(found)[f"nothing new, {playbook}.yml: each further mailbox"].cpu
            yield f"nothing new, {playbook}.yml: Ansible's part of a further mailbox's CPU", f"{1 - share:.0%}"
        if "report" in parts:
            yield "report.yml", _ansible(place, "ansible-playbook", "playbooks/report.yml", "-e", f"ticket={WHOLE}")
            page = (place / "state" / WHOLE / "report" / "report.html").stat().st_size
            yield "report.html", f"{page / 1000:,.0f} kB"
        if "inventory" in parts:
            yield from ((f"inventory of {rows:,}", _inventory(place, rows, source)) for rows in (10, GOAL, 5 * GOAL))
        if "callback" in parts:
            yield from _callback(place, mailboxes)


def _callback(place: Path, mailboxes: int) -> Iterator[tuple[str, Any]]:
    """What the callback costs of a run in which each mailbox has least to do, on a terminal."""
    for name, settings in _CALLBACK_MODES.items():
        spent = place / "callback"
        meter = ("-m", "tests.bench.callback_cost", str(spent))
        cost = _run(place, "sync", WHOLE, mailboxes, before=meter, **settings).cpu
        files = list(place.glob(f"{spent.name}.*"))
        own = sum(float(line) for file in files for line in file.read_text().splitlines())
        for file in files:
            file.unlink()
        yield f"nothing new, sync.yml, the callback's {name}", f"CPU {own:.2f} s of {cost:.1f} s, {own / cost:.1%}"


def _of_playbook(name: str, part: Cost, whole: Cost, sizes: tuple[tuple[str, int], ...]) -> list[tuple[str, Any]]:
    """What each further mailbox adds to a run, and what that makes for a ticket of ``GOAL``."""
    (_tenth, few), (_whole, mailboxes) = sizes
    more, left = mailboxes - few, GOAL - mailboxes
    sums = [(getattr(whole, name) - getattr(part, name)) / more for name in _COSTS] if more else vars(whole).values()
    each = Cost(*sums)
    found = [(name, whole), (f"{name}: each further mailbox", each)]
    if left:
        goal = Cost(*(getattr(whole, name) + getattr(each, name) * left for name in _COSTS))
        found.append((f"{name}: {GOAL:,} mailboxes, reckoned from these", goal))
    return found


def _addresses(number: int) -> list[str]:
    return [f"user{each:05}@{DOMAIN}" for each in range(number)]


def _fill(source: DovecotServer, users: list[str]) -> None:
    """Five messages for each: one mailbox is made, the others are copies of its files."""
    first, *others = users
    folders = (make_folder(("INBOX",), 3, first, size=2000), make_folder(("Sent",), 2, first, size=2000))
    fill_maildir(source, first, MailboxSpec(folders))
    for user in others:
        subprocess.run(["cp", "-a", str(source.place.home(first)), str(source.place.home(user))], check=True)


def _deliver(source: DovecotServer, user: str) -> None:
    """One more message in the INBOX, as a delivery agent leaves it."""
    path = source.place.home(user) / "mail" / "new" / f"{int(time.time())}.M1P2.bench"
    path.write_text(f"From: a@example.org\nSubject: new\nMessage-ID: <new-{user}>\n\nnew\n")
    os.chown(path, mail_uid(), mail_uid())


def _write_provider(place: Path, destination: DovecotServer) -> None:
    (place / "mailops.yml").write_text(f"plugin: mailops.migration.ticket\ntickets_dir: {place / 'tickets'}\n")
    with contextlib.closing(sqlite3.connect(place / "platform.sqlite")) as database:
        database.executescript(TABLES.read_text())
    there = destination.endpoint("nobody")
    provider = {
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "mailops_state_dir": str(place / "state"),
        "mailops_create_domains": True,
        "mailops_platform": {"dsn": f"sqlite:///{place}/platform.sqlite"},
        "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                "master_user": MASTER, "master_password": MASTER_PASSWORD},
    }
    (place / "group_vars").mkdir()
    (place / "group_vars" / "all.yml").write_text(json.dumps(provider))


def _write_ticket(place: Path, name: str, users: list[str], source: DovecotServer) -> None:
    ticket = place / "tickets" / name
    ticket.mkdir(parents=True, exist_ok=True)
    end = source.endpoint("nobody")
    (ticket / "ticket.yml").write_text(f"domains: [{DOMAIN}]\nsource:\n  imap_server: 127.0.0.1\n"
                                       f"  port: {end['port']}\n  ca_file: {end['ca_file']}\n")
    with (ticket / "mailboxes.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["email", "password"])
        rows.writerows([user, PASSWORD] for user in users)


def _run(place: Path, playbook: str, ticket: str, mailboxes: int, *, before: Sequence[str] = (),
         **settings: str) -> Cost:
    """A playbook over a ticket, with the forks that the project's ansible.cfg has."""
    summary = place / "summary.json"
    cost = _ansible(place, "ansible-playbook", f"playbooks/{playbook}.yml", "-e", f"ticket={ticket}",
                    "-e", f"mailops_summary_file={summary}", before=before, **settings)
    told = len(json.loads(summary.read_text())["mailboxes"])
    if told != mailboxes:
        sys.exit(f"the summary tells of {told} mailboxes, not of {mailboxes}")
    return cost


def _inventory(place: Path, rows: int, source: DovecotServer) -> str:
    """What reading a ticket of ``rows`` mailboxes costs a run before it begins."""
    _write_ticket(place, LISTED, _addresses(rows), source)
    return str(_ansible(place, "ansible-inventory", "--host", "localhost", "-e", f"ticket={LISTED}"))


def _ansible(place: Path, program: str, *arguments: str, before: Sequence[str] = (), **settings: str) -> Cost:
    """What one run of a program of Ansible costs on a terminal; ``before`` are arguments of Python that run it."""
    python = Path(sys.executable)
    begin = (str(python), *before, program) if before else (str(python.with_name(program)),)
    command = [*begin, *arguments, "-i", str(place / "mailops.yml")]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8", **settings}
    began = time.monotonic()
    with (place / "output.txt").open("wb") as output, terminal(output.write) as slave:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=slave,
                                   stderr=slave)
        with Watch(process.pid) as watch:
            _pid, status, usage = os.wait4(process.pid, 0)
    seconds, code = time.monotonic() - began, os.waitstatus_to_exitcode(status)
    if code:
        sys.exit(f"{program} ended with {code}: {(place / 'output.txt').read_text()[-3000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, watch.peak)


def _engine_alone(place: Path, users: list[str], source: DovecotServer, destination: DovecotServer) -> Cost:
    """The same pass without Ansible, one mailbox after the other: what one of them costs."""
    costs = [measured_pass(_arguments(place, user, source, destination)) for user in users]
    for user, cost in zip(users, costs, strict=True):
        if cost["result"].get("failed") or cost["result"]["counts"]["copied"]:
            sys.exit(f"{user}: {cost['result']['msg']}")
    return Cost(*(sum(cost[name] for cost in costs) / len(costs) for name in ("seconds", "cpu_seconds")))


def _first_passes(place: Path, users: list[str], source: DovecotServer, destination: DovecotServer) -> None:
    """What a first run leaves, in a fraction of its time."""
    with ProcessPoolExecutor(8) as pool:
        for cost in pool.map(measured_pass, (_arguments(place, user, source, destination) for user in users)):
            if cost["result"].get("failed"):
                sys.exit(cost["result"]["msg"])


def _arguments(place: Path, user: str, source: DovecotServer, destination: DovecotServer) -> dict[str, Any]:
    return {"mailbox": user, "state_dir": str(place / "state" / WHOLE), "source": source.endpoint(user),
            "destination": destination.master_endpoint(user)}


def main() -> None:
    """``python -m tests.bench.ticket [MAILBOXES] [--only PART…]``"""
    parser = argparse.ArgumentParser(prog="bin/bench ticket", description=__doc__)
    parser.add_argument("mailboxes", nargs="?", type=int, default=GOAL)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    for name, value in measure(options.mailboxes, options.only):
        print(f"{name}: {value}", flush=True)


if __name__ == "__main__":
    main()
