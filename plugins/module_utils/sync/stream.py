# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A queue between the thread that fetches and the one that appends, bounded by octets."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Abandoned(Exception):
    """The reader of the stream has gone; the producer ends."""


class Stream(Generic[Item]):
    """Items made by a thread of its own, read by iterating. At most ``limit`` octets wait; one item always may.

    What waits is handed over together; the next may wait meanwhile.

    An exception of the producer is raised in the reader after the items before it. Leaving the ``with`` block ends
    the producer; ``interrupt`` is called first when it still works, to wake it from a blocking read.
    """

    def __init__(
        self, items: Iterable[Item], size_of: Callable[[Item], int], limit: int, interrupt: Callable[[], None]
    ) -> None:
        self._items = items
        self._size_of = size_of
        self._limit = limit
        self._interrupt = interrupt
        self._queue: deque[Item] = deque()
        self._waiting = 0
        self._ended = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._produce, name="fetch", daemon=True)

    def __enter__(self) -> Stream[Item]:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._changed:
            self._abandoned = True
            working = not self._ended
            self._changed.notify_all()
        if working:
            self._interrupt()
        self._thread.join()

    def __iter__(self) -> Iterator[Item]:
        while True:
            with self._changed:
                while not self._queue and not self._ended:
                    self._changed.wait()
                if not self._queue:
                    if self._error is not None:
                        raise self._error
                    return
                # All at once: a lock for each would cost more than the rest of a small message's way.
                items, self._queue = self._queue, deque()
                self._waiting = 0
                self._changed.notify_all()
            while items:
                yield items.popleft()

    def _produce(self) -> None:
        error: BaseException | None = None
        try:
            for item in self._items:
                self._put(item)
        except Abandoned:
            pass
        except BaseException as raised:
            error = raised
        with self._changed:
            self._error = error
            self._ended = True
            self._changed.notify_all()

    def _put(self, item: Item) -> None:
        size = self._size_of(item)
        with self._changed:
            while self._waiting and self._waiting + size > self._limit and not self._abandoned:
                self._changed.wait()
            if self._abandoned:
                raise Abandoned
            self._queue.append(item)
            self._waiting += size
            if len(self._queue) == 1:
                self._changed.notify_all()
