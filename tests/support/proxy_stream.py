# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An IMAP stream cut into lines and literals, as a proxy between both sides sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LITERAL = re.compile(rb"\{(\d+)(\+?)\}\r?\n\Z")
COMMAND = re.compile(rb"([^\s*+]\S*) ((?:UID )?[A-Za-z]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Piece:
    """A whole line, or a part of a literal as it came.

    ``starts`` and ``ends`` tell the first line and the last of a command or response. ``waits`` marks a line whose
    literal is only sent once the other side has agreed. ``literal`` is the size of the literal that ``data`` belongs
    to, from its byte ``offset`` on; None for a line.
    """

    data: bytes
    starts: bool = False
    ends: bool = False
    waits: bool = False
    literal: int | None = None
    offset: int = 0


class Splitter:
    """Takes bytes as they arrive and gives out pieces; literals are never collected. ``raw`` ends the cutting."""

    def __init__(self) -> None:
        self.raw = False
        self._rest = b""
        self._literal = 0
        self._left = 0
        self._within = self._asked_for = False
        self._asked_for = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that are complete now."""
        buffer, at = self._rest + data, 0
        self._rest = b""
        while at < len(buffer):
            piece = self._next(buffer, at)
            if piece is None:
                break
            at += len(piece.data)
            yield piece
        self._rest = buffer[at:]

    def rest(self) -> bytes:
        """The begin of a line that hasn't ended yet; it is given out only once."""
        rest, self._rest = self._rest, b""
        return rest

    def abandon_literal(self) -> None:
        """The literal that was announced won't come: the other side refused the command before it."""
        self._left = 0
        self._within = self._asked_for = False

    def abandon_unsent(self) -> None:
        """The same, but only for a literal that the client sends when asked, and of which nothing has come."""
        if self._asked_for:
            self.abandon_literal()

    def _next(self, buffer: bytes, at: int) -> Piece | None:
        if self.raw:
            return Piece(buffer[at:])
        if self._left:
            return self._literal_part(buffer[at:at + self._left])
        end = buffer.find(b"\n", at) + 1
        return self._line(buffer[at:end]) if end else None

    def _literal_part(self, data: bytes) -> Piece:
        self._asked_for = False
        offset = self._literal - self._left
        self._left -= len(data)
        return Piece(data, literal=self._literal, offset=offset)

    def _line(self, line: bytes) -> Piece:
        starts, announced = not self._within, LITERAL.search(line)
        self._within = announced is not None
        self._asked_for = announced is not None and not announced[2]
        if announced is None:
            return Piece(line, starts=starts, ends=True)
        self._literal = self._left = int(announced[1])
        return Piece(line, starts=starts, waits=not announced[2])


def command_of(line: bytes) -> tuple[bytes, str] | None:
    """Tag and verb (``APPEND``, ``UID FETCH``) of a command's first line; None for other lines that a client sends."""
    match = COMMAND.match(line)
    return (match[1], match[2].decode().upper()) if match else None
