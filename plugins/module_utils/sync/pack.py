# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journals of a ticket that has ended, as one compressed file with a checksum, from which tar brings them back."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import sqlite3
import tarfile
import tempfile
from datetime import UTC, datetime
from typing import IO

from ..core.errors import JournalError
from .journal_file import readable
from .lock import mailbox_lock

_JOURNAL = re.compile(r"[0-9a-f]{64}\.sqlite")
_NAME = 64 + len(".sqlite")
_BLOCK = 1 << 20


def journals(state_dir: str) -> list[str]:
    """The names of all journals in the folder, sorted."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(name for name in os.listdir(state_dir) if _JOURNAL.fullmatch(name))
    return []


def pack_journals(state_dir: str, now: float) -> str:
    """Pack all journals and remove them; the path of the archive, beside which lies ``<archive>.sha256``.

    Each journal goes in as a whole database of its own, and is removed when the archive was read again and holds it.
    ``now`` is in seconds since the epoch. Raises :class:`JournalError` (another run works on a mailbox) and OSError.
    """
    names = journals(state_dir)
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    path = os.path.join(state_dir, f"journals-{stamp}.tar.gz")
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(mailbox_lock(os.path.join(state_dir, name), name, wait=0, now=now))
        digests = _write(state_dir, path, names)
        _require(path, digests)
        _durable(f"{path}.sha256", f"{_digest_of(path)}  {os.path.basename(path)}\n")
        _remove(state_dir, names)
    return path


def _write(state_dir: str, path: str, names: list[str]) -> dict[str, str]:
    """Write the archive; the digests of what it should hold, by name."""
    digests = {}
    with open(os.open(f"{path}.new", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w:gz") as archive:
            for name in names:
                with tempfile.TemporaryDirectory(dir=state_dir, prefix=".packing-") as folder:
                    copy = os.path.join(folder, name)
                    _copy(os.path.join(state_dir, name), copy)
                    digests[name] = _digest_of(copy)
                    archive.add(copy, arcname=name)
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)
    return digests


def _copy(journal: str, target: str) -> None:
    """What the journal and its log hold, as one file."""
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        readable(journal),
        contextlib.closing(sqlite3.connect(journal, timeout=30)) as source,
        contextlib.closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _require(path: str, digests: dict[str, str]) -> None:
    """See that the archive, read from the disk, holds what went into it."""
    with tarfile.open(path, "r:gz") as archive:
        found = {member.name: _digest(archive.extractfile(member) or io.BytesIO()) for member in archive}
    if found != digests:
        raise JournalError(
            "the packed journals are not what was packed; the journals stay as they are",
            where=path,
            remedy="Look at the disk, remove this file, and run again",
        )


def _digest_of(path: str) -> str:
    with open(path, "rb") as file:
        return _digest(file)


def _digest(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _durable(path: str, text: str) -> None:
    with open(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove(state_dir: str, names: list[str]) -> None:
    """The journals and what belongs to them, their locks excepted: another run may be waiting for one."""
    owners = set(names)
    beside = [name for name in os.listdir(state_dir) if name[:_NAME] in owners and not name.endswith(".lock")]
    # The copies first: a journal without one is whole, a copy without its journal would take its place.
    for name in sorted(beside, key=len, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(state_dir, name))
