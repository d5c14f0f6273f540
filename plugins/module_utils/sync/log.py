# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The mailbox's log: what happened when, a JSON object a line. It tells of folders, counts, uids, never of content."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from ..core.masking import mask

# Two older files of this size are kept beside the one that is written.
LIMIT_OCTETS = 512 * 1024
KEPT = 2
# Where words of servers go, which may repeat what they were told.
_TEXTS = frozenset({"reason", "remedy", "text"})


class Log(Protocol):
    """Takes what happens. Never raises, and may be called by several threads."""

    def note(self, event: str, **facts: Any) -> None:
        """``event`` happened; ``facts`` are plain values."""


class Silence:
    """A log that nobody keeps."""

    def note(self, event: str, **facts: Any) -> None:
        """See :class:`Log`."""


def log_path(state_dir: str, mailbox: str) -> str:
    """Where the log of ``mailbox`` lies: under its address, which eight digits tell from others that read alike."""
    address = mailbox.strip().lower()
    name = re.sub(r"[^a-z0-9@.+_-]", "_", address)[:100]
    return os.path.join(state_dir, "logs", f"{name}-{hashlib.sha256(address.encode()).hexdigest()[:8]}.jsonl")


class LogFile:
    """Appends to the file of ``mailbox`` in ``state_dir``, which is put aside when it has grown to its limit.

    ``secrets`` are kept out of all texts. What cannot be written is left out: a full disk is no reason to end a pass.
    """

    def __init__(
        self,
        state_dir: str,
        mailbox: str,
        secrets: Callable[[], tuple[str, ...]],
        clock: Callable[[], float],
        *,
        limit: int = LIMIT_OCTETS,
    ) -> None:
        self._path = log_path(state_dir, mailbox)
        self._always = {"mailbox": mailbox, "ticket": os.path.basename(state_dir), "process": os.getpid()}
        self._secrets = secrets
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._file: int | None = None
        self._size = 0

    def __enter__(self) -> LogFile:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._close()

    def note(self, event: str, **facts: Any) -> None:
        """See :class:`Log`."""
        with self._lock, contextlib.suppress(OSError):
            time = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
            line = {"time": time, **self._always, "event": event, **self._masked(facts)}
            self._write(f"{json.dumps(line)}\n".encode())

    def _masked(self, facts: dict[str, Any]) -> dict[str, Any]:
        return {
            name: mask(value, self._secrets()) if name in _TEXTS and isinstance(value, str) else value
            for name, value in facts.items()
        }

    def _write(self, line: bytes) -> None:
        if self._file is not None and self._size + len(line) > self._limit:
            self._close()
        if self._file is None:
            self._file = self._open(len(line))
            self._size = os.fstat(self._file).st_size
        self._size += os.write(self._file, line)

    def _open(self, more: int) -> int:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if os.stat(self._path).st_size + more > self._limit:
                self._put_aside()
        return os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _put_aside(self) -> None:
        names = [self._path, *(f"{self._path}.{number}" for number in range(1, KEPT + 1))]
        for older, newer in zip(reversed(names), reversed(names[:-1]), strict=False):
            with contextlib.suppress(FileNotFoundError):
                os.replace(newer, older)

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
