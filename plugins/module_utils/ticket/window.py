# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a ticket may be worked on: ``window`` of ``ticket.yml`` as spans between points in time.

A time is reached at the first moment at which clocks there show at least that: where they leap over it, that is the
leap; of a time that comes twice it is the first one.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NOTICE = timedelta(hours=24)
WEEKEND_NOTICE = timedelta(hours=48)
# From here on Friday belongs to the weekend.
FRIDAY_EVENING = time(18)

_DAY = timedelta(days=1)
# A window whose days join is looked at so far; after that it counts as one without an end.
_HORIZON = 370
_PAST = datetime(1990, 1, 1, tzinfo=UTC)
_FUTURE = datetime(2190, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """One ``window`` as it is written.

    ``start`` and ``end`` are both times of the day, or both dates with times. Times of the day hold on ``days``, those
    on which the window opens (none: every day), from ``not_before`` to ``not_after``; none of them: the whole day.
    ``requested``: when the window was asked for.
    """

    start: str | None = None
    end: str | None = None
    days: tuple[str, ...] = ()
    not_before: str | None = None
    not_after: str | None = None
    requested: str | None = None

    @property
    def is_dated(self) -> bool:
        """Whether it is one span and comes never again."""
        return _has_date(self.start) and _has_date(self.end)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Window:
        """What ``dataclasses.asdict`` made."""
        return cls(**{**values, "days": tuple(values.get("days") or ())})


@dataclass(frozen=True)
class Opening:
    """From ``start`` until before ``end``, both in UTC."""

    start: datetime
    end: datetime

    @property
    def is_endless(self) -> bool:
        return self.end - self.start >= (_HORIZON - 10) * _DAY


@dataclass(frozen=True)
class Stand:
    """Where a moment lies. ``current`` is the opening around it, ``coming`` the first one after it.

    ``late``: the first one that is not used since it was requested too late.
    """

    current: Opening | None
    coming: Opening | None
    late: Opening | None


def mistake(window: Window) -> str:
    """What is wrong with the keys together; empty when nothing is."""
    if (window.start is None) != (window.end is None):
        return "start and end belong together: one of them is missing"
    if _has_date(window.start) != _has_date(window.end):
        return "start and end should both be times of the day, or both dates with times"
    if window.is_dated and (window.days or window.not_before or window.not_after):
        return "days, not_before and not_after belong to times of the day, and start and end are dates"
    spans = ((window.start, window.end) if window.is_dated else (None, None), (window.not_before, window.not_after))
    for first, last in spans:
        if first and last and _moment(first, UTC_ZONE) >= _moment(last, UTC_ZONE):
            return f"{last} is not after {first}"
    return ""


def stand(windows: Sequence[Window], zone: str, now: datetime) -> Stand:
    """Where ``now`` lies among the windows of a ticket whose time zone is ``zone`` (IANA name)."""
    there = ZoneInfo(zone)
    coming = openings(windows, zone, now)
    first = next(coming, None)
    late = min(_refused(windows, there, now), key=lambda opening: opening.start, default=None)
    if first is not None and first.start <= now:
        return Stand(first, next(coming, None), late)
    return Stand(None, first, late)


def openings(windows: Sequence[Window], zone: str, since: datetime) -> Iterator[Opening]:
    """The openings that end after ``since``, in their order; those that touch are one. None that was requested late."""
    there = ZoneInfo(zone)
    timely = (
        [each for each in occurrences(window, zone, since) if is_timely(each, window, there)] for window in windows
    )
    joined: Opening | None = None
    for opening in heapq.merge(*timely, key=lambda each: each.start):
        if joined is not None and opening.start > joined.end:
            yield joined
            joined = None
        joined = Opening(joined.start, max(joined.end, opening.end)) if joined else opening
    if joined is not None:
        yield joined


def occurrences(window: Window, zone: str, since: datetime) -> Iterator[Opening]:
    """Each time that one window opens and ends after ``since``, for about a year."""
    there = ZoneInfo(zone)
    bounds = _bounds(window, there)
    if window.is_dated:
        if bounds.end > since:
            yield bounds
        return
    first = max(since, bounds.start).astimezone(there).date() - 2 * _DAY
    for day in (first + number * _DAY for number in range(_HORIZON)):
        opening = _on(day, window, there)
        clipped = Opening(max(opening.start, bounds.start), min(opening.end, bounds.end))
        named = not window.days or DAYS[day.weekday()] in window.days
        if named and clipped.start < clipped.end and clipped.end > since:
            yield clipped


def notice(opening: Opening, zone: ZoneInfo) -> timedelta:
    """How long before its start a window has to be requested: longer where it touches a weekend.

    A weekend is Saturday and Sunday in the ticket's zone; a window that opens on Friday evening is on it, too.
    """
    opens = opening.start.astimezone(zone)
    is_friday_evening = opens.weekday() == 4 and opens.time() >= FRIDAY_EVENING
    saturday = opens.date() + (5 - opens.weekday()) * _DAY
    touches = opens.weekday() >= 5 or opening.end > reached(datetime.combine(saturday, time()), zone)
    return WEEKEND_NOTICE if is_friday_evening or touches else NOTICE


def is_timely(opening: Opening, window: Window, zone: ZoneInfo) -> bool:
    """Whether the window was requested early enough for this opening; nothing is asked where no request is written."""
    if window.requested is None:
        return True
    return opening.start - _moment(window.requested, zone) >= notice(opening, zone)


def reached(wall: datetime, zone: ZoneInfo) -> datetime:
    """The first moment, in UTC, at which clocks of the zone show at least ``wall`` (a time without zone)."""
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # PEP 495: in a leap, fold 1 reads the clock of after it and comes out before it.
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while moment - before > timedelta(seconds=1):
        middle = before + (moment - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            moment = middle
    return moment.replace(microsecond=0)


UTC_ZONE = ZoneInfo("UTC")


def _refused(windows: Sequence[Window], zone: ZoneInfo, now: datetime) -> Iterator[Opening]:
    for window in windows:
        for opening in occurrences(window, zone.key, now):
            if not is_timely(opening, window, zone):
                yield opening


def _bounds(window: Window, zone: ZoneInfo) -> Opening:
    first, last = (window.start, window.end) if window.is_dated else (window.not_before, window.not_after)
    return Opening(_moment(first, zone) if first else _PAST, _moment(last, zone) if last else _FUTURE)


def _on(day: date, window: Window, zone: ZoneInfo) -> Opening:
    """The opening that begins on a day. One that ends at or before its start goes on into the next day."""
    start, end = _clock(window.start), _clock(window.end)
    last = day if end > start else day + _DAY
    return Opening(reached(datetime.combine(day, start), zone), reached(datetime.combine(last, end), zone))


def _clock(text: str | None) -> time:
    return time.fromisoformat(_padded(text)) if text else time()


def _moment(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(_padded(text))
    return moment.astimezone(UTC) if moment.tzinfo else reached(moment, zone)


def _padded(text: str) -> str:
    """As ``fromisoformat`` takes it: two digits for the hour, no space before a zone."""
    compact = re.sub(r" (?=[+-]|Z$)", "", text.strip())
    return re.sub(r"(^|[T ])([0-9]:)", r"\g<1>0\2", compact)


def _has_date(text: str | None) -> bool:
    return text is not None and re.match(r"[0-9]{4}-", text) is not None
