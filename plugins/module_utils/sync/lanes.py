# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lanes: pairs of sessions that copy folders side by side."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

from ..core.errors import FolderRefused, MigrationError
from ..core.folder_wire import WireNames
from ..core.sync_plan import FolderWork
from ..imap.connection import connect
from ..imap.session import Session
from .copy import FolderCopy, Tools
from .lock import ServerSlots
from .request import SyncRequest
from .tally import Failure


class Lanes:
    """Folders shared out over pairs of sessions; one folder is always worked by one pair, so that order is kept."""

    def __init__(self, request: SyncRequest, tools: Tools, slots: ServerSlots, works: Sequence[FolderWork]) -> None:
        self._request = request
        self._tools = tools
        self._slots = slots
        self._works = sorted(works, key=lambda work: -len(work.new))
        self._lock = threading.Lock()
        self._error: MigrationError | None = None

    def run(self, source: Session, destination: Session) -> None:
        """Copy all folders. The first error ends every lane between two folders and is raised."""
        more = min(self._request.limits.connections, len(self._works)) - 1
        with ThreadPoolExecutor(max_workers=max(more, 1), thread_name_prefix="lane") as pool:
            lanes = [pool.submit(self._own_lane, source.names, destination.names) for _unused in range(more)]
            self._work(source, destination)
            for lane in lanes:
                lane.result()
        if self._error is not None:
            raise self._error

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
                self._work(source, destination)

    def _work(self, source: Session, destination: Session) -> None:
        with ExitStack() as stack:
            while (work := self._next()) is not None:
                try:
                    # A folder that failed half-way has dropped its source session.
                    source = self._again(stack, source) if source.dropped else source
                    FolderCopy(source, destination, self._tools, work.pair, work.uidvalidity).run(work.new)
                except FolderRefused as error:
                    remedy = error.remedy or "Run again"
                    self._tools.tally.fail(Failure(work.pair.source, 0, "failed", error.what, remedy))
                except MigrationError as error:
                    self._error = self._error or error
                    return

    def _again(self, stack: ExitStack, dropped: Session) -> Session:
        session = opened(stack, connect(self._request.source))
        session.share_names(dropped.names)
        return session

    def _next(self) -> FolderWork | None:
        with self._lock:
            return self._works.pop(0) if self._works and self._error is None else None


def opened(stack: ExitStack, session: Session) -> Session:
    """The session, closed with the stack."""
    stack.callback(session.close)
    return session
