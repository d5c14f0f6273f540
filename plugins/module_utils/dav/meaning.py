# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a contact or an event means: equal for the same entry however a server or program writes it down.

Left out is what changes without the entry: who wrote it and when, the order of properties, folding, letter case of
names, escapes, and the definitions of time zones.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from .blocks import Block, blocks_of
from .content_line import Line
from .escapes import split_unescaped, unescape

_WRITTEN = {
    "PRODID", "VERSION", "REV", "DTSTAMP", "LAST-MODIFIED", "CREATED", "X-RADICALE-NAME", "X-MOZ-LASTACK",
    "X-MOZ-GENERATION",
}  # fmt: skip
_DEFAULT_PARAMS = {"VALUE", "ENCODING", "CHARSET", "X-VOBJ-ORIGINAL-TZID", "X-VOBJ-FLOATINGTIME-ALLOWED"}
_STRUCTURED = {"N", "ADR", "ORG", "GENDER", "CLIENTPIDMAP", "REQUEST-STATUS"}
_LISTS = {"CATEGORIES", "NICKNAME", "RESOURCES", "EXDATE", "RDATE"}
_RULES = {"RRULE", "EXRULE"}
_DURATIONS = {"TRIGGER", "DURATION"}
_DURATION = re.compile(r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_EMPTY = {"N", "ADR", "ORG"}


def meaning(text: str) -> str:
    """The digest of a resource as it was sent or as a server gives it."""
    return meaning_of(blocks_of(text.encode("utf-8", "replace")))


def meaning_of(blocks: Iterable[Block], *, uid: bool = True) -> str:
    """The digest of components; without ``uid`` that of what they say alone."""
    left_out = _WRITTEN if uid else _WRITTEN | {"UID"}
    digests = sorted(_digest(block, left_out) for block in _entries(blocks))
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _entries(blocks: Iterable[Block]) -> Iterable[Block]:
    """What a calendar holds beside its time zones; a contact as it is."""
    for block in blocks:
        if block.kind == "VCALENDAR":
            yield from (each for each in block.blocks if each.kind != "VTIMEZONE")
        else:
            yield block


def _digest(block: Block, left_out: set[str]) -> str:
    said = sorted({text for line in block.lines if line.name not in left_out for text in _said(line)})
    below = sorted(_digest(each, left_out) for each in block.blocks)
    return hashlib.sha256("\x1e".join([block.kind, *said, *below]).encode("utf-8", "replace")).hexdigest()


def _said(line: Line) -> Iterable[str]:
    params = sorted(
        {
            f"{name}={value.lower() if name != 'CN' else value}"
            for name, values in line.params
            if name not in _DEFAULT_PARAMS
            for value in values
            if value
        }
    )
    head = "\x1f".join([line.group, line.name, *params])
    for value in _values(line):
        if value or line.name not in _EMPTY:
            yield f"{head}\x1d{value}"


def _values(line: Line) -> list[str]:
    value = line.value.strip()
    if line.name in _STRUCTURED:
        fields = [
            [unescape(part).strip() for part in split_unescaped(each, ",")] for each in split_unescaped(value, ";")
        ]
        return ["\x1c".join(",".join(parts) for parts in fields).rstrip("\x1c")]
    if line.name in _LISTS:
        return [unescape(part).strip() for part in split_unescaped(value, ",")]
    if line.name in _RULES:
        return [";".join(sorted(part for part in value.upper().split(";") if part))]
    if line.name in _DURATIONS and (match := _DURATION.fullmatch(value.upper())):
        return [str(_seconds(match))]
    if line.first("ENCODING").upper() in ("B", "BASE64") or line.first("VALUE").upper() == "BINARY":
        return [re.sub(r"\s+", "", value)]
    value = value.replace("%2C", ",") if value[:4].lower() == "http" else value
    return ["\n".join(part.rstrip() for part in unescape(value).split("\n"))]


def _seconds(match: re.Match[str]) -> int:
    """A duration in seconds (RFC 5545 section 3.3.6)."""
    units = zip(match.groups()[1:], (604800, 86400, 3600, 60, 1), strict=True)
    total = sum(int(number or 0) * unit for number, unit in units)
    return -total if match[1] == "-" else total
