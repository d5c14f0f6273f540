# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lock of a mailbox, which the kernel frees when its process dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from ..core.errors import JournalError

_POLL = 0.1


@contextlib.contextmanager
def mailbox_lock(journal: str, mailbox: str, *, wait: float, now: float) -> Iterator[None]:
    """Hold the lock of ``mailbox``; waits up to ``wait`` seconds for another run to end, then says who holds it.

    ``now`` is in seconds since the epoch. The folder of the journal is named after its ticket.
    """
    path = f"{journal}.lock"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        if not _acquire(handle, time.monotonic() + wait):
            holder = os.pread(handle, 200, 0).decode("ascii", "replace").strip() or "unknown"
            raise JournalError(
                f"another run works on this mailbox ({holder})",
                where=mailbox,
                remedy="Wait for it to end, or stop that process, then run again",
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, _holder(os.path.basename(os.path.dirname(journal)), now).encode("ascii", "replace"), 0)
        yield
    finally:
        os.close(handle)


def _holder(ticket: str, now: float) -> str:
    since = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"process {os.getpid()} on {socket.gethostname()}, ticket {ticket}, since {since}\n"


def _acquire(handle: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL)
