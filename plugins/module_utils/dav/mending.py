# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dates and rules of events as strict servers read them, where programs write them otherwise and mean the same."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from .blocks import Block, blocks_of
from .content_line import Line

_MOMENTS = {"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"}
_RULES = {"RRULE", "EXRULE"}
# When an entry was written, not when it is: a wrong one is made anew or missed by nobody.
_WRITTEN = {"DTSTAMP", "CREATED", "LAST-MODIFIED"}
_INSTANT = re.compile(r"(?!0000)\d{4}(0[1-9]|1[0-2])([0-2]\d|3[01])T([01]\d|2[0-3])[0-5]\d[0-6]\dZ?\Z")
_DATES = re.compile(r"\d{8}(,\d{8})*\Z")
# Times as other formats write them: dashes and colons, no seconds, an offset.
_LOOSE = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)(?:[T ]?(\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?\Z", re.IGNORECASE
)
_LENGTH = re.compile(r"\+?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?\Z")


def mended(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines of a component: spaces in rules and dates gone, dates marked as such."""
    whole = map(_mended, lines)
    return tuple(line for line in whole if not (line.name in _WRITTEN and not _INSTANT.match(line.value)))


def _mended(line: Line) -> Line:
    if line.name in _RULES:
        return replace(line, value="".join(line.value.split()).strip(";"))
    if line.name in _WRITTEN or line.name == "COMPLETED":
        value = moment(line.value.strip())
        return replace(line.without("VALUE"), value=f"{value}T000000Z" if _DATES.match(value) else value)
    if line.name == "TRIGGER":
        return _trigger(line)
    if line.name in _MOMENTS:
        line = _moments(line)
        if _DATES.match(line.value) and not line.first("VALUE"):
            return line.with_param("VALUE", "DATE")
    return line


def _moments(line: Line) -> Line:
    """Each time as iCalendar writes it; one with an offset is universal time, whatever zone is named beside it."""
    given = line.value.split(",")
    values = [moment(value.strip()) for value in given]
    if values != given and all(value.endswith("Z") for value in values):
        line = line.without("TZID")
    return replace(line, value=",".join("".join(value.split()) for value in values))


def moment(text: str) -> str:
    """A time as iCalendar writes it; what is none stays as it is."""
    match = _LOOSE.match(text)
    if match is None:
        return text
    year, month, day, hour, minute, second, zone = match.groups()
    if hour is None:
        return f"{year}{month}{day}"
    local = f"{year}{month}{day}T{hour}{minute}{second or '00'}"
    if not zone or zone in "Zz":
        return f"{local}{'Z' if zone else ''}"
    try:
        there = datetime.datetime.strptime(f"{local}{zone}", "%Y%m%dT%H%M%S%z").astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        return text
    return f"{there:%Y%m%dT%H%M%SZ}"


def _trigger(line: Line) -> Line:
    """VALUE as the value is: some programs copy the line and change the value only."""
    value = line.value.strip()
    said = line.first("VALUE").upper()
    if said and value[:1] in "+-P" and said != "DURATION":
        return replace(line.without("VALUE"), value=value)
    instant = moment(value)
    return replace(line.with_param("VALUE", "DATE-TIME"), value=instant) if _INSTANT.match(instant) else line


def apart(block: Block) -> list[Block]:
    """The component, and an exception for each repetition that is given as a period of another length.

    Lotus Notes repeats events by periods (RDATE;VALUE=PERIOD), which many servers do not read. One without a UID stays
    whole, for nothing would tie its exceptions to it.
    """
    length = _length(map(_mended, block.lines))
    lines, exceptions = [], []
    for line in block.lines:
        periods = _periods(line)
        if not periods or not block.first("UID").strip():
            lines.append(line)
            continue
        starts = replace(line.without("VALUE"), value=",".join(start for start, _end in periods))
        lines.append(starts)
        odd = [period for period in periods if length is None or _between(*period) != length]
        exceptions += [_exception(block, starts, *period) for period in odd]
    return [replace(block, lines=tuple(lines)), *exceptions]


def lengthened(text: str) -> str:
    """A calendar whose events that last no time last a minute, or their day: some servers (Cyrus) take no others."""
    return "".join(_lengthened(block).text for block in blocks_of(text.encode("utf-8", "replace")))


def _lengthened(block: Block) -> Block:
    block = replace(block, blocks=tuple(map(_lengthened, block.blocks)))
    start = next((line for line in block.lines if line.name == "DTSTART"), None)
    if block.kind != "VEVENT" or start is None or _length(block.lines):
        return block
    if any(line.name == "DTEND" and line.value != start.value for line in block.lines):
        return block
    rest = (line for line in block.lines if line.name not in ("DTEND", "DURATION"))
    minute = () if _DATES.match(start.value) else (Line("DURATION", (), "PT1M"),)
    return replace(block, lines=(*rest, *minute))


def _periods(line: Line) -> list[tuple[str, str]]:
    """Starts and ends (or lengths); nothing where one of them cannot be read."""
    if line.name != "RDATE" or line.first("VALUE").upper() != "PERIOD":
        return []
    parts = [value.strip().partition("/") for value in line.value.split(",")]
    periods = [(moment(start), end if end.startswith("P") else moment(end)) for start, _slash, end in parts]
    return periods if all(_between(*each) is not None for each in periods) else []


def _exception(block: Block, starts: Line, start: str, end: str) -> Block:
    names = {*_RULES, "DTSTART", "DTEND", "DURATION", "EXDATE", "RDATE"}
    rest = (line for line in block.lines if line.name not in names)
    ends = Line("DURATION", (), end) if end.startswith("P") else replace(starts, name="DTEND", value=end)
    occurrence = (replace(starts, name=name, value=start) for name in ("RECURRENCE-ID", "DTSTART"))
    return replace(block, lines=(*rest, *occurrence, ends), notes=())


def _length(lines: Iterable[Line]) -> datetime.timedelta | None:
    values = dict(_named(lines))
    start, end = values.get("DTSTART"), values.get("DTEND") or values.get("DURATION")
    return _between(start, end) if start and end else None


def _named(lines: Iterable[Line]) -> Iterator[tuple[str, str]]:
    """Ends in another time zone than the start's are left out: how long that is, zones say."""
    found = {line.name: line for line in lines if line.name in ("DTSTART", "DTEND", "DURATION")}
    for name, line in found.items():
        if name == "DURATION" or line.first("TZID") == found.get("DTSTART", line).first("TZID"):
            yield name, line.value


def _between(start: str, end: str) -> datetime.timedelta | None:
    """The length of a period; ``end`` may be a length. None where one of them cannot be read."""
    given = _LENGTH.match(end)
    if given:
        weeks, days, hours, minutes, seconds = (int(number or 0) for number in given.groups())
        try:
            return datetime.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
        except OverflowError:
            return None
    if start.endswith("Z") != end.endswith("Z"):
        return None
    try:
        first, last = (
            datetime.datetime.strptime(text, "%Y%m%dT%H%M%S") for text in (start.rstrip("Z"), end.rstrip("Z"))
        )
    except ValueError:
        return None
    return last - first
