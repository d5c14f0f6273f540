# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An operator's place of work: a ticket of its own on the sandbox's platform, and playbooks as people start them."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import oracle
from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_maildir
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder
from tests.support.sandbox import ROOT, Sandbox

PROGRAMS = Path(sys.executable).parent
# Excluded by default, and what the destination calls its own folders.
LEFT_OUT = {"Trash", "Junk"}


@dataclass(frozen=True)
class Run:
    """How one ansible-playbook ended and what it printed."""

    code: int
    output: str

    def fine(self) -> Run:
        """This run, which must have ended well."""
        assert self.code == 0, self.output
        return self

    @property
    def changed(self) -> dict[str, int]:
        """Changes by host, from the recap; hosts without any are left out."""
        found = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", self.output, re.MULTILINE)
        assert found, self.output
        return {host: int(number) for host, number in found if int(number)}

    def tasks(self, host: str) -> int:
        """How many tasks were run for a host, or looked at and left out, from the recap."""
        found = re.search(rf"^{re.escape(host)} +: (.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return sum(int(number) for name, number in re.findall(r"(\w+)=(\d+)", found[1]) if name != "changed")

    @property
    def failed(self) -> set[str]:
        """Hosts that failed, from the recap."""
        return set(re.findall(r"^(\S+) +: ok=.*failed=[1-9]", self.output, re.MULTILINE))

    @property
    def lines(self) -> list[str]:
        """What role outcome tells people."""
        return self._told("Tell it")

    @property
    def shown(self) -> list[str]:
        """Where role cutover says that the domains stand."""
        return self._told("Say where each domain stands")

    @property
    def stand(self) -> list[str]:
        """What role ticket says that the run is about."""
        return self._told("Say what this run is about")

    def _told(self, task: str) -> list[str]:
        found = re.search(rf"TASK \[[^\n]*{task}\].*?\"msg\": (?=\[)", self.output, re.DOTALL)
        assert found, self.output
        return list(json.JSONDecoder().raw_decode(self.output, found.end())[0])


@dataclass
class Workplace:
    """One ticket, its mailboxes by short name, and the secrets that no run may print."""

    folder: Path
    sandbox: Sandbox
    source: DovecotServer
    ticket: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:10]}")
    rows: dict[str, dict[str, str]] = field(default_factory=dict)
    # Further lines of ticket.yml.
    settings: str = ""
    old_mx: str = ""

    @property
    def domain(self) -> str:
        return f"{self.ticket}.example"

    @property
    def domains(self) -> list[str]:
        return list(dict.fromkeys([self.domain, *(row["email"].partition("@")[2] for row in self.rows.values())]))

    @property
    def state_dir(self) -> Path:
        return self.sandbox.folder / "state" / self.ticket

    def address(self, name: str) -> str:
        """Of a short name; what has a domain already is one."""
        return name if "@" in name else f"{name}@{self.domain}"

    # The ticket

    def add_mailbox(self, name: str, password: str, *folders: FolderSpec) -> None:
        """A mailbox with mail at the source, and its row in the customer's files."""
        inbox = make_folder(("INBOX",), 4, f"{self.ticket}/{name}")
        trash = make_folder(("Trash",), 2, f"{self.ticket}/{name}")
        fill_maildir(self.source, self.address(name), MailboxSpec((inbox, trash, *folders)))
        self.source.set_password(self.address(name), password)
        self.rows[name] = {"email": self.address(name), "password": password}
        self.write()

    def write(self, **broken: dict[str, str]) -> None:
        """Write the customer's files; ``broken`` overrides cells of mailboxes.csv by short name."""
        place = self.folder / "tickets" / self.ticket
        place.mkdir(parents=True, exist_ok=True)
        endpoint = self.source.endpoint("nobody")
        (place / "ticket.yml").write_text(
            f"domains: {json.dumps(self.domains)}\nsource:\n  imap_server: 127.0.0.1\n  port: {endpoint['port']}\n"
            f"  ca_file: {endpoint['ca_file']}\n"
            f"old_mx: {json.dumps(dict.fromkeys(self.domains if self.old_mx else [], self.old_mx))}\n{self.settings}",
            encoding="utf-8",
        )
        server = {"imap_server": "127.0.0.1", "port": str(endpoint["port"])}
        rows = [{**row, **server, **broken.get(name, {})} for name, row in self.rows.items()]
        _write_csv(place / "mailboxes.csv", rows)
        _write_csv(place / "users.csv", [{**row, "quota_mb": "100"} for row in self.rows.values()])

    def secrets(self) -> list[str]:
        return [row["password"] for row in self.rows.values()] + [self.sandbox.master_password()]

    def install(self) -> Path:
        """The collection as it is shipped, in a folder of its own with an inventory of two lines; that folder."""
        place = self.folder / "installed"
        place.mkdir()
        self._galaxy(place, "build", "--output-path", str(place), str(ROOT))
        archive = next(place.glob("mailops-migration-*.tar.gz"))
        self._galaxy(place, "install", "--offline", "-p", str(place / "collections"), str(archive))
        inventory = f"plugin: mailops.migration.ticket\ntickets_dir: {self.folder / 'tickets'}\n"
        (place / "mailops.yml").write_text(inventory, encoding="utf-8")
        (place / "group_vars").mkdir()
        (place / "group_vars" / "all.yml").write_text(json.dumps(self.provider()), encoding="utf-8")
        return place

    def _galaxy(self, place: Path, *arguments: str) -> None:
        """Away from the checkout, whose ansible.cfg would say that the collection is there already."""
        command = [str(PROGRAMS / "ansible-galaxy"), "collection", *arguments]
        subprocess.run(command, cwd=place, env=self.environment(), check=True, capture_output=True)

    def provider(self) -> dict[str, Any]:
        """The provider's variables, a master password in a file and SASL PLAIN this time."""
        return {
            "mailops_state_dir": str(self.sandbox.folder / "state"),
            "mailops_destination": {
                "host": "127.0.0.1",
                "port": self.sandbox.port_base + 22,
                "ca_file": str(self.sandbox.folder / "tls" / "ca.pem"),
                "master_user": "migrate",
                "master_password_file": str(self.sandbox.folder / "secrets" / "master_password"),
                "master_login": "authzid",
            },
            "mailops_dns": {
                "nameservers": [f"127.0.0.1:{self.sandbox.port_base + 30}"],
                "authoritative_port": self.sandbox.port_base + 30,
                "mx_hosts": ["mx.platform.example"],
            },
            "mailops_platform": {"dsn": f"sqlite:///{self.sandbox.folder}/platform/database/platform.sqlite"},
        }

    # Runs

    def run(self, playbook: str, *flags: str, cwd: Path = ROOT, ticket: str | None = None, **environment: str) -> Run:
        """``ansible-playbook <playbook> -e ticket=…`` in a folder. No secret of the ticket may be printed."""
        chosen = self.ticket if ticket is None else ticket
        named = ["-e", f"ticket={chosen}"] if chosen else []
        done = subprocess.run(
            [str(PROGRAMS / "ansible-playbook"), playbook, *named, *flags],
            cwd=cwd,
            env={**self.environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        shown = [secret for secret in self.secrets() if _is_shown(secret, done.stdout)]
        assert not shown, f"{shown} can be read in: {done.stdout}"
        return Run(done.returncode, done.stdout)

    def environment(self) -> dict[str, str]:
        """In which the operator's commands run."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAILOPS_", "ANSIBLE_"))}
        return {
            **clean,
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_NOCOLOR": "1",
            "MAILOPS_TICKETS_DIR": str(self.folder / "tickets"),
            "MAILOPS_SANDBOX_DIR": str(self.sandbox.folder),
            "MAILOPS_SANDBOX_PORT_BASE": str(self.sandbox.port_base),
        }

    # What is there

    def at_source(self, name: str) -> dict[str, Counter[oracle.Content]]:
        """What of a mailbox is to be migrated, by folder."""
        mailbox = oracle.read_mailbox(self.source, self.address(name))
        return {folder: oracle.contents(messages) for folder, messages in mailbox.items() if folder not in LEFT_OUT}

    def at_platform(self, name: str) -> dict[str, Counter[oracle.Content]]:
        """What a mailbox holds on the platform, folders named as at the source; empty folders are left out."""
        options = {
            "host": "127.0.0.1",
            "port": self.sandbox.port_base + 22,
            "encryption": "tls",
            "ca_file": str(self.sandbox.folder / "tls" / "ca.pem"),
            "username": f"{self.address(name)}*migrate",
            "password": self.sandbox.master_password(),
        }
        mailbox = oracle.read_by_imap(options)
        return {folder.replace(".", "/"): oracle.contents(found) for folder, found in mailbox.items() if found}

    def on_platform(self) -> set[str]:
        """Mailboxes of the ticket's domain in the platform's administration."""
        database = self.sandbox.folder / "platform" / "database" / "platform.sqlite"
        with contextlib.closing(sqlite3.connect(database, timeout=20)) as connection:
            rows = connection.execute("SELECT local_part FROM mailbox WHERE domain = ?", (self.domain,)).fetchall()
        return {str(local_part) for (local_part,) in rows}

    def clear(self) -> None:
        shutil.rmtree(self.state_dir, ignore_errors=True)


def _is_shown(secret: str, output: str) -> bool:
    """Whether it can be read, as it is or as JSON spells it."""
    return secret in output or json.dumps(secret)[1:-1] in output


def _write_csv(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
