# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Windows as spans of time, in many zones, on the days on which clocks are set too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import (
    DAYS,
    Opening,
    Window,
    occurrences,
    openings,
    reached,
    stand,
)
from hypothesis import given
from hypothesis import strategies as st

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe",
         "Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "America/Sao_Paulo", "Asia/Tehran",
         "Pacific/Chatham")  # fmt: skip
NIGHTS = Window(start="22:00", end="06:00", days=("friday", "saturday"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def spans(found: list[Opening], zone: str) -> list[str]:
    def shown(moment: datetime) -> str:
        return moment.astimezone(ZoneInfo(zone)).strftime("%a %d %H:%M%z")

    return [f"{shown(each.start)} - {shown(each.end)}" for each in found]


def first(number: int, zone: str, since: str, *windows: Window) -> list[str]:
    return spans(list(islice(openings(windows, zone, at(since)), number)), zone)


def test_window_over_midnight_opens_on_its_days_and_ends_on_the_next() -> None:
    assert first(2, "America/New_York", "2027-01-13T00:00Z", NIGHTS) == [
        "Fri 15 22:00-0500 - Sat 16 06:00-0500",
        "Sat 16 22:00-0500 - Sun 17 06:00-0500",
    ]


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2027-01-15T20:59:59Z", False),
        ("2027-01-15T21:00Z", True),
        ("2027-01-16T04:59:59Z", True),
        ("2027-01-16T05:00Z", False),
    ],
)
def test_window_is_open_from_its_start_until_before_its_end(now: str, is_open: bool) -> None:
    found = stand([NIGHTS], "Europe/Berlin", at(now))
    assert (found.current is not None) is is_open
    assert found.coming is not None
    assert found.coming.start > at(now)


def test_last_nights_window_is_open_after_midnight_although_today_is_none_of_its_days() -> None:
    sunday = stand([NIGHTS], "Europe/Berlin", at("2027-01-17T01:00Z"))
    assert sunday.current == Opening(at("2027-01-16T21:00Z"), at("2027-01-17T05:00Z"))


@pytest.mark.parametrize(
    ("start", "end", "since", "span"),
    [
        # 28 March: 02:00 is 03:00 at once. 31 October: 03:00 is 02:00 once more.
        ("22:00", "06:00", "2027-03-27T12:00Z", "Sat 27 22:00+0100 - Sun 28 06:00+0200"),
        ("02:30", "06:00", "2027-03-27T23:00Z", "Sun 28 03:00+0200 - Sun 28 06:00+0200"),
        ("00:00", "02:30", "2027-03-27T23:00Z", "Sun 28 00:00+0100 - Sun 28 03:00+0200"),
        ("02:15", "02:45", "2027-03-27T23:00Z", "Mon 29 02:15+0200 - Mon 29 02:45+0200"),
        ("22:00", "06:00", "2027-10-30T12:00Z", "Sat 30 22:00+0200 - Sun 31 06:00+0100"),
        ("02:30", "06:00", "2027-10-30T22:00Z", "Sun 31 02:30+0200 - Sun 31 06:00+0100"),
        ("00:00", "02:30", "2027-10-30T22:00Z", "Sun 31 00:00+0200 - Sun 31 02:30+0200"),
        ("02:15", "02:45", "2027-10-30T22:00Z", "Sun 31 02:15+0200 - Sun 31 02:45+0200"),
    ],
)
def test_times_that_a_clock_leaps_over_or_shows_twice_are_one_moment(
    start: str, end: str, since: str, span: str
) -> None:
    assert first(1, "Europe/Berlin", since, Window(start=start, end=end)) == [span]


def test_half_an_hour_of_summer_time_and_a_day_that_never_was() -> None:
    lord_howe = Window(start="01:45", end="02:15")
    assert first(1, "Australia/Lord_Howe", "2026-10-03T13:00Z", lord_howe) == ["Sun 04 01:45+1030 - Sun 04 02:30+1100"]
    # Samoa went from Thursday, 29 December 2011, to Saturday.
    fridays = Window(days=("friday",))
    assert first(1, "Pacific/Apia", "2011-12-29T12:00Z", fridays) == ["Fri 06 00:00+1400 - Sat 07 00:00+1400"]


def test_days_that_join_are_one_opening_and_every_day_is_one_without_end() -> None:
    weekend = Window(days=("saturday", "sunday"))
    assert first(1, "UTC", "2027-01-13T00:00Z", weekend) == ["Sat 16 00:00+0000 - Mon 18 00:00+0000"]
    nights = Window(start="20:00", end="07:00", days=("friday",))
    assert first(1, "UTC", "2027-01-13T00:00Z", weekend, nights) == ["Fri 15 20:00+0000 - Mon 18 00:00+0000"]
    always = stand([Window(not_before="2027-01-10 12:00")], "UTC", at("2027-01-13T00:00Z"))
    assert always.current is not None
    assert always.current.is_endless
    assert always.coming is None


def test_dates_bound_a_window_of_weekdays() -> None:
    window = Window(start="22:00", end="06:00", not_before="2027-01-15 23:00", not_after="2027-01-17 01:00")
    assert first(3, "Europe/Berlin", "2027-01-01T00:00Z", window) == [
        "Fri 15 23:00+0100 - Sat 16 06:00+0100",
        "Sat 16 22:00+0100 - Sun 17 01:00+0100",
    ]
    over = stand([window], "Europe/Berlin", at("2027-01-17T00:00Z"))
    assert (over.current, over.coming) == (None, None)


def test_window_with_dates_comes_once_and_keeps_the_zone_that_it_names() -> None:
    window = Window(start="2027-01-15 22:00", end="2027-01-16T6:00 +05:30")
    assert list(openings([window], "Europe/Berlin", at("2027-01-01T00:00Z"))) == [
        Opening(at("2027-01-15T21:00Z"), at("2027-01-16T00:30Z"))
    ]
    assert list(openings([window], "Europe/Berlin", at("2027-01-16T00:30Z"))) == []


@pytest.mark.parametrize(
    ("start", "end", "requested", "is_used"),
    [
        # Thursday night
        ("2027-01-14 22:00", "2027-01-15 06:00", "2027-01-13 22:00", True),
        ("2027-01-14 22:00", "2027-01-15 06:00", "2027-01-13 22:01", False),
        # Friday: until midnight in the afternoon, from the evening on, and into Saturday
        ("2027-01-15 14:00", "2027-01-16 00:00", "2027-01-14 14:00", True),
        ("2027-01-15 18:00", "2027-01-15 23:00", "2027-01-14 18:00", False),
        ("2027-01-15 18:00", "2027-01-15 23:00", "2027-01-13 18:00", True),
        ("2027-01-15 14:00", "2027-01-16 00:01", "2027-01-14 14:00", False),
        # Sunday night, Monday
        ("2027-01-17 23:00", "2027-01-18 06:00", "2027-01-15 23:01", False),
        ("2027-01-17 23:00", "2027-01-18 06:00", "2027-01-15 23:00", True),
        ("2027-01-18 00:00", "2027-01-18 06:00", "2027-01-17 00:00", True),
        # Days of the week are those of the ticket's zone, here it is Sunday in UTC
        ("2027-01-18 01:00", "2027-01-18 02:00", "2027-01-17 01:00", True),
        # 48 hours are 48 hours when the clock is set between
        ("2027-03-28 04:00", "2027-03-28 06:00", "2027-03-26 03:00", True),
        ("2027-03-28 04:00", "2027-03-28 06:00", "2027-03-26 04:00", False),
    ],
)
def test_window_is_used_when_it_was_requested_a_day_before_and_two_before_a_weekend(
    start: str, end: str, requested: str, is_used: bool
) -> None:
    window = Window(start=start, end=end, requested=requested)
    found = stand([window], "Europe/Berlin", at("2027-01-01T00:00Z"))
    assert (found.coming is not None, found.late is not None) == (is_used, not is_used)


def test_request_that_is_late_for_one_night_holds_for_the_next() -> None:
    window = Window(start="22:00", end="06:00", requested="2027-01-12 10:00")
    found = stand([window], "UTC", at("2027-01-12T12:00Z"))
    assert found.late == Opening(at("2027-01-12T22:00Z"), at("2027-01-13T06:00Z"))
    assert found.coming == Opening(at("2027-01-13T22:00Z"), at("2027-01-14T06:00Z"))


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda each: each.replace(microsecond=0))
CLOCKS = st.times().map(lambda each: each.strftime("%H:%M"))


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_time_is_reached_when_clocks_show_it_or_leap_over_it(wall: datetime, zone: str) -> None:
    there = ZoneInfo(zone)
    moment = reached(wall, there)
    assert moment.astimezone(there).replace(tzinfo=None) >= wall
    assert (moment - timedelta(seconds=1)).astimezone(there).replace(tzinfo=None) < wall


@given(MOMENTS, st.sampled_from(ZONES), CLOCKS, CLOCKS, st.sets(st.sampled_from(DAYS)))
def test_openings_lie_in_order_apart_and_within_what_the_window_says(
    now: datetime, zone: str, start: str, end: str, days: set[str]
) -> None:
    window = Window(start=start, end=end, days=tuple(days))
    since = now.replace(tzinfo=UTC)
    each = list(islice(occurrences(window, zone, since), 9))
    assert each
    assert all(opening.start < opening.end for opening in each)
    for opening in each:
        opens = opening.start.astimezone(ZoneInfo(zone))
        assert opens.strftime("%H:%M") >= start
        assert not days or DAYS[opens.weekday()] in days
    joined = list(islice(openings([window], zone, since), 5))
    assert joined[0].end > since
    assert all(before.end < after.start for before, after in pairwise(joined))
