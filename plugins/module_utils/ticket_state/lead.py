# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of a ticket's slices does what concerns whole domains: the first that comes, as long as its process lives.

The lock is the kernel's: a killed run frees it. It works wherever ``flock`` does: between the processes of one machine,
its containers, and machines that share the folder by NFS 4.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_LOCK, _HOLDER, _READY, _GUARD = "slices.lead", "slices.holder", "slices.ready", "slices.guard"
# What a slice made that has ended meanwhile holds that long for those that begin later (seconds).
FRESH = 3600.0
_POLL = 0.2


@dataclass(frozen=True)
class Lead:
    """``handle`` is the open lock of the run that leads, None in the others. ``holder`` says who leads, or led."""

    handle: int | None
    holder: str


def take_lead(
    state_dir: str, *, able: bool, wait: float, clock: Callable[[], float] = time.time, tell: Callable[[str], None]
) -> Lead:
    """Lead, or return when whoever leads is ready: then domains and mailboxes are there. A run calls it once.

    :param able: whether the run may lead. :param wait: seconds until it goes on though nobody is ready; the holder is
        empty then. :param tell: is given who is waited for. Raises OSError.
    """
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    until, told = clock() + wait, ""
    while True:
        with _guard(state_dir):
            handle = _try(state_dir)
            if handle is not None and able:
                _write(state_dir, _HOLDER, _myself(clock()))
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(state_dir, _READY))
                return Lead(handle, _read(state_dir, _HOLDER))
            if handle is not None:
                os.close(handle)
            led, ready = handle is None, _is_ready(state_dir, clock())
            holder = _read(state_dir, _HOLDER)
        if ready or clock() >= until:
            return Lead(None, holder if led or ready else "")
        if led and holder != told:
            told = holder
            tell(holder)
        time.sleep(_POLL)


def let_others_begin(state_dir: str, lead: Lead) -> None:
    """The run that leads has made what the others need. Raises OSError."""
    if lead.handle is not None:
        with _guard(state_dir):
            _write(state_dir, _READY, lead.holder)


def _try(state_dir: str) -> int | None:
    handle = os.open(os.path.join(state_dir, _LOCK), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def _is_ready(state_dir: str, now: float) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return now - os.stat(os.path.join(state_dir, _READY)).st_mtime < FRESH
    return False


def _myself(now: float) -> str:
    since = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"process {os.getpid()} on {socket.gethostname()}, since {since}"


def _write(state_dir: str, name: str, text: str) -> None:
    with open(os.open(os.path.join(state_dir, name), os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(text)


def _read(state_dir: str, name: str) -> str:
    with contextlib.suppress(FileNotFoundError), open(os.path.join(state_dir, name), encoding="utf-8") as file:
        return file.read(200)
    return ""


@contextlib.contextmanager
def _guard(state_dir: str) -> Iterator[None]:
    """What is looked at and written here belongs together."""
    handle = os.open(os.path.join(state_dir, _GUARD), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
