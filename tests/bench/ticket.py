# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole ticket by ansible-playbook: what a run costs in which no mailbox has anything new."""

from __future__ import annotations

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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.engine import measured_pass
from tests.support.dovecot import MASTER_PASSWORD, PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER, DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import MailboxSpec, make_folder

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


@dataclass(frozen=True)
class Cost:
    """Of one run, or of one mailbox: wall clock, and CPU of all its processes, in seconds; ``memory`` of its own
    process at its highest, in MB, 0 where that says nothing."""

    seconds: float
    cpu: float
    memory: float = 0.0

    def __str__(self) -> str:
        memory = f", {self.memory:.0f} MB" if self.memory else ""
        return f"{self.seconds:.3g} s, CPU {self.cpu:.3g} s{memory}"


def measure(mailboxes: int) -> dict[str, Any]:
    """A first run over ``mailboxes`` small mailboxes, and runs with nothing new; what of them the engine takes."""
    with (
        DovecotServer(parent=DISK) as source,
        DovecotServer(DovecotShape(separator="."), parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as name,
    ):
        place = Path(name)
        users = _addresses(mailboxes)
        few = users[: max(1, mailboxes // 10)]
        _fill(source, users)
        _write_provider(place, destination)
        _write_ticket(place, WHOLE, users, source)
        _write_ticket(place, TENTH, few, source)
        before = (_run(place, "preflight", *each) for each in ((TENTH, len(few)), (WHOLE, mailboxes)))
        preflight = _of_playbook("preflight.yml", *before, mailboxes - len(few), mailboxes)
        first = _run(place, "migrate", WHOLE, mailboxes)
        shutil.rmtree(place / "state" / TENTH)
        (place / "state" / TENTH).symlink_to(place / "state" / WHOLE)
        engine = _engine_alone(place, users[:SAMPLE], source, destination)
        found: dict[str, Any] = {"mailboxes": mailboxes, **preflight, "first run, migrate.yml": first}
        found["engine alone, a pass of a mailbox"] = engine
        for playbook in ("sync", "final_sync", "migrate"):
            part, whole = (_run(place, playbook, *each) for each in ((TENTH, len(few)), (WHOLE, mailboxes)))
            found |= _of_playbook(f"nothing new, {playbook}.yml", part, whole, mailboxes - len(few), mailboxes)
        share = engine.cpu / found["nothing new, sync.yml: each further mailbox"].cpu
        found["nothing new, sync.yml: Ansible's part of a further mailbox's CPU"] = f"{1 - share:.0%}"
        return found | {f"inventory of {rows:,}": _inventory(place, rows, source) for rows in (10, GOAL, 5 * GOAL)}


def _of_playbook(name: str, part: Cost, whole: Cost, more: int, mailboxes: int) -> dict[str, Any]:
    """What each of ``more`` mailboxes adds to a run, and what that makes for a ticket of ``GOAL``."""
    sums = [(getattr(whole, name) - getattr(part, name)) / more for name in _COSTS] if more else vars(whole).values()
    each = Cost(*sums)
    left = GOAL - mailboxes
    goal = Cost(*(getattr(whole, name) + getattr(each, name) * left for name in _COSTS))
    return {name: whole, f"{name}: each further mailbox": each, f"{name}: {GOAL:,} mailboxes": goal}


def _addresses(number: int) -> list[str]:
    return [f"user{each:05}@{DOMAIN}" for each in range(number)]


def _fill(source: DovecotServer, users: list[str]) -> None:
    """Five messages for each: one mailbox is made, the others are copies of its files."""
    first, *others = users
    folders = (make_folder(("INBOX",), 3, first, size=2000), make_folder(("Sent",), 2, first, size=2000))
    fill_maildir(source, first, MailboxSpec(folders))
    for user in others:
        subprocess.run(["cp", "-a", str(source.place.home(first)), str(source.place.home(user))], check=True)


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


def _run(place: Path, playbook: str, ticket: str, mailboxes: int) -> Cost:
    """A playbook over a ticket, with the forks that the project's ansible.cfg has."""
    summary = place / "summary.json"
    cost = _ansible(place, "ansible-playbook", f"playbooks/{playbook}.yml", "-e", f"ticket={ticket}",
                    "-e", f"mailops_summary_file={summary}")
    told = len(json.loads(summary.read_text())["mailboxes"])
    if told != mailboxes:
        sys.exit(f"the summary tells of {told} mailboxes, not of {mailboxes}")
    return cost


def _inventory(place: Path, rows: int, source: DovecotServer) -> str:
    """What reading a ticket of ``rows`` mailboxes costs a run before it begins."""
    _write_ticket(place, LISTED, _addresses(rows), source)
    return str(_ansible(place, "ansible-inventory", "--host", "localhost", "-e", f"ticket={LISTED}"))


def _ansible(place: Path, program: str, *arguments: str) -> Cost:
    """What one run of a program of Ansible costs."""
    command = [str(Path(sys.executable).with_name(program)), "-i", str(place / "mailops.yml"), *arguments]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    began = time.monotonic()
    with (place / "output.txt").open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT)
        _pid, status, usage = os.wait4(process.pid, 0)
    seconds, code = time.monotonic() - began, os.waitstatus_to_exitcode(status)
    if code:
        sys.exit(f"{program} ended with {code}: {(place / 'output.txt').read_text()[-3000:]}")
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


def _engine_alone(place: Path, users: list[str], source: DovecotServer, destination: DovecotServer) -> Cost:
    """The same pass without Ansible, one mailbox after the other: what one of them costs."""
    costs = [_pass(place, user, source, destination) for user in users]
    return Cost(*(sum(cost[name] for cost in costs) / len(costs) for name in ("seconds", "cpu_seconds")))


def _pass(place: Path, user: str, source: DovecotServer, destination: DovecotServer) -> Mapping[str, Any]:
    arguments = {"mailbox": user, "state_dir": str(place / "state" / WHOLE), "source": source.endpoint(user),
                 "destination": destination.master_endpoint(user)}
    found = measured_pass(arguments)
    if found["result"].get("failed") or found["result"]["counts"]["copied"]:
        sys.exit(f"{user}: {found['result']['msg']}")
    return found


def main() -> None:
    """``python -m tests.bench.ticket [MAILBOXES]``"""
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else GOAL).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
