# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What keeps a pass within bounds: rate, daily budget of octets, deadline, stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..core.errors import Stopped
from .journal import Journal

_POLL = 0.5
# Octets of which the journal need not know yet; a process that is killed forgets them.
_UNSAVED = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one mailbox. 0 or None means no bound. ``deadline`` is seconds since the epoch."""

    connections: int = 2
    server_connections: int = 0
    messages_per_second: float = 0.0
    bytes_per_day: int = 0
    deadline: float | None = None


class Gate:
    """Asked before each batch: waits for the rate, raises :class:`Stopped` at a bound. Shared by all connections.

    The budget: :meth:`promise` before octets are asked for, :meth:`fetched` when they are there.
    """

    def __init__(
        self, limits: Limits, journal: Journal, stopped: Callable[[], bool], clock: Callable[[], float]
    ) -> None:
        self._limits = limits
        self._journal = journal
        self._stopped = stopped
        self._clock = clock
        self._lock = threading.Lock()
        self._next_free = time.monotonic()
        self._promised = 0
        self._unsaved = 0

    def check(self) -> None:
        """Raise when no more may be begun."""
        if self._stopped():
            raise Stopped("the run that wanted this work is gone", remedy="Run again: it goes on where this one ended")
        if self._limits.deadline is not None and self._clock() >= self._limits.deadline:
            raise Stopped("the deadline is reached", remedy="Run again in the next window: it goes on from here")

    def has_rate(self) -> bool:
        """Whether :meth:`admit` waits at all."""
        return bool(self._limits.messages_per_second)

    def admit(self, messages: int) -> None:
        """Wait until ``messages`` more fit into the rate."""
        if not self._limits.messages_per_second:
            return
        with self._lock:
            start = max(self._next_free, time.monotonic())
            self._next_free = start + messages / self._limits.messages_per_second
        self._sleep_until(start)

    def wait(self, seconds: float, reason: str) -> None:
        """Wait for a server. Raises at once when the deadline comes first."""
        deadline = self._limits.deadline
        if deadline is not None and self._clock() + seconds >= deadline:
            raise Stopped(
                f"the deadline comes before the server is to be asked again in {seconds:.0f} s ({reason})",
                remedy="Run again in the next window: it goes on from here",
            )
        self._sleep_until(time.monotonic() + seconds)

    def has_budget(self) -> bool:
        """Whether the octets of a day are limited."""
        return bool(self._limits.bytes_per_day)

    def exceeds(self, octets: int) -> bool:
        """Whether a message of this size is more than a whole day's budget."""
        return bool(self._limits.bytes_per_day) and octets > self._limits.bytes_per_day

    def promise(self, octets: int) -> bool:
        """Set ``octets`` of today's budget aside; false when it has not so many left."""
        if not self._limits.bytes_per_day:
            return True
        with self._lock:
            if self._used() + self._promised + octets > self._limits.bytes_per_day:
                return False
            self._promised += octets
        return True

    def release(self, octets: int) -> None:
        """What was promised came, or will not come."""
        if self._limits.bytes_per_day:
            with self._lock:
                self._promised -= octets

    def fetched(self, octets: int) -> None:
        """Count octets of messages that came from the source."""
        if not self._limits.bytes_per_day:
            return
        with self._lock:
            self._unsaved += octets
            if self._unsaved >= min(_UNSAVED, self._limits.bytes_per_day // 100):
                self._save()

    def save(self) -> None:
        """Make the count durable."""
        with self._lock:
            self._save()

    def spent(self) -> Stopped:
        """The error that ends a pass whose budget is used up."""
        return Stopped(
            f"the daily budget of {self._limits.bytes_per_day} bytes of this source account is used up",
            remedy="Run again tomorrow (UTC): it goes on from here",
        )

    def as_result(self) -> dict[str, Any]:
        """The limits that are set, with what is left of them."""
        found: dict[str, Any] = {"connections": self._limits.connections}
        if self._limits.server_connections:
            found["server_connections"] = self._limits.server_connections
        if self._limits.messages_per_second:
            found["messages_per_second"] = self._limits.messages_per_second
        if self._limits.bytes_per_day:
            used = self._used()
            found["bytes_per_day"] = self._limits.bytes_per_day
            found["bytes_today"] = used
            found["bytes_left"] = max(self._limits.bytes_per_day - used, 0)
        if self._limits.deadline is not None:
            found["seconds_left"] = max(round(self._limits.deadline - self._clock()), 0)
        return found

    def _sleep_until(self, moment: float) -> None:
        while (left := moment - time.monotonic()) > 0:
            self.check()
            time.sleep(min(left, _POLL))

    def _used(self) -> int:
        return self._journal.bytes_on(self._today()) + self._unsaved

    def _save(self) -> None:
        if self._unsaved:
            octets, self._unsaved = self._unsaved, 0
            self._journal.add_bytes(self._today(), octets)

    def _today(self) -> str:
        return datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%d")
