# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""contacts_calendars.yml, verify.yml and migrate.yml over a ticket with contacts and calendars, on Radicale."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from ansible.parsing.vault import VaultLib, VaultSecret
from lxml import etree

from tests.support.dovecot import DovecotServer
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.workplace import Workplace

PLAYBOOKS = ROOT / "playbooks"
VAULT = "a long vault password"
ANNAS, CARLS = "spring rain 2021", "winter wind 2020"
NOTE = "{{ 6 * 7 }} stays"
JOERG = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;QUOTED-PRINTABLE;CHARSET=Windows-1252:M=FCller;J=F6rg\r\nEND:VCARD\r\n"
BEN = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:ben\r\nFN:Ben Miller\r\nN:Miller;Ben;;;\r\nNOTE:{NOTE}\r\nEND:VCARD\r\n"
CUT_OFF = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cut off\r\n"
MEETING = """BEGIN:VCALENDAR\r
VERSION:2.0\r
METHOD:PUBLISH\r
BEGIN:VEVENT\r
UID:meeting\r
SUMMARY:Meeting\r
DTSTART;TZID=W. Europe Standard Time:20240105T090000\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:party\r
SUMMARY:Party\r
DTSTART;VALUE=DATE:20240106\r
END:VEVENT\r
END:VCALENDAR\r
"""


@dataclass
class Place:
    """A ticket whose Anna and Carl own contacts and calendars; Bert owns nothing, Carl is in users.csv only."""

    work: Workplace
    carl: str

    @property
    def anna(self) -> str:
        return self.work.address("anna")

    def put(self, path: str, text: str, *, encrypted: bool = False) -> Path:
        data = text.encode()
        if encrypted:
            data = VaultLib([("default", VaultSecret(VAULT.encode()))]).encrypt(data)
        file = self.work.folder / "tickets" / self.work.ticket / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def held(self, mailbox: str, collection: str, password: str) -> dict[str, str]:
        """What the mailbox's owner sees in a collection: text by address."""
        folder = f"/{mailbox}/{collection}/"
        listed = etree.fromstring(self.ask("PROPFIND", folder, mailbox, password, Depth="1").content)
        paths = [str(node.text) for node in listed.iter("{DAV:}href")]
        files = [path for path in paths if path.endswith((".vcf", ".ics"))]
        return {path: self.ask("GET", path, mailbox, password).text for path in files}

    def ask(
        self, method: str, path: str, user: str, password: str, body: str = "", **headers: str
    ) -> requests.Response:
        sandbox = self.work.sandbox
        return requests.request(
            method, f"https://127.0.0.1:{sandbox.port_base + 40}{path}", data=body.encode(), headers=headers,
            auth=(user, password), verify=str(sandbox.folder / "tls" / "ca.pem"), timeout=30,
        )  # fmt: skip


@pytest.fixture
def place(tmp_path: Path, source_server: DovecotServer) -> Iterator[Place]:
    secret = tmp_path / "vault"
    secret.write_text(VAULT)
    work = Workplace(tmp_path, running_sandbox(), source_server)
    work.add_mailbox("anna", ANNAS)
    work.add_mailbox("bert", "autumn leaf 1999")
    users = tmp_path / "tickets" / work.ticket / "users.csv"
    carl = f"carl@{work.domain}"
    users.write_text(users.read_text() + f"{carl},{CARLS},100\n")
    made = Place(work, carl)
    made.put(f"contacts/{made.anna.upper()}.vcf", JOERG + BEN + CUT_OFF)
    made.put(f"calendars/{made.anna}/Outlook, 2024.ics", MEETING, encrypted=True)
    made.put(f"contacts/{carl}.vcf", BEN)
    yield made
    work.clear()


def test_contacts_and_calendars_come_once_stay_the_user_s_and_are_proven(place: Place) -> None:
    work, anna, carl = place.work, place.anna, place.carl
    flags = ("--vault-password-file", str(work.folder / "vault"))
    page = work.state_dir / "proof" / "ticket.html"
    first = work.run("migrate.yml", "-e", "phase=final", "-e", "depth=facts", "-vvv", *flags, cwd=PLAYBOOKS).fine()
    told = "\n".join(first.lines)
    assert "contacts and calendars: 2 contacts and 2 calendar entries brought over, 1 cannot go in" in told
    assert f"contacts/{anna.upper()}.vcf, entry 3 (Cut off)" in told
    assert first.changed[carl] == 1
    assert work.address("bert") not in first.output.partition("PLAY [Bring contacts")[2].partition("\nPLAY")[0]
    for content in ("Müller", "=FCller", base64.b64encode(BEN.encode())[:40].decode(), NOTE):
        assert content not in first.output
    assert "Every entry of your files is here" in page.read_text(encoding="utf-8")
    report = json.loads((work.state_dir / "report" / "report.json").read_text(encoding="utf-8"))
    assert [(line["mailbox"], line["contacts"], line["events"], line["here"]) for line in report["contacts"]] == [
        (anna, 3, 2, 4),
        (carl, 1, 0, 1),
    ]
    # No ticket system is set up: the ticket's folder is told.
    updates = (work.folder / "tickets" / work.ticket / "updates.md").read_text(encoding="utf-8")
    assert "We have begun to move your e-mail: 2 mailboxes" in updates

    contacts = place.held(anna, "contacts", ANNAS)
    assert sorted(NOTE in text for text in contacts.values()) == [False, True]
    assert "Müller" in "".join(contacts.values())
    events = place.held(anna, "calendar", ANNAS)
    assert "Europe/Berlin" in "".join(events.values())
    assert place.ask("PROPFIND", f"/{anna}/contacts/", carl, CARLS).status_code == 403

    [ben] = [path for path, text in contacts.items() if NOTE in text]
    changed = contacts[ben].replace("Ben Miller", "Benjamin Miller")
    place.ask("PUT", ben, anna, ANNAS, changed, **{"Content-Type": "text/vcard"})
    place.ask("DELETE", next(path for path, text in events.items() if "Party" in text), anna, ANNAS)
    again = work.run("contacts_calendars.yml", *flags, cwd=PLAYBOOKS).fine()
    assert again.changed == {}
    assert "1 left as the user has changed them, 1 deleted by the user since" in "\n".join(again.lines)
    assert "Benjamin" in place.ask("GET", ben, anna, ANNAS).text

    place.put(f"contacts/{carl}/later.vcf", BEN.replace("Ben", "Eve").replace("UID:ben", "UID:eve"))
    place.put("contacts/team.vcf", BEN)
    verdict = work.run("verify.yml", "-e", "depth=facts", *flags, cwd=PLAYBOOKS)
    told = "\n".join(verdict.lines)
    assert (verdict.failed, verdict.changed) == ({carl, "localhost"}, {})
    assert "contacts and calendars: PASS, 3 of 5 entries are here; explained: 1 left as the user has" in told
    assert f"contacts/{carl}/later.vcf: 1 entry not at the destination" in told
    assert "contacts/team.vcf (owner): error: has no owner" in told
    told = work.run("report.yml", *flags, cwd=PLAYBOOKS).fine().output
    assert "Contacts or calendars of 1 mailbox need you" in told
    html = (work.state_dir / "report" / "report.html").read_text(encoding="utf-8")
    contacts = html.partition('<section id="contacts">')[2].partition("</section>")[0]
    domains = html.partition('<section id="domains">')[2].partition("</section>")[0]
    assert f"contacts/{anna.upper()}.vcf, entry 3 (Cut off)" in contacts
    assert f"{work.domain} (spf): " in domains and "Local Delivery" in domains
    assert "Not all entries of your files are here yet" in page.read_text(encoding="utf-8")
