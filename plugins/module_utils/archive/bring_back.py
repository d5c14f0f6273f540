# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archived messages go back to the folders that they came from: exactly those that the archiver moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.errors import FolderRefused
from ..core.uids import UidSet
from ..imap.change import can_move
from ..imap.dates import fetch_dates
from ..imap.session import Session
from .mover import BATCH, Mover
from .places import Places
from .record import Archived, Record
from .request import ArchiveRequest, ArchiveResult, Failed, FolderResult, Moved

_NO_MOVE = "the server offers neither MOVE nor UIDPLUS"


class BringBack:
    """Undoes the archiving of one mailbox."""

    def __init__(
        self,
        request: ArchiveRequest,
        session: Session,
        record: Record,
        mover: Mover,
        places: Places,
        result: ArchiveResult,
    ) -> None:
        self._check_only = request.check
        self._session = session
        self._record = record
        self._mover = mover
        self._places = places
        self._result = result

    def run(self, check: Callable[[], None]) -> None:
        """Do it, or only plan it."""
        if not self._check_only:
            for begun in self._record.begun():
                self._record.finish(begun.folder)
        for archived in self._record.archived():
            check()
            try:
                self._one(archived, check)
            except FolderRefused as error:
                self._result.failures.append(Failed(archived.target, error.what, error.remedy or "Run again"))
        if not self._check_only:
            self._session.leave()
            self._places.remove_empty()

    def _one(self, archived: Archived, check: Callable[[], None]) -> None:
        uids = self._present(archived)
        if not uids:
            return
        moved = Moved(archived.target, archived.origin, 0, len(uids) if self._check_only else 0)
        outcome = FolderResult(archived.target, self._exists, self._exists - moved.messages, moves=[moved])
        self._result.folders.append(outcome)
        if self._check_only:
            self._places.plan(archived.origin)
            return
        if not can_move(self._session):
            raise FolderRefused(_NO_MOVE, remedy="Move them by the server's own means")
        self._places.ensure(archived.origin, ours=False)
        self._session.select(archived.target)
        for start in range(0, len(uids), BATCH):
            check()
            part = uids[start : start + BATCH]
            done = self._mover.move(archived.target, archived.uidvalidity, part, archived.origin, back=True)
            moved.messages += done
            outcome.left -= done

    def _present(self, archived: Archived) -> Sequence[int]:
        """The uids of these messages that are still there; the user may have moved or removed some."""
        self._exists = 0
        try:
            selected = self._session.examine(archived.target)
        except FolderRefused:
            return ()
        self._exists = selected.exists
        if selected.uidvalidity != archived.uidvalidity:
            self._result.warn(
                f"{archived.target}: its messages are numbered anew since they were archived from {archived.origin}:"
                " which of them the archiver put there cannot be told, so they stay"
            )
            return ()
        there = UidSet(uid for uid, _unused in fetch_dates(self._session, archived.uids.last + 1))
        return [uid for uid in archived.uids if uid in there] if selected.exists else ()
