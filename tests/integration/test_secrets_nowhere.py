# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that runs write and print, searched for the secrets of the ticket and of the provider."""

from __future__ import annotations

import base64
import csv
import json
import sqlite3
import urllib.parse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.ansible_runs import AnsibleRun, Outcome
from tests.support.databases import Databases
from tests.support.dovecot import MASTER_PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER
from tests.support.fill import fill_mailbox
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sshd import SshServer

# Characters that quoting, JSON, URLs and templates each treat in their own way.
SECRETS = {"anna": 'Zq9"\\x é/+&=%{{ 1 }}#7', "bert": "plain-Kx83-secret", "cara": "wrong-Vw41'$(x)"}
NEW = "fresh-Pj55<>&mailbox"
FIRST_PASS = ("playbooks/migrate.yml", "-e", "phase=first")
FINAL_PASS = ("playbooks/migrate.yml", "-e", "phase=final")


def forms(secret: str) -> set[bytes]:
    """A secret as programs write it; of base64 what is the same whatever stands before and behind."""
    octets = secret.encode()
    found = {octets, json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
             urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote(secret).encode(),
             urllib.parse.quote_plus(secret).encode(),
             repr(secret)[1:-1].encode(), json.dumps(json.dumps(secret))[3:-3].encode(), octets.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + octets)
        left = (before + len(octets)) % 3
        found.add(encoded[(0, 2, 3)[before]: left - 4 if left else None])
    return found


class Workplace:
    """A ticket of three mailboxes, one with a wrong password, between two servers, and a provider."""

    def __init__(self, folder: Path, source: DovecotServer, destination: DovecotServer, dsn: str, name: str) -> None:
        self.folder = folder
        self.addresses = {who: f"{who}-{name}" for who in SECRETS}
        self._write_provider(destination, dsn)
        self._write_ticket(source, name.partition("@")[2])
        for who, address in self.addresses.items():
            fill_mailbox(source, address, MailboxSpec((make_folder(("INBOX",), 3, who, size=300),)))
            source.set_password(address, SECRETS[who] if who != "cara" else "another one")

    def _write_provider(self, destination: DovecotServer, dsn: str) -> None:
        there = destination.endpoint("nobody")
        (self.folder / "mailops.yml").write_text(
            f"plugin: mailops.migration.ticket\ntickets_dir: {self.folder}/tickets\n")
        (self.folder / "group_vars").mkdir()
        (self.folder / "group_vars/all.yml").write_text(json.dumps({
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "mailops_state_dir": str(self.folder / "out/state"),
            "mailops_create_domains": True,
            "mailops_platform": {"dsn": dsn},
            "mailops_summary_file": str(self.folder / "out/summary.json"),
            "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                    "master_user": MASTER, "master_password": MASTER_PASSWORD},
        }))

    def _write_ticket(self, source: DovecotServer, domain: str) -> None:
        here, ticket = source.endpoint("nobody"), self.folder / "tickets/77"
        ticket.mkdir(parents=True)
        (self.folder / "out/units").mkdir(parents=True)
        (ticket / "ticket.yml").write_text(f"domains: [{domain}]\nsource:\n  imap_server: 127.0.0.1\n"
                                           f"  port: {here['port']}\n  ca_file: {here['ca_file']}\n")
        with (ticket / "mailboxes.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "password"])
            rows.writerows([address, SECRETS[who]] for who, address in self.addresses.items())
        with (ticket / "users.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "password"])
            rows.writerows([address, NEW] for address in self.addresses.values())

    def run(self, playbook: str, *flags: str) -> Outcome:
        outcome = AnsibleRun("ansible-playbook", "-i", f"{self.folder}/mailops.yml", playbook, "-vvvvv", "--diff",
                             "-e", "ticket=77", *flags).wait(150)
        number = len(list((self.folder / "out").glob("printed-*")))
        (self.folder / f"out/printed-{number}").write_text(outcome.output)
        return outcome

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """What was written and printed, databases as text too: a page of one may cut a secret in two."""
        for path in sorted((self.folder / "out").rglob("*")):
            if path.is_file():
                content = path.read_bytes()
                yield str(path.relative_to(self.folder)), content
                if content.startswith(b"SQLite format 3"):
                    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
                        yield f"{path.name} as text", "\n".join(database.iterdump()).encode()

    def hits(self) -> list[tuple[str, str]]:
        wanted = {form: name for name, secret in {**SECRETS, "new": NEW, "master": MASTER_PASSWORD}.items()
                  for form in forms(secret)}
        return sorted({(place, name) for place, content in self.everything() for form, name in wanted.items()
                       if form in content})


@pytest.fixture
def workplace(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer, databases: Databases,
              mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    domain = f"{mailbox_name.partition('@')[0]}.example"
    return Workplace(tmp_path, source_server, destination_server, databases.new("sqlite", tmp_path).dsn, f"x@{domain}")


def test_no_secret_is_written_or_printed_by_any_run(workplace: Workplace) -> None:
    first, final = workplace.run(*FIRST_PASS), workplace.run(*FINAL_PASS)
    timers = workplace.run("playbooks/schedule.yml", "-e", "playbook=final_sync", "-e", "at=22:00",
                           "-e", f"schedule_unit_dir={workplace.folder}/out/units")
    status = workplace.run("playbooks/status.yml")
    # They did what they are searched for: two mailboxes came, the third one's password was refused.
    assert (first.code, final.code, timers.code, status.code) == (2, 2, 0, 0), status.output[-3000:]
    assert "refuses the login" in first.output and "--- Logging error ---" not in first.output
    kinds = {Path(place).suffix for place, _content in workplace.everything()}
    assert kinds >= {".sqlite", ".jsonl", ".json", ".html", ".timer", ".service"}, kinds
    assert workplace.hits() == []


def test_no_secret_is_printed_or_left_on_a_worker_over_ssh(workplace: Workplace) -> None:
    with SshServer() as worker:
        variables = {**worker.variables(), "ansible_remote_tmp": f"{workplace.folder}/out/remote"}
        (workplace.folder / "group_vars/mailboxes.yml").write_text(json.dumps(variables))
        outcome = workplace.run("playbooks/sync.yml")
        (workplace.folder / "out/sshd.log").write_text(worker.log)
    assert outcome.code == 2 and "ESTABLISH SSH CONNECTION" in outcome.output
    assert workplace.hits() == []


def test_search_finds_each_form() -> None:
    secret = SECRETS["anna"]
    told = [f"x{secret}y", json.dumps({"a": secret}), urllib.parse.quote(secret),
            *(base64.b64encode(f"{'a' * n}{secret}tail".encode()).decode() for n in range(3))]
    assert [any(form in text.encode() for form in forms(secret)) for text in told] == [True] * len(told)
