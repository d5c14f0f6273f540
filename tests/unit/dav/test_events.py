# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events, tasks and journals as programs write them, modelled on documented exports."""

from __future__ import annotations

import icalendar
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.older_calendar import recurrence
from ansible_collections.mailops.migration.plugins.module_utils.dav.values import Gathered, Item

OUTLOOK_BERLIN = """BEGIN:VTIMEZONE
TZID:W. Europe Standard Time
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
NOT_BERLIN = OUTLOOK_BERLIN.replace("+0200", "+0500").replace("+0100", "+0400")


def event(*lines: str, kind: str = "VEVENT") -> str:
    return "\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}", ""])


def calendar(*parts: str, version: str = "2.0") -> bytes:
    return f"BEGIN:VCALENDAR\nVERSION:{version}\nMETHOD:PUBLISH\n{''.join(parts)}END:VCALENDAR\n".encode()


def gathered(*data: bytes) -> Gathered:
    return gather({f"{number}.ics": each for number, each in enumerate(data)})


def one(*parts: str, version: str = "2.0") -> Item:
    found = gathered(calendar(*parts, version=version))
    assert not found.refusals, found.refusals
    [item] = found.items
    return item


def read(item: Item) -> icalendar.Component:
    """The event as another program reads what is sent."""
    found = icalendar.Calendar.from_ical(item.text)
    assert not [each.errors for each in found.walk() if each.errors]
    return next(each for each in found.subcomponents if each.name != "VTIMEZONE")


def test_exceptions_stay_with_their_master_even_over_files():
    master = event("UID:1", "DTSTART:20240101T090000Z", "RRULE:FREQ=DAILY;COUNT=5", "SUMMARY:A")
    moved = event("UID:1", "RECURRENCE-ID:20240102T090000Z", "DTSTART:20240102T100000Z", "SUMMARY:B")
    [item] = gathered(calendar(moved), calendar(master)).items
    assert item.text.index("SUMMARY:A") < item.text.index("SUMMARY:B")
    assert len(item.origins) == 2 and "METHOD" not in item.text


def test_windows_names_become_iana_names_where_the_definition_agrees():
    item = one(OUTLOOK_BERLIN, event("UID:1", "DTSTART;TZID=W. Europe Standard Time:20240701T090000", "SUMMARY:A"))
    assert "TZID:Europe/Berlin" in item.text and "DTSTART;TZID=Europe/Berlin:" in item.text
    assert read(item)["DTSTART"].dt.utcoffset().total_seconds() == 7200


def test_a_definition_that_means_another_zone_keeps_its_name():
    item = one(NOT_BERLIN, event("UID:1", "DTSTART;TZID=W. Europe Standard Time:20240701T090000", "SUMMARY:A"))
    assert "TZID:W. Europe Standard Time" in item.text and "Berlin" not in item.text


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", '"W. Europe Standard Time"', "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
     "/mozilla.org/20050126_1/Europe/Berlin"],
)  # fmt: skip
def test_zones_without_a_definition_get_one(name: str):
    item = one(event("UID:1", f"DTSTART;TZID={name}:20240701T090000", "SUMMARY:A"))
    assert "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin" in item.text
    assert read(item)["DTSTART"].dt.utcoffset().total_seconds() == 7200


def test_universal_time_by_microsofts_name_is_universal_time():
    assert "DTSTART:20240701T090000Z" in one(event("UID:1", "DTSTART;TZID=tzone://Microsoft/Utc:20240701T090000")).text


def test_a_zone_that_nobody_knows_is_told():
    found = gathered(calendar(event("UID:1", "DTSTART;TZID=Castle Rock:20240701T090000", "SUMMARY:A")))
    assert "Castle Rock" in found.items[0].text and "defined nowhere" in found.notes[0].text


def test_only_the_zones_that_an_event_names_are_with_it():
    assert "VTIMEZONE" not in one(OUTLOOK_BERLIN, event("UID:1", "DTSTART:20240701T090000Z", "SUMMARY:A")).text


def test_whole_days_stay_whole_days():
    item = one(event("UID:1", "DTSTART;VALUE=DATE:20240701", "DTEND;VALUE=DATE:20240703", "SUMMARY:A"))
    assert str(read(item)["DTSTART"].dt) == "2024-07-01"


def test_a_missing_uid_is_made_from_what_the_event_says():
    first = one(event("DTSTART:20240701T090000Z", "SUMMARY:A", "DTSTAMP:20240101T000000Z"))
    again = one(event("DTSTAMP:20250101T000000Z", "SUMMARY:A", "DTSTART:20240701T090000Z"))
    assert first.uid == again.uid and first.digest == again.digest
    assert read(first)["DTSTAMP"] is not None


def test_the_higher_sequence_wins_and_the_lower_is_told():
    old = event("UID:1", "DTSTART:20240701T090000Z", "SUMMARY:A", "SEQUENCE:1", "LAST-MODIFIED:20250101T000000Z")
    new = event("UID:1", "DTSTART:20240701T100000Z", "SUMMARY:B", "SEQUENCE:2")
    found = gathered(calendar(new, old))
    assert [item.name for item in found.items] == ["B"] and [origin.number for origin in found.superseded] == [2]


def test_occurrences_that_lotus_writes_with_one_uid_all_go_in():
    parts = [event("UID:1", f"DTSTART:2024070{day}T090000Z", "SUMMARY:Weekly") for day in (1, 2, 3)]
    found = gathered(calendar(*parts))
    assert len({item.uid for item in found.items}) == 3
    assert sum(item.text.count("BEGIN:VEVENT") for item in found.items) == 3


def test_tasks_and_journals_go_in_and_others_are_refused():
    found = gathered(calendar(event("SUMMARY:Pay", kind="VTODO"), event("SUMMARY:Day", kind="VJOURNAL"),
                              event("DTSTART:20240701T090000Z", kind="VFREEBUSY")))
    assert sorted(item.kind for item in found.items) == ["VJOURNAL", "VTODO"]
    assert [(each.origin.number, "VFREEBUSY" in each.reason) for each in found.refusals] == [(3, True)]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (event("UID:1", "SUMMARY:A"), "no start"),
        (event("UID:1", "DTSTART:tomorrow", "SUMMARY:A"), "DTSTART"),
        (event("UID:1", "DTSTART:20240230T000000Z", "SUMMARY:A"), "DTSTART"),
        (event("UID:1", "DTSTART:20240101T000000Z", "RRULE:EVERY=DAY"), "RRULE"),
        ("BEGIN:VEVENT\nUID:1\nDTSTART:20240101T000000Z\n", "END:VEVENT is missing"),
    ],
)
def test_a_broken_event_is_refused_and_the_next_goes_in(broken: str, reason: str):
    found = gathered(calendar(broken, event("UID:2", "DTSTART:20240701T090000Z", "SUMMARY:Good")))
    assert [item.name for item in found.items] == ["Good"]
    [refusal] = found.refusals
    assert reason in refusal.reason and refusal.remedy and refusal.origin.number == 1


def test_a_value_that_no_one_thought_of_keeps_no_other_entry_out():
    odd = event("UID:1", "DTSTART:20240701T090000Z", "DURATION:P999999999999999999999D")
    found = gathered(calendar(odd, event("UID:2", "DTSTART:20240701T090000Z", "SUMMARY:Good")))
    assert "Good" in [item.name for item in found.items]
    assert len(found.items) + len(found.refusals) == 2


def test_of_an_end_and_a_length_the_end_counts():
    found = gathered(calendar(event("UID:1", "DTSTART:20240701T090000Z", "DURATION:PT2H", "DTEND:20240701T100000Z")))
    assert "DURATION" not in found.items[0].text and "DTEND:20240701T100000Z" in found.items[0].text
    assert "DURATION" in found.notes[0].text


def test_a_description_with_bare_line_ends_is_carried():
    lines = ("DESCRIPTION:one", "http://example.com/?a=1;b=2", "", "three")
    item = one(event("UID:1", "DTSTART:20240701T090000Z", *lines))
    assert str(read(item)["DESCRIPTION"]) == "one\nhttp://example.com/?a=1;b=2\nthree"


def test_values_that_are_empty_do_not_break_an_event():
    item = one(event("UID:1", "DTSTART:20240701T090000Z", "DTEND:", "RRULE:", "EXDATE:", "SUMMARY:A"))
    assert read(item).get("RRULE") is None


def test_several_calendars_and_a_bare_event_in_one_file():
    data = calendar(event("UID:1", "DTSTART:20240701T090000Z")) + event("UID:2", "DTSTART:20240701T090000Z").encode()
    assert [item.uid for item in gathered(data).items] == ["1", "2"]


def test_alarms_and_attendees_are_carried_as_they_are():
    item = one(event("UID:1", "DTSTART:20240701T090000Z",
                     'ATTENDEE;CN="Lee, Ann";PARTSTAT=ACCEPTED:mailto:ann@example.com',
                     "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Soon", "END:VALARM"))
    found = read(item)
    assert found["ATTENDEE"].params["CN"] == "Lee, Ann"
    assert [each.name for each in found.subcomponents] == ["VALARM"]


# vCalendar 1.0


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("D1 #10", "FREQ=DAILY;INTERVAL=1;COUNT=10"),
        ("D2 #0", "FREQ=DAILY;INTERVAL=2"),
        ("W1 MO WE 20301231T000000Z", "FREQ=WEEKLY;INTERVAL=1;UNTIL=20301231T000000Z;BYDAY=MO,WE"),
        ("MP1 1+ MO #0", "FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO"),
        ("MP1 2- FR #3", "FREQ=MONTHLY;INTERVAL=1;COUNT=3;BYDAY=-2FR"),
        ("MD1 1 15 LD #4", "FREQ=MONTHLY;INTERVAL=1;COUNT=4;BYMONTHDAY=1,15,-1"),
        ("YM1 6 #0", "FREQ=YEARLY;INTERVAL=1;BYMONTH=6"),
        ("YD1 100 #5", "FREQ=YEARLY;INTERVAL=1;COUNT=5;BYYEARDAY=100"),
        ("nonsense", None),
    ],
)
def test_recurrence_of_old_phones(older: str, newer: str | None):
    assert recurrence(older) == newer


def test_an_old_phones_appointment():
    item = one(event("DTSTART:20240701T090000", "SUMMARY;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Caf=C3=A9, caf=C3=A9",
                     "DALARM:20240701T084500;;;Go", "RRULE:W1 MO #4", "CATEGORIES:A;B", "MALARM:x"), version="1.0")
    found = read(item)
    assert str(found["SUMMARY"]) == "Café, café" and found["RRULE"]["FREQ"] == ["WEEKLY"]
    assert found.subcomponents[0]["TRIGGER"].dt.total_seconds() == -900
    assert "X-MALARM:x" in item.text and "CATEGORIES:A,B" in item.text
