# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One user's contacts and events into Radicale: the first run, the second, and a bare PUT loop beside them.

    bin/bench dav [--contacts 2000] [--events 5000] [--puts 200] [--connections 4] [--there 0]

Half of the events are in a time zone, and every tenth is repeated each week. ``--there`` puts as many events into the
calendar beforehand: one that is not empty cannot be filled in one request. The loop puts ``--puts`` contacts into an
address book of its own and is scaled to as many as there are: a bound from below, as Radicale's time for one PUT grows
with what is in the collection.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import requests
from ansible_collections.mailops.migration.plugins.module_utils.dav.dav_http import Login
from ansible_collections.mailops.migration.plugins.module_utils.dav.discovery import Whereabouts
from ansible_collections.mailops.migration.plugins.module_utils.dav.importer import (
    ImportRequest,
    ImportResult,
    Place,
    import_files,
)
from ansible_collections.mailops.migration.plugins.module_utils.dav.xml import make_address_book

from tests.support.dav_servers import DavLogin, RadicaleServer

MAILBOX = "anna@example.com"


def card(number: int) -> str:
    return (f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:c{number}\r\nFN:Person {number}\r\nN:{number};Person;;;\r\n"
            f"TEL;TYPE=CELL:+49 {number}\r\nEMAIL:p{number}@example.com\r\nNOTE:hello\\, {number}\r\nEND:VCARD\r\n")


def event(number: int) -> str:
    day = f"2024{number % 12 + 1:02}{number % 28 + 1:02}"
    zone, utc = (";TZID=Europe/Berlin", "") if number % 2 else ("", "Z")
    start, end = (f"{zone}:{day}T{hour}0000{utc}" for hour in ("09", "10"))
    rule = "RRULE:FREQ=WEEKLY\r\n" if number % 20 in (0, 5) else ""
    return (f"BEGIN:VEVENT\r\nUID:e{number}\r\nSUMMARY:Event {number}\r\nDTSTART{start}\r\nDTEND{end}\r\n{rule}"
            "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nDESCRIPTION:x\r\nEND:VALARM\r\nEND:VEVENT\r\n")


def calendar(numbers: Iterable[int]) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(map(event, numbers))}END:VCALENDAR\r\n".encode()


def put_loop(login: DavLogin, puts: int) -> float:
    """Seconds that one PUT of a contact takes on a connection of its own."""
    with requests.Session() as session:
        session.auth, session.trust_env = (login.username, login.password), False
        book = f"{login.url}{MAILBOX}/bare/"
        session.request("MKCOL", book, data=make_address_book("Bare")).raise_for_status()
        began = time.monotonic()
        for number in range(puts):
            session.put(f"{book}{number}.vcf", data=card(number).encode()).raise_for_status()
        return (time.monotonic() - began) / puts


def told(name: str, result: ImportResult, seconds: float, cpu: float, bare: float) -> str:
    counted = Counter(str(each.fate) for each in result.outcomes)
    fates = ", ".join(f"{number:,} {fate}" for fate, number in counted.items())
    return (f"{name:<7} {seconds:7.1f} s  {cpu:6.1f} s processor time of ours  {result.requests:>6,} requests  "
            f"{seconds / bare:5.2f} of a bare PUT loop  {fates}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("contacts", 2000), ("events", 5000), ("puts", 200), ("connections", 4),
                          ("there", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    files = {"c.vcf": "".join(map(card, range(given.contacts))).encode(), "k.ics": calendar(range(given.events))}
    before = {"b.ics": calendar(range(given.events, given.events + given.there))}
    with RadicaleServer() as server, tempfile.TemporaryDirectory() as folder:
        login = server.add_user(MAILBOX)
        bare = put_loop(login, given.puts) * (given.contacts + given.events)
        request = ImportRequest(
            MAILBOX, files, Whereabouts(login.url, "", MAILBOX),
            Login(login.username, login.password, encryption="none", timeout=900.0), str(Path(folder)),
            Place("contacts", "Contacts"), Place("calendar", "Calendar"), given.connections,
        )
        if given.there:
            import_files(replace(request, files=before), lambda _name, _kind: [])
        for name in ("first", "second"):
            began, cpu = time.monotonic(), time.process_time()
            result = import_files(request, lambda _name, _kind: [])
            print(told(name, result, time.monotonic() - began, time.process_time() - cpu, bare), *result.troubles,
                  flush=True)


if __name__ == "__main__":
    main()
