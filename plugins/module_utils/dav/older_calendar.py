# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vCalendar 1.0, as old phones and organisers write it, in the words of iCalendar (RFC 5545)."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace

from .blocks import Block
from .content_line import Line

_FREQUENCIES = {"D": "DAILY", "W": "WEEKLY", "MP": "MONTHLY", "MD": "MONTHLY", "YM": "YEARLY", "YD": "YEARLY"}
_RULE = re.compile(r"(D|W|MP|MD|YM|YD)(\d+)\Z")
_MOMENT = re.compile(r"\d{8}(T\d{6}Z?)?\Z")
_STATES = {"NEEDS ACTION": "NEEDS-ACTION", "SENT": "NEEDS-ACTION", "TENTATIVE": "TENTATIVE", "CONFIRMED": "CONFIRMED"}


def from_older(block: Block, calendar: Block, notes: list[str]) -> Block:
    """The component in iCalendar's words; ``notes`` learns what could not be carried."""
    lines: list[Line] = []
    alarms: list[Block] = []
    for line in block.lines:
        line = line.without("TYPE") if line.name in ("DTSTART", "DTEND") else line
        if line.name in ("RRULE", "EXRULE"):
            rule = recurrence(line.value)
            if rule is None:
                notes.append(f"the recurrence {line.value!r} is not understood and is kept as X-{line.name}")
            lines.append(Line(line.name, (), rule) if rule is not None else replace(line, name=f"X-{line.name}"))
        elif line.name in ("AALARM", "DALARM"):
            made = _alarm(line, block.first("DTSTART").strip())
            alarms += made
            lines += [] if made else [replace(line, name=f"X-{line.name}")]
        elif line.name in ("EXDATE", "RDATE"):
            lines.append(replace(line, value=",".join(filter(None, re.split("[;,]", line.value)))))
        elif line.name == "CATEGORIES":
            lines.append(replace(line, value=",".join(part.strip() for part in line.value.split(";") if part.strip())))
        elif line.name == "STATUS":
            state = line.value.strip().upper()
            lines.append(replace(line, value=_STATES.get(state, state.replace(" ", "-"))))
        elif line.name in ("MALARM", "PALARM", "RNUM", "DCREATED"):
            if line.name == "DCREATED":
                lines.append(replace(line, name="CREATED"))
            else:
                lines.append(replace(line, name=f"X-{line.name}"))
        elif line.name == "TRANSP":
            lines.append(replace(line, value="OPAQUE" if line.value.strip() in ("0", "OPAQUE") else "TRANSPARENT"))
        elif line.name == "CLASS":
            lines.append(replace(line, value=line.value.strip().upper() or "PUBLIC"))
        else:
            lines.append(line if line.decoded else replace(line, value=_escaped(line)))
    return replace(block, lines=tuple(lines), blocks=(*block.blocks, *alarms))


def recurrence(text: str) -> str | None:
    """A rule of the basic grammar (``W1 MO WE #10``, ``MP1 1+ MO 20301231T000000``) as RRULE; None for another one."""
    words = text.strip().upper().split()
    match = _RULE.match(words[0]) if words else None
    if match is None:
        return None
    kind, parts = match[1], [f"FREQ={_FREQUENCIES[match[1]]}", f"INTERVAL={int(match[2])}"]
    end, days = "", words[1:]
    count = 2
    if days and (days[-1].startswith("#") or _MOMENT.match(days[-1])):
        last = days.pop()
        if last.startswith("#"):
            count = int(last[1:]) if last[1:].isdigit() else 2
        else:
            count, end = 0, last
    listed = _days(kind, days)
    if listed is None:
        return None
    if end:
        parts.append(f"UNTIL={end}")
    elif count:
        parts.append(f"COUNT={count}")
    return ";".join([*parts, *listed])


def _days(kind: str, words: list[str]) -> list[str] | None:
    if not words:
        return []
    if kind == "W":
        return (
            [f"BYDAY={','.join(words)}"] if all(re.fullmatch("MO|TU|WE|TH|FR|SA|SU", word) for word in words) else None
        )
    if kind == "MP":
        return _by_position(words)
    numbers = [_signed(word) for word in words]
    name = {"MD": "BYMONTHDAY", "YM": "BYMONTH", "YD": "BYYEARDAY"}.get(kind)
    return [f"{name}={','.join(filter(None, numbers))}"] if name and all(numbers) else None


def _by_position(words: list[str]) -> list[str] | None:
    found, position = [], ""
    for word in words:
        if re.fullmatch(r"\d[+-]", word):
            position = _signed(word) or ""
        elif position and re.fullmatch("MO|TU|WE|TH|FR|SA|SU", word):
            found.append(f"{position}{word}")
        else:
            return None
    return [f"BYDAY={','.join(found)}"] if found else None


def _signed(word: str) -> str | None:
    if word == "LD":
        return "-1"
    match = re.fullmatch(r"(\d+)([+-]?)", word)
    return f"-{match[1]}" if match and match[2] == "-" else match[1] if match else None


def _alarm(line: Line, start: str) -> list[Block]:
    """An alarm at a moment (``20301231T080000;PT5M;2;text``), relative to the start, as local times have to be."""
    moment, _repeat, _count, content = (*line.value.split(";"), "", "", "", "")[:4]
    before = _seconds_before(moment.strip(), start)
    if before is None:
        return []
    trigger = f"{'-' if before >= 0 else ''}PT{abs(before)}S"
    lines = [Line("ACTION", (), "AUDIO" if line.name == "AALARM" else "DISPLAY"), Line("TRIGGER", (), trigger)]
    if line.name == "DALARM":
        lines.append(Line("DESCRIPTION", (), content.strip() or "Reminder"))
    return [Block("VALARM", tuple(lines))]


def _seconds_before(moment: str, start: str) -> int | None:
    """How long before the start; None where they are not two moments of one kind."""
    if moment.endswith("Z") != start.endswith("Z"):
        return None
    try:
        times = [datetime.datetime.strptime(text.rstrip("Z"), "%Y%m%dT%H%M%S") for text in (moment, start)]
    except ValueError:
        return None
    return int((times[1] - times[0]).total_seconds())


def _escaped(line: Line) -> str:
    """Text of 1.0 has no escapes but that of a semicolon."""
    if line.name not in ("SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT"):
        return line.value
    return re.sub(r"(?<!\\)([;,])", r"\\\1", line.value)
