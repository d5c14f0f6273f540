# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbook provision.yml with all of a ticket's files, on PostfixAdmin's tables in PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.databases import Database, Databases
from tests.support.module_runs import ROOT

FILES = {
    "ticket.yml": "domains: [example.com]\nsource:\n  imap_server: imap.old.example\n",
    "mailboxes.csv": "email,password\nanna@example.com,pw-of-anna\n",
    "users.csv": "email,password\nanna@example.com,pw-of-anna\nbert@example.com,pw-of-bert\n",
    "aliases.csv": "alias,mailbox\ninfo@example.com,anna@example.com\nbert@example.com,anna@example.com\n"
    "office@example.com,nobody@example.com\n",
    "forwards.csv": "email,forward_to,keep_copy\nanna@example.com,x@elsewhere.example,no\n"
    "anna@example.com,bert@example.com,no\n",
    "lists.csv": "list,member\nteam@example.com,anna@example.com\nteam@example.com,y@elsewhere.example\n"
    "none@example.com,anna@example.com\n",
}
PRESENT = {
    "anna@example.com": "x@elsewhere.example,bert@example.com",
    "bert@example.com": "bert@example.com",
    "info@example.com": "anna@example.com",
    "team@example.com": "boss@elsewhere.example,anna@example.com,y@elsewhere.example",
}


@dataclass(frozen=True)
class Ticket:
    folder: Path
    database: Database

    def write(self, **files: str) -> None:
        for name, text in {**FILES, **files}.items():
            (self.folder / "tickets" / "1" / name).write_text(text, encoding="utf-8")

    def run(self, *flags: str) -> tuple[int, str]:
        # The sandbox of the other tests has tickets of its own.
        around = {name: value for name, value in os.environ.items() if not name.startswith("MAILOPS_")}
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", str(self.folder / "mailops.yml")]
        done = subprocess.run(
            [*command, "playbooks/provision.yml", "-e", "ticket=1", *flags],
            cwd=ROOT,
            env={**around, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def aliases(self) -> dict[str, str]:
        return dict(self.database.rows("SELECT address, goto FROM alias"))


@pytest.fixture
def ticket(tmp_path: Path, databases: Databases) -> Ticket:
    """A ticket whose domain and list somebody has made in the admin panel."""
    (tmp_path / "tickets" / "1").mkdir(parents=True)
    (tmp_path / "mailops.yml").write_text(f"plugin: mailops.migration.ticket\ntickets_dir: {tmp_path}/tickets\n")
    database = databases.new("postgresql", tmp_path)
    database.rows("INSERT INTO domain (domain) VALUES ('example.com')")
    team = "'team@example.com', 'boss@elsewhere.example', 'example.com'"
    database.rows(f"INSERT INTO alias (address, goto, domain) VALUES ({team})")
    variables = {
        "mailops_state_dir": str(tmp_path / "state"),
        "mailops_destination": {"host": "127.0.0.1", "master_user": "m", "master_password": "never used"},
        "mailops_platform": {"dsn": database.dsn},
    }
    (tmp_path / "group_vars").mkdir()
    (tmp_path / "group_vars" / "all.yml").write_text(json.dumps(variables))
    made = Ticket(tmp_path, database)
    made.write()
    return made


def test_all_files_of_a_ticket_are_brought_to_the_platform_and_findings_name_their_rows(ticket: Ticket) -> None:
    before = ticket.aliases()
    code, told = ticket.run("--check")
    assert (code != 0, ticket.aliases()) == (True, before)
    assert "2 mailboxes would be created, 1 alias would be written" in told

    code, told = ticket.run()
    assert (code != 0, ticket.aliases()) == (True, PRESENT)
    assert "2 mailboxes created, 1 alias written, 1 mailbox's forwards written, 1 list's members written" in told
    for finding in (
        "bert@example.com is a mailbox of this ticket and cannot be an alias too",
        "aliases.csv:4: office@example.com leads to nobody@example.com, which does not exist on the platform",
        "lists.csv:4: none@example.com is no list on the platform. Create the list in the admin panel first",
    ):
        assert finding in told

    ticket.write(**{
        "aliases.csv": "alias,mailbox\ninfo@example.com,anna@example.com\n",
        "lists.csv": "list,member\nteam@example.com,anna@example.com\n",
    })  # fmt: skip
    code, told = ticket.run()
    assert (code, ticket.aliases()) == (0, PRESENT), told
    assert re.search(r"localhost +: .*changed=0 ", told), told
    assert ticket.database.password not in told
