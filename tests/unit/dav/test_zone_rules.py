# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Definitions of time zones: short, and right for whoever reads them."""

from __future__ import annotations

import datetime
import io
import zoneinfo

import icalendar
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.zone_rules import definition, since
from dateutil import tz

BERLIN = definition("Europe/Berlin")


@pytest.mark.parametrize(
    "name",
    ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "America/Sao_Paulo"],
)  # fmt: skip
def test_programs_read_the_times_that_the_zone_has(name: str) -> None:
    made = definition(name)
    assert made is not None
    by_icalendar = icalendar.Timezone.from_ical(made.text).to_tz(lookup_tzid=False)
    by_dateutil = tz.tzical(io.StringIO(made.text)).get()
    zone, moment, wrong = zoneinfo.ZoneInfo(name), datetime.datetime(1971, 1, 1, 12, 30), []
    while moment.year < 2037:
        right = moment.replace(tzinfo=zone)
        exists = right.astimezone(datetime.UTC).astimezone(zone).replace(tzinfo=None) == moment
        told = {moment.replace(tzinfo=each).utcoffset() for each in (by_icalendar, by_dateutil)}
        if exists and told != {right.utcoffset()}:
            wrong.append(moment)
        moment += datetime.timedelta(days=37, hours=5)
    assert not wrong


def test_changes_that_follow_a_rule_are_a_rule() -> None:
    assert BERLIN is not None
    assert len(BERLIN.text) < 1000 and "RDATE" not in BERLIN.text
    spring = [each for each in BERLIN.blocks if "BYMONTH=3;BYDAY=-1SU" in each.first("RRULE")]
    assert [each.first("DTSTART") for each in spring] == ["19810329T020000"]
    assert "UNTIL" not in spring[0].first("RRULE")


def test_a_name_that_nobody_knows_has_no_definition() -> None:
    assert definition("Castle/Rock") is None


def test_a_definition_begins_not_long_before_the_times_that_it_is_for() -> None:
    made = definition("Europe/Berlin", since(["20240701T090000", "19980701T090000"]))
    assert made is not None
    zone, berlin = icalendar.Timezone.from_ical(made.text).to_tz(lookup_tzid=False), zoneinfo.ZoneInfo("Europe/Berlin")
    assert [each.first("DTSTART")[:4] for each in made.blocks] == ["1995", "1995", "1995", "1996"]
    for year in (1997, 1998, 2024, 2036):
        for month in (1, 3, 7, 11):
            moment = datetime.datetime(year, month, 20, 9)
            assert moment.replace(tzinfo=zone).utcoffset() == moment.replace(tzinfo=berlin).utcoffset()


def test_an_event_and_its_exceptions_share_the_definition_that_begins_first() -> None:
    event = "BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Berlin:{0}\n{1}\nEND:VEVENT\n"
    parts = event.format("20240701T090000", "RRULE:FREQ=YEARLY"), event.format(
        "19980601T090000", "RECURRENCE-ID;TZID=Europe/Berlin:20240701T090000")
    [item] = gather({"k": f"BEGIN:VCALENDAR\n{''.join(parts)}END:VCALENDAR\n".encode()}).items
    assert item.text.count("BEGIN:VTIMEZONE") == 1 and "DTSTART:19950101T000000" in item.text
