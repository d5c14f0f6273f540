# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a pass within bounds: rate, daily budget of octets, deadline, stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ..core.errors import Stopped
from .journal import Journal


@dataclass(frozen=True)
class Limits:
    """Bounds of one mailbox. 0 or None means no bound. ``deadline`` is seconds since the epoch."""

    connections: int = 2
    server_connections: int = 0
    messages_per_second: float = 0.0
    bytes_per_day: int = 0
    deadline: float | None = None


class Gate:
    """Asked before each batch: waits for the rate, raises :class:`Stopped` at a bound. Shared by all connections."""

    def __init__(
        self, limits: Limits, journal: Journal, stopped: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._journal = journal
        self._stopped = stopped
        self._clock = clock
        self._lock = threading.Lock()
        self._next_free = time.monotonic()

    def check(self) -> None:
        """Raise when no more may be begun."""
        if self._stopped():
            raise Stopped("the run that wanted this work is gone", remedy="Run again: it goes on where this one ended")
        if self._limits.deadline is not None and self._clock() >= self._limits.deadline:
            raise Stopped("the deadline is reached", remedy="Run again in the next window: it goes on from here")
        if self._limits.bytes_per_day and self._journal.bytes_on(self._today()) >= self._limits.bytes_per_day:
            raise Stopped(
                f"the daily budget of {self._limits.bytes_per_day} bytes of this source account is used up",
                remedy="Run again tomorrow (UTC): it goes on from here",
            )

    def admit(self, messages: int) -> None:
        """Wait until ``messages`` more fit into the rate."""
        if not self._limits.messages_per_second:
            return
        with self._lock:
            start = max(self._next_free, time.monotonic())
            self._next_free = start + messages / self._limits.messages_per_second
        while (left := start - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, 0.5))

    def fetched(self, octets: int) -> None:
        """Count octets that came from the source."""
        if self._limits.bytes_per_day:
            self._journal.add_bytes(self._today(), octets)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")
