# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that stay at the bottom of a terminal while other output goes on above them."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from typing import Any, TextIO


class BottomOfScreen:
    """Draws below what is printed. What others print passes through unaltered; our lines are taken away before it.

    ``lock`` is the one under which Ansible prints and forks, so that no worker is forked in the middle of a drawing.
    """

    def __init__(self, lock: AbstractContextManager[Any]) -> None:
        self._lock = lock
        self._wanted: list[str] = []
        self._lines = 0
        self._at_line_start = True
        self._terminal = sys.stderr
        self._streams = (sys.stdout, sys.stderr)
        sys.stdout, sys.stderr = (self._watched(stream) for stream in self._streams)

    def draw(self, lines: list[str]) -> None:
        """Show these lines in place of those before; while somebody's line is open, as at a prompt, later."""
        with self._lock:
            self._wanted = lines
            self._redraw()

    def clear(self) -> None:
        """Take our lines away."""
        self.draw([])

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self.clear()
        sys.stdout, sys.stderr = self._streams

    def passed(self, stream: TextIO, text: str) -> int:
        """Somebody else prints."""
        with self._lock:
            self._erase()
            written = stream.write(text)
            if text:
                self._at_line_start = text.endswith("\n")
            if self._wanted:
                stream.flush()
                self._redraw()
            return written

    def _redraw(self) -> None:
        """In one piece: a terminal that paints in between would flicker."""
        lines = self._wanted if self._at_line_start else []
        self._write("".join([self._gone(), *(f"{line}\n" for line in lines)]))
        self._lines = len(lines)

    def _erase(self) -> None:
        self._write(self._gone())
        self._lines = 0

    def _gone(self) -> str:
        return f"\x1b[{self._lines}A\r\x1b[J" if self._lines else ""

    def _write(self, text: str) -> None:
        if text:
            self._terminal.write(text)
            self._terminal.flush()

    def _watched(self, stream: TextIO) -> Any:
        return _Watched(stream, self) if stream.isatty() else stream


class _Watched:
    """A stream to the terminal that tells before it prints."""

    def __init__(self, stream: TextIO, screen: BottomOfScreen) -> None:
        self._stream = stream
        self._screen = screen

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Print ``text``."""
        return self._screen.passed(self._stream, text)
