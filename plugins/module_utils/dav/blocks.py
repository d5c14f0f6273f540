# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A customer's file as entries: octets in, blocks of lines out. What is broken in one block stays in it."""

from __future__ import annotations

import codecs
import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from .content_line import Line, parse_line

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FRAME = re.compile(rb"\s*(BEGIN|END)\s*:\s*([A-Za-z0-9-]+)\s*\Z", re.IGNORECASE)
_HEAD = re.compile(rb"(?:[A-Za-z0-9_-]+\.)?([A-Za-z0-9_-]+)[ \t]*(?:;[^\r\n]*?)?:")
# A property that is folded before its colon.
_BARE = re.compile(rb"(?:[A-Za-z0-9_-]+\.)?([A-Z0-9_-]+)[ \t]*(?:;[^:\r\n]*)?\Z")
_QUOTED_PRINTABLE = re.compile(rb'[^:"]*;\s*(?:ENCODING\s*=\s*)?"?QUOTED-PRINTABLE"?\s*[;:]', re.IGNORECASE)
_BASE64 = re.compile(rb'[^:"]*;\s*(?:ENCODING\s*=\s*)?"?(?:BASE64|B)"?\s*[;:]', re.IGNORECASE)
_OLD = re.compile(rb"\s*VERSION\s*:\s*(?:1\.0|2\.1)\s*\Z", re.IGNORECASE)
_AGENT = re.compile(rb"(?:[\w-]+\.)?AGENT[^:]*:\s*\Z", re.IGNORECASE)
_NAMES = frozenset(
    b"""AALARM ACKNOWLEDGED ACTION ADR AGENT ANNIVERSARY ATTACH ATTENDEE BDAY BEGIN BIRTHPLACE CALADRURI CALSCALE CALURI
    CAPURI CATEGORIES CLASS CLIENTPIDMAP COLOR COMMENT COMPLETED CONFERENCE CONTACT CONTACT-URI CREATED DALARM
    DAYLIGHT DCREATED DEATHDATE DEATHPLACE DESCRIPTION DTEND DTSTAMP DTSTART DUE DURATION EMAIL END EXDATE EXPERTISE
    EXRULE FBURL FN FREEBUSY GENDER GEO HOBBY IMAGE IMPP INTEREST KEY KIND LABEL LANG LAST-MODIFIED LAST_MODIFIED
    LOCATION LOGO MAILER MALARM MEMBER METHOD N NAME NICKNAME NOTE ORG ORG-DIRECTORY ORGANIZER PALARM
    PERCENT-COMPLETE PHOTO PRIORITY PRODID PROFILE RDATE RECURRENCE-ID REFRESH-INTERVAL RELATED RELATED-TO
    RELATED_TO REPEAT REQUEST-STATUS RESOURCES REV RNUM ROLE RRULE SEQUENCE SORT-STRING SORT_STRING SOUND SOURCE
    STATUS SUMMARY TEL TITLE TRANSP TRIGGER TZ TZID TZNAME TZOFFSETFROM TZOFFSETTO TZURL UID URL VERSION XML""".split()
)
_TEXTS = frozenset(b"NOTE DESCRIPTION SUMMARY LOCATION COMMENT LABEL FN TITLE ROLE ADR ORG CONTACT".split())
ENTRY_KINDS = ("VEVENT", "VTODO", "VJOURNAL")


@dataclass(frozen=True)
class Block:
    """A component: its own lines and those below it. ``trouble``: why it cannot be used; ``notes``: what was lost."""

    kind: str
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...] = ()
    trouble: str = ""
    notes: tuple[str, ...] = ()

    def first(self, name: str) -> str:
        """The value of the first line of that name; empty where there is none."""
        return next((line.value for line in self.lines if line.name == name), "")

    @functools.cached_property
    def text(self) -> str:
        """The component as it is sent."""
        lines = "".join(line.folded() for line in self._each_date())
        return f"BEGIN:{self.kind}\r\n{lines}{''.join(each.text for each in self.blocks)}END:{self.kind}\r\n"

    def _each_date(self) -> Iterator[Line]:
        """The lines; in the rules of a time zone one date each, for some servers keep but the first of a list."""
        for line in self.lines:
            if line.name == "RDATE" and self.kind in ("STANDARD", "DAYLIGHT"):
                yield from (replace(line, value=value) for value in line.value.split(","))
            else:
                yield line


@dataclass
class _Open:
    """A component whose end was not seen yet."""

    kind: str
    raw: list[list[bytes]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def closed(self, old: bool, trouble: str = "") -> Block:
        _settle(self)
        old = old or any(_OLD.match(parts[0]) for parts in self.raw)
        lines, unread = [], 0
        for parts in self.raw:
            line = parse_line(_joined(parts, old))
            if line is None:
                unread += 1
            else:
                lines.append(line)
        notes = [*self.notes, *([f"{unread} lines that are no properties are left out"] if unread else [])]
        return Block(self.kind, tuple(lines), tuple(self.blocks), trouble, tuple(notes))


def blocks_of(data: bytes) -> list[Block]:
    """The components on the outermost level, in their order; what stands between them is left out."""
    stack: list[_Open] = []
    done: list[Block] = []

    def close(trouble: str = "") -> None:
        block = stack.pop().closed(any(_is_old(each) for each in stack), trouble)
        (stack[-1].blocks if stack else done).append(block)

    for line in utf8(data).split(b"\n"):
        frame = _FRAME.match(line)
        word, kind = (frame[1].upper(), frame[2].decode().upper()) if frame else (b"", "")
        if word == b"BEGIN":
            for trouble in _unfinished(stack, kind):
                close(trouble)
            stack.append(_Open(kind))
        elif word == b"END":
            if kind in [each.kind for each in stack]:
                while stack[-1].kind != kind:
                    close(f"its END:{stack[-1].kind} is missing")
                close()
        elif stack:
            _take(stack[-1], line)
    while stack:
        close(f"its END:{stack[-1].kind} is missing: the file ends before it")
    return done


def utf8(data: bytes) -> bytes:
    """The file with line feeds as line ends; what has a mark of UTF-16 or UTF-32, or looks like it, as UTF-8."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            data = data[len(mark) :]
            if encoding != "utf-8":
                data = data.decode(encoding, "replace").encode()
            break
    else:
        if data[:200].count(0) * 3 > len(data[:200]):
            little = data[1:200:2].count(0) >= data[0:200:2].count(0)
            data = data.decode("utf-16-le" if little else "utf-16-be", "replace").encode()
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _is_old(opened: _Open) -> bool:
    return any(_OLD.match(parts[0]) for parts in opened.raw)


def _unfinished(stack: Sequence[_Open], kind: str) -> Iterator[str]:
    """What is said of each open component that cannot hold one of ``kind``, innermost first."""
    depth = len(stack)
    if kind in ("VCARD", "VCALENDAR") and not (stack and _is_agent(stack[-1])):
        depth = 0
    elif kind in (*ENTRY_KINDS, "VTIMEZONE", "VFREEBUSY"):
        depth = next((at for at, each in enumerate(stack) if each.kind == "VCALENDAR"), -1) + 1
    for opened in reversed(stack[depth:]):
        yield f"its END:{opened.kind} is missing: another {kind} begins in it"


def _is_agent(opened: _Open) -> bool:
    """Whether the last line was AGENT, the value of which is a vCard in version 2.1."""
    return bool(opened.raw) and _AGENT.match(opened.raw[-1][0]) is not None


def _take(opened: _Open, line: bytes) -> None:
    """A physical line into a logical one: begun, folded, broken off by quoted-printable, or folded wrongly."""
    folded = line[:1] in (b" ", b"\t") and bool(line.strip())
    if not folded:
        _settle(opened)
    last = opened.raw[-1] if opened.raw else None
    head = _HEAD.match(line)
    known = head is not None and (head[1].upper() in _NAMES or head[1].upper().startswith(b"X-"))
    if last is not None and last[-1].endswith(b"=") and _QUOTED_PRINTABLE.match(last[0]) and not known:
        last[-1] = last[-1][:-1] + line
    elif last is not None and folded:
        last.append(line[1:])
    elif not line.strip():
        return
    elif known or (head is not None and head[1].isupper()) or _may_begin(line):
        opened.raw.append([line])
    elif last is not None and _BASE64.match(last[0]):
        last.append(line.strip())
    else:
        _take_stray(opened, line)


def _may_begin(line: bytes) -> bool:
    bare = _BARE.match(line)
    return bare is not None and (bare[1] in _NAMES or bare[1].startswith(b"X-"))


def _settle(opened: _Open) -> None:
    """A line that might have begun a property, and after which no fold brought its colon, belongs to the one before."""
    if opened.raw and len(opened.raw[-1]) == 1 and b":" not in opened.raw[-1][0]:
        _take_stray(opened, opened.raw.pop()[0])


def _take_stray(opened: _Open, line: bytes) -> None:
    head = _HEAD.match(opened.raw[-1][0]) if opened.raw else None
    name = head[1].upper() if head else b""
    if name in _TEXTS or name.startswith(b"X-"):
        opened.raw[-1][-1] += b"\\n" + line.strip()
        opened.notes.append(f"a line without a property is taken as the next line of {name.decode()}")
    else:
        opened.notes.append("a line that belongs to no property is left out")


def _joined(parts: list[bytes], old: bool) -> bytes:
    """Folds undone. In vCard 2.1 and vCalendar 1.0 the white space of a fold is part of the text."""
    keeps_space = old and len(parts) > 1 and not _BASE64.match(parts[0])
    return (b" " if keeps_space else b"").join(parts)
