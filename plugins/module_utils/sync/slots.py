# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connections to one source server at a time, counted over all runs of a machine by locks that the kernel frees."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import math
import os
import re
import stat
import tempfile
import time
from collections.abc import Callable, Iterator

from ..core.errors import ConfigurationError
from .request import SyncRequest

_POLL = 0.1


class ServerSlots:
    """Slots for connections to one source server, shared by all runs that use the same ``folder``.

    A slot is an empty file that is locked while it is held, whoever made it: users need only be able to make files in
    ``folder`` and to read those of others. A server is known by the name that tickets give it, and its port.
    """

    def __init__(self, folder: str, host: str, port: int, slots: int) -> None:
        self._slots = slots
        self._folder = folder
        self._name = f"{re.sub(r'[^a-z0-9.-]', '_', host.lower().rstrip('.'))}_{port}"

    @contextlib.contextmanager
    def one(self, *, wait: float = math.inf, check: Callable[[], None] = lambda: None) -> Iterator[bool]:
        """Hold one slot; false when none became free within ``wait`` seconds. No limit set: always true.

        ``check`` is called while it waits, and ends that by raising. Raises :class:`ConfigurationError` where slots
        cannot be made.
        """
        if not self._slots:
            yield True
            return
        try:
            handle = self._take(time.monotonic() + wait, check)
        except OSError as error:
            raise ConfigurationError(
                f"slots for connections cannot be made: {error.strerror or error}",
                where=self._folder,
                remedy="Give a folder in which every user who runs migrations may make files (mailops_slots_dir)",
            ) from None
        try:
            yield handle is not None
        finally:
            if handle is not None:
                os.close(handle)

    def _take(self, until: float, check: Callable[[], None]) -> int | None:
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        while True:
            # From the highest: a run with a smaller cap, for which these are none, finds its own free the longer.
            for number in reversed(range(self._slots)):
                handle = self._try(os.path.join(self._folder, f"{self._name}.{number}.lock"))
                if handle is not None:
                    return handle
            if time.monotonic() >= until:
                return None
            check()
            time.sleep(_POLL)

    def _try(self, path: str) -> int | None:
        handle = _open(path)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except OSError:
            os.close(handle)
            raise
        return handle


def slots_of(request: SyncRequest) -> ServerSlots:
    """The slots of the source's server, in the folder that the request names or in that of its journals."""
    folder = request.slots_dir or (os.path.join(request.state_dir, "slots") if request.state_dir else "")
    return ServerSlots(folder, *request.source.address(), request.limits.server_connections if folder else 0)


def _open(path: str) -> int:
    """The file, made where it is missing; only for reading, which is enough to lock what another user made."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        _make(path)
        handle = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, f"{os.path.basename(path)} is no file")
    return handle


def _make(path: str) -> None:
    """Complete from the first moment on: readable for all, whatever the umask is. Another run may be faster."""
    handle, new = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".slot-")
    try:
        os.fchmod(handle, 0o644)
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        os.close(handle)
        os.unlink(new)
