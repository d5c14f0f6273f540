# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exports as programs write them, modelled on what they are documented to write: into real servers, once and again.

The files in ``exports`` were written for these tests; each has the habits of the program in its name. They are kept
as UTF-8 with line feeds; :func:`exported` gives them the encoding and the line ends of their program.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather

from tests.support.cyrus_dav import CyrusDavServer
from tests.support.dav_servers import DavLogin, RadicaleServer, XandikosServer
from tests.support.module_runs import run_module

AnyServer = RadicaleServer | XandikosServer | CyrusDavServer
SERVERS: dict[str, Callable[[], AnyServer]] = {
    "radicale": lambda: RadicaleServer(tls=True), "xandikos": lambda: XandikosServer(tls=True), "cyrus": CyrusDavServer,
}
EXPORTS = Path(__file__).parent / "exports"
ENCODINGS = {"lotus-notes.vcf": "cp1252", "nokia.vcf": "cp1252", "outlook-2016-utf16.vcf": "utf-16"}
WITH_LINE_FEEDS = {"google.vcf", "korganizer.ics"}
# By file: entries in it, resources that they make, and the numbers of those that are broken.
EXPECTED = {
    "android.vcf": (3, 3, []),
    "apple.ics": (2, 2, []),
    "apple.vcf": (3, 3, []),
    "broken.vcf": (4, 2, [2, 3]),
    "evolution.vcf": (1, 1, []),
    "exchange.ics": (1, 1, []),
    "google.ics": (3, 2, []),
    "google.vcf": (2, 2, []),
    "hand-made.ics": (4, 4, []),
    "korganizer.ics": (1, 1, []),
    "lotus-notes.ics": (2, 2, []),
    "lotus-notes.vcf": (1, 1, []),
    "nextcloud.ics": (3, 3, []),
    "nextcloud.vcf": (1, 1, []),
    "nokia.vcf": (1, 1, []),
    "outlook-2003.vcf": (1, 1, []),
    "outlook-2016-utf16.vcf": (1, 1, []),
    "outlook.ics": (3, 2, []),
    "phone.vcs": (3, 3, []),
    "same-uid.vcf": (4, 3, []),
    "yahoo.vcf": (1, 1, []),
}
# What a person would miss, as it is in the text that is sent, folds undone.
HELD = {
    "android.vcf": ["小明 王", "第一行\\n第二行\\n第三行", "X-ABLABEL:家", "*123#", "+15550100", "PHOTO"],
    "apple.ics": ["DTEND;TZID=Europe/Dublin:20231107T120000", "geo:53.344", "PERCENT-COMPLETE:100", "BEGIN:VALARM"],
    "apple.vcf": ["Róisín", "_$!<School>!$_", "1604-02-29", "X-ADDRESSBOOKSERVER-MEMBER", "urn:uuid:0B7C9F6E"],
    "broken.vcf": ["Whole too"],
    "evolution.vcf": ["Dvořák", "222 555 010", "Skladatel\\nPraha"],
    "exchange.ics": ["BYDAY=WE,FR", "boss@corp.example"],
    "google.ics": ["🎂", "RECURRENCE-ID", "EXDATE", "X-NUM-GUESTS=0:mailto:soren@kjaer.example"],
    "google.vcf": ["Sommerhus", "soren@work.example", "noname@lists.example", "Sejlklub", "Linje et\\nLinje to"],
    "hand-made.ics": ["TZID=Europe/Berlin:20240318T180000", "DURATION:PT3H", "DTSTART:20240305T180000Z",
                      "TRIGGER:-PT1H", "First\\nsecond: third", "COMPLETED:20240307T000000Z"],
    "korganizer.ics": ["DTSTART;VALUE=DATE:20031208", "DTEND;VALUE=DATE:20031210"],
    "lotus-notes.ics": ["RDATE;TZID=Western/Central Europe:20110303T100000,20110317T100000", "Réunion", "Sans maître"],
    "lotus-notes.vcf": ["Hélène Lefèvre", "Secrétaire générale"],
    "nextcloud.ics": ["Pay rent", "BEGIN:VJOURNAL", "RELATED-TO:8f3c1c9a-4444"],
    "nextcloud.vcf": ["Zoë", "PHOTO", "+44-7700-900100", "Book club"],
    "nokia.vcf": ["Mäkelä", "Katu 5"],
    "outlook-2003.vcf": ["Käthe Maria Grün", "Büro & Söhne", "München", "50€", "Leiterin\\; Einkauf", "iVBORw0KGgo"],
    "outlook-2016-utf16.vcf": ["Łukasz Wójcik"],
    "outlook.ics": ["RECURRENCE-ID", "TZID=Europe/Berlin:20230306T100000", "Tag der Arbeit", "BEGIN:VALARM"],
    "phone.vcs": ["Frühstück im Café", "FREQ=WEEKLY", "FREQ=YEARLY", "Buy milk", "BEGIN:VALARM"],
    "same-uid.vcf": ["TEL:1", "TEL:2"],
    "yahoo.vcf": ["FN:Inès Duval", "EMAIL;TYPE=INTERNET,HOME:ines@duval.example", "NOTE:un\\, deux", "UID:y-4711"],
}


def exported(name: str) -> bytes:
    """The octets as the program writes them."""
    text = (EXPORTS / name).read_text("utf-8")
    return (text if name in WITH_LINE_FEEDS else text.replace("\n", "\r\n")).encode(ENCODINGS.get(name, "utf-8"))


def test_every_export_is_expected() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == EXPECTED.keys() == HELD.keys()


@pytest.mark.parametrize("name", EXPECTED)
def test_nothing_that_a_person_would_miss_is_lost(name: str) -> None:
    found = gather({name: exported(name)})
    assert (sum(found.entries.values()), len(found.items)) == EXPECTED[name][:2]
    assert [refusal.origin.number for refusal in found.refusals] == EXPECTED[name][2]
    text = "".join(item.text for item in found.items).replace("\r\n ", "")
    assert [words for words in HELD[name] if words not in text] == []


@pytest.mark.parametrize("server", ["radicale", "xandikos", "cyrus"])
def test_servers_take_all_of_them_and_again_is_no_change(server: str, tmp_path: Path) -> None:
    with SERVERS[server]() as running:
        login = running.login() if isinstance(running, XandikosServer) else _user(running)
        first, again = _import(running, login, tmp_path), _import(running, login, tmp_path)
    refused = {(row["file"], row["entry"]) for row in first["refused"]}
    assert refused == {(name, number) for name, (*_numbers, broken) in EXPECTED.items() for number in broken}
    assert first["counts"]["failed"] == 0
    assert first["counts"]["entries"] == sum(entries for entries, *_more in EXPECTED.values())
    assert (again["changed"], again["counts"]["kept"]) == (False, 0)


def _user(server: RadicaleServer | CyrusDavServer) -> DavLogin:
    user = "anna@example.com"
    return server.add_user(user) if isinstance(server, RadicaleServer) else server.login(user)


def _import(server: AnyServer, login: DavLogin, folder: Path) -> dict[str, Any]:
    trust = {"encryption": "none"} if isinstance(server, CyrusDavServer) else {"ca_file": str(server.ca_file)}
    destination = {"url": login.url, "username": login.username, "password": login.password, **trust}
    files = []
    for name in EXPECTED:
        (folder / name).write_bytes(exported(name))
        files.append({"path": str(folder / name), "name": name})
    outcome = run_module(
        "dav_import",
        {"mailbox": "anna@example.com", "files": files, "destination": destination, "state_dir": str(folder)},
    )
    assert outcome.code == 0, outcome.output
    return outcome.result
