# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is sent means the same after a server has read it and written it down in its own words."""

from __future__ import annotations

import pytest
import vobject
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.meaning import meaning
from ansible_collections.mailops.migration.plugins.module_utils.dav.values import Item

EVENT = ("UID:1", "DTSTART:20240701T090000Z")


def contact(*lines: str) -> Item:
    [item] = gather({"c": "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD"]).encode()}).items
    return item


def event(*lines: str) -> Item:
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *EVENT, *lines, "END:VEVENT", "END:VCALENDAR"]
    [item] = gather({"k": "\r\n".join(text).encode()}).items
    return item


@pytest.mark.parametrize(
    "item",
    [
        contact("FN:Lee, Ann", "N:Lee;Ann;;;", "NOTE:one, two; three\\nfour", "NICKNAME:Al,Bo", "CATEGORIES:A,B"),
        contact("FN:A", "URL:http://example.com/?a=1,2", "X-SOCIALPROFILE;TYPE=x:a,b", "GEO:48.85;2.29"),
        contact("FN:A", "NOTE:C:\\temp\\", "ORG:X\\, Y;Z", "ADR;TYPE=home,work:;;1 Way\\, back;Town;;1;DE"),
        contact("FN:A", "PHOTO;ENCODING=b;TYPE=JPEG:AAECAwQ=", "item1.TEL:1", "item1.X-ABLABEL:Mobile"),
        event("SUMMARY:Daily, later", "LOCATION:Room 1, left; up", "DESCRIPTION:a\\nb\\, c"),
        event("X-ALT-DESC;FMTTYPE=text/html:<p>one, two</p>", "URL:http://example.com/a,b"),
        event("X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE=\"A, B\":geo:48.85,2.29"),
        event("RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4", "EXDATE:20240708T090000Z,20240715T090000Z", "CATEGORIES:A,B"),
        event("ATTENDEE;CN=\"Lee, Ann\":mailto:ann@example.com", "BEGIN:VALARM", "ACTION:DISPLAY",
              "TRIGGER:-P0DT0H15M0S", "DESCRIPTION:x, y", "END:VALARM"),
    ],
    ids=lambda item: item.text.partition("DTSTAMP")[2][:40] or item.text[40:80],
)  # fmt: skip
def test_a_server_that_reads_with_vobject_keeps_all_of_it(item: Item):
    kept = vobject.readOne(item.text).serialize()
    assert meaning(kept) == item.digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (contact("FN:A", "TEL:1"), contact("FN:A", "TEL:2")),
        (contact("FN:A", "TEL;TYPE=HOME:1"), contact("FN:A", "TEL;TYPE=WORK:1")),
        (contact("FN:A", "N:A,B;;;;"), contact("FN:A", "N:A;B;;;")),
        (event("DTEND:20240701T100000Z"), event("DTEND:20240701T110000Z")),
        (event("SUMMARY:A"), event("SUMMARY:A", "BEGIN:VALARM", "TRIGGER:-PT5M", "ACTION:AUDIO", "END:VALARM")),
        (event("RRULE:FREQ=DAILY"), event("RRULE:FREQ=DAILY;INTERVAL=2")),
    ],
)
def test_what_differs_for_people_differs(one: Item, other: Item):
    assert one.digest != other.digest
