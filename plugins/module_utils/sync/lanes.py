# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lanes: pairs of sessions that copy folders side by side."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import replace

from ..core.errors import FolderChanged, FolderClosed, FolderRefused, MigrationError, Throttled
from ..core.folder_wire import WireNames
from ..core.message_list import MessageList
from ..core.messages import Listed, Place
from ..core.sync_plan import FolderWork
from ..imap.connection import connect
from ..imap.session import Session
from .caution import Company
from .copy import FolderCopy, give_up_culprits
from .lock import ServerSlots
from .request import SyncRequest
from .sending import Tools
from .tally import Failure

# Closed folders in a row after which it is the mailbox that is closed.
_MOST_CLOSED = 10


class Lanes:
    """Folders shared out over pairs of sessions; one folder is always worked by one pair, so that order is kept."""

    def __init__(self, request: SyncRequest, tools: Tools, slots: ServerSlots, works: Sequence[FolderWork]) -> None:
        works = [give_up_culprits(tools, work) for work in works]
        slow = tools.doubts.slow
        calm = [_part(tools, work, alone=False) for work in works]
        self._request = request
        self._tools = tools
        self._slots = slots
        self._works = sorted((w for w in calm if w.new), key=lambda work: (work.pair.source in slow, -len(work.new)))
        self._suspected = [work for each in works if (work := _part(tools, each, alone=True)).new]
        self._lock = threading.Lock()
        self._error: MigrationError | None = None
        self._postponed: Throttled | None = None
        self._closed: Counter[str] = Counter()

    def run(self, source: Session, destination: Session) -> None:
        """Copy all folders. The first error ends every lane between two folders and is raised.

        Messages that may be the reason of a loss come at the end, when nothing else is under way.
        """
        more = min(self._request.limits.connections, len(self._works)) - 1
        with ExitStack() as stack:
            with ThreadPoolExecutor(max_workers=max(more, 1), thread_name_prefix="lane") as pool:
                lanes = [pool.submit(self._own_lane, source.names, destination.names) for _unused in range(more)]
                with suppress(FolderChanged):
                    source = self._work(stack, source, destination)
                for lane in lanes:
                    lane.result()
            # What was put back: where folders are numbered anew at each login, only the session that listed can copy.
            source = self._work(stack, source, destination)
            self._works = self._suspected
            self._work(stack, source, destination)
        error = self._error or self._postponed
        if error is not None:
            raise error

    def _own_lane(self, source_names: WireNames, destination_names: WireNames) -> None:
        """A further pair of sessions; when there is none to be had the first one does the work."""
        with ExitStack() as stack:
            if not stack.enter_context(self._slots.one(wait=0)):
                return
            with suppress(MigrationError):
                source = opened(stack, connect(self._request.source))
                source.share_names(source_names)
                destination = opened(stack, connect(self._request.destination))
                destination.share_names(destination_names)
                destination.reset_on_close(True)
                self._work(stack, source, destination)

    def _work(self, stack: ExitStack, source: Session, destination: Session) -> Session:
        """Copy folder after folder; the source session in use at the end."""
        while (work := self._next()) is not None:
            try:
                # A folder that failed half-way has dropped its source session.
                source = self._again(stack, source) if source.dropped else source
                FolderCopy(source, destination, self._tools, work).run()
                self._closed.clear()
            except FolderRefused as error:
                self._refused(work, error)
            except Throttled as error:
                self._asked_to_wait(work, error, broken=destination.wire.broken)
            except FolderChanged:
                self._put_back(work)
                raise
            except MigrationError as error:
                self._error = self._error or error
        return source

    def _again(self, stack: ExitStack, dropped: Session) -> Session:
        session = opened(stack, connect(self._request.source))
        session.share_names(dropped.names)
        return session

    def _refused(self, work: FolderWork, error: FolderRefused) -> None:
        self._tools.tally.fail(Failure(work.pair.source, 0, "failed", error.what, error.remedy or "Run again"))
        if isinstance(error, FolderClosed):
            words = error.what.partition(": ")[2]
            kind = re.sub(r"\d+", "", words)
            self._closed[kind] += 1
            if self._closed[kind] >= _MOST_CLOSED:
                what = f"the destination takes no message into any folder: {words}"
                self._error = self._error or FolderRefused(what, where=error.where, remedy=error.remedy)

    def _asked_to_wait(self, work: FolderWork, error: Throttled, *, broken: bool) -> None:
        alone = self._tools.doubts.may_be_its_own(work.pair.source, another=self._postponed is not None)
        self._postponed = self._postponed or error
        if broken or not alone:
            self._error = self._error or error

    def _put_back(self, work: FolderWork) -> None:
        with self._lock:
            self._works.insert(0, work)

    def _next(self) -> FolderWork | None:
        with self._lock:
            return self._works.pop(0) if self._works and self._error is None else None


def _part(tools: Tools, work: FolderWork, *, alone: bool) -> FolderWork:
    """The work with only the messages that must be under way alone, or with only the others."""

    if tools.doubts.is_calm():
        return replace(work, new=MessageList()) if alone else work

    def is_alone(message: Listed) -> bool:
        return tools.doubts.company(Place(work.pair.source, work.uidvalidity, message.uid)) is Company.NONE

    return replace(work, new=work.new.where(lambda message: is_alone(message) is alone))


def opened(stack: ExitStack, session: Session) -> Session:
    """The session, closed with the stack."""
    stack.callback(session.close)
    return session
