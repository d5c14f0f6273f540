# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Events, tasks and journals as resources: one per UID, exceptions with their master, the time zones that they name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from . import zones
from .blocks import Block
from .content_line import Line
from .escapes import escape, strictly, unescape
from .meaning import meaning_of
from .mending import mended
from .older_calendar import from_older
from .vcard import NAMESPACE
from .zones import FileZones

PRODID = "-//mailops.migration//dav_import//EN"
_MOMENTS = {"DTSTART", "DTEND", "DUE", "RECURRENCE-ID", "EXDATE", "RDATE"}
# Properties that mean nothing without a value, and that parsers stumble over.
_NEED_VALUE = _MOMENTS | {
    "DTSTAMP", "CREATED", "LAST-MODIFIED", "COMPLETED", "DURATION", "RRULE", "EXRULE", "TRIGGER", "SEQUENCE",
    "PRIORITY", "PERCENT-COMPLETE", "GEO", "REPEAT", "ATTENDEE", "ORGANIZER", "URL", "STATUS", "CLASS", "TRANSP",
    "ATTACH", "UID",
}  # fmt: skip
_WRITTEN = {"CREATED", "LAST-MODIFIED", "COMPLETED"}
_UTC = re.compile(r"\d{8}(T\d{6}Z?)?")
_TRIGGER = re.compile(r"[+-]?P(?=.)(\d+W)?(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?|\d{8}T\d{6}Z?")
_EPOCH = "19700101T000000Z"


@dataclass(frozen=True)
class Part:
    """One component of a calendar with the zones that it names: a master, an exception, or an event that stands alone.

    ``occurrence`` is its RECURRENCE-ID, empty for a master. ``version`` is sequence, then time of the last change.
    """

    uid: str
    kind: str
    occurrence: str
    name: str
    version: tuple[int, str]
    block: Block
    zones: Mapping[str, Block]
    notes: tuple[str, ...] = ()
    made_uid: bool = False

    def under(self, uid: str) -> Part:
        """The same under another identifier."""
        lines = tuple(replace(line, value=uid) if line.name == "UID" else line for line in self.block.lines)
        return replace(self, uid=uid, block=replace(self.block, lines=lines))


class NoEvent(ValueError):
    """A component that cannot be put into a calendar."""


def part_of(block: Block, calendar: Block, known: FileZones) -> Part:
    """The part that a component of a calendar is; ``known`` are the zones of the calendar. Raises :class:`NoEvent`."""
    notes = [*block.notes]
    if calendar.first("VERSION").strip() == "1.0":
        block = from_older(block, calendar, notes)
    block = _cleaned(block, notes)
    block, definitions = _with_known_zones(block, known, notes)
    if block.kind == "VEVENT" and not block.first("DTSTART"):
        raise NoEvent("it has no start (DTSTART)")
    if any(line.name == "RRULE" and "FREQ=" not in line.value.upper() for line in block.lines):
        raise NoEvent("it is repeated (RRULE), and nothing says how often (FREQ)")
    uid = unescape(block.first("UID").strip())
    made = not uid
    if made:
        uid = str(uuid.uuid5(NAMESPACE, meaning_of([block], uid=False)))
    rest = tuple(line for line in block.lines if line.name not in ("UID", "DTSTAMP"))
    stamp = _stamp(block)
    lines = (Line("UID", (), escape(uid)), Line("DTSTAMP", (), stamp), *rest)
    name = " ".join(unescape(block.first("SUMMARY")).split())
    occurrence = block.first("RECURRENCE-ID").strip()
    found = replace(block, lines=lines)
    return Part(uid, block.kind, occurrence, name, _version(block), found, definitions, tuple(notes), made)


def calendar_text(parts: Sequence[Part]) -> str:
    """The resource that holds these parts of one UID, the master first."""
    whole = sorted(parts, key=lambda part: (part.occurrence != "", part.occurrence))
    definitions: dict[str, Block] = {}
    for part in whole:
        for name, block in part.zones.items():
            known = definitions.get(name)
            definitions[name] = block if known is None or _begin(block) < _begin(known) else known
    head = (Line("VERSION", (), "2.0"), Line("PRODID", (), PRODID), Line("CALSCALE", (), "GREGORIAN"))
    below = (*(definitions[name] for name in sorted(definitions)), *(part.block for part in whole))
    return Block("VCALENDAR", head, below).text


def _begin(zone: Block) -> str:
    """From when on a definition holds."""
    return min((each.first("DTSTART") for each in zone.blocks), default="")


def _cleaned(block: Block, notes: list[str]) -> Block:
    """Without properties that have no value, and with each that may stand once but once, the first."""
    lines, seen = [], set()
    given = mended(block.lines)
    ended = any(line.name in ("DTEND", "DUE") and line.value.strip() for line in given)
    for line in given:
        if not line.value.strip() and line.name in _NEED_VALUE:
            continue
        if line.name in (
            "UID",
            "DTSTAMP",
            "DTSTART",
            "DTEND",
            "DUE",
            "DURATION",
            "RECURRENCE-ID",
            "SUMMARY",
            "SEQUENCE",
        ):
            if line.name in seen:
                notes.append(f"{line.name} stands there more than once; the first one counts")
                continue
            seen.add(line.name)
        if line.name == "DURATION" and ended:
            notes += [] if line.value == "PT0S" else [f"it has an end and a length; DURATION {line.value} is left out"]
            continue
        if line.name in _WRITTEN and not _UTC.fullmatch(line.value.strip()):
            notes.append(f"{line.name} {line.value!r} is no time and is left out")
            continue
        # What was quoted-printable has no escapes yet, and line ends in it.
        lines.append(strictly(replace(line, value=escape(line.value), decoded=False) if line.decoded else line))
    below = [_cleaned(each, notes) for each in block.blocks]
    for each in below:
        if each.kind == "VALARM" and not _TRIGGER.fullmatch(each.first("TRIGGER")):
            notes.append(f"a reminder is left out: nothing tells when it is (TRIGGER {each.first('TRIGGER')!r})")
    good = tuple(each for each in below if each.kind != "VALARM" or _TRIGGER.fullmatch(each.first("TRIGGER")))
    return replace(block, lines=tuple(lines), blocks=good, notes=())


def _with_known_zones(block: Block, known: FileZones, notes: list[str]) -> tuple[Block, dict[str, Block]]:
    """The component with IANA names where its zones have them, and the definitions of all zones that it names."""
    names, definitions = {}, {}
    for name in sorted(_zone_names(block)):
        names[name], found = known.resolve(name, _moments(block, name))
        if found is not None:
            definitions[names[name]] = found
        elif names[name] != "UTC":
            notes.append(f"the time zone {name} is defined nowhere; its times stay as they are written")
    return _renamed(block, names), definitions


def _zone_names(block: Block) -> set[str]:
    return zones.used(block.lines).union(*(_zone_names(each) for each in block.blocks))


def _moments(block: Block, zone: str) -> list[str]:
    return [value for line in block.lines if line.first("TZID") == zone for value in line.value.split(",")]


def _renamed(block: Block, names: Mapping[str, str]) -> Block:
    lines = tuple(_in_zone(line, names) for line in block.lines)
    return replace(block, lines=lines, blocks=tuple(_renamed(each, names) for each in block.blocks))


def _in_zone(line: Line, names: Mapping[str, str]) -> Line:
    zone = line.first("TZID")
    if not zone:
        return line
    if line.value.endswith("Z") or (names[zone] == "UTC" and re.fullmatch(r"[\dT,]+", line.value)):
        moments = [value if value.endswith("Z") or "T" not in value else f"{value}Z" for value in line.value.split(",")]
        return replace(line.without("TZID"), value=",".join(moments))
    if line.first("VALUE").upper() == "DATE" or re.fullmatch(r"\d{8}", line.value):
        return line.without("TZID").with_param("VALUE", "DATE")
    return line.with_param("TZID", names[zone])


def _stamp(block: Block) -> str:
    """DTSTAMP; for what has none, or none that is a time, the same one each time."""
    for name in ("DTSTAMP", "LAST-MODIFIED", "CREATED"):
        if re.fullmatch(r"\d{8}T\d{6}Z", block.first(name)):
            return block.first(name)
    return _EPOCH


def _version(block: Block) -> tuple[int, str]:
    sequence = block.first("SEQUENCE").strip()
    changed = re.sub(r"\D", "", block.first("LAST-MODIFIED"))
    return (int(sequence) if re.fullmatch(r"\d{1,9}", sequence) else 0, changed[:14] if len(changed) >= 8 else "")
