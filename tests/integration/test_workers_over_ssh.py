# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mailboxes of one ticket on two workers over SSH, and what becomes of them when one of both is lost."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
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
NEW = b"Subject: new\r\nMessage-ID: <new@example>\r\n\r\nSince the first pass.\r\n"


class Desk:
    """A ticket of four mailboxes between two servers, two on each of the workers."""

    def __init__(self, folder: Path, source: DovecotServer, destination: DovecotServer, domain: str,
                 workers: Mapping[str, SshServer]) -> None:
        self.folder, self.source, self.destination = folder, source, destination
        self.workers = {name: {**server.variables(), "mailops_state_dir": str(folder / name),
                               "ansible_remote_tmp": str(folder / f"{name}-tmp"),
                               "ansible_python_interpreter": sys.executable} for name, server in workers.items()}
        self.mailboxes = self._two_each(domain)
        self._write(domain)
        for mailbox in self.all:
            fill_mailbox(source, mailbox, MailboxSpec((make_folder(("INBOX",), 3, mailbox, size=300),)))
            source.set_password(mailbox, SECRET.format(mailbox))

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
        ticket = self.folder / "tickets/9"
        ticket.mkdir(parents=True)
        (self.folder / "group_vars").mkdir()
        self.write_inventory()
        (self.folder / "group_vars/all.yml").write_text(json.dumps({
            "mailops_state_dir": str(self.folder / "state"), "mailops_platform": {"dsn": "sqlite:////nowhere"},
            "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                    "master_user": MASTER, "master_password": MASTER_PASSWORD}}))
        (ticket / "ticket.yml").write_text(f"domains: [{domain}]\nsource:\n  imap_server: 127.0.0.1\n"
                                           f"  port: {here['port']}\n  ca_file: {here['ca_file']}\n")
        (ticket / "mailboxes.csv").write_text(
            "email,password\n" + "".join(f"{each},{SECRET.format(each)}\n" for each in self.all))

    def write_inventory(self) -> None:
        (self.folder / "mailops.yml").write_text(json.dumps({
            "plugin": "mailops.migration.ticket", "tickets_dir": str(self.folder / "tickets"),
            "workers": self.workers}))

    def sync(self) -> Outcome:
        return AnsibleRun("ansible-playbook", "-i", f"{self.folder}/mailops.yml", "playbooks/sync.yml",
                          "-e", "ticket=9", "-vv").wait(300)

    def journals(self, name: str) -> set[str]:
        return {path.name for path in (self.folder / name / "9").glob("*.sqlite")} - {"ticket.sqlite"}

    def of(self, mailboxes: list[str]) -> set[str]:
        return {Path(journal_path("", mailbox)).name for mailbox in mailboxes}

    def arrived(self) -> dict[str, Any]:
        return {mailbox: oracle.contents(oracle.read_mailbox(self.destination, mailbox)["INBOX"])
                for mailbox in self.all}

    def wanted(self) -> dict[str, Any]:
        return {mailbox: oracle.contents(oracle.read_mailbox(self.source, mailbox)["INBOX"]) for mailbox in self.all}


@pytest.fixture
def desk(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer,
         mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    domain = f"{mailbox_name.partition('@')[0]}.example"
    with ExitStack() as stack:
        workers = {name: stack.enter_context(SshServer()) for name in ("w1", "w2")}
        yield Desk(tmp_path, source_server, destination_server, domain, workers)


def test_mailbox_keeps_its_worker_and_a_lost_worker_loses_and_doubles_nothing(desk: Desk) -> None:
    first = desk.sync()
    assert first.code == 0 and "ESTABLISH" not in first.output, first.output[-4000:]
    assert desk.arrived() == desk.wanted()
    assert {name: desk.journals(name) for name in ("w1", "w2", "state")} == {
        "w1": desk.of(desk.mailboxes["w1"]), "w2": desk.of(desk.mailboxes["w2"]), "state": set()}
    # Logs come to the controller; no password stays on a worker, in no file.
    logs = {path.name.rpartition("-")[0] for path in (desk.folder / "state/9/logs").glob("*.jsonl")}
    assert logs == set(desk.all)
    written = [path for place in desk.workers for folder in desk.folder.glob(f"{place}*") for path in folder.rglob("*")]
    assert not [path for path in written if path.is_file() and b"-secret" in path.read_bytes()]
    assert not list(desk.folder.glob("w?/9/fetch*"))

    shutil.rmtree(desk.folder / "w2")
    del desk.workers["w2"]
    desk.write_inventory()
    for mailbox in desk.all:
        desk.source.save(mailbox, "INBOX", NEW)
    second = desk.sync()
    assert second.code == 0, second.output[-4000:]
    assert desk.arrived() == desk.wanted()
    assert desk.journals("w1") == desk.of(desk.all)
    assert all(f"{mailbox}: copied 1 message" in second.output for mailbox in desk.all), second.output[-3000:]
