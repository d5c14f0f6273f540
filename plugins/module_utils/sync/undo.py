# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Takes back what the passes put into one mailbox and nobody has touched since; never anything else.

What is about to be removed is in the journal before the server is told. A run that was killed is completed by the next
one, and no pass begins before that.
"""

from __future__ import annotations

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from ..core.errors import FolderRefused, JournalError, MigrationError, Stopped, Unsupported
from ..core.folder_names import levels_above
from ..core.folders import Side
from ..core.messages import WITHDRAWING, Listed, Row
from ..core.uids import format_uids
from ..core.undo_plan import GONE, ON_ITS_WAY, TOUCHED, concerns, is_marked, known_reason, seen_reason
from ..imap.change import can_expunge, expunge_marked, mark_deleted, store_flags
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..imap.fetch import Listing, fetch_flags
from ..imap.listing import Selected, Status
from ..imap.removal import Removal
from ..imap.session import Session
from ..imap.visits import run_ask
from .journal import Journal, journal_path
from .journal_file import readable
from .lock import mailbox_lock
from .made_folders import forget_made, made_folders

# So many messages are looked at and taken back at a time; their uids fit into one command.
_GROUP = 100
_NO_UIDPLUS = "the destination offers no UIDPLUS, without which removing a message also removes what others have marked"


_Present = tuple["Selected | None", "dict[int, Listed] | None"]


@dataclass(frozen=True)
class UndoRequest:
    """One mailbox at the destination. ``check`` plans only. ``lock_wait`` in seconds, for another run on it."""

    mailbox: str
    destination: Endpoint
    state_dir: str
    check: bool = False
    lock_wait: float = 30.0


@dataclass(frozen=True)
class Left:
    """A copy that stays: its folder and uid at the destination as the journal has them, and why."""

    folder: str
    uid: int
    reason: str


@dataclass
class UndoResult:
    """What was taken back, or would be. ``failures`` are the folders that could not be worked, ``error`` ended all."""

    taken: Counter[str] = field(default_factory=Counter)
    left: list[Left] = field(default_factory=list)
    folders_removed: list[str] = field(default_factory=list)
    folders_left: dict[str, str] = field(default_factory=dict)
    failures: dict[str, MigrationError] = field(default_factory=dict)
    error: MigrationError | None = None

    @property
    def changed(self) -> bool:
        return bool(self.taken.total() or self.folders_removed)


def undo_mailbox(
    request: UndoRequest, *, stopped: Callable[[], bool] = lambda: False, now: Callable[[], float] = time.time
) -> UndoResult:
    """Take back what can be. What goes wrong is in the result."""
    result = UndoResult()
    try:
        with _journal(request, now()) as journal:
            session = connect(request.destination)
            try:
                _Undo(request, journal, session, result, stopped).run()
            finally:
                session.close()
                if result.changed and not request.check:
                    journal.forget_passes()
                    journal.snapshot()
    except MigrationError as error:
        result.error = error
    except OSError as error:
        remedy = "Make room or mend the rights of the folder of the journals, then run again"
        result.error = JournalError(str(error.strerror or error), where=request.state_dir, remedy=remedy)
    return result


@contextmanager
def _journal(request: UndoRequest, now: float) -> Iterator[Journal]:
    path = journal_path(request.state_dir, request.mailbox)
    if not os.path.exists(path):
        raise JournalError(
            "there is no journal, so nobody knows what the migration put there",
            where=path,
            remedy="Put the journal or its .snapshot back; without one nothing is taken back",
        )
    if request.check:
        with closing(Journal.open_copy(path, request.mailbox)) as journal, readable(path):
            yield journal
        return
    with (
        mailbox_lock(path, request.mailbox, wait=request.lock_wait, now=now),
        closing(Journal.open(path, request.mailbox)) as journal,
        readable(path),
    ):
        yield journal


class _Undo:
    def __init__(
        self,
        request: UndoRequest,
        journal: Journal,
        session: Session,
        result: UndoResult,
        stopped: Callable[[], bool],
    ) -> None:
        self._writing = not request.check
        self._journal = journal
        self._session = session
        self._result = result
        self._stopped = stopped
        self._side: Side = Side((), "")
        self._statuses: dict[str, Status] = {}

    def run(self) -> None:
        self._side, self._statuses = self._session.list_side()
        made: set[str] = set()
        for account, *_unused in self._journal.accounts():
            self._journal.use_account(account)
            made |= made_folders(self._journal)
            self._messages()
        self._session.leave()
        self._folders(made)

    # Messages

    def _messages(self) -> None:
        groups: dict[tuple[str, int], list[Row]] = defaultdict(list)
        moving = {row.id for row, _unused in self._journal.open_moves()}
        for row in filter(concerns, self._journal.rows()):
            reason = ON_ITS_WAY if row.id in moving else known_reason(row)
            if reason:
                self._leave(row, reason)
            else:
                groups[row.destination.folder, row.destination.uidvalidity].append(row)
        if groups and not can_expunge(self._session):
            raise Unsupported(
                _NO_UIDPLUS, where=self._session.where, remedy="Remove the messages by hand, or delete the mailbox"
            )
        for (folder, uidvalidity), rows in sorted(groups.items()):
            try:
                self._folder(folder, uidvalidity, sorted(rows, key=lambda row: row.destination.uid))
            except FolderRefused as error:
                self._result.failures[folder] = error

    def _folder(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> None:
        for start in range(0, len(rows), _GROUP):
            self._check()
            self._group(folder, uidvalidity, rows[start : start + _GROUP])

    def _group(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> None:
        selected, present = self._present(folder, uidvalidity, rows)
        reasons = {row.id: seen_reason(row, present) for row in rows}
        begun = [row for row in rows if row.state == WITHDRAWING]
        # Of what an earlier undo had begun with, what is gone was taken back by it.
        done = [row for row in begun if reasons[row.id] == GONE]
        going = [row for row in rows if not reasons[row.id]]
        staying = [row for row in rows if reasons[row.id] and row not in done]
        if self._writing:
            self._release([row for row in staying if row.state == WITHDRAWING], present or {})
            touched = self._take(going, selected)
            staying += touched
            going = [row for row in going if row not in touched]
            self._journal.withdrawn([row.id for row in (*done, *going)])
        for row in staying:
            self._leave(row, reasons[row.id] or TOUCHED)
        self._result.taken[folder] += len(going) + len(done)

    def _present(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> _Present:
        """The folder as it was opened, and what it shows of these copies; None when it is not the one that it was."""
        status = self._statuses.get(folder)
        if status is None or status.uidvalidity != uidvalidity:
            return None, None
        selected = self._session.select(folder) if self._writing else self._session.examine(folder)
        if selected.uidvalidity != uidvalidity:
            return None, None
        listing = Listing(self._session)
        if selected.exists:
            run_ask(self._session, listing.ask(format_uids(row.destination.uid for row in rows).encode()))
        return selected, {message.uid: message for message in listing.messages()}

    def _take(self, rows: Sequence[Row], selected: Selected | None) -> list[Row]:
        """Remove these copies from the folder that is open; those that were changed since it was opened stay.

        Raises :class:`FolderRefused` when the server keeps one.
        """
        if not rows or selected is None:
            return []
        self._journal.withdrawing([row.id for row in rows])
        changed = mark_deleted(self._session, [row.destination.uid for row in rows], selected.highestmodseq)
        touched = [row for row in rows if row.destination.uid in changed]
        self._journal.keep_after_all([row.id for row in touched])
        uids = [row.destination.uid for row in rows if row.destination.uid not in changed]
        expunge_marked(self._session, uids)
        kept = fetch_flags(self._session, uids) if uids else {}
        if kept:
            raise FolderRefused(
                f"the server says that it has removed {len(kept)} messages and shows them still",
                where=f"{self._session.where}, {rows[0].destination.folder}",
                remedy="Give the master login the right to expunge there, then run again",
            )
        return touched

    def _release(self, rows: Sequence[Row], present: dict[int, Listed]) -> None:
        """Let go of copies that an earlier undo had begun with and that were touched since."""
        marked = [row.destination.uid for row in rows if is_marked(present.get(row.destination.uid) or _NOTHING)]
        if marked:
            store_flags(self._session, marked, ["\\Deleted"], sign="-")
        self._journal.keep_after_all([row.id for row in rows])

    def _leave(self, row: Row, reason: str) -> None:
        self._result.left.append(Left(row.destination.folder or row.source.folder, row.destination.uid, reason))

    # Folders

    def _folders(self, made: set[str]) -> None:
        """Remove the folders that passes made and that are empty, the deepest first."""
        there = {folder.name for folder in self._side.folders}
        removal = Removal(self._session, self._side)
        aside = {name: removal.aside(name) for name in made if removal.aside(name) in there}
        level = self._side.delimiter or "\0"
        for name in sorted((made & there) | aside.keys(), key=lambda name: (-name.count(level), name)):
            self._check()
            reason = self._remove(name, aside.get(name, ""), there, removal)
            if reason:
                self._result.folders_left[name] = reason
            else:
                there -= {name, removal.aside(name)}
                self._result.folders_removed.append(name)
        if self._writing:
            for account, *_unused in self._journal.accounts():
                self._journal.use_account(account)
                forget_made(self._journal, made - there - self._result.folders_left.keys())
                self._journal.forget_seen()

    def _remove(self, name: str, aside: str, there: set[str], removal: Removal) -> str:
        """Remove a folder; why it is there still, if it is. ``aside``: where an undo that was cut off has put it."""
        if not self._writing:
            return self._why_kept(name if name in there else aside, there)
        if aside:
            reason = removal.settle(name)
            if not reason or not self._session.has_folder(name):
                return reason
        return self._why_kept(name, there) or removal.remove(name)

    def _why_kept(self, name: str, there: set[str]) -> str:
        below = sum(name in levels_above(other, self._side) for other in there)
        if below:
            return f"{below} folders lie below it"
        status = self._statuses.get(name)
        if status is None:
            return ""
        messages = status.messages - self._result.taken[name]
        if self._writing:
            messages = self._session.examine(name).exists
            self._session.leave()
        return f"it holds {messages} messages that stay" if messages else ""

    def _check(self) -> None:
        if self._stopped():
            raise Stopped("the undo was cut off", where=self._session.where, remedy="Run it again; it goes on")


_NOTHING = Listed(0, frozenset(), b"", 0)
