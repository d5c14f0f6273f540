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
        self._lines = 0
        self._at_line_start = True
        self._terminal = sys.stderr
        self._streams = (sys.stdout, sys.stderr)
        sys.stdout, sys.stderr = (self._watched(stream) for stream in self._streams)

    def draw(self, lines: list[str]) -> None:
        """Show these lines in place of those before. Not while somebody else's line is open, as at a prompt."""
        with self._lock:
            if self._at_line_start:
                self._terminal.write(self._erasure() + "".join(f"{line}\n" for line in lines))
                self._terminal.flush()
                self._lines = len(lines)

    def clear(self) -> None:
        """Take our lines away."""
        with self._lock:
            if self._lines:
                self._terminal.write(self._erasure())
                self._terminal.flush()
                self._lines = 0

    def close(self) -> None:
        """Leave the terminal as it was found."""
        self.clear()
        sys.stdout, sys.stderr = self._streams

    def passed(self, stream: TextIO, text: str) -> int:
        """Somebody else prints."""
        with self._lock:
            self.clear()
            self._at_line_start = text.endswith("\n") if text else self._at_line_start
            return stream.write(text)

    def _watched(self, stream: TextIO) -> Any:
        return _Watched(stream, self) if stream.isatty() else stream

    def _erasure(self) -> str:
        return f"\x1b[{self._lines}A\r\x1b[J" if self._lines else ""


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
