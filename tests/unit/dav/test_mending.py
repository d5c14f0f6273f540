# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dates and rules that mean what they say, and are written as strict servers do not read them."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.mending import lengthened
from ansible_collections.mailops.migration.plugins.module_utils.dav.values import Gathered


def event(*lines: str, before: str = "") -> Gathered:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *([before] if before else []), "BEGIN:VEVENT", *lines])
    return gather({"x.ics": f"{text}\nSUMMARY:x\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n".encode()})


def text_of(found: Gathered) -> str:
    assert not found.refusals
    return found.items[0].text.replace("\r\n ", "").replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("RRULE:FREQ=WEEKLY;BYDAY=WE, FR", "RRULE:FREQ=WEEKLY;BYDAY=WE,FR\n"),
        ("RRULE:FREQ=DAILY;COUNT=2;", "RRULE:FREQ=DAILY;COUNT=2\n"),
        ("EXDATE:20240111", "EXDATE;VALUE=DATE:20240111\n"),
        ("CREATED:00001231T000000Z", ""),
        ("DTSTAMP:19970901T1300Z", "DTSTAMP:19970901T130000Z\n"),
        ("DTSTAMP:yesterday", "DTSTAMP:19700101T000000Z\n"),
        ("DTEND:2024-01-10T10:00:00Z", "DTEND:20240110T100000Z\n"),
        ("DTEND:20240110T1000Z", "DTEND:20240110T100000Z\n"),
        ("DTEND;TZID=Europe/Berlin:20240110T120000+0200", "DTEND:20240110T100000Z\n"),
        ("COMPLETED;VALUE=DATE:20240110", "COMPLETED:20240110T000000Z\n"),
    ],
)
def test_what_is_written_otherwise_and_means_the_same_is_read(written: str, read: str) -> None:
    text = text_of(event("DTSTART:20240110T090000Z", written))
    assert read in text
    assert read == written + "\n" or written + "\n" not in text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("TRIGGER;VALUE=DATE-TIME:-PT15M", "TRIGGER:-PT15M\n"),
        ("TRIGGER;VALUE=DURATION:20240110T083000Z", "TRIGGER;VALUE=DATE-TIME:20240110T083000Z\n"),
    ],
)
def test_reminder_is_at_the_time_that_is_written_whatever_it_is_marked_as(written: str, read: str) -> None:
    assert read in text_of(event("DTSTART:20240110T090000Z", "BEGIN:VALARM", written, "END:VALARM"))


def test_reminder_that_nobody_can_read_is_left_out_and_the_event_goes_in() -> None:
    found = event("DTSTART:20240110T090000Z", "BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:soon", "END:VALARM")
    assert "VALARM" not in text_of(found) and "reminder" in found.notes[0].text


def test_start_that_is_a_date_is_marked_as_one() -> None:
    assert "DTSTART;VALUE=DATE:20240110\n" in text_of(event("DTSTART:20240110"))


@pytest.mark.parametrize(
    "end", ["DTEND:20240110T100000Z", "DURATION:PT1H"]
)  # fmt: skip
def test_periods_as_long_as_the_event_are_their_starts(end: str) -> None:
    periods = "RDATE;VALUE=PERIOD:20240112T090000Z/PT1H,20240113T090000Z/20240113T100000Z"
    assert "RDATE:20240112T090000Z,20240113T090000Z\n" in text_of(event("DTSTART:20240110T090000Z", end, periods))


def test_periods_of_another_length_are_exceptions_of_that_length() -> None:
    periods = "RDATE;TZID=Europe/Paris;VALUE=PERIOD:20240112T090000/PT2H,20240113T090000/20240113T103000"
    found = event("DTSTART;TZID=Europe/Paris:20240110T090000", "DTEND;TZID=Europe/Paris:20240110T100000", periods)
    text = text_of(found)
    assert "RDATE;TZID=Europe/Paris:20240112T090000,20240113T090000\n" in text and "PERIOD" not in text
    for day, end in (("12", "DURATION:PT2H\n"), ("13", "DTEND;TZID=Europe/Paris:20240113T103000\n")):
        start = f"TZID=Europe/Paris:202401{day}T090000\n"
        assert f"RECURRENCE-ID;{start}DTSTART;{start}{end}" in text
    assert (text.count("UID:1\n"), len(found.items), len(found.items[0].origins)) == (3, 1, 1)


def test_periods_that_nobody_can_read_stay_as_they_are() -> None:
    periods = "RDATE;VALUE=PERIOD:20240112T090000Z/soon"
    assert periods in text_of(event("DTSTART:20240110T090000Z", "DTEND:20240110T100000Z", periods))


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (["DTSTART:20240110T090000Z"], "DURATION:PT1M\r\n"),
        (["DTSTART:20240110T090000Z", "DTEND:20240110T090000Z"], "DURATION:PT1M\r\n"),
        (["DTSTART:20240110T090000Z", "DURATION:PT0S"], "DURATION:PT1M\r\n"),
        (["DTSTART;VALUE=DATE:20240110", "DTEND;VALUE=DATE:20240110"], ""),
        (["DTSTART:20240110T090000Z", "DTEND:20240110T100000Z"], "DTEND:20240110T100000Z\r\n"),
        (["DTSTART:20240110T090000Z", "DURATION:PT5M"], "DURATION:PT5M\r\n"),
    ],
)
def test_events_that_last_no_time_get_a_length_for_servers_that_want_one(lines: list[str], length: str) -> None:
    text = lengthened(event(*lines).items[0].text)
    assert length in text and text.count("DTEND") + text.count("DURATION") == bool(length)


def test_definition_of_a_known_zone_that_says_not_from_when_on_is_the_known_one() -> None:
    rule = "BEGIN:STANDARD\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\nEND:STANDARD"
    zone = f"BEGIN:VTIMEZONE\nTZID:Europe/Paris\n{rule}\nEND:VTIMEZONE"
    text = text_of(event("DTSTART;TZID=Europe/Paris:20240110T090000", before=zone))
    standard = text.partition("BEGIN:STANDARD")[2].partition("END:STANDARD")[0]
    assert "DTSTART:" in standard
