# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt at a mailbox: what was begun is completed, then what is over the threshold is archived."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from ..core.archive_plan import MOST_FOLDERS, Large, archive_name, large_folders
from ..core.errors import FolderRefused, Stopped
from ..core.folders import NOT_SELECTABLE
from ..imap.change import can_move
from ..imap.session import Session
from ..sync.journal import Journal
from .bring_back import BringBack
from .mover import BATCH, Mover
from .places import Places
from .record import Begun, Record
from .request import ArchiveRequest, ArchiveResult, Failed, FolderResult, Moved
from .tickets import tell
from .years import Years, list_years

_NO_MOVE = (
    "the server offers neither MOVE nor UIDPLUS: without them messages go only by a bare EXPUNGE, which also removes"
    " what other programs have marked as deleted"
)


class ArchiveWork:
    """Works on one mailbox over one session."""

    def __init__(
        self,
        request: ArchiveRequest,
        session: Session,
        record: Record,
        journals: Sequence[Journal],
        result: ArchiveResult,
        now: Callable[[], float],
        check: Callable[[], None],
    ) -> None:
        self._request = request
        self._session = session
        self._record = record
        self._journals = journals
        self._result = result
        self._now = now
        self._check = check
        self._moment = datetime.fromtimestamp(now(), UTC)
        self._side, self._statuses = session.list_side()
        self._mover = Mover(session, record, result, now)
        self._places = Places(session, self._side, record, result, now)

    def run(self) -> None:
        """Do it; raises ConnectionLost, and what else ends the work on this mailbox."""
        if not self._request.check:
            self._complete_begun()
        if self._request.bring_back:
            BringBack(self._request, self._session, self._record, self._mover, self._places, self._result).run(
                self._check
            )
            self._tell()
            return
        self._archive()

    def _complete_begun(self) -> None:
        """Settle what an earlier run left open, and let the journals know."""
        for batch in self._record.open_batches():
            self._result.recovered += self._mover.settle(batch)
        self._tell()
        self._places.settle()
        if self._result.recovered:
            self._side, self._statuses = self._session.list_side()

    def _tell(self) -> None:
        batches = self._record.untold()
        if batches and not self._request.check:
            tell(self._journals, batches)
            self._record.told(batches)

    def _archive(self) -> None:
        self._this_year = self._moment.astimezone(self._request.zone).year
        first_kept = self._request.rules.first_kept(self._this_year)
        begun = {each.folder: each for each in self._record.begun()}
        large = {each.name: each for each in self._large()}
        names = sorted(begun.keys() | large.keys())
        for position, name in enumerate(names):
            folder = large.get(name)
            if folder is not None and folder.exempt:
                self._note_exempt(folder)
                continue
            try:
                self._folder(name, begun.get(name), first_kept if folder is not None else 0)
            except FolderRefused as error:
                self._result.failures.append(Failed(name, error.what, error.remedy or "Run again"))
            except Stopped:
                self._note_left([large[each] for each in names[position:] if each in large])
                raise
            finally:
                self._tell()
        self._count_folders()

    def _large(self) -> tuple[Large, ...]:
        messages = {name: status.messages for name, status in self._statuses.items()}
        return large_folders(self._side, messages, self._request.rules)

    def _note_exempt(self, folder: Large) -> None:
        self._result.folders.append(FolderResult(folder.name, folder.messages, folder.messages, exempt=folder.exempt))
        self._result.over.append((folder.name, folder.messages, folder.exempt))

    def _folder(self, name: str, begun: Begun | None, first_kept: int) -> None:
        """Archive one folder: to the end what was begun, and what is over the threshold now (``first_kept`` is not 0).

        What was begun counts though the folder is below the threshold by now: two runs end as one would have.
        """
        selected = self._session.examine(name)
        if begun is not None and begun.uidvalidity != selected.uidvalidity:
            begun = None
        if begun is None and not first_kept:
            self._forget(name)
            return
        uidnext = 0 if first_kept else begun.uidnext if begun else 0
        until = max(first_kept, begun.first_kept if begun else 0)
        years = list_years(
            self._session, uidnext or selected.uidnext, until, self._request.zone, self._moment, self._check
        )
        outcome = FolderResult(name, selected.exists, selected.exists, years.undated)
        self._result.folders.append(outcome)
        if self._request.check:
            self._plan(outcome, years)
        elif years.going:
            self._require_move()
            top = uidnext or selected.uidnext
            self._record.begin(Begun(name, selected.uidvalidity, top, until))
            self._session.select(name)
            self._move(outcome, selected.uidvalidity, years)
        self._forget(name)
        self._note_over(outcome, years)

    def _forget(self, name: str) -> None:
        if not self._request.check:
            self._record.finish(name)

    def _plan(self, outcome: FolderResult, years: Years) -> None:
        for year, uids in years.going.items():
            target = archive_name(outcome.name, year, self._side, self._request.rules)
            self._places.plan(target)
            outcome.moves.append(Moved(outcome.name, target, year, len(uids)))
            outcome.left -= len(uids)

    def _move(self, outcome: FolderResult, uidvalidity: int, years: Years) -> None:
        for year, uids in years.going.items():
            target = archive_name(outcome.name, year, self._side, self._request.rules)
            self._places.ensure(target)
            moved = Moved(outcome.name, target, year, 0)
            outcome.moves.append(moved)
            for start in range(0, len(uids), BATCH):
                self._check()
                done = self._mover.move(outcome.name, uidvalidity, uids[start : start + BATCH], target)
                moved.messages += done
                outcome.left -= done

    def _require_move(self) -> None:
        if not can_move(self._session):
            raise FolderRefused(_NO_MOVE, remedy="Archive there by the server's own means (doveadm move)")

    def _note_over(self, outcome: FolderResult, years: Years) -> None:
        if outcome.left <= self._request.rules.threshold:
            return
        kept = years.staying.total()
        undated = f", {years.undated:,} have no date" if years.undated else ""
        beyond = sum(number for year, number in years.staying.items() if year > self._this_year)
        future = f", {beyond:,} of them of years to come" if beyond else ""
        reason = f"{kept:,} messages are of the years that stay{future}{undated}"
        self._result.over.append((outcome.name, outcome.left, reason))

    def _note_left(self, folders: Sequence[Large]) -> None:
        """What there was no time for."""
        worked = {outcome.name: outcome.left for outcome in self._result.folders}
        for folder in folders:
            left = worked.get(folder.name, folder.messages)
            self._result.over.append((folder.name, left, folder.exempt or "not archived to the end yet"))

    def _count_folders(self) -> None:
        there = {folder.name for folder in self._side.folders if not folder.attributes & NOT_SELECTABLE}
        self._result.folder_count = len(there | set(self._result.folders_created))
        if self._result.folder_count > MOST_FOLDERS:
            self._result.warn(
                f"the mailbox has {self._result.folder_count} folders; above {MOST_FOLDERS} Outlook becomes slow"
            )
