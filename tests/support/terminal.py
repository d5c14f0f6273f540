# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A terminal for a program to draw on."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import termios
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LINES, COLUMNS = 30, 100


@contextmanager
def terminal(seen: Callable[[bytes], object]) -> Iterator[int]:
    """A descriptor for the program; ``seen`` is given what it prints, all of it by the end of the block."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def read() -> None:
        try:
            while block := os.read(master, 65536):
                seen(block)
        except OSError:  # EIO: nobody has the other end any more
            pass

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield slave
    finally:
        os.close(slave)
        reader.join(60)
        os.close(master)
