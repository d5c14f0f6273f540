# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""From a customer's attachments to a ticket that can begin: new_ticket.yml, discover.yml, preflight in between."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_maildir
from tests.support.knot import KnotServer
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.workplace import Run, Workplace

PLAYBOOKS = ROOT / "playbooks"
PASSWORD = "winter 'sun' {{ 6 * 7 }}"


@pytest.fixture
def work(tmp_path: Path, source_server: DovecotServer) -> Iterator[Workplace]:
    """A customer with two mailboxes at the source; there is no folder of the ticket yet."""
    sandbox: Sandbox = running_sandbox()
    place = Workplace(tmp_path, sandbox, source_server)
    (tmp_path / "tickets").mkdir()
    for name in ("anna", "bert"):
        place.rows[name] = {"email": place.address(name), "password": PASSWORD}
        fill_maildir(source_server, place.address(name), MailboxSpec((make_folder(("INBOX",), 3, name),)))
        source_server.set_password(place.address(name), PASSWORD)
    yield place
    place.clear()


@pytest.fixture
def sent(work: Workplace, tmp_path: Path) -> Path:
    """Attachments that do not say which server the mailboxes are at."""
    folder = tmp_path / "sent"
    folder.mkdir()
    rows = "".join(f'{row["email"]};"{PASSWORD}"\n' for row in work.rows.values())
    (folder / "Migration 2.csv").write_text(f"\ufeffEmail Address;Password\n{rows}", encoding="utf-8")
    people = "".join(f'{row["email"]},"{PASSWORD}",A,B\n' for row in work.rows.values())
    (folder / "Book1.txt").write_text(f"email,password,first name,last name\n{people}", encoding="utf-8")
    (folder / f"{work.address('anna')}.vcf").write_text("BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n")
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 \xff")
    (folder / "passwd.csv").symlink_to("/etc/passwd")
    return folder


@pytest.fixture
def names(work: Workplace) -> Iterator[KnotServer]:
    """What DNS says of the customer's domain: its mailboxes are at ``localhost``."""
    port = work.source.endpoint("x")["port"]
    with KnotServer({work.domain: [("_imaps._tcp", "SRV", f"0 0 {port} localhost.")]}) as server:
        yield server


def test_attachments_become_a_ticket_whose_servers_are_found_and_that_can_begin(
    work: Workplace, sent: Path, names: KnotServer, tmp_path: Path
) -> None:
    folder, from_sent = tmp_path / "tickets" / work.ticket, ("-e", f"from={sent}")
    planned = work.run("new_ticket.yml", *from_sent, "--check", cwd=PLAYBOOKS).fine()
    assert "'Migration 2.csv' is mailboxes.csv" in planned.output
    assert not folder.exists()

    taken = work.run("new_ticket.yml", *from_sent, cwd=PLAYBOOKS)
    assert taken.code != 0
    for told in ("'Book1.txt' is users.csv", "scan.pdf' was left: it is a PDF", "link, which is not followed"):
        assert told in taken.output
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    assert set(files) == {"ticket.yml", "mailboxes.csv", "users.csv", f"contacts/{work.address('anna')}.vcf"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o600}
    assert work.domain in files["ticket.yml"].read_text()
    letter = work.state_dir / "preflight" / "customer.md"
    assert "mailboxes.csv, line 2: the name of the mail server is missing" in letter.read_text()

    ca_file = work.source.endpoint("x")["ca_file"]
    files["ticket.yml"].write_text(f"# ours\ndomains: [{work.domain}]\nsource: {{ca_file: {ca_file}}}\n")
    check_discovery(work, names, files["ticket.yml"])

    ready = work.run("new_ticket.yml", *from_sent, cwd=PLAYBOOKS).fine()
    assert ready.changed == {}
    data = json.loads((work.state_dir / "preflight" / "preflight.json").read_text())
    assert (data["good"], data["totals"]["messages"], data["totals"]["mailboxes"]) == (True, 6, 2)


def check_discovery(work: Workplace, names: KnotServer, ticket: Path) -> None:
    """A stranger's server is told, tried on the operator's word, and entered once, on another word."""
    before = ticket.read_text()
    asking = {"discovery_dns": {"nameservers": [f"127.0.0.1:{names.server.port}"]}}

    def discover(**variables: object) -> Run:
        return work.run("discover.yml", "-e", json.dumps({**asking, **variables}), cwd=PLAYBOOKS).fine()

    assert "no password went there" in discover(accept_proposals=True).output
    assert "takes the login (2 mailboxes)" in discover(trusted_hosts=["localhost"]).output
    assert ticket.read_text() == before
    entered = discover(trusted_hosts=["localhost"], accept_proposals=True)
    assert entered.changed == {"localhost": 1}
    assert ticket.read_text().startswith(before)
    assert f"{work.domain}: imaps://localhost:" in ticket.read_text()
    assert discover(trusted_hosts=["localhost"], accept_proposals=True).changed == {}
