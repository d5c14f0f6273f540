# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""migrate.yml tells the ticket, and goes on when it cannot."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.ticket_desk import ticket_desk
from tests.support.workplace import Workplace

TOKEN = "t0k3n-Qx77-secret"


@pytest.fixture
def work(tmp_path: Path, source_server: DovecotServer) -> Iterator[Workplace]:
    settings = "language: de\nticket_system: {reference: 4711}\n"
    place = Workplace(tmp_path, running_sandbox(), source_server, settings=settings)
    place.add_mailbox("anna", "spring rain 2021")
    place.add_mailbox("bert", "autumn leaf 1999")
    yield place
    place.clear()


def test_ticket_is_told_once_and_its_silence_holds_nothing_up(work: Workplace, tmp_path: Path) -> None:
    with ticket_desk() as desk:
        hook = {
            "url": f"{desk.url}/tickets/{{reference}}",
            "headers": {"Authorization": f"Bearer {TOKEN}"},
            "body": {"text": "{comment}", "internal": "{internal}", "status": "{status}"},
        }
        file = {
            "case": "attachment",
            "url": f"{desk.url}/files",
            "body": {"name": "{attachment_name}", "data": "{attachment_base64}"},
        }
        webhook = {"requests": [hook, file], "ca_file": desk.ca_file}
        system = {"driver": "webhook", "statuses": {"started": "open"}, "webhook": webhook}
        given = tmp_path / "system.json"
        given.write_text(json.dumps({"mailops_ticket_system": system}), encoding="utf-8")
        flags = ("-e", f"@{given}", "-vvv")

        planned = work.run("migrate.yml", "--check", *flags, cwd=ROOT / "playbooks")
        assert f"POST {desk.url}/tickets/4711" in planned.output and desk.heard == []

        desk.answers = [500]
        work.write(bert={"password": "wrong"})
        first = work.run("migrate.yml", *flags, cwd=ROOT / "playbooks")
        assert first.failed == {work.address("bert")}, first.output[-9000:]
        assert work.address("anna") in first.changed
        assert "The update started was not sent" in first.output
        assert TOKEN not in planned.output + first.output
        started, failed, attached = [heard.json() for heard in desk.heard]
        assert (started["status"], started["internal"]) == ("open", False)
        assert f"2 Postfächer in {work.domain}" in started["text"]
        assert failed["internal"] is True and work.address("bert") in failed["text"]

        assert "Diese Postfächer sind noch nicht fertig" in failed["text"]
        assert attached["name"] == "report.html"
        page = base64.b64decode(attached["data"]).decode()
        assert "1 mailbox needs you" in page and "refuses the login" in page

        work.write()
        again = work.run("migrate.yml", *flags, cwd=ROOT / "playbooks").fine()
        assert again.changed.keys() == {work.address("bert")}
        copied = desk.heard[3].json()
        assert "Bitte ändern Sie jetzt die DNS-Einträge" in copied["text"]
        assert "Nachrichten: 8 von 8. Postfächer: 2." in copied["text"]
        said, sent = "/tickets/4711", "/files"
        assert [heard.path for heard in desk.heard] == [said, said, sent, said]
