# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Locks that the kernel frees when a process dies: one per mailbox, and slots per source server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from ..core.errors import JournalError, Stopped

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


class ServerSlots:
    """Slots for connections to one source server, shared by all runs that use the same ``folder``."""

    def __init__(self, folder: str, host: str, port: int, slots: int) -> None:
        self._slots = slots
        name = re.sub(r"[^a-z0-9.-]", "_", host.lower())
        self._folder = os.path.join(folder, "slots", f"{name}_{port}")

    @contextlib.contextmanager
    def one(self, *, wait: float, check: Callable[[], None] = lambda: None) -> Iterator[bool]:
        """Hold one slot; false when none became free within ``wait`` seconds. No limit set: always true.

        ``check`` is called while it waits, and ends that by raising.
        """
        if not self._slots:
            yield True
            return
        handle = self._take(time.monotonic() + wait, check)
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def _take(self, until: float, check: Callable[[], None]) -> int | None:
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        while True:
            for number in range(self._slots):
                path = os.path.join(self._folder, str(number))
                handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
                if _acquire(handle, 0):
                    return handle
                os.close(handle)
            if time.monotonic() >= until:
                return None
            check()
            time.sleep(_POLL)


def need_slot(granted: bool, where: str) -> None:
    """Raise when a run got no slot within its time."""
    if not granted:
        raise Stopped(
            "no connection slot of this source server became free in time",
            where=where,
            remedy="Raise limits.server_connections if the provider allows it, or run again later",
        )


def _acquire(handle: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_POLL)
