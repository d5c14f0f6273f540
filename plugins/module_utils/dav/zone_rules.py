# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The definition (VTIMEZONE) of a time zone by its IANA name, with yearly rules where its changes follow one.

Each event carries it. icalendar lists every change since 1970 (and half of them an hour late, as of 7.3), which makes
an event four times as long, and a server that reads with vobject ten times as slow.
"""

from __future__ import annotations

import calendar
import datetime
import functools
import itertools
import zoneinfo
from collections.abc import Iterable, Iterator, Sequence

from .blocks import Block
from .content_line import Line

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FORM = "%Y%m%dT%H%M%S"
_FIRST_YEAR, _LAST_YEAR = 1970, 2037
# Fewer changes than these are shorter as dates.
_LEAST = 3
_Era = tuple[str, str, datetime.timedelta, datetime.timedelta]
"""What a change leads to: STANDARD or DAYLIGHT, the name, the offset before and the offset from then on."""


def since(moments: Iterable[str]) -> int:
    """The year from which on a definition has to hold for these times; years of one five share one."""
    years = [int(moment[:4]) for moment in moments if moment[:4].isdigit()]
    return max(_FIRST_YEAR, (min(years) - 1) // 5 * 5) if years else _FIRST_YEAR


@functools.cache
def definition(name: str, first_year: int = _FIRST_YEAR) -> Block | None:
    """The VTIMEZONE of an IANA name, from that year on; None where there is none.

    Servers that read with vobject go through all years of a rule, again for each event: fewer years, faster servers.
    """
    try:
        zone = zoneinfo.ZoneInfo(name)
    except (ValueError, KeyError, OSError):
        return None
    changes: dict[_Era, list[datetime.datetime]] = {}
    for era, moment in _changes(zone, min(first_year, _LAST_YEAR - _LEAST)):
        changes.setdefault(era, []).append(moment)
    found = sorted((run[0], era, run, rule) for era, moments in changes.items() for run, rule in _runs(moments))
    blocks = tuple(_block(era, run, rule) for _start, era, run, rule in found)
    return Block("VTIMEZONE", (Line("TZID", (), name),), blocks)


def _changes(zone: datetime.tzinfo, first_year: int) -> Iterator[tuple[_Era, datetime.datetime]]:
    """All changes with their time as clocks showed it just before."""
    moment = datetime.datetime(first_year, 1, 1, tzinfo=datetime.UTC)
    before = _state(zone, moment)
    yield (before[0], before[1], before[2], before[2]), datetime.datetime(first_year, 1, 1)
    while moment.year <= _LAST_YEAR:
        later = moment + datetime.timedelta(days=1)
        after = _state(zone, later)
        if after != before:
            exact = _bisected(zone, moment, later)
            after = _state(zone, exact)
            yield (after[0], after[1], before[2], after[2]), (exact + before[2]).replace(tzinfo=None)
            later = exact
        moment, before = later, after


def _bisected(zone: datetime.tzinfo, low: datetime.datetime, high: datetime.datetime) -> datetime.datetime:
    """The first moment after ``low`` at which clocks are other than at ``low``."""
    state = _state(zone, low)
    while high - low > datetime.timedelta(seconds=1):
        middle = low + datetime.timedelta(seconds=(high - low) // datetime.timedelta(seconds=2))
        low, high = (middle, high) if _state(zone, middle) == state else (low, middle)
    return high


def _state(zone: datetime.tzinfo, moment: datetime.datetime) -> tuple[str, str, datetime.timedelta]:
    local = moment.astimezone(zone)
    return "DAYLIGHT" if local.dst() else "STANDARD", local.tzname() or "", local.utcoffset() or datetime.timedelta()


def _runs(moments: Sequence[datetime.datetime]) -> Iterator[tuple[list[datetime.datetime], str]]:
    """Changes that follow one rule year by year, with that rule; then those that follow none, without."""
    start, single = 0, []
    while start < len(moments):
        end, rules = start + 1, _rules(moments[start])
        while end < len(moments) and _follows(moments[end - 1], moments[end]):
            both = [rule for rule in rules if rule in _rules(moments[end])]
            if not both:
                break
            end, rules = end + 1, both
        if end - start < _LEAST:
            single.append(moments[start])
            start += 1
        else:
            yield list(moments[start:end]), rules[0]
            start = end
    if single:
        yield single, ""


def _follows(one: datetime.datetime, other: datetime.datetime) -> bool:
    return other.year == one.year + 1 and other.time() == one.time()


def _rules(moment: datetime.datetime) -> list[str]:
    """The yearly rules that this change may follow, the likeliest first."""
    weekday, month = _DAYS[moment.weekday()], f"BYMONTH={moment.month};"
    length = calendar.monthrange(moment.year, moment.month)[1]
    last = [f"{month}BYDAY=-1{weekday}"] if moment.day > length - 7 else []
    nth = [f"{month}BYDAY={(moment.day + 6) // 7}{weekday}"] if moment.day <= 28 else []
    return [*last, *nth, f"{month}BYMONTHDAY={moment.day}"]


def _block(era: _Era, run: Sequence[datetime.datetime], rule: str) -> Block:
    kind, name, before, after = era
    lines = [
        Line("DTSTART", (), f"{run[0]:{_FORM}}"),
        Line("TZOFFSETFROM", (), _offset(before)),
        Line("TZOFFSETTO", (), _offset(after)),
        Line("TZNAME", (), name),
    ]
    if rule:
        # Two days on is after the last change by every clock, and long before the next. A rule that holds in the last
        # year goes on.
        ends = run[-1].year < _LAST_YEAR
        until = f";UNTIL={run[-1] + datetime.timedelta(days=2):{_FORM}}Z" if ends else ""
        lines.append(Line("RRULE", (), f"FREQ=YEARLY;{rule}{until}"))
    else:
        lines += [Line("RDATE", (), f"{each:{_FORM}}") for each in itertools.islice(run, 1, None)]
    return Block(kind, tuple(lines))


def _offset(offset: datetime.timedelta) -> str:
    seconds = int(offset.total_seconds())
    minutes, rest = divmod(abs(seconds), 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{minutes % 60:02}{f'{rest:02}' if rest else ''}"
