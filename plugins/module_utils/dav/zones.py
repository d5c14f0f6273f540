# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Time zones of calendars: other programs' names as IANA names, and definitions for names that come without one.

The one place that imports icalendar.
"""

from __future__ import annotations

import datetime
import functools
import re
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from .blocks import Block
from .content_line import Line
from .zone_rules import definition, since

try:
    import icalendar
    from icalendar.timezone import windows_to_olson
except ImportError:  # reported by the module
    icalendar = None  # type: ignore[assignment]
    windows_to_olson = None  # type: ignore[assignment]

_UTC_NAMES = {
    "UTC",
    "GMT",
    "Z",
    "ETC/UTC",
    "TZONE://MICROSOFT/UTC",
    "COORDINATED UNIVERSAL TIME",
    "(UTC) COORDINATED UNIVERSAL TIME",
}
_TIME = re.compile(r"\d{4}(0[1-9]|1[0-2])(0[1-9]|[12]\d)(T([01]\d|2[0-3])[0-5]\d[0-5]\dZ?)?")
_NUMBER = re.compile(r"\d{1,9}")
_FORMS = {
    **dict.fromkeys(("DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "DTSTAMP", "CREATED", "LAST-MODIFIED"), _TIME),
    **dict.fromkeys(("SEQUENCE", "PRIORITY", "REPEAT", "PERCENT-COMPLETE"), _NUMBER),
    **dict.fromkeys(("TRIGGER", "DURATION"), re.compile(r"[+-]?P(\d+D)?(T\d+[HMS])?|-?PT\d+[HMS]")),
    "STATUS": re.compile("[A-Z-]+"),
}
_FREE_FORMS = {"RRULE", "EXRULE", "RDATE", "EXDATE", "GEO", "COMPLETED", "FREEBUSY", "ATTACH"}
_ESSENTIAL = {"DTSTART", "RRULE", "RECURRENCE-ID"}
# Rules without an end from 1601 on, as Outlook writes them, cost a step for each year since.
_OLD_START = re.compile(r"^DTSTART:1[0-8]\d\d", re.MULTILINE)
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\Z")


def iana_name(name: str) -> str:
    """The IANA name that a TZID stands for: one itself, Windows' name, or one that ends with it; else empty."""
    name = name.strip().strip('"')
    if name.upper() in _UTC_NAMES:
        return "UTC"
    if name in _known():
        return name
    windows = windows_to_olson.WINDOWS_TO_OLSON
    if name in windows:
        return str(windows[name])
    parts = name.split("/")
    for at in range(1, len(parts)):
        tail = "/".join(parts[at:])
        if tail in _known() and (at < len(parts) - 1 or tail == "UTC"):
            return tail
    folded = {known.casefold(): known for known in (*windows, *_known())}.get(name.casefold(), "")
    return str(windows.get(folded, folded))


@functools.cache
def _known() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class FileZones:
    """The time zones of one calendar: those that it defines, and what names without a definition stand for."""

    def __init__(self, calendar: Block) -> None:
        self._given = {_zone_name(each): each for each in calendar.blocks if each.kind == "VTIMEZONE"}
        self._parsed: dict[str, datetime.tzinfo | None] = {}
        self._offsets: dict[tuple[str, str], bool] = {}
        self._renamed: dict[tuple[str, int], Block] = {}

    def resolve(self, name: str, moments: Iterable[str]) -> tuple[str, Block | None]:
        """The name that ``name`` gets and its definition: IANA's, unless the file's own says otherwise at ``moments``.

        ``moments`` are local, ``YYYYMMDDTHHMMSS``. UTC needs no definition.
        """
        own, known = self._given.get(name.strip()), iana_name(name)
        moments = list(moments)
        if own is None or known == "UTC" or (known and not _is_whole(own)):
            return known or name, definition(known, since(moments)) if known not in ("", "UTC") else None
        if not known or (known != name and not self._agrees(name.strip(), known, moments)):
            return name, own
        key = (name.strip(), since(moments) if all(moment >= "1971" for moment in moments) else 0)
        if key not in self._renamed:
            self._renamed[key] = _named(own, known, key[1])
        return known, self._renamed[key]

    def _agrees(self, name: str, known: str, moments: Iterable[str]) -> bool:
        theirs = self._zone(name)
        ours = zoneinfo.ZoneInfo(known)
        return theirs is None or all(self._same_offset(name, theirs, ours, each) for each in moments)

    def _same_offset(self, name: str, theirs: datetime.tzinfo, ours: datetime.tzinfo, moment: str) -> bool:
        key = (name, moment)
        if key not in self._offsets:
            self._offsets[key] = _offset(theirs, moment) == _offset(ours, moment)
        return self._offsets[key]

    def _zone(self, name: str) -> datetime.tzinfo | None:
        """The file's own definition; None where it is none."""
        if name not in self._parsed:
            try:
                component: Any = icalendar.Timezone.from_ical(_OLD_START.sub("DTSTART:1970", self._given[name].text))
                self._parsed[name] = component.to_tz(lookup_tzid=False)
            except Exception:  # whatever a definition that is none raises there
                self._parsed[name] = None
        return self._parsed[name]


def _zone_name(zone: Block) -> str:
    """The name is a text here, with escapes, and a parameter without any where it is used."""
    return re.sub(r"\\(.)", r"\1", zone.first("TZID")).strip()


def _is_whole(zone: Block) -> bool:
    """Whether a definition says from when on its rules hold: those of Apple's iCal 1.5 do not."""
    return bool(zone.blocks) and all(rule.first("DTSTART") for rule in zone.blocks)


def _named(block: Block, name: str, year: int) -> Block:
    """The definition under ``name``; its rules from 1601 on from ``year`` on: counting through takes servers long."""
    lines = tuple(replace(line, value=name) if line.name == "TZID" else line for line in block.lines)
    below = tuple(_later(each, year) for each in block.blocks) if year else block.blocks
    return replace(block, lines=lines, blocks=below)


def _later(block: Block, year: int) -> Block:
    lines = tuple(
        replace(line, value=f"{year}{line.value[4:]}") if line.name == "DTSTART" and line.value[:2] < "19" else line
        for line in block.lines
    )
    return replace(block, lines=lines)


def _offset(zone: datetime.tzinfo, moment: str) -> datetime.timedelta | None:
    match = _MOMENT.match(moment)
    if match is None:
        return None
    return datetime.datetime(*map(int, match.groups()), tzinfo=zone).utcoffset()  # type: ignore[misc,arg-type]


def troubles_of(block: Block) -> tuple[str, list[str]]:
    """Why a component cannot be read (empty where it can), and what of it icalendar does not understand."""
    if _is_plain(block):
        return "", []
    try:
        component = icalendar.Component.from_ical(block.text)
    except Exception as error:  # its kinds are many
        return str(error).partition("\n")[0][:200] or type(error).__name__, []
    errors = [(str(name), f"{name}: {why}"[:200]) for each in component.walk() for name, why in map(tuple, each.errors)]
    fatal = next((why for name, why in errors if name in _ESSENTIAL), "")
    return fatal, [why for name, why in errors]


def _is_plain(block: Block) -> bool:
    """Whether all values that have to be of a certain form are, so that nobody needs to be asked."""
    good = all(pattern.fullmatch(line.value) for line in block.lines if (pattern := _FORMS.get(line.name)) is not None)
    return good and not any(line.name in _FREE_FORMS for line in block.lines) and all(map(_is_plain, block.blocks))


def used(lines: Sequence[Line]) -> set[str]:
    """The time zones that lines name."""
    return {value for line in lines for value in line.values("TZID")}
