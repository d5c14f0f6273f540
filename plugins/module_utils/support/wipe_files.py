# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files inside one folder, overwritten or removed for good. Links are never followed, in no part of a path.

What a disk, a snapshot or a backup kept of the old content is beyond reach.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator

from ..core.errors import ConfigurationError

_BLOCK = 1 << 20
_OPEN = os.O_NOFOLLOW | os.O_CLOEXEC


def refusal(folder: str, name: str) -> str | None:
    """Why a file is left alone, as the end of a sentence on it; empty: it may be wiped; None: there is none."""
    try:
        with _opened(folder, name):
            return ""
    except FileNotFoundError:
        return None
    except ConfigurationError as error:
        return error.what
    except OSError as error:
        return f"cannot be opened ({error.strerror})"


def read(folder: str, name: str) -> bytes:
    """What the file holds. Raises ConfigurationError and OSError."""
    with _opened(folder, name) as (_parent, handle):
        return _content(os.dup(handle))


def _content(handle: int) -> bytes:
    with os.fdopen(handle, "rb") as file:
        return file.read()


def remove(folder: str, name: str) -> None:
    """Overwrite the file and remove it. Raises ConfigurationError and OSError."""
    with _opened(folder, name) as (parent, handle):
        _zero(handle)
        os.unlink(os.path.basename(name), dir_fd=parent)
        os.fsync(parent)


def replace(folder: str, name: str, data: bytes) -> None:
    """Give the file new content, then overwrite the old: whenever a run ends, it holds the one or the other.

    Owner and mode stay. Raises ConfigurationError and OSError.
    """
    with _opened(folder, name) as (parent, handle):
        old = os.fstat(handle)
        fresh = f".{os.path.basename(name)}.{secrets.token_hex(8)}"
        new = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY | _OPEN, 0o600, dir_fd=parent)
        try:
            with os.fdopen(new, "wb") as file:
                file.write(data)
                if (os.geteuid(), os.getegid()) != (old.st_uid, old.st_gid):
                    os.fchown(new, old.st_uid, old.st_gid)
                os.fchmod(new, stat.S_IMODE(old.st_mode))
                file.flush()
                os.fsync(new)
            os.replace(fresh, os.path.basename(name), src_dir_fd=parent, dst_dir_fd=parent)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(fresh, dir_fd=parent)
            raise
        os.fsync(parent)
        _zero(handle)


@contextlib.contextmanager
def _opened(folder: str, name: str) -> Iterator[tuple[int, int]]:
    """The folder that the file lies in, and the file, both as descriptors. ``folder`` itself may be a link.

    Raises ConfigurationError for what is no plain file with one name inside the folder.
    """
    *above, last = _parts(name)
    with contextlib.ExitStack() as stack:

        def opened(path: str, flags: int, at: int | None) -> int:
            handle = os.open(path, flags, dir_fd=at)
            stack.callback(os.close, handle)
            return handle

        parent = opened(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, None)
        for part in above:
            _no_link(part, parent)
            parent = opened(part, os.O_RDONLY | os.O_DIRECTORY | _OPEN, parent)
        _no_link(last, parent)
        # A FIFO without a writer would hold up whoever opens it to read.
        handle = opened(last, os.O_RDWR | os.O_NONBLOCK | _OPEN, parent)
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ConfigurationError("is no plain file")
        if found.st_nlink > 1:
            raise ConfigurationError("has a second name on this disk (a hard link)")
        yield parent, handle


def _parts(name: str) -> list[str]:
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith(("/", "~")) or ".." in parts or not parts:
        raise ConfigurationError("lies outside the ticket's folder")
    return parts


def _no_link(name: str, parent: int) -> None:
    if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
        raise ConfigurationError("is a symbolic link, or lies behind one")


def _zero(handle: int) -> None:
    size = os.fstat(handle).st_size
    for start in range(0, size, _BLOCK):
        os.pwrite(handle, bytes(min(_BLOCK, size - start)), start)
    os.fsync(handle)
    os.ftruncate(handle, 0)
