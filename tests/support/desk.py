# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket between two servers and the controller that works it, or workers over SSH, without a sandbox."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_file import journal_path
from ansible_collections.mailops.migration.plugins.module_utils.ticket.workers import share_of

from tests.support import oracle
from tests.support.ansible_runs import AnsibleRun, Outcome
from tests.support.dovecot import MASTER_PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER
from tests.support.fill import fill_mailbox
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sshd import SshServer

SECRET = "Zq-{}-secret"


class Desk:
    """A ticket, 9, of two mailboxes for each worker, or of those of these names where there is none."""

    def __init__(self, folder: Path, source: DovecotServer, destination: DovecotServer, domain: str,
                 workers: Mapping[str, SshServer], names: Sequence[str] = ("anna",), *,
                 dsn: str = "sqlite:////nowhere") -> None:
        self.folder, self.source, self.destination, self._dsn = folder, source, destination, dsn
        self.workers = {name: {**server.variables(), "mailops_state_dir": str(folder / name),
                               "ansible_remote_tmp": str(folder / f"{name}-tmp"),
                               "ansible_python_interpreter": sys.executable} for name, server in workers.items()}
        self.mailboxes = self._two_each(domain) if workers else {"": [f"{name}@{domain}" for name in names]}
        self._write(domain)
        for mailbox in self.all:
            fill_mailbox(source, mailbox, MailboxSpec((make_folder(("INBOX",), 3, mailbox, size=300),)))
            source.set_password(mailbox, SECRET.format(mailbox))

    @property
    def ticket(self) -> Path:
        return self.folder / "tickets/9"

    @property
    def all(self) -> list[str]:
        return [mailbox for mailboxes in self.mailboxes.values() for mailbox in mailboxes]

    def _two_each(self, domain: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {name: [] for name in self.workers}
        for mailbox in (f"user{number}@{domain}" for number in range(100)):
            mine = found[share_of(mailbox, "127.0.0.1", 0, list(self.workers)).worker]
            mine += [mailbox] if len(mine) < 2 else []
        return found

    def _write(self, domain: str) -> None:
        here, there = self.source.endpoint("nobody"), self.destination.endpoint("nobody")
        ticket = self.ticket
        ticket.mkdir(parents=True)
        (self.folder / "group_vars").mkdir()
        self.write_inventory()
        (self.folder / "group_vars/all.yml").write_text(json.dumps({
            "mailops_state_dir": str(self.folder / "state"), "mailops_platform": {"dsn": self._dsn},
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                    "master_user": MASTER, "master_password": MASTER_PASSWORD}}))
        (ticket / "ticket.yml").write_text(f"domains: [{domain}]\nsource:\n  imap_server: 127.0.0.1\n"
                                           f"  port: {here['port']}\n  ca_file: {here['ca_file']}\n")
        (ticket / "mailboxes.csv").write_text(
            "email,password\n" + "".join(f"{each},{SECRET.format(each)}\n" for each in self.all))

    def logs(self) -> str:
        """What happened in passes, as the logs of all mailboxes tell it."""
        return "".join(path.read_text() for path in (self.folder / "state/9/logs").glob("*.jsonl"))

    def write_inventory(self) -> None:
        (self.folder / "mailops.yml").write_text(json.dumps({
            "plugin": "mailops.migration.ticket", "tickets_dir": str(self.folder / "tickets"),
            "workers": self.workers}))

    def run(self, playbook: str, *flags: str) -> Outcome:
        return AnsibleRun("ansible-playbook", "-i", f"{self.folder}/mailops.yml", f"playbooks/{playbook}",
                          "-e", "ticket=9", *flags).wait(300)

    def journals(self, name: str) -> set[str]:
        return {path.name for path in (self.folder / name / "9").glob("*.sqlite")} - {"ticket.sqlite"}

    def of(self, mailboxes: list[str]) -> set[str]:
        return {Path(journal_path("", mailbox)).name for mailbox in mailboxes}

    def arrived(self) -> dict[str, Any]:
        return {mailbox: oracle.contents(oracle.read_mailbox(self.destination, mailbox)["INBOX"])
                for mailbox in self.all}

    def wanted(self) -> dict[str, Any]:
        return {mailbox: oracle.contents(oracle.read_mailbox(self.source, mailbox)["INBOX"]) for mailbox in self.all}
