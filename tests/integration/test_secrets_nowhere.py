# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that runs write and print, searched for the secrets of the ticket and of the provider."""

from __future__ import annotations

import base64
import csv
import gzip
import html
import json
import os
import quopri
import re
import shlex
import sqlite3
import subprocess
import sys
import time
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
from tests.support.secret_search import ProcessWatch, Search, forms
from tests.support.sshd import SshServer
from tests.support.ticket_desk import TicketDesk, ticket_desk

# Characters that quoting, JSON, URLs and templates each treat in their own way.
SECRETS = {"anna": 'Zq9Tn52Lw"\\x é/+&=%{{ 1 }}#7', "bert": "plain-Kx83secret", "cara": "wrongVw41'$(x)"}
# Those of the provider, and what users.csv gives to new mailboxes.
OTHERS = {"new": "freshPj55<>&mailbox", "desk": "t0k3nHd31/desk", "dav": "davTy60x=master", "owner": "ownBn27w+proof",
          "master": MASTER_PASSWORD}  # fmt: skip
INPUTS = ("ticket.yml", "mailboxes.csv", "users.csv")
FIRST_PASS = ("playbooks/migrate.yml", "-e", "phase=first")
FINAL_PASS = ("playbooks/migrate.yml", "-e", "phase=final")


class Workplace:
    """A ticket of three mailboxes, one with a wrong password, between two servers, and a provider."""

    def __init__(
        self, folder: Path, source: DovecotServer, destination: DovecotServer, dsn: str, name: str, desk: TicketDesk
    ) -> None:
        self.folder, self.out, self.desk = folder, folder / "out", desk
        self.addresses = {who: f"{who}-{name}" for who in SECRETS}
        self.search = Search({**SECRETS, **OTHERS}, (self.out, folder / "tickets"),
                             frozenset(folder / "tickets/77" / name for name in INPUTS))  # fmt: skip
        for place in ("units", "tmp", "facts"):
            (self.out / place).mkdir(parents=True)
        self._write_provider(destination, dsn)
        self._write_ticket(source, name.partition("@")[2])
        for who, address in self.addresses.items():
            fill_mailbox(source, address, MailboxSpec((make_folder(("INBOX",), 3, who, size=300),)))
            source.set_password(address, SECRETS[who] if who != "cara" else "another one")

    def _write_provider(self, destination: DovecotServer, dsn: str) -> None:
        there = destination.endpoint("nobody")
        headers = {"Authorization": f"Bearer {OTHERS['desk']}"}
        body = {"text": "{comment}"}
        file = {"case": "attachment", "body": {"name": "{attachment_name}", "data": "{attachment_base64}"}}
        requests = [{"url": self.desk.url, "headers": headers, **row} for row in ({"body": body}, file)]
        (self.folder / "mailops.yml").write_text(
            f"plugin: mailops.migration.ticket\ntickets_dir: {self.folder}/tickets\n")
        (self.folder / "group_vars").mkdir()
        (self.folder / "group_vars/all.yml").write_text(json.dumps({
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "mailops_state_dir": str(self.out / "state"),
            "mailops_create_domains": True,
            "mailops_platform": {"dsn": dsn},
            "mailops_summary_file": str(self.out / "summary.json"),
            "mailops_destination": {"host": "127.0.0.1", "port": there["port"], "ca_file": there["ca_file"],
                                    "master_user": MASTER, "master_password": MASTER_PASSWORD},
            "mailops_archive": {"threshold": 1},
            "mailops_ownership": {"secret": OTHERS["owner"]},
            # Nobody listens there: what is said of that is searched, too.
            "mailops_dav": {"url": "https://127.0.0.1:9/", "username": "{user}*dav", "password": OTHERS["dav"]},
            "mailops_clients": {"name": "Provider", "servers": [{"protocol": "imap", "host": "imap.new.example"},
                                                                {"protocol": "smtp", "host": "smtp.new.example"}]},
            "mailops_ticket_system": {"driver": "webhook", "webhook": {"requests": requests,
                                                                       "ca_file": self.desk.ca_file}},
        }))

    def _write_ticket(self, source: DovecotServer, domain: str) -> None:
        here, ticket = source.endpoint("nobody"), self.folder / "tickets/77"
        card = ticket / "contacts" / f"{self.addresses['anna']}.vcf"
        card.parent.mkdir(parents=True)
        card.write_text("BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n")
        (ticket / "ticket.yml").write_text(f"domains: [{domain}]\nticket_system: {{reference: 7}}\n"
                                           f"source:\n  imap_server: 127.0.0.1\n"
                                           f"  port: {here['port']}\n  ca_file: {here['ca_file']}\n")
        with (ticket / "mailboxes.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "password"])
            rows.writerows([address, SECRETS[who]] for who, address in self.addresses.items())
        with (ticket / "users.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["email", "password"])
            rows.writerows([address, OTHERS["new"]] for address in self.addresses.values())

    def run(self, *playbooks: str) -> Outcome:
        run = AnsibleRun("ansible-playbook", "-i", f"{self.folder}/mailops.yml", "-vvvvv", "--diff", "-e", "ticket=77",
                         *playbooks)
        with ProcessWatch(run.pid, [self.out / "tmp", self.out / "state"]) as watch:
            outcome = run.wait(600)
        number = len(self.search.noted)
        self.search.noted[f"printed {number}"] = outcome.output.encode()
        self.search.noted |= {f"{kind} {number}": content for kind, content in watch.seen.items()}
        self.search.noted |= {f"sent {place}": f"{heard.path} ".encode() + heard.body
                              for place, heard in enumerate(self.desk.heard)}  # fmt: skip
        return outcome


@pytest.fixture
def workplace(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer, databases: Databases,
              mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workplace]:
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    out = tmp_path / "out"
    for name, place in {"LOG_PATH": out / "ansible.log", "LOCAL_TEMP": out / "tmp", "CACHE_PLUGIN": "jsonfile",
                        "CACHE_PLUGIN_CONNECTION": out / "facts"}.items():  # fmt: skip
        monkeypatch.setenv(f"ANSIBLE_{name}", str(place))
    monkeypatch.setenv("TMPDIR", str(out / "tmp"))
    domain = f"{mailbox_name.partition('@')[0]}.example"
    dsn = databases.new("sqlite", tmp_path).dsn
    with ticket_desk() as desk:
        yield Workplace(tmp_path, source_server, destination_server, dsn, f"x@{domain}", desk)


def test_no_secret_is_written_printed_sent_or_shown_by_any_run(workplace: Workplace) -> None:
    """They do what they are searched for: two mailboxes come, the third one's password is refused."""
    first = workplace.run(*FIRST_PASS)
    # The last one fails for that mailbox, and would end the others.
    others = workplace.run("playbooks/client_setup.yml", "playbooks/schedule.yml", "playbooks/status.yml",
                           "playbooks/preflight.yml", "-e", "playbook=final_sync", "-e", "at=22:00",
                           "-e", f"schedule_unit_dir={workplace.out}/units")
    final = workplace.run(*FINAL_PASS)
    assert (first.code, others.code, final.code) == (2, 2, 2), others.output[-3000:]
    assert "refuses the login" in first.output and "--- Logging error ---" not in first.output
    files = [path.relative_to(workplace.out).as_posix() for path in workplace.out.rglob("*") if path.is_file()]
    wanted = ("report/report.html", "report/exceptions.csv", "preflight/customer.md", "preflight/preflight.json",
              "clients/", ".timer", ".service", ".manifest", "ticket.sqlite", "mailbox_archive/", "ansible.log",
              "summary.json")  # fmt: skip
    assert [part for part in wanted if not any(part in file for file in files)] == []
    lines = (line for path in workplace.out.rglob("*.jsonl") for line in path.read_text().splitlines())
    events = {json.loads(line)["event"] for line in lines}
    assert events >= {"preflight_begin", "pass_end", "archive_end", "verify_end", "failure"}
    assert {place.partition(" ")[0] for place in workplace.search.noted} >= {"printed", "sent", "cmdline", "environ"}
    assert workplace.search.hits() == []


def test_no_secret_is_printed_or_left_on_a_worker_over_ssh(workplace: Workplace) -> None:
    with SshServer() as worker:
        variables = {**worker.variables(), "ansible_remote_tmp": f"{workplace.folder}/out/remote"}
        (workplace.folder / "group_vars/mailboxes.yml").write_text(json.dumps(variables))
        outcome = workplace.run("playbooks/sync.yml")
        workplace.search.noted["sshd"] = worker.log.encode()
    assert outcome.code == 2 and "ESTABLISH SSH CONNECTION" in outcome.output
    assert workplace.search.hits() == []


def _database(path: Path, secret: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE told (value)")
        # Longer than a page, so that it is cut in two.
        database.execute("INSERT INTO told VALUES (?)", ("x" * 4070 + secret,))
        database.commit()


@pytest.mark.parametrize(
    "place",
    ["state/77/logs/a.jsonl", "state/77/live/a.json", "state/77/report/report.html", "state/77/report/mailboxes.csv",
     "state/77/preflight/preflight.json", "state/77/clients/a.mobileconfig", "state/77/proof/a.manifest", "ansible.log",
     "units/a.timer", "facts/anna", "tickets/77/updates.md", "state/77/ticket.sqlite", "state/77/a.gz"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["anna", "desk"])
def test_search_finds_a_secret_that_is_planted_in_a_file(tmp_path: Path, place: str, who: str) -> None:
    secrets = {**SECRETS, **OTHERS}
    given = tmp_path / "tickets/77/mailboxes.csv"
    search = Search(secrets, (tmp_path,), frozenset({given}))
    path = tmp_path / place
    path.parent.mkdir(parents=True, exist_ok=True)
    given.parent.mkdir(parents=True, exist_ok=True)
    given.write_text(f"x,{secrets['bert']}\n")
    assert search.hits() == []
    text = json.dumps({"text": f"said {secrets[who]}."})
    if path.suffix == ".sqlite":
        _database(path, secrets[who])
    else:
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    assert {name for _place, name in search.hits()} == {who}


@pytest.mark.parametrize("kind", ["cmdline", "environ", "passing files"])
def test_search_finds_a_secret_that_a_process_shows_while_it_runs(tmp_path: Path, kind: str) -> None:
    secret = SECRETS["bert"]
    arguments, environment = (secret if kind == "cmdline" else "", secret if kind == "environ" else "")
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()', '{arguments}'])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE,
                          env={**os.environ, "GIVEN": environment}) as process:  # fmt: skip
        with ProcessWatch(process.pid, [tmp_path]) as watch:
            (tmp_path / "live.json").write_text(secret if kind == "passing files" else "")
            while secret.encode() not in watch.seen.get(kind, b"") and process.poll() is None:
                time.sleep(0.01)
        process.communicate(b"\n")
    search = Search(SECRETS, (), noted=watch.seen)
    assert (kind, "bert") in search.hits()


def test_search_finds_each_form() -> None:
    secret = SECRETS["anna"]
    packed = [base64.b64encode(f"{'a' * n}{secret}tail".encode()) for n in range(3)]
    told = [f"x{secret}y".encode(), json.dumps({"a": secret}).encode(), urllib.parse.quote(secret).encode(), *packed,
            html.escape(secret).encode(), shlex.quote(secret).encode(),
            json.dumps(secret).replace("&", "\\u0026").encode(),
            secret.replace('"', '""').encode(), secret.encode("utf-16-le"), quopri.encodestring(secret.encode()),
            base64.urlsafe_b64encode(secret.encode()), base64.encodebytes(b"a" * 50 + secret.encode())]  # fmt: skip
    found = [Search({"anna": secret}, (), noted={"told": text}).hits() for text in told]
    assert found == [[("told", "anna")]] * len(told)


def test_search_finds_a_secret_of_each_person_however_it_is_quoted() -> None:
    """What changes in quotes, shells, SQL, HTML and CSV are other characters than letters and digits."""
    for name, secret in {**SECRETS, **OTHERS}.items():
        spoiled = re.sub(r"[^A-Za-z0-9]", "?", secret)
        assert Search({name: secret}, (), noted={"told": spoiled.encode()}).hits() == [("told", name)]
    with pytest.raises(ValueError, match="7 letters"):
        forms("short")
