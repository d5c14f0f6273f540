# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes that follow the source: flags that changed there, and our copies of messages that moved there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from ..core.errors import FolderRefused
from ..core.flags import FlagChange, merge_flags, permitted, same_flags
from ..core.messages import APPENDED, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.change import can_move, move, store_flags
from ..imap.fetch import fetch_flags
from ..imap.session import Session
from .identify import Suspect, group_by_destination
from .journal import Journal
from .tally import Failure, Tally


class _Change(NamedTuple):
    row: Row
    wanted: frozenset[str]
    change: FlagChange | None


class Follower:
    """Brings changes of the source to the destination where the user has not touched our copy.

    With ``writing`` false nothing is written and what would be done is counted (check mode).
    """

    def __init__(
        self, session: Session, journal: Journal, tally: Tally, permanent: frozenset[str] | None, *, writing: bool
    ) -> None:
        self._session = session
        self._journal = journal
        self._tally = tally
        self._permanent = permanent
        self._writing = writing

    def reflag(self, works: Sequence[FolderWork]) -> None:
        """Three-way per message: written only where the destination still has the base."""
        folder_of: dict[int, str] = {}
        groups: dict[tuple[str, int], list[tuple[Row, frozenset[str]]]] = defaultdict(list)
        for work in works:
            for row, flags in work.reflag:
                folder_of[row.id] = work.pair.source
                if row.destination.uid:
                    groups[row.destination.folder, row.destination.uidvalidity].append((row, flags))
        for (folder, uidvalidity), rows in sorted(groups.items()):
            changes = self._decide(folder, uidvalidity, rows)
            try:
                refused = self._apply(changes)
            except FolderRefused as error:
                self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))
                continue
            for row, _unused, change in changes:
                if change is not None and (change.add - refused or change.remove):
                    self._tally.add(folder_of[row.id], flags_updated=1)

    def follow(self, moves: Sequence[tuple[Row, Suspect]]) -> None:
        """Move our copies after messages that moved at the source; a copy that the user has touched stays."""
        for (folder, uidvalidity, target), group in sorted(group_by_destination(moves).items()):
            touched = group if folder == target else self._follow_group(folder, uidvalidity, target, group)
            for row, suspect in touched if folder != target else []:
                self._tally.warn(
                    f"{suspect.work.pair.source}: message {suspect.message.uid} was moved there from"
                    f" {row.source.folder} at the source; its copy stays where it is because it was moved, changed or"
                    f" removed at the destination"
                )
            with self._journal.together():
                for row, suspect in group:
                    self._journal.rekey(row.id, suspect.source, suspect.message.size)
                    self._tally.add(suspect.work.pair.source, already_there=1)

    def _decide(self, folder: str, uidvalidity: int, rows: list[tuple[Row, frozenset[str]]]) -> list[_Change]:
        """Which rows change how; rows whose flags agree by now are entered with None."""
        present = self._flags_at(folder, uidvalidity, [row for row, _unused in rows])
        changes: list[_Change] = []
        for row, flags in rows:
            found = present.get(row.destination.uid)
            if found is None:
                continue
            wanted = permitted(flags, self._permanent)[0]
            change = merge_flags(row.flags, flags, found, self._permanent)
            if change is not None or same_flags(wanted, found):
                changes.append(_Change(row, wanted, change))
        return changes

    def _apply(self, changes: Sequence[_Change]) -> set[str]:
        """Write the changes and enter them as agreed, without the keywords that the server refuses; these."""
        groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for row, _unused, change in changes:
            for sign, flags in (("+", change.add), ("-", change.remove)) if change else ():
                if flags:
                    groups[sign, tuple(sorted(flags))].append(row.destination.uid)
        refused: set[str] = set()
        if groups and self._writing:
            self._session.select(changes[0][0].destination.folder)
            for (sign, words), uids in groups.items():
                refused |= self._store(sorted(uids), words, sign)
        if any(sign == "-" or set(words) - refused for sign, words in groups):
            self._tally.wrote()
        self._journal.agree_flags((row.id, flags - refused) for row, flags, _unused in changes)
        return refused

    def _store(self, uids: Sequence[int], words: Sequence[str], sign: str) -> set[str]:
        """The keywords that the server refuses; it takes the other words. Raises when it refuses a system flag."""
        try:
            store_flags(self._session, uids, words, sign=sign)
        except FolderRefused as error:
            if len(words) > 1:
                return set().union(*(self._store(uids, [word], sign) for word in words))
            if words[0].startswith("\\") or sign == "-":
                raise
            self._tally.warn(f"the destination does not take the keyword {words[0][:60]}: {error.what}")
            return {words[0]}
        return set()

    def _follow_group(
        self, folder: str, uidvalidity: int, target: str, group: list[tuple[Row, Suspect]]
    ) -> list[tuple[Row, Suspect]]:
        """Move what is untouched; the rest comes back."""
        present = self._flags_at(folder, uidvalidity, [row for row, _unused in group])
        untouched = [(row, suspect) for row, suspect in group if is_untouched(row, present)]
        if not can_move(self._session):
            return group
        if untouched:
            self._move(untouched, folder, target)
        moved = {row.id for row, _unused in untouched}
        return [(row, suspect) for row, suspect in group if row.id not in moved]

    def _move(self, group: Sequence[tuple[Row, Suspect]], folder: str, target: str) -> None:
        self._tally.wrote()
        for _unused, suspect in group:
            self._tally.add(suspect.work.pair.source, moved=1)
        if not self._writing:
            return
        self._session.select(folder)
        uidvalidity = self._session.status(target).uidvalidity
        new_uids = move(self._session, sorted(row.destination.uid for row, _unused in group), target)
        with self._journal.together():
            for row, _suspect in group:
                self._journal.place(row.id, Place(target, uidvalidity, new_uids.get(row.destination.uid, 0)))

    def _flags_at(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> dict[int, frozenset[str]]:
        """Present flags by uid; empty where the folder is gone or is another one now."""
        uids = sorted(row.destination.uid for row in rows if row.destination.uid)
        if not uids:
            return {}
        try:
            if self._session.examine(folder).uidvalidity != uidvalidity:
                return {}
            return fetch_flags(self._session, uids)
        except FolderRefused as error:
            self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy))
            return {}


def is_untouched(row: Row, present: dict[int, frozenset[str]]) -> bool:
    """Whether our copy lies where it was put with the flags that were agreed; ``present`` are flags there by uid."""
    found = present.get(row.destination.uid)
    return row.provenance == APPENDED and row.flags is not None and found is not None and same_flags(row.flags, found)
