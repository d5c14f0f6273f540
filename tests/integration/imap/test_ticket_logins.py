# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a ticket says of logins and limits, through inventory, lookup and role to a real server that takes tokens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ansible_runs import ROOT
from tests.support.certificates import session_authority
from tests.support.dovecot import MASTER_PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER, DovecotShape
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sync_runner import Migration
from tests.support.token_server import CLIENT_ID, CLIENT_SECRET, TENANT, TokenServer, dovecot_passdb

PLAY = """
- hosts: mailboxes
  gather_facts: false
  roles: [mailops.migration.sync, mailops.migration.verify]
  post_tasks:
    - ansible.builtin.copy:
        content: "{{ {'sync': sync_pass, 'verify': verify_result, 'limits': sync_limits} | to_json }}"
        dest: "{{ out }}"
"""
TICKET = """
domains: [example.com]
source:
  imap_server: 127.0.0.1
  port: {port}
  preset: microsoft365
  ca_file: {ca}
  oauth: {{grant: client_credentials, tenant: {tenant}, authority: "{authority}", ca_file: {ca}{more}}}
limits: {{connections: 3}}
"""
SPEC = MailboxSpec((make_folder(("INBOX",), 3, "ticket logins"),))


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer().serving() as server:
        yield server


@pytest.fixture
def migration(
    tokens: TokenServer, destination_server: DovecotServer, mailbox_name: str, tmp_path: Path
) -> Iterator[Migration]:
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with DovecotServer(DovecotShape(fsync="never", extra=dovecot_passdb(tokens.url, tmp_path))) as source:
        tokens.account = mailbox_name
        moving = Migration(source, destination_server, mailbox_name, tmp_path / "state" / "1")
        moving.fill(SPEC)
        yield moving


def run(
    folder: Path, migration: Migration, tokens: TokenServer, more: str, oauth: object
) -> subprocess.CompletedProcess[str]:
    """The roles sync and verify for a ticket whose only mailbox has no password."""
    ticket = folder / "tickets" / "1"
    ticket.mkdir(parents=True)
    place = {"port": migration.source.place.imaps_port, "ca": session_authority().ca_file, "tenant": TENANT,
             "authority": tokens.url, "more": more}
    (ticket / "ticket.yml").write_text(TICKET.format(**place))
    (ticket / "mailboxes.csv").write_text(f"email\n{migration.user}\n")
    (ticket / "secret").write_text(f"{CLIENT_SECRET}\n")
    (folder / "mailops.yml").write_text("plugin: mailops.migration.ticket\ntickets_dir: tickets\n")
    (folder / "play.yml").write_text(PLAY)
    (folder / "group_vars").mkdir()
    destination = {**migration.destination.endpoint("x"), "master_user": MASTER, "master_password": MASTER_PASSWORD}
    del destination["username"], destination["password"]
    variables = {"mailops_state_dir": str(folder / "state"), "mailops_destination": destination, "mailops_oauth": oauth}
    (folder / "group_vars" / "all.yml").write_text(json.dumps(variables))
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAILOPS_", "ANSIBLE_"))}
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "mailops.yml", "play.yml", "-e", "ticket=1",
               "-e", f"out={folder / 'out'}", "-vvv"]
    return subprocess.run(command, cwd=folder, env={**clean, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("more", "oauth"), [
    (f", client_id: {CLIENT_ID}, client_secret_file: secret", {"client_credentials": {"client_id": "not this one"}}),
    ("", {"client_credentials": {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}}),
], ids=["the ticket's client", "the provider's client"])
def test_ticket_without_passwords_is_moved_and_proved_by_its_oauth(
    migration: Migration, tokens: TokenServer, tmp_path: Path, more: str, oauth: object
) -> None:
    done = run(tmp_path, migration, tokens, more, oauth)

    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "out").read_text())
    assert told["sync"]["counts"]["copied"] == 3 and told["verify"]["passed"]
    assert told["limits"]["connections"] == 3
    assert migration.at_destination() == migration.expected(SPEC)
    assert CLIENT_SECRET not in done.stdout + done.stderr
