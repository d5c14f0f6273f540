# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages between the threads that fetch and the one that appends: folder after folder, in order, bounded by octets.

A folder comes in parts, each asked for by one command. Several readers may bring parts of one folder at a time; the
appender gets them in the order of the folder.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..core.sync_plan import FolderWork
from ..imap.fetch import Fetched

# Overhead of one message beside its octets; keeps a queue of tiny messages short.
OVERHEAD = 1024
# Folders that are read ahead of the one that is appended.
_FOLDERS_AHEAD = 4
# Seconds after which the appender looks at what it has sent while no message comes.
_LOOK = 0.1


class Abandoned(Exception):
    """Nobody waits for these messages any more; their reader ends."""


class Part:
    """Messages of a folder that one command asks for, as they come."""

    __slots__ = ("ended", "error", "items", "octets", "reading", "uids")

    def __init__(self, reading: Reading, uids: Sequence[int]) -> None:
        self.reading = reading
        self.uids = uids
        self.items: deque[Fetched] = deque()
        self.octets = 0
        self.ended = False
        self.error: BaseException | None = None


class Reading:
    """One folder on its way. ``groups`` are the uids of its parts, ``left`` how many messages nobody asked for yet."""

    def __init__(self, work: FolderWork, groups: Iterator[Sequence[int]]) -> None:
        self.work = work
        self.left = len(work.new)
        self._groups = groups
        self.parts: deque[Part] = deque()
        self.is_asked = False
        self.is_given_up = False
        self.error: BaseException | None = None

    def next_part(self) -> Part | None:
        """Another part of it, in the order of the folder."""
        uids = None if self.is_given_up or self.error else next(self._groups, None)
        if uids is None:
            self.is_asked = True
            return None
        self.left -= len(uids)
        self.parts.append(Part(self, uids))
        return self.parts[-1]


class Feed:
    """The folders of one appender. ``begin`` gives the next one, None when there are no more.

    At most ``limit`` octets wait, beside what was handed over; one message of the part that is waited for always may.
    """

    def __init__(self, limit: int, begin: Callable[[], Reading | None]) -> None:
        self._limit = limit
        self._begin = begin
        self._readings: deque[Reading] = deque()
        self._head: Part | None = None
        self._waiting = 0
        self._has_ended = False
        self._is_closed = False
        self._error: BaseException | None = None
        self._readers: list[Callable[[], None]] = []
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    # For readers

    @contextmanager
    def reader(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Someone who brings parts in here; ``interrupt`` wakes him from a blocking read when the feed is closed."""
        with self._changed:
            self._check()
            self._readers.append(interrupt)
        try:
            yield
        finally:
            with self._changed:
                self._readers.remove(interrupt)

    def next(self) -> Reading | None:
        """The next folder to be read, once the appender is not too far behind; None when there are no more."""
        with self._changed:
            while len(self._readings) > _FOLDERS_AHEAD and not self._is_closed:
                self._changed.wait()
            self._check()
            reading = self._begin()
            if reading is None:
                self._has_ended = True
            else:
                self._readings.append(reading)
            self._changed.notify_all()
            return reading

    def take(self, reading: Reading) -> Part | None:
        """A part that nobody has asked for yet."""
        with self._changed:
            # Of a folder that was left the reader ends what it has begun; only others are sent away in the middle.
            if not reading.is_given_up:
                self._check()
            part = reading.next_part()
            self._changed.notify_all()
            return part

    def put(self, part: Part, message: Fetched) -> None:
        """Hand over one message; waits for room."""
        size = OVERHEAD + (len(message.body) if message.body is not None else 0)
        with self._lock:
            while self._is_full(part, size):
                self._changed.wait()
            if part.reading.is_given_up:
                _close(message)
                return
            self._check()
            part.items.append(message)
            part.octets += size
            self._waiting += size
            if len(part.items) == 1 and part is self._head:
                self._changed.notify_all()

    def end(self, part: Part) -> None:
        """All of it came."""
        with self._changed:
            part.ended = True
            self._changed.notify_all()

    def fail(self, reading: Reading, part: Part | None, error: BaseException) -> None:
        """Nothing more of the folder comes, after what came of ``part``."""
        with self._changed:
            if part is not None:
                part.error = error
            else:
                reading.error = reading.error or error
            self._changed.notify_all()

    def end_all(self, error: BaseException | None = None) -> None:
        """No more folders come from the reader of this feed."""
        with self._changed:
            self._has_ended = True
            self._error = self._error or error
            self._changed.notify_all()

    def most_behind(self, least: int) -> Reading | None:
        """The folder of which most is not asked for yet, at least so many messages."""
        with self._changed:
            known = [] if self._is_closed else [each for each in self._readings if not each.is_given_up]
            fit = [each for each in known if each.left >= least and each.error is None]
            return max(fit, key=lambda each: each.left, default=None)

    # For the appender

    def __iter__(self) -> Iterator[Reading]:
        """The folders in the order in which they are read; of one that is left what is not read yet is dropped."""
        while True:
            with self._changed:
                while not self._readings and not self._has_ended:
                    self._changed.wait()
                if not self._readings:
                    if self._error is not None:
                        raise self._error
                    return
                reading = self._readings[0]
            yield reading
            self._give_up(reading)

    def messages(self, reading: Reading) -> Iterator[Fetched | None]:
        """The messages of the folder whose turn it is; raises what ended their reading, after those before it.

        None now and then while no message comes.
        """
        while (items := self._next_items(reading)) is None or items:
            if items is None:
                yield None
            while items:
                yield items.popleft()

    def close(self) -> None:
        """Send the readers away. They are woken unless every folder was appended or left."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            for interrupt in self._readers if self._readings else ():
                interrupt()

    def left(self) -> list[FolderWork]:
        """The folders that were begun and not appended to their end."""
        with self._changed:
            return [reading.work for reading in self._readings]

    def _next_items(self, reading: Reading) -> deque[Fetched] | None:
        """What waits for the appender: nothing at the end of the folder, None when it takes long to come."""
        with self._changed:
            while True:
                part = self._turn_to(reading.parts[0] if reading.parts else None)
                if part is not None and part.items:
                    # All at once: a lock for each would cost more than the rest of a small message's way.
                    items, part.items = part.items, deque()
                    self._drop(part)
                    return items
                if part is not None and part.ended:
                    reading.parts.popleft()
                    continue
                error = (part.error if part is not None else reading.error) or self._error
                if error is not None:
                    raise error
                if part is None and reading.is_asked:
                    return deque()
                if not self._changed.wait(_LOOK):
                    return None

    def _turn_to(self, part: Part | None) -> Part | None:
        if part is not self._head:
            self._head = part
            self._changed.notify_all()
        return part

    def _give_up(self, reading: Reading) -> None:
        with self._changed:
            reading.is_given_up = True
            for part in reading.parts:
                for message in part.items:
                    _close(message)
                part.items.clear()
                self._drop(part)
            self._readings.popleft()
            self._changed.notify_all()

    def _drop(self, part: Part) -> None:
        """What waited in it does so no more."""
        self._waiting -= part.octets
        part.octets = 0
        self._changed.notify_all()

    def _is_full(self, part: Part, size: int) -> bool:
        if self._is_closed or part.reading.is_given_up or not self._waiting:
            return False
        # The one that is waited for is never held up by what others brought ahead of it.
        return self._waiting + size > self._limit and (bool(part.items) or part is not self._head)

    def _check(self) -> None:
        if self._is_closed:
            raise Abandoned


def _close(message: Fetched) -> None:
    if message.body is not None:
        message.body.close()
