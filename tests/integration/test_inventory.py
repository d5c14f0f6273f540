# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Ticket folders through the real ansible-inventory and ansible-playbook."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(sys.executable).parent
EVIL = "{{ lookup('pipe', 'touch %s') }}"
GOOD = "domains: [example.com]\nsource: {imap_server: 127.0.0.1, port: 10993}\n"
READ_SECRETS = """
- hosts: mailboxes
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ {'address': mailops_mailbox, 'secret': lookup('mailops.migration.ticket', 'source_password')} }}"
        dest: "{{ out }}/{{ inventory_hostname }}.json"
- hosts: mail_platform
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        content: "{{ lookup('mailops.migration.ticket', item) | to_json }}"
        dest: "{{ out }}/{{ item }}"
      loop: [users, aliases, forwards, lists]
"""


@dataclass(frozen=True)
class Tickets:
    """A folder of tickets with an inventory file beside it."""

    folder: Path

    @property
    def inventory(self) -> Path:
        return self.folder / "mailops.yml"

    def add(self, ticket_id: str, **files: str | bytes) -> Path:
        """Write ``name="text"`` as ``name.csv``, ``ticket`` as ``ticket.yml``."""
        folder = self.folder / "tickets" / ticket_id
        folder.mkdir(parents=True)
        for name, content in files.items():
            path = folder / ("ticket.yml" if name == "ticket" else f"{name}.csv")
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    def run(self, program: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAILOPS_", "ANSIBLE_"))}
        return subprocess.run(
            [PROGRAMS / program, "-i", str(self.inventory), *arguments],
            cwd=ROOT,
            env={**clean, "ANSIBLE_LOCAL_TEMP": str(self.folder / "tmp"), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def listed(self, ticket: str, *arguments: str, **environment: str) -> dict[str, Any]:
        chosen = ("-e", f"ticket={ticket}") if ticket else ()
        done = self.run("ansible-inventory", "--list", *chosen, *arguments, **environment)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture
def tickets(tmp_path: Path) -> Tickets:
    (tmp_path / "tickets").mkdir()
    made = Tickets(tmp_path)
    made.inventory.write_text("plugin: mailops.migration.ticket\ntickets_dir: tickets\n")
    return made


def plain(value: Any) -> Any:
    """ansible-inventory marks strings that are data; take the marks off."""
    if isinstance(value, Mapping):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {k: plain(v) for k, v in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def variables_of(inventory: Mapping[str, Any], host: str) -> dict[str, Any]:
    return dict(plain(inventory["_meta"]["hostvars"][host]))


def test_mailboxes_become_hosts_with_groups_and_variables(tickets: Tickets) -> None:
    folder = tickets.add("123.a", ticket=GOOD, mailboxes="email,password\nAnna@Example.com,s3cret\nben@example.com,x\n")
    inventory = tickets.listed("123.a")
    groups = {name: entry.get("hosts") for name, entry in inventory.items() if name not in ("_meta", "all")}
    both = ["Anna@example.com", "ben@example.com"]
    assert groups.pop("mailboxes") == both
    assert groups.pop("ticket_123_a") == [*both, "_domain.example.com"]
    assert groups.pop("domains") == ["_domain.example.com"]
    assert groups.pop("mail_platform") == ["localhost"]
    assert groups.pop("mailops_to_look_at", []) == []
    assert sorted(name.rpartition("_")[0] for name in groups) == ["domain_example_com", "source_127_0_0_1"]
    assert list(groups.values()) == [both, both]
    variables = variables_of(inventory, "Anna@example.com")
    assert variables["mailops_source"] == {
        "host": "127.0.0.1",
        "port": 10993,
        "encryption": "tls",
        "auth": "login",
        "username": "Anna@example.com",
        "validate_certs": True,
        "ca_file": None,
    }
    assert variables["mailops_ticket"] == "123.a"
    assert variables["mailops_ticket_dir"] == str(folder)
    assert variables["mailops_mailbox"] == "Anna@example.com"
    assert variables["ansible_connection"] == "local"
    assert variables["ansible_python_interpreter"] == str(Path(sys.executable).parent / os.path.basename(
        variables["ansible_python_interpreter"]
    ))


def test_no_password_is_in_the_inventory(tickets: Tickets) -> None:
    tickets.add(
        "1",
        ticket=GOOD,
        mailboxes="email,password,notes\nanna@example.com, s3cret1 ,s3cret2\nanna@example.com,s3cret3,\n"
        "b,s3cret4\nc,x,y,s3cret5\nben@example.com,s3cret8,\n",
        users="email,password\nanna@example.com,s3cret6\nbad,s3cret7\n",
    )
    done = tickets.run("ansible-inventory", "--list", "-e", "ticket=1", "-vvv")
    assert done.returncode == 0
    assert "ben@example.com" in done.stdout
    assert "s3cret" not in done.stdout + done.stderr


def test_good_rows_go_on_and_findings_are_handed_on(tickets: Tickets) -> None:
    tickets.add("1", ticket=GOOD, mailboxes="email,password\nanna,x\nben@example.com,y\n", aliases="alias\nx\n")
    inventory = tickets.listed("1")
    assert inventory["mailboxes"]["hosts"] == ["ben@example.com"]
    findings = variables_of(inventory, "_domain.example.com")["mailops_findings"]
    assert [(finding["file"], finding["line"], finding["level"]) for finding in findings] == [
        ("mailboxes.csv", 2, "error"),
        ("aliases.csv", 1, "error"),
    ]


def test_without_a_ticket_there_are_groups_and_no_mailboxes(tickets: Tickets) -> None:
    done = tickets.run("ansible", "mailboxes:domains:mail_platform", "--list-hosts")
    assert done.returncode == 0
    assert done.stdout.split() == ["hosts", "(1):", "localhost"]
    assert "Could not match" not in done.stderr


def test_ticket_and_folder_come_from_the_environment_too(tickets: Tickets, tmp_path: Path) -> None:
    tickets.add("1", ticket=GOOD, mailboxes="email,password\nanna@example.com,x\n")
    tickets.add("2", ticket=GOOD, mailboxes="email,password\nben@example.com,x\n")
    elsewhere = (tmp_path / "tickets").rename(tmp_path / "elsewhere")
    environment = {"MAILOPS_TICKETS_DIR": str(elsewhere), "MAILOPS_TICKET": "1"}
    assert tickets.listed("", **environment)["mailboxes"]["hosts"] == ["anna@example.com"]
    assert tickets.listed("2", **environment)["mailboxes"]["hosts"] == ["ben@example.com"]


@pytest.mark.parametrize("ticket", ["77", "../x", "..", "/etc", "a/b"])
def test_a_ticket_that_is_not_there_is_one_clear_error(tickets: Tickets, ticket: str) -> None:
    tickets.add("123", ticket=GOOD, mailboxes="email,password\nanna@example.com,x\n")
    (tickets.folder / "x").mkdir()
    done = tickets.run("ansible-inventory", "--list", "-e", f"ticket={ticket}")
    assert done.returncode != 0
    assert ("there is no ticket 77" if ticket == "77" else f"the ticket id {ticket!r} is not valid") in done.stderr


def test_all_reasons_against_a_ticket_are_told_at_once(tickets: Tickets) -> None:
    tickets.add("1", ticket="domain: x\nsource: {imap_sever: y}\n", users="email,password\nbad,s3cret\n")
    done = tickets.run("ansible", "mailboxes", "--list-hosts", "-e", "ticket=1")
    assert done.returncode != 0
    for reason in ("'domains'", "'imap_server'", "mailboxes.csv: error: the file is missing", "users.csv:2 (email)"):
        assert reason in done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_columns_without_header_need_a_confirmation(tickets: Tickets) -> None:
    tickets.add("1", ticket=GOOD, mailboxes="anna@example.com,s3cret\n")
    refused = tickets.run("ansible-inventory", "--list", "-e", "ticket=1")
    assert refused.returncode != 0
    assert "1 = email, 2 = password" in refused.stderr
    confirmed = tickets.listed("1", "-e", "mailops_confirm_inferred=true")
    assert confirmed["mailboxes"]["hosts"] == ["anna@example.com"]


def secrets_read(tickets: Tickets, *arguments: str) -> dict[str, Any]:
    """Run a play that writes what it can look up, and return it by file name."""
    out = tickets.folder / "out"
    out.mkdir()
    (tickets.folder / "play.yml").write_text(READ_SECRETS)
    done = tickets.run(
        "ansible-playbook", str(tickets.folder / "play.yml"), "-e", "ticket=1", "-e", f"out={out}", *arguments
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.name: json.loads(path.read_text()) for path in out.iterdir()}


def test_secrets_and_rows_are_looked_up_where_they_are_used(tickets: Tickets) -> None:
    tickets.add(
        "1",
        ticket=GOOD,
        mailboxes='email,password\nanna@example.com, a;b"c\'$\\#%\nben@example.com,"{% raw %}{{ 7*7 }},"" "\n',
        users="email,password,quota\nanna@example.com,pw,5\n",
        aliases="source,target\ninfo@example.com,anna@example.com\n",
        forwards="source,target\nanna@example.com,x@y.example\n",
        lists="list,member\nall@example.com,a@example.com\nall@example.com,b@example.com\n",
    )
    read = secrets_read(tickets)
    assert read["anna@example.com.json"]["secret"] == " a;b\"c'$\\#%"
    assert read["ben@example.com.json"]["secret"] == '{% raw %}{{ 7*7 }}," '
    assert read["users"] == [
        {"email": "anna@example.com", "password": "pw", "first_name": "", "last_name": "", "quota_mb": 5}
    ]
    assert read["aliases"] == [
        {"alias": "info@example.com", "mailbox": "anna@example.com", "where": "aliases.csv:2"}
    ]
    assert read["forwards"] == [
        {"email": "anna@example.com", "forward_to": "x@y.example", "keep_copy": True, "where": "forwards.csv:2"}
    ]
    assert [row["member"] for row in read["lists"]] == ["a@example.com", "b@example.com"]


def test_vaulted_files_are_read_in_memory(tickets: Tickets) -> None:
    folder = tickets.add("1", ticket=GOOD, mailboxes="email;password\nanna@example.com;pässword\n".encode("utf-16"))
    key = tickets.folder / "key"
    key.write_text("vault key")
    arguments = ("--vault-password-file", str(key))
    files = [str(folder / "ticket.yml"), str(folder / "mailboxes.csv")]
    subprocess.run([PROGRAMS / "ansible-vault", "encrypt", *arguments, *files], check=True, capture_output=True)
    assert secrets_read(tickets, *arguments)["anna@example.com.json"]["secret"] == "pässword"
    assert all(Path(file).read_bytes().startswith(b"$ANSIBLE_VAULT") for file in files)
    without_key = tickets.run("ansible-inventory", "--list", "-e", "ticket=1")
    assert without_key.returncode != 0
    assert "--vault-password-file" in without_key.stderr


def test_hostile_cells_stay_text_in_every_column(tickets: Tickets) -> None:
    """A template in any column runs nothing, whether the row is taken or refused."""
    trap = tickets.folder / "trap"
    evil = EVIL % trap
    columns = ["email", "password", "imap_server", "username", "port", "encryption", "auth", "destination_email",
               "authorization_id", "ansible_python_interpreter", evil]
    usual = ["anna@example.com", "x", "127.0.0.1", "anna", "993", "tls", "login", "", "", "", ""]
    path = tickets.add("1", ticket=GOOD) / "mailboxes.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for position in range(len(columns)):
            row = [*usual]
            row[0] = f"u{position}@example.com"
            row[position] = evil
            writer.writerow(row)
        writer.writerow(["{{evil}}@example.com", evil, *usual[2:]])
    listed = tickets.listed("1")
    assert variables_of(listed, "u3@example.com")["mailops_source"]["username"] == evil
    assert "/sh" not in variables_of(listed, "u9@example.com")["ansible_python_interpreter"]
    read = secrets_read(tickets)
    assert {entry["address"]: entry["secret"] for entry in read.values() if "address" in entry} == {
        "u1@example.com": evil, "u3@example.com": "x", "u8@example.com": "x", "u9@example.com": "x",
        "u10@example.com": "x", "{{evil}}@example.com": evil,
    }
    assert not trap.exists()


@pytest.mark.parametrize("address", ["!ben@example.com", "a&b@example.com", "~x@example.com", "a*@example.com"])
def test_addresses_that_patterns_would_read_can_be_limited_to(tickets: Tickets, address: str) -> None:
    tickets.add("1", ticket=GOOD, mailboxes=f"email,password\nanna@example.com,x\n{address},y\n")
    hosts = tickets.listed("1")["mailboxes"]["hosts"]
    assert address not in hosts
    done = tickets.run("ansible", "all", "--list-hosts", "-e", "ticket=1", "--limit", hosts[1])
    assert done.stdout.split() == ["hosts", "(1):", hosts[1]]


def test_ten_thousand_mailboxes_are_listed_with_source_servers_taking_turns(tickets: Tickets) -> None:
    rows = "".join(f"user{number}@example.com,x,imap{number // 2000}.example\n" for number in range(10_000))
    tickets.add("1", ticket="domains: [example.com]\n", mailboxes=f"email,password,server\n{rows}")
    done = tickets.run("ansible", "mailboxes", "--list-hosts", "-e", "ticket=1")
    hosts = done.stdout.split()[2:]
    assert len(hosts) == 10_000
    assert hosts[:3] == ["user0@example.com", "user2000@example.com", "user4000@example.com"]


def test_the_sandbox_s_inventory_works_without_a_ticket() -> None:
    sandbox = ROOT / "inventories" / "sandbox" / "mailops.yml"
    done = subprocess.run(
        [PROGRAMS / "ansible", "-i", str(sandbox), "mail_platform", "--list-hosts"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )
    assert done.returncode == 0
    assert "localhost" in done.stdout
