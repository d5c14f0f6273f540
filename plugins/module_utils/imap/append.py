# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""APPEND: messages to the destination with their octets as they are, several per command where MULTIAPPEND is offered.

Commands are sent ahead: :meth:`Appender.send` returns before the answer is there, :meth:`Appender.collect` reads it.
Sources: RFC 9051 section 6.3.12, RFC 3502 (MULTIAPPEND), RFC 7888 (LITERAL+, LITERAL-), RFC 3516 (literal8), RFC 4315,
RFC 6855 section 4 (UTF8, which RFC 9755 has given up: a server may know either).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ..core.uids import SET_PATTERN, parse_uids
from .ahead import run_ahead
from .body import Body
from .folder_list import enables_utf8
from .session import Session
from .wire import Response, Tagged

FLUSH_AT = 256 * 1024
_LITERAL_MINUS = 4096
_LIMIT = re.compile(rb"\* STATUS .*[( ]APPENDLIMIT (\d{1,18})[^()]*\)\s*\Z", re.IGNORECASE | re.DOTALL)
_APPENDUID = re.compile(rf"APPENDUID (\d{{1,10}}) ({SET_PATTERN})\Z", re.IGNORECASE)


class AppendItem(NamedTuple):
    """One message to append. ``date`` is an IMAP date-time, empty for none. ``utf8`` marks it as mail in UTF-8."""

    flags: tuple[str, ...]
    date: bytes
    body: Body
    utf8: bool = False


@dataclass(frozen=True)
class Sent:
    """A command that is on its way. ``tag`` is the command's."""

    tag: bytes
    count: int


@dataclass(frozen=True)
class AppendAnswer:
    """The server's answer. ``uids`` are in the order of the items, empty where the server tells none (no UIDPLUS)."""

    tagged: Tagged
    uidvalidity: int = 0
    uids: tuple[int, ...] = ()

    @property
    def ok(self) -> bool:
        return self.tagged.ok


def append_limits(session: Session, folders: Sequence[str]) -> list[int]:
    """Octets of the largest message that these folders take (RFC 7889), 0 where the server names no limit."""
    for capability in session.capabilities:
        name, _unused, value = capability.partition("=")
        if name == "APPENDLIMIT" and value.isdigit():
            return [int(value)] * len(folders)
    if not session.has("APPENDLIMIT"):
        return [0] * len(folders)
    lines = (b"STATUS " + session.encode(folder) + b" (APPENDLIMIT)" for folder in folders)
    return [_limit(responses) for responses, _unused in run_ahead(session.wire, lines)]


def _limit(responses: Sequence[Response]) -> int:
    limits = [int(found[1]) for response in responses if (found := _LIMIT.match(response.text))]
    return limits[-1] if limits else 0


@lru_cache(maxsize=4096)
def _flag_list(flags: tuple[str, ...]) -> bytes:
    return b" (" + " ".join(flags).encode("latin-1") + b")"


class Appender:
    """Appends over one session.

    Messages of ``ask_from`` octets and more are announced and sent when the server asks for them, even where
    LITERAL+ would let them go at once: a server that refuses them by their size does so before they are sent.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._wire = session.wire
        self._binary = session.has("BINARY")
        self._pending = bytearray()
        self.several = session.has("MULTIAPPEND")
        self.knows_utf8 = session.names.utf8 and enables_utf8(session.capabilities)
        self.ask_from = sys.maxsize

    def send(self, folder: str, items: Sequence[AppendItem]) -> Sent:
        """Send one APPEND of ``items`` (one item where MULTIAPPEND is missing)."""
        tag = self._wire.begin()
        self._pending = bytearray(tag + b" APPEND " + self._session.encode(folder))
        for item in items:
            if not self._send_item(tag, item):
                return Sent(tag, len(items))
        self._pending += b"\r\n"
        self._flush()
        return Sent(tag, len(items))

    def collect(self, sent: Sent) -> AppendAnswer:
        """The answer to what :meth:`send` sent."""
        tagged = self._wire.wait_tagged(sent.tag)
        match = _APPENDUID.match(tagged.code)
        if tagged.ok and match:
            uids = tuple(islice(parse_uids(match.group(2)), sent.count + 1))
            if len(uids) == sent.count:
                return AppendAnswer(tagged, int(match.group(1)), uids)
        return AppendAnswer(tagged)

    def _send_item(self, tag: bytes, item: AppendItem) -> bool:
        """False when the server has answered the command before it was sent whole."""
        size = len(item.body)
        head = _flag_list(item.flags)
        if item.date:
            head += b' "' + item.date + b'"'
        literal8 = b"~" if self._binary and item.body.has_nul() else b""
        self._pending += head + (b" UTF8 (~" if item.utf8 else b" " + literal8)
        if self._announces_only(size):
            self._pending += b"{%d+}\r\n" % size
        else:
            self._pending += b"{%d}\r\n" % size
            self._flush()
            if not self._wire.wait_continuation(tag):
                return False
        for piece in item.body.pieces():
            self._add(piece)
        if item.utf8:
            self._add(b")")
        return True

    def _announces_only(self, size: int) -> bool:
        if size >= self.ask_from:
            return False
        if self._session.has("LITERAL+"):
            return True
        return self._session.has("LITERAL-") and size <= _LITERAL_MINUS

    def _add(self, piece: bytes) -> None:
        if len(piece) >= FLUSH_AT:
            self._flush()
            self._wire.send(piece)
            return
        self._pending += piece
        if len(self._pending) >= FLUSH_AT:
            self._flush()

    def _flush(self) -> None:
        if self._pending:
            self._wire.send(memoryview(self._pending))
            self._pending = bytearray()
