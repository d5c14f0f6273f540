# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module dav_import against real servers: in, again, and what the user did meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.dav_task import dav_spec, run_dav

from tests.support.dav_servers import DavLogin, DavServer, RadicaleServer, XandikosServer
from tests.support.module_runs import run_module

ROOT = Path(__file__).parents[3]
SLUGS = ("contacts", "calendar")
CONTACTS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;
TEL;HOME;VOICE:+49 30 123
END:VCARD
BEGIN:VCARD
VERSION:3.0
UID:ben-1
FN:Ben Miller
N:Miller;Ben;;;
EMAIL:ben@example.com
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Cut off
"""
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
METHOD:PUBLISH
BEGIN:VEVENT
UID:daily
SUMMARY:Daily
DTSTART;TZID=W. Europe Standard Time:20240105T090000
RRULE:FREQ=DAILY;COUNT=5
END:VEVENT
BEGIN:VEVENT
UID:daily
SUMMARY:Daily, later
RECURRENCE-ID;TZID=W. Europe Standard Time:20240106T090000
DTSTART;TZID=W. Europe Standard Time:20240106T100000
END:VEVENT
BEGIN:VTODO
SUMMARY:Pay
END:VTODO
END:VCALENDAR
"""


class User:
    """One user of a server, the user's files, and requests as the user's own program makes them."""

    def __init__(self, server: DavServer, login: DavLogin, folder: Path, mailbox: str) -> None:
        self.server, self.login, self.folder, self.mailbox = server, login, folder, mailbox
        self.files = {"c.vcf": CONTACTS, "k.ics": CALENDAR}

    def arguments(self, **options: Any) -> dict[str, Any]:
        """The module's arguments: the user's files and login, and what a test adds."""
        paths = []
        for name, text in self.files.items():
            path = self.folder / name
            path.write_text(text)
            paths.append({"path": str(path), "name": name})
        destination = {"url": self.login.url, "username": self.login.username, "password": self.login.password,
                       "encryption": "tls" if self.server.tls else "none",
                       **({"ca_file": str(self.server.ca_file)} if self.server.tls else {}),
                       **options.pop("destination", {})}
        return {"mailbox": self.mailbox, "files": paths, "destination": destination,
                "state_dir": str(self.folder / "state"), **options}

    def run(self, *, check: bool = False, **options: Any) -> dict[str, Any]:
        """The module's result, without the time that a process of its own takes."""
        validated = ArgumentSpecValidator(dav_spec()).validate(self.arguments(**options))
        assert not validated.error_messages, validated.error_messages
        return run_dav(validated.validated_parameters, check=check)

    def result(self, **options: Any) -> dict[str, Any]:
        """The same of a run that has to succeed."""
        result = self.run(**options)
        assert not result.get("failed"), result["msg"]
        return result

    def ask(self, method: str, url: str, body: str = "", **headers: str) -> requests.Response:
        return requests.request(method, url, data=body.encode(), headers=headers, timeout=20,
                                auth=(self.login.username, self.login.password), verify=str(self.server.ca_file))

    def resources(self, result: dict[str, Any], kind: str) -> dict[str, str]:
        """Address and text of all resources of a collection that the result names."""
        root = self.login.url.rstrip("/")
        [path] = [each["path"] for each in result["collections"] if each["kind"] == kind]
        listed = self.ask("PROPFIND", root + path, Depth="1").text
        parts = (part.partition("</")[0] for part in listed.replace("href>", "\x00").split("\x00")[1::2])
        names = {part.rpartition("/")[2] for part in parts}
        urls = [f"{root}{path}{name}" for name in sorted(names) if name.endswith((".vcf", ".ics"))]
        return {url: self.ask("GET", url).text for url in urls}


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    with RadicaleServer(tls=True) as server:
        yield server


@pytest.fixture
def anna(radicale: RadicaleServer, tmp_path: Path) -> User:
    name = f"anna-{uuid.uuid4().hex[:8]}@example.com"
    return User(radicale, radicale.add_user(name), tmp_path, name)


def test_entries_go_in_once_and_the_broken_one_is_named(anna: User) -> None:
    planned = anna.result(check=True)
    first = anna.result()
    again = anna.result()
    assert first["counts"] == planned["counts"]
    assert first["counts"]["created"] == 5 and first["counts"]["refused"] == 1
    assert [(row["file"], row["entry"], row["name"]) for row in first["refused"]] == [("c.vcf", 3, "Cut off")]
    assert "Miller" not in str(first["diff"])
    assert not again["changed"] and again["counts"]["unchanged"] == 5 and again["requests"] <= 10
    daily = [text for text in anna.resources(first, "calendar").values() if "Daily" in text]
    assert len(daily) == 1 and "RECURRENCE-ID" in daily[0] and "TZID:Europe/Berlin" in daily[0]
    assert "Müller" in "".join(anna.resources(first, "address_book").values())


def test_check_mode_makes_nothing(anna: User) -> None:
    assert anna.result(check=True)["changed"]
    assert not (anna.folder / "state").exists()
    assert anna.result(check=True)["collections"][0]["created"]


def test_what_the_user_changed_or_deleted_stays_so_and_what_is_untouched_follows_the_file(anna: User) -> None:
    first = anna.result()
    contacts = anna.resources(first, "address_book")
    [ben] = [url for url, text in contacts.items() if "Ben" in text]
    [other] = contacts.keys() - {ben}
    [task] = [url for url, text in anna.resources(first, "calendar").items() if "Pay" in text]
    anna.ask("PUT", ben, contacts[ben].replace("Ben Miller", "Benjamin"), **{"Content-Type": "text/vcard"})
    anna.ask("DELETE", task)
    anna.files = {"c.vcf": CONTACTS.replace("+49 30 123", "+49 30 9"), "k.ics": CALENDAR.replace("Daily", "Standup")}
    second = anna.result()
    fates = {fate: second["counts"][fate] for fate in ("created", "updated", "kept", "deleted", "refused")}
    assert fates == {"created": 0, "updated": 3, "kept": 1, "deleted": 1, "refused": 1}
    assert "Benjamin" in anna.ask("GET", ben).text
    assert anna.ask("GET", task).status_code == 404
    assert anna.resources(second, "address_book").keys() == {ben, other} and "+49 30 9" in anna.ask("GET", other).text
    third = anna.result()
    assert not third["changed"] and third["counts"]["unchanged"] == 3
    assert any("Standup" in text for text in anna.resources(second, "calendar").values())


def test_without_the_record_what_differs_is_kept_and_what_is_equal_is_unchanged(anna: User) -> None:
    first = anna.result()
    [ben] = [url for url, text in anna.resources(first, "address_book").items() if "Ben" in text]
    anna.ask("PUT", ben, anna.ask("GET", ben).text.replace("Ben Miller", "Benjamin"), **{"Content-Type": "text/vcard"})
    for record in (anna.folder / "state" / "dav_import").iterdir():
        record.unlink()
    again = anna.result()
    assert not again["changed"] and again["counts"]["kept"] == 1 and again["counts"]["unchanged"] == 4
    assert "Benjamin" in anna.ask("GET", ben).text


def test_an_administrator_imports_into_the_users_own_collections(radicale: RadicaleServer, anna: User) -> None:
    admin = radicale.admin()
    login = {"username": admin.username, "password": admin.password, "principal": "/{user}/"}
    first = anna.result(destination=login)
    assert {each["path"] for each in first["collections"]} == {f"/{anna.mailbox}/{slug}/" for slug in SLUGS}
    assert not anna.result()["changed"]


def test_a_wrong_password_and_an_unknown_authority_are_told(anna: User) -> None:
    refused = anna.run(destination={"password": "wrong-horse"})
    assert refused["failed"] and "did not take the login" in refused["msg"]
    assert "wrong-horse" not in str(refused)
    other = anna.run(destination={"ca_file": "/etc/ssl/certs/ca-certificates.crt"})
    assert other["failed"] and "certificate" in other["msg"]


def test_the_module_itself_says_the_same(anna: User) -> None:
    outcome = run_module("dav_import", anna.arguments(), check=True, diff=True)
    assert outcome.code == 0, outcome.output
    assert outcome.result["counts"]["created"] == 5
    assert anna.login.password not in outcome.output


def test_one_slug_for_both_kinds_is_told_apart(anna: User) -> None:
    place = {"slug": "home", "name": "Home"}
    first = anna.result(address_book=place, calendar=place)
    assert len({each["path"] for each in first["collections"]}) == 2
    assert not anna.result(address_book=place, calendar=place)["changed"]


def test_a_run_that_is_killed_is_completed_by_the_next_with_everything_once(anna: User) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nUID:n{0}\nFN:Person {0}\nEND:VCARD\n"
    anna.files = {"many.vcf": card.format(0)}
    anna.result()
    anna.files = {"many.vcf": "".join(card.format(number) for number in range(120))}
    folder = anna.server.folder / "collections" / "collection-root" / anna.mailbox / "contacts"
    task = "ansible_collections.mailops.migration.plugins.module_utils.support.dav_task"
    script = f"import json, sys; from {task} import run_dav; run_dav(json.load(sys.stdin), check=False)"
    given = ArgumentSpecValidator(dav_spec()).validate(anna.arguments()).validated_parameters
    process = subprocess.Popen([sys.executable, "-c", script], text=True, stdin=subprocess.PIPE,
                               env={**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")})
    assert process.stdin is not None
    process.stdin.write(json.dumps(given))
    process.stdin.close()
    until = time.monotonic() + 60
    while len(list(folder.glob("*.vcf"))) < 30:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.kill()
    process.wait()
    rest = anna.result()
    assert rest["counts"]["created"] + rest["counts"]["unchanged"] == 120 and rest["counts"]["created"] > 0
    assert len(list(folder.glob("*.vcf"))) == 120
    assert not anna.result()["changed"]


def test_hundreds_into_a_new_address_book_take_few_requests(anna: User) -> None:
    card = "BEGIN:VCARD\nVERSION:3.0\nUID:n{0}\nFN:Person {0}\nEND:VCARD\n"
    anna.files = {"many.vcf": "".join(card.format(number) for number in range(300))}
    first = anna.result()
    assert first["counts"]["created"] == 300 and first["requests"] < 20
    again = anna.result()
    assert again["counts"]["unchanged"] == 300 and not again["changed"] and again["requests"] <= 6
    assert again["collections"][0]["name"] == "Contacts"


def test_hundreds_of_events_go_into_an_empty_calendar_at_once_and_keep_its_colour_and_their_times(anna: User) -> None:
    colour = "#12ab34ff"
    home = f"{anna.login.url}{anna.mailbox}/calendar/"
    anna.ask("MKCALENDAR", home, "<c:mkcalendar xmlns:c='urn:ietf:params:xml:ns:caldav' xmlns:d='DAV:' "
             "xmlns:i='http://apple.com/ns/ical/'><d:set><d:prop><d:displayname>Work</d:displayname>"
             f"<i:calendar-color>{colour}</i:calendar-color></d:prop></d:set></c:mkcalendar>").raise_for_status()
    days = [f"2024{number % 12 + 1:02}{number % 28 + 1:02}T090000" for number in range(120)]
    lines = [f"DTSTART;TZID=W. Europe Standard Time:{day}" if number % 2 else f"DTSTART:{day}Z"
             for number, day in enumerate(days)]
    berlin = "DTSTART;TZID=Europe/Berlin"
    lines += [f"{berlin}:19980701T090000", f"{berlin}:20240701T090000\nRRULE:FREQ=DAILY"]
    events = (f"BEGIN:VEVENT\nUID:u{number}\nSUMMARY:x\n{line}\nEND:VEVENT\n" for number, line in enumerate(lines))
    anna.files = {"k.ics": f"BEGIN:VCALENDAR\nVERSION:2.0\n{''.join(events)}END:VCALENDAR\n"}
    first = anna.result()
    assert first["counts"]["created"] == 122 and first["requests"] < 62 + 20
    texts = anna.resources(first, "calendar").values()
    by_uid = {text.partition("\nUID:")[2].split()[0]: text for text in texts}
    assert "DTSTART:19950101T000000" in by_uid["u120"] and "DTSTART:20200101T000000" in by_uid["u121"]
    assert "TZID=Europe/Berlin:20240202T090000" in by_uid["u1"] and "BEGIN:VTIMEZONE" in by_uid["u1"]
    asked = anna.ask("PROPFIND", home, Depth="0").text
    assert colour in asked and "Work" in asked
    again = anna.result()
    assert not again["changed"] and again["counts"]["unchanged"] == 122


def test_what_is_too_large_for_the_server_is_refused_and_the_rest_goes_in(tmp_path: Path) -> None:
    with RadicaleServer({"carl": "secret"}, settings={"server": {"max_resource_size": "5000"}}) as server:
        carl = User(server, server.login("carl"), tmp_path, "carl@example.com")
        picture = f"PHOTO;ENCODING=b:{'AAAA' * 3000}\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nUID:ben-1"
        carl.files["c.vcf"] = CONTACTS.replace("END:VCARD\nBEGIN:VCARD\nVERSION:3.0\nUID:ben-1", picture, 1)
        result = carl.result()
        assert (result["counts"]["created"], result["counts"]["refused"]) == (4, 2)
        assert "octets" in result["refused"][0]["reason"] or "too large" in result["refused"][0]["reason"]


def test_xandikos_takes_the_same(tmp_path: Path) -> None:
    with XandikosServer("ben", tls=True) as server:
        ben = User(server, server.login(), tmp_path, "ben@example.com")
        first = ben.result()
        assert first["counts"]["created"] == 5
        again = ben.result()
        assert not again["changed"] and again["counts"]["unchanged"] == 5
