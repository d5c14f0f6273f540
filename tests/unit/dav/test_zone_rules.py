# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Definitions of time zones: short, and right for whoever reads them."""

from __future__ import annotations

import datetime
import io
import zoneinfo

import icalendar
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dav.zone_rules import definition
from ansible_collections.mailops.migration.plugins.module_utils.dav.zones import TimesKept
from dateutil import tz

BERLIN = definition("Europe/Berlin")
EVENT = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=Europe/Berlin:{0}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"


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


@pytest.mark.parametrize(
    ("moment", "rule", "kept"),
    [
        ("20240701T090000", "", True),
        ("19980701T090000", "", False),
        ("20240701T090000", "RRULE:FREQ=DAILY\r\n", False),
    ],
)
def test_a_servers_own_definition_from_2000_on_keeps_later_times_only(moment: str, rule: str, kept: bool) -> None:
    assert BERLIN is not None
    theirs = "\r\n".join([
        "BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:20001029T030000", "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "BEGIN:DAYLIGHT",
        "DTSTART:20000326T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "END:DAYLIGHT", "END:VTIMEZONE", ""])  # fmt: skip
    event = EVENT.format(moment).replace("END:VEVENT", f"{rule}END:VEVENT")
    head = "BEGIN:VCALENDAR\r\n"
    assert TimesKept()(f"{head}{BERLIN.text}{event}", f"{head}{theirs}{event}") is kept
