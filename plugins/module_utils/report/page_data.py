# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables of the page in few octets: a thousand mailboxes of fifty folders are fifty thousand rows in 2 MB."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from ..core.report_text import count, printable, size
from .pictures import Bar
from .values import STATES, FolderLine, MailboxLine, TicketReport

SHOWN_BARS = 10
# What would end the script element, or what some parsers take for the end of a line.
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class _Names:
    """Each text once, by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        return self._numbers.setdefault(printable(text), len(self._numbers))

    def all(self) -> list[str]:
        return list(self._numbers)


def tables(report: TicketReport) -> dict[str, Any]:
    """``names``: all texts; ``mailboxes`` and ``folders``: rows of numbers, those of texts among them.

    A mailbox: name, source, state, messages, here, octets, open, excluded, archived, verified, last, text. A folder:
    the mailbox's place, name, destination (-1 as its name), messages, here, octets, open, excluded, archived, reason.
    Octets and times may be null; a reason that is empty is -1.
    """
    names = _Names()
    mailboxes = [_mailbox(line, names) for line in report.mailboxes]
    folders = [_folder(place, folder, names) for place, line in enumerate(report.mailboxes) for folder in line.folders]
    return {"states": list(STATES), "mailboxes": mailboxes, "folders": folders, "names": names.all()}


def _mailbox(line: MailboxLine, names: _Names) -> list[Any]:
    last = None if line.last is None else int(line.last)
    texts = [names.number(line.mailbox), names.number(line.source), STATES.index(line.state)]
    numbers = [line.messages, line.here, line.octets, _open(line), line.excluded, line.archived]
    return [*texts, *numbers, names.number(line.verified), last, names.number(line.text)]


def _folder(place: int, folder: FolderLine, names: _Names) -> list[Any]:
    destination = -1 if folder.destination in ("", folder.source) else names.number(folder.destination)
    numbers = [folder.messages, folder.here, folder.octets, _open(folder), folder.excluded, folder.archived]
    return [
        place,
        names.number(folder.source),
        destination,
        *numbers,
        names.number(folder.reason) if folder.reason else -1,
    ]


def _open(line: MailboxLine | FolderLine) -> int:
    """Messages that somebody or another pass has to do something for."""
    return line.failed + line.refused + line.held + line.left


def embedded(value: Mapping[str, Any]) -> str:
    """JSON that nothing in it can end the script element of: ASCII without angle brackets."""
    text = json.dumps(value, separators=(",", ":"))
    for char, code in _ESCAPED.items():
        text = text.replace(char, code)
    return text


def folder_bars(report: TicketReport) -> tuple[list[Bar], str]:
    """The folders that hold most, those of one name in all mailboxes together; and a clause on the others."""
    octets, messages = Counter[str](), Counter[str]()
    for line in report.mailboxes:
        for folder in line.folders:
            octets[folder.source] += folder.octets or 0
            messages[folder.source] += folder.here
    largest = octets.most_common(SHOWN_BARS)
    shown = [Bar(name, value, f"{size(value)}, {messages[name]:,}") for name, value in largest if value]
    rest = sum(octets.values()) - sum(value for _name, value in largest)
    return shown, f"; {count(len(octets) - len(largest), 'other name')}: {size(rest)}" if rest else ""


def mailbox_bars(report: TicketReport) -> list[Bar]:
    """The mailboxes that hold most."""
    sizes: dict[str, int] = defaultdict(int)
    for line in report.mailboxes:
        sizes[line.mailbox] += line.octets or 0
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_BARS]
    return [Bar(name, value, size(value)) for name, value in largest if value]
