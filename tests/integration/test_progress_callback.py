# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback mailops.migration.progress on runs over several mailboxes: in pipes, on a terminal, over SSH."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.ansible_runs import ROOT
from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sshd import SshServer
from tests.support.sync_runner import Migration, total
from tests.support.terminal import terminal

MESSAGES = 300
SPEC = MailboxSpec((make_folder(("INBOX",), MESSAGES, "progress", size=400),))
PLAY = """
- hosts: mailboxes
  gather_facts: false
  strategy: host_pinned
  tasks:
    - name: Take the mailbox through a pass
      mailops.migration.imap_sync: "{{ arguments }}"
"""


@dataclass(frozen=True)
class Run:
    code: int
    output: str
    errors: str


class Ticket:
    """Mailboxes as inventory hosts, and a play over them.

    ``rate`` is in messages a second: batches are of a hundred, so it lets three of them be seen.
    """

    def __init__(self, folder: Path, mailboxes: list[Migration], variables: Mapping[str, Any] | None = None,
                 rate: float = 100) -> None:
        self.folder = folder
        self.mailboxes = mailboxes
        limits = {"messages_per_second": rate, "connections": 1}
        hosts = {each.user: {"arguments": each.arguments(limits=limits)} for each in mailboxes}
        common = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, **(variables or {})}
        (folder / "hosts.json").write_text(json.dumps({"mailboxes": {"hosts": hosts, "vars": common}}))
        (folder / "play.yml").write_text(PLAY)

    def run(self, *flags: str, terminal: bool = False, **environment: str) -> Run:
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(self.folder / "hosts.json"),
                   str(self.folder / "play.yml"), *flags]
        told = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
                "ANSIBLE_CALLBACKS_ENABLED": "mailops.migration.progress", "MAILOPS_PROGRESS_INTERVAL": "1",
                "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"), "ANSIBLE_NOCOLOR": "1", "TERM": "xterm", **environment}
        if terminal:
            return on_terminal(command, told)
        done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=120,
                              check=False)
        return Run(done.returncode, done.stdout, done.stderr)

    def leftovers(self) -> list[Path]:
        """What the callback and the engine should have taken away."""
        places = [self.folder / "tmp", *(each.state_dir / "live" for each in self.mailboxes)]
        return [path for place in places for path in place.rglob("*.json")] + list(
            self.folder.glob("tmp/*/mailops-progress-*"))


def on_terminal(command: list[str], environment: dict[str, str]) -> Run:
    """Everything that a terminal is told."""
    told = bytearray()
    with terminal(told.extend) as slave:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=slave, stdout=slave, stderr=slave,
                                   start_new_session=True)
        process.wait(120)
    return Run(process.returncode, told.decode().replace("\r\n", "\n"), "")


def shown(told: str) -> list[str]:
    """What is on the screen, and above it, in the end: of what a terminal does only what is asked of it here."""
    lines = [""]
    for part in re.split(r"(\x1b\[\d+A\r\x1b\[J|\n)", told):
        if part == "\n":
            lines.append("")
        elif part.startswith("\x1b"):
            up = int(part[2:].partition("A")[0])
            lines = [*lines[: len(lines) - 1 - up], ""]
        else:
            assert "\x1b" not in part, part
            lines[-1] += part
    return lines


@pytest.fixture
def mailboxes(source_server: DovecotServer, destination_server: DovecotServer, mailbox_name: str,
              state_dir: Path) -> list[Migration]:
    found = [Migration(source_server, destination_server, f"{n}-{mailbox_name}", state_dir) for n in range(3)]
    for each in found:
        each.fill(SPEC)
    return found


def assert_all_came(ticket: Ticket) -> None:
    assert [total(each.at_destination()) for each in ticket.mailboxes] == [MESSAGES] * len(ticket.mailboxes)
    assert ticket.leftovers() == []


def test_plain_lines_follow_the_mailboxes_of_the_controller(tmp_path: Path, mailboxes: list[Migration]) -> None:
    ticket = Ticket(tmp_path, mailboxes)
    run = ticket.run()
    assert run.code == 0, run.output + run.errors
    assert_all_came(ticket)
    lines = run.errors.splitlines()
    assert any(re.match(r"sync: 0 of 3 mailboxes, 3 at work, \d+ messages, ", line) for line in lines), lines
    assert any(re.match(rf" +{re.escape(mailboxes[0].user)}: INBOX, \d+ of 300 messages, ", line) for line in lines)
    assert lines[-1].startswith("sync: 3 of 3 mailboxes, 900 messages, ")
    assert "sync:" not in run.output and run.output.count("changed: [") == 3


def test_plain_lines_follow_the_mailboxes_of_a_worker_over_ssh(tmp_path: Path, mailboxes: list[Migration]) -> None:
    with SshServer() as worker:
        ticket = Ticket(tmp_path, mailboxes, worker.variables(), rate=40)
        run = ticket.run()
        logins = worker.log.count("Accepted publickey")
    assert run.code == 0, run.output + run.errors
    assert_all_came(ticket)
    lines = run.errors.splitlines()
    assert any(re.match(r"sync: \d of 3 mailboxes, \d at work, \d+ messages, ", line) for line in lines), lines
    assert any(re.match(r" +\d-user-\w+@example.com: INBOX, \d+ of 300 messages, ", line) for line in lines), lines
    assert lines[-1].startswith("sync: 3 of 3 mailboxes, 900 messages, ")
    assert logins <= 3  # to look costs no connection


def test_bars_stay_below_the_output_and_leave_nothing_behind(tmp_path: Path, mailboxes: list[Migration]) -> None:
    ticket = Ticket(tmp_path, mailboxes)
    run = ticket.run(terminal=True)
    assert run.code == 0, run.output
    assert_all_came(ticket)
    assert re.search(r"\x1b\[[45]A\r\x1b\[J", run.output) and "INBOX, " in run.output and "━" in run.output
    screen = shown(run.output)
    assert not any("━" in line or "INBOX" in line for line in screen)
    assert sorted(line for line in screen if line.startswith("changed: [")) == sorted(
        f"changed: [{each.user}]" for each in mailboxes)
    assert "PLAY RECAP" in run.output and screen[-1] == ""


def test_run_without_it_is_the_same(tmp_path: Path, mailboxes: list[Migration]) -> None:
    ticket = Ticket(tmp_path, mailboxes[:1], rate=1000)
    run = ticket.run(MAILOPS_PROGRESS="off")
    assert (run.code, run.errors) == (0, "")
    assert_all_came(ticket)
