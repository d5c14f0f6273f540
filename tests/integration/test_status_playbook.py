# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""status.yml over a hundred tickets, some of which are broken."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

from tests.support.ansible_runs import ROOT, AnsibleRun, Outcome
from tests.support.databases import Databases

NOW = time.time()


class Place:
    """Tickets, what is remembered of them, and a platform."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        (folder / "mailops.yml").write_text(f"plugin: mailops.migration.ticket\ntickets_dir: {folder}/tickets\n")
        (folder / "group_vars").mkdir()
        (folder / "tickets").mkdir()
        variables = {"mailops_state_dir": f"{folder}/state", "mailops_platform": {"dsn": dsn}}
        (folder / "group_vars/all.yml").write_text(json.dumps(variables))

    def ticket(self, name: str, text: str) -> None:
        (self.folder / "tickets" / name).mkdir()
        (self.folder / "tickets" / name / "ticket.yml").write_text(text)

    def remember(self, name: str, seen: MxSeen, complete: int) -> None:
        with open_ticket_state(f"{self.folder}/state/{name}") as state:
            state.note_mx(seen)
            state.add_pass(DomainPass(seen.domain, "first", NOW - 60, NOW - 30, 10, 10, complete, 7))
            people = [f"{name}@{seen.domain}" for name in ("anna", "bert", "cara")]
            state.tell("sync", dict(zip(people, ({"failure_count": 1}, {"failure_count": 0}), strict=False)), NOW)
            state.tell("verify", dict(zip(people, ({"passed": n < 2} for n in range(3)), strict=True)), NOW)

    def status(self, *flags: str) -> Outcome:
        return AnsibleRun("ansible-playbook", "-i", f"{self.folder}/mailops.yml", str(ROOT / "playbooks/status.yml"),
                          *flags).wait()

    def written(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}


@pytest.fixture
def place(tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    database = databases.new("sqlite", tmp_path)
    database.script("INSERT INTO local_delivery(domain, enabled, old_mx, expires, ticket, reason) VALUES"
                    f" ('d100.example', 0, '[mx.old.example]:25', {int(NOW) - 60}, '100', '')")
    return Place(tmp_path, database.dsn)


def test_each_ticket_says_where_it_stands_and_a_broken_one_what_is_wrong(place: Place) -> None:
    for number in range(100, 200):
        place.ticket(str(number), f"domains: [d{number}.example]\n")
    place.ticket("200", "domain: [x.example]\n")
    place.ticket("201", "domains: [d201.example\n")
    elsewhere = MxSeen("d100.example", MxPlace.ELSEWHERE, ("mx.old.example",), 3600, NOW - 60, NOW - 60)
    place.remember("100", elsewhere, 8)
    (place.folder / "state/101").mkdir()
    (place.folder / "state/101/ticket.sqlite").write_text("no database at all")
    before = place.written()

    outcome = place.status("-e", f"output={place.folder}/status.json")

    assert outcome.code == 0, outcome.output
    assert re.search(r"100 +d100\.example +first +8 of 10 +2 +2 +0 .* run again +NO, EXPIRED ", outcome.output)
    assert re.search(r"199 +d199\.example +new +- +- +- +- +- +first pass +yes", outcome.output)
    assert re.search(r"200: ticket.yml:1.*domain.*domains", outcome.output)
    assert re.search(r"201: ticket.yml:\d", outcome.output)
    assert re.search(r"101: .*ticket.sqlite.*cannot be read", outcome.output)
    written = json.loads((place.folder / "status.json").read_text())
    found: dict[str, Any] = {ticket["ticket"]: ticket for ticket in written["tickets"]}
    assert len(found) == 102 and found["100"]["domains"][0]["left"] == 2 and found["200"]["trouble"]
    assert {path: content for path, content in place.written().items() if "status.json" not in path} == before


def test_one_ticket_is_told_by_its_name(place: Place) -> None:
    for name in ("7", "8"):
        place.ticket(name, f"domains: [d{name}.example]\nsource: {{preset: gmail}}\n")
        people = f"email,password\nanna@d{name}.example,x\n"
        (place.folder / f"tickets/{name}/mailboxes.csv").write_text(people)
    outcome = place.status("-e", "ticket=7")
    assert outcome.code == 0 and "d7.example" in outcome.output and "d8.example" not in outcome.output


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"ticket.yml": "domains: [d7.example\n"}, r"7: ticket.yml:\d"),
        ({"ticket.yml": "domains: [d7.example]\n", "mailboxes.csv": "a,b\n"}, r"mailboxes.csv.*"),
        ({}, r"7: there is no such ticket in"),
    ],
)
def test_one_ticket_that_cannot_be_used_says_what_is_wrong(place: Place, files: dict[str, str], told: str) -> None:
    place.ticket("8", "domains: [d8.example]\n")
    for name, text in files.items():
        (place.folder / "tickets/7").mkdir(exist_ok=True)
        (place.folder / "tickets/7" / name).write_text(text)
    outcome = place.status("-e", "ticket=7")
    assert outcome.code == 0 and re.search(told, outcome.output), outcome.output
    assert "d8.example" not in outcome.output
