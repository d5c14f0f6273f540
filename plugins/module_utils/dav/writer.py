# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Resources sent to a server, several at once, and what its answers mean for each."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ..core.errors import MigrationError, OverQuota
from .collection import Collection
from .dav_http import DavHttp, host_of
from .mending import lengthened
from .plan import CHANGED, Fate, Step
from .remote import Put, RemoteCollection, is_full, why_refused
from .values import Item, Note
from .verdict import complaint

_BATCH = 100


@dataclass(frozen=True)
class Outcome:
    """What became of a resource: a :class:`Fate`, ``refused`` or ``failed``, with reason and remedy."""

    item: Item
    fate: str
    reason: str = ""
    remedy: str = ""


class Writer:
    """Sends resources, several at once.

    ``trouble`` is what ended it before all were sent, ``notes`` what had to be altered for the server.
    """

    def __init__(self, http: DavHttp, collection: Collection, connections: int) -> None:
        self._remote = RemoteCollection(http, collection)
        self._host = host_of(collection.url)
        self._connections = connections
        self._lock = threading.Lock()
        self.trouble: MigrationError | None = None
        self.notes: list[Note] = []

    def batches(self, steps: Sequence[Step]) -> Iterator[list[tuple[Step, Put | MigrationError]]]:
        """Each step with what became of it, some at a time."""
        with ThreadPoolExecutor(self._connections) as pool:
            for start in range(0, len(steps), _BATCH):
                some = steps[start : start + _BATCH]
                yield list(zip(some, pool.map(self._one, some), strict=True))

    def _one(self, step: Step) -> Put | MigrationError:
        if self.trouble is not None:
            return self.trouble
        try:
            answer = self._put(step)
        except MigrationError as error:
            return self._ended(error)
        if is_full(answer):
            return self._ended(
                OverQuota(
                    "the server has no room left for this user",
                    where=self._host,
                    remedy="Raise the user's quota, then run again",
                )
            )
        return answer

    def _put(self, step: Step) -> Put:
        """Send it; what a server refuses for its length with a length that it takes."""
        answer = self._remote.put(step.href, step.item, step.etag)
        if answer.rule != "valid-calendar-data":
            return answer
        other = replace(step.item, text=lengthened(step.item.text))
        again = self._remote.put(step.href, other, step.etag) if other.text != step.item.text else answer
        if again.done:
            told = "it lasts no time, which the server does not take, and was given one minute (a whole day its day)"
            self.notes += [Note(origin, told) for origin in step.item.origins]
        return again if again.done else answer

    def _ended(self, error: MigrationError) -> MigrationError:
        with self._lock:
            self.trouble = self.trouble or error
        return self.trouble


def why_not_written(step: Step, answer: Put | MigrationError) -> Outcome:
    """What is said of a resource that the server did not take."""
    item = step.item
    if isinstance(answer, MigrationError):
        return Outcome(item, "failed", answer.what, answer.remedy)
    refused = why_refused(answer, item)
    if refused:
        reason, remedy = refused
        said = complaint(item.text) if answer.status in (400, 415, 422) else ""
        return Outcome(item, "refused", f"{reason}: {said}" if said else reason, remedy)
    if answer.status == 412 and step.fate is Fate.CREATE:
        # Nothing is there by that name, as has been looked twice: the server means something else.
        said = complaint(item.text) or f"it has {len(item.text.encode('utf-8', 'replace')):,} octets"
        return Outcome(item, "refused", f"the server does not take it (HTTP 412; {said})", "Enter it by hand")
    if answer.status == 412:
        return Outcome(item, Fate.KEPT, CHANGED)
    if answer.status == 403:
        return Outcome(item, "failed", "the login may not write there (HTTP 403)", "Check the rights of the login")
    return Outcome(item, "failed", f"the server did not take it (HTTP {answer.status})", "Run again later")
