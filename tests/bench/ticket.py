# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A whole ticket by ansible-playbook: what a run costs in which most mailboxes have nothing new."""

from __future__ import annotations

import csv
import json
import os
import resource
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
# Enough to tell what one pass costs the engine itself.
SAMPLE = 50


@dataclass(frozen=True)
class Cost:
    """Of one run: wall clock and CPU of all its processes, in seconds."""

    seconds: float
    cpu: float


def measure(mailboxes: int) -> dict[str, Any]:
    """A first pass over ``mailboxes`` small mailboxes, and one with nothing new; what of it the engine takes."""
    with (
        DovecotServer(parent=DISK) as source,
        DovecotServer(DovecotShape(separator="."), parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as name,
    ):
        place = Path(name)
        users = [f"user{number:05}@{DOMAIN}" for number in range(mailboxes)]
        for user in users:
            fill_maildir(source, user, MailboxSpec((make_folder(("INBOX",), 3, user, size=2000),
                                                    make_folder(("Sent",), 2, user, size=2000))))
        _write_ticket(place, users, source, destination)
        first, again = (_run(place, mailboxes) for _unused in range(2))
        engine = _engine_alone(place, users[:SAMPLE], source, destination)
    return {
        "mailboxes": mailboxes,
        "first pass": vars(first),
        "nothing new": vars(again),
        "nothing new, CPU per mailbox": again.cpu / mailboxes,
        "engine's CPU per mailbox": engine.cpu / SAMPLE,
        "engine's seconds per mailbox": engine.seconds / SAMPLE,
        "Ansible's part of the CPU": 1 - engine.cpu / SAMPLE * mailboxes / again.cpu,
    }


def _write_ticket(place: Path, users: list[str], source: DovecotServer, destination: DovecotServer) -> None:
    ticket = place / "tickets" / "1"
    (place / "group_vars").mkdir()
    ticket.mkdir(parents=True)
    end = source.endpoint("nobody")
    (ticket / "ticket.yml").write_text(f"domains: [{DOMAIN}]\nsource:\n  imap_server: 127.0.0.1\n"
                                       f"  port: {end['port']}\n  ca_file: {end['ca_file']}\n")
    with (ticket / "mailboxes.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["email", "password"])
        rows.writerows([user, PASSWORD] for user in users)
    (place / "mailops.yml").write_text(f"plugin: mailops.migration.ticket\ntickets_dir: {place / 'tickets'}\n")
    there = destination.endpoint("nobody")
    provider = {
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "mailops_state_dir": str(place / "state"),
        "mailops_platform": {"dsn": f"sqlite:///{place}/unused.sqlite"},
        "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                "master_user": MASTER, "master_password": MASTER_PASSWORD},
    }
    (place / "group_vars" / "all.yml").write_text(json.dumps(provider))


def _run(place: Path, mailboxes: int) -> Cost:
    """``sync.yml`` over the ticket, with the forks that the project's ansible.cfg has."""
    summary = place / "summary.json"
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "playbooks/sync.yml",
               "-i", str(place / "mailops.yml"), "-e", "ticket=1", "-e", f"mailops_summary_file={summary}"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "LC_ALL": "C.UTF-8"}
    before, began = _cpu_of_children(), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    cost = Cost(time.monotonic() - began, _cpu_of_children() - before)
    if done.returncode:
        sys.exit(f"ansible-playbook ended with {done.returncode}: {done.stdout[-3000:]}")
    told = len(json.loads(summary.read_text())["mailboxes"])
    if told != mailboxes:
        sys.exit(f"the summary tells of {told} mailboxes, not of {mailboxes}")
    return cost


def _engine_alone(place: Path, users: list[str], source: DovecotServer, destination: DovecotServer) -> Cost:
    """The same passes one after the other in this process, without Ansible."""
    costs = [_pass(place, user, source, destination) for user in users]
    return Cost(sum(cost["seconds"] for cost in costs), sum(cost["cpu_seconds"] for cost in costs))


def _pass(place: Path, user: str, source: DovecotServer, destination: DovecotServer) -> Mapping[str, Any]:
    arguments = {"mailbox": user, "state_dir": str(place / "state" / "1"), "source": source.endpoint(user),
                 "destination": destination.master_endpoint(user)}
    found = measured_pass(arguments)
    if found["result"].get("failed") or found["result"]["counts"]["copied"]:
        sys.exit(f"{user}: {found['result']['msg']}")
    return found


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """``python -m tests.bench.ticket [MAILBOXES]``"""
    for name, value in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
