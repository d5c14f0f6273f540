# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lanes: pairs of sessions that copy folders side by side."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial

from ..core.errors import ConnectionLost, FolderChanged, FolderClosed, FolderRefused, MigrationError, Throttled
from ..core.folder_wire import WireNames
from ..core.message_list import MessageList
from ..core.messages import Listed, Place
from ..core.sync_plan import FolderWork
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..imap.session import Session
from .caution import Company
from .copy import FolderCopy, give_up_culprits
from .feed import Feed, Reading
from .fetching import fetching, reading_of
from .flights import Flights
from .log import Log
from .openings import Openings
from .request import SyncRequest
from .slots import ServerSlots
from .space import octets
from .tally import Failure
from .tools import Tools

QUEUE_BYTES = 4 * 1024 * 1024
# Closed folders in a row after which it is the mailbox that is closed.
_MOST_CLOSED = 10
# What a folder must hold for another lane to be opened that helps to fetch it.
_MANY, _MANY_OCTETS = 2000, 100 * 1024 * 1024


class Lanes:
    """Folders shared out over pairs of sessions; one folder is always appended by one pair, so that order is kept."""

    def __init__(self, request: SyncRequest, tools: Tools, slots: ServerSlots, works: Sequence[FolderWork]) -> None:
        works = [give_up_culprits(tools, work) for work in works]
        slow = tools.doubts.slow
        calm = [_part(tools, work, alone=False) for work in works]
        self._request = request
        self._tools = tools
        self._slots = slots
        self._works = sorted((w for w in calm if w.new), key=lambda work: (work.pair.source in slow, -len(work.new)))
        self._openings = Openings(self._works, tools.kept)
        self._suspected = [work for each in works if (work := _part(tools, each, alone=True)).new]
        self._feeds: list[Feed] = []
        self._lock = threading.Lock()
        self._error: MigrationError | None = None
        self._postponed: Throttled | None = None

    def run(self, source: Session, destination: Session) -> None:
        """Copy all folders. The first error ends every lane between two folders and is raised.

        Messages that may be the reason of a loss come at the end, when nothing else is under way.
        """
        more = self._further_lanes()
        with ThreadPoolExecutor(max_workers=max(more, 1), thread_name_prefix="lane") as pool:
            lanes = [pool.submit(self._own_lane, source.names, destination.names) for _unused in range(more)]
            with suppress(FolderChanged):
                self._work(source, destination)
            for lane in lanes:
                lane.result()
        # What was put back: where folders are numbered anew at each login, only the session that listed can copy.
        self._work(source, destination)
        self._works, self._openings = self._suspected, Openings(self._suspected, self._tools.kept)
        self._work(source, destination)
        error = self._error or self._postponed
        if error is not None:
            raise error

    def _further_lanes(self) -> int:
        """A lane for each folder, or to help with one that is large."""
        worthwhile = sum(1 + max(len(w.new) // _MANY, octets([w]) // _MANY_OCTETS) for w in self._works)
        return min(self._request.limits.connections, worthwhile) - 1

    def _own_lane(self, source_names: WireNames, destination_names: WireNames) -> None:
        """A further pair of sessions; when there is none to be had the first one does the work."""
        with ExitStack() as stack:
            if not stack.enter_context(self._slots.one(wait=0)):
                return
            sessions = stack.enter_context(Opened())
            with suppress(MigrationError):
                source = sessions.add(logged_in(self._request.source, "source", self._tools.tally.log))
                source.share_names(source_names)
                destination = sessions.add(logged_in(self._request.destination, "destination", self._tools.tally.log))
                destination.share_names(destination_names)
                destination.reset_on_close(True)
                self._work(source, destination)

    def _work(self, source: Session, destination: Session) -> None:
        """Copy folder after folder. Raises FolderChanged alone; other errors are kept."""
        feed = Feed(QUEUE_BYTES, self._begin)
        self._feeds.append(feed)
        flights = Flights(destination, self._tools.journal, partial(self._ended, destination))
        try:
            # The thread that fetches may help others for long: they are told first.
            with fetching(source, self._tools, feed, lambda: self._feeds), self._telling():
                for reading in feed:
                    self._copy(reading, feed, flights)
                    if self._error is not None:
                        break
                if not destination.wire.broken:
                    flights.settle()
        except FolderChanged:
            self._put_back(feed.left())
            raise
        except MigrationError:
            return
        finally:
            with suppress(ConnectionLost):
                flights.drain()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What ends one lane ends them all, but for a folder that another session may still read."""
        try:
            yield
        except FolderChanged:
            raise
        except MigrationError as error:
            self._error = self._error or error
            raise

    def _begin(self) -> Reading | None:
        with self._lock:
            work = self._works.pop(0) if self._works and self._error is None else None
        return reading_of(work, self._tools) if work is not None else None

    def _copy(self, reading: Reading, feed: Feed, flights: Flights) -> None:
        work = reading.work
        self._tools.tally.begin(work.pair.source, octets([work]))
        try:
            opening = self._openings.of(work, flights.session)
            FolderCopy(flights, self._tools, work, opening).run(feed.messages(reading))
        except (FolderRefused, Throttled) as error:
            self._ended(flights.session, work, error)

    def _ended(self, destination: Session, work: FolderWork, error: FolderRefused | Throttled) -> None:
        """Nothing more of this folder is copied; the others go on unless it concerns them, too."""
        if isinstance(error, Throttled):
            alone = self._tools.doubts.may_be_its_own(work.pair.source, another=self._postponed is not None)
            self._postponed = self._postponed or error
            if destination.wire.broken or not alone:
                self._error = self._error or error
            return
        self._tools.tally.fail(Failure(work.pair.source, 0, "failed", error.what, error.remedy or "Run again"))
        if isinstance(error, FolderClosed):
            words = error.what.partition(": ")[2]
            kind = re.sub(r"\d+", "", words)
            closed = self._tools.learned.closed
            closed[kind] += 1
            if closed[kind] >= _MOST_CLOSED:
                what = f"the destination takes no message into any folder: {words}"
                self._error = self._error or FolderRefused(what, where=error.where, remedy=error.remedy)

    def _put_back(self, works: Sequence[FolderWork]) -> None:
        with self._lock:
            self._works[:0] = works


def _part(tools: Tools, work: FolderWork, *, alone: bool) -> FolderWork:
    """The work with only the messages that must be under way alone, or with only the others."""

    if tools.doubts.is_calm():
        return replace(work, new=MessageList()) if alone else work

    def is_alone(message: Listed) -> bool:
        return tools.doubts.company(Place(work.pair.source, work.uidvalidity, message.uid)) is Company.NONE

    return replace(work, new=work.new.where(lambda message: is_alone(message) is alone))


def logged_in(endpoint: Endpoint, side: str, log: Log) -> Session:
    """Connect to this ``side`` and log in; the log is told how long it took."""
    began = time.monotonic()
    session = connect(endpoint)
    log.note("login", side=side, where=endpoint.where(), seconds=round(time.monotonic() - began, 3))
    return session


class Opened:
    """Sessions that end together with the block, none of them waiting for the farewell of another."""

    def __init__(self) -> None:
        self._sessions: list[Session] = []

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *exc: object) -> None:
        for session in self._sessions:
            session.take_leave()
        for session in self._sessions:
            session.close()

    def add(self, session: Session) -> Session:
        """The session, closed with the others."""
        self._sessions.append(session)
        return session
