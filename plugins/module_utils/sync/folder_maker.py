# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders of the destination: created and subscribed once, and not against its user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ..core.errors import FolderRefused
from ..core.folders import FolderPair
from ..core.sync_plan import FolderWork
from ..imap.session import Session
from .request import SyncResult
from .tally import Failure


class FolderMaker:
    """Makes folders that miss. Without a session, or with ``writing`` false, it only notes what it would do."""

    def __init__(self, session: Session | None, result: SyncResult, *, writing: bool) -> None:
        self._session = session if writing else None
        self._result = result
        self._made: set[str] = set()

    def make(self, pairs: Sequence[FolderPair], worked_off: Collection[str]) -> list[FolderPair]:
        """Create and subscribe; the pairs that can be worked on.

        Source folders in ``worked_off`` have been brought over before: what misses of them was removed by the
        destination's user and comes back only when there is something new to put into it.
        """
        ready = []
        for pair in pairs:
            is_there = True
            if pair.source not in worked_off:
                is_there = self._make(pair)
                self._subscribe(pair)
            if pair.selectable and is_there:
                ready.append(pair)
        return ready

    def make_for(self, works: Iterable[FolderWork]) -> list[FolderWork]:
        """Create the folders that works with new messages need; the works that can be done."""
        return [work for work in works if not work.new or self._make(work.pair)]

    def _make(self, pair: FolderPair) -> bool:
        """Whether the folder is there now."""
        if not pair.create or pair.destination in self._made:
            return True
        try:
            if self._session is not None:
                self._session.create(pair.destination)
        except FolderRefused as error:
            self._fail(pair, error)
            return False
        self._made.add(pair.destination)
        self._result.folders_created.append(pair.destination)
        return True

    def _subscribe(self, pair: FolderPair) -> None:
        if not pair.subscribe:
            return
        try:
            if self._session is not None:
                self._session.subscribe(pair.destination)
            self._result.folders_subscribed.append(pair.destination)
        except FolderRefused as error:
            self._fail(pair, error)

    def _fail(self, pair: FolderPair, error: FolderRefused) -> None:
        reason = f"{pair.destination}: {error.what}"
        self._result.tally.fail(Failure(pair.source, 0, "failed", reason, error.remedy or "Run again"))
