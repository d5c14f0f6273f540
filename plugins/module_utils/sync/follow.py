# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags that changed at the source follow to the destination, where its user has not changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..core.errors import FolderRefused
from ..core.flags import FlagChange, merge_flags, permitted, same_flags
from ..core.messages import APPENDED, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.change import store_flags
from ..imap.fetch import fetch_flags
from ..imap.session import Session
from .identify import Suspect
from .journal import Journal
from .tally import Failure, Tally


class _Change(NamedTuple):
    row: Row
    wanted: frozenset[str]
    change: FlagChange | None


class Follower:
    """Brings changed flags to the copies. ``knows`` says whether the destination has a folder.

    With ``writing`` false nothing is written and what would be done is counted (check mode).
    """

    def __init__(
        self,
        session: Session,
        journal: Journal,
        tally: Tally,
        knows: Callable[[str], bool],
        permanent: frozenset[str] | None,
        *,
        writing: bool,
    ) -> None:
        self._session = session
        self._journal = journal
        self._tally = tally
        self._knows = knows
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

    def _decide(self, folder: str, uidvalidity: int, rows: list[tuple[Row, frozenset[str]]]) -> list[_Change]:
        """Which rows change how; rows whose flags agree by now are entered with None."""
        present = self._present(folder, uidvalidity, [row for row, _unused in rows])
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

    def _present(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> dict[int, frozenset[str]]:
        """Their flags as they are; a folder that is gone was removed or renamed by the user, which is no failure."""
        if not self._knows(folder):
            return {}
        try:
            return flags_at(self._session, folder, uidvalidity, rows)
        except FolderRefused as error:
            self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))
            return {}

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


def flags_at(session: Session, folder: str, uidvalidity: int, rows: Sequence[Row]) -> dict[int, frozenset[str]]:
    """Present flags by uid of the copies of these rows; empty where the folder is another one now."""
    uids = sorted(row.destination.uid for row in rows if row.destination.uid)
    if not uids or session.examine(folder).uidvalidity != uidvalidity:
        return {}
    return fetch_flags(session, uids)


def changed_on_the_way(
    moved: Sequence[tuple[Row, Suspect]], places: Mapping[int, Place], permanent: frozenset[str] | None
) -> list[FolderWork]:
    """Works that bring the flags of messages that are known again to their copies, which lie at ``places``."""
    works = []
    for row, suspect in moved:
        flags = suspect.message.flags
        is_changed = row.flags is not None and not same_flags(permitted(flags, permanent)[0], row.flags)
        if is_changed and row.id in places:
            here = replace(row, destination=places[row.id])
            works.append(FolderWork(suspect.work.pair, suspect.work.uidvalidity, reflag=((here, flags),)))
    return works


def is_untouched(row: Row, present: dict[int, frozenset[str]]) -> bool:
    """Whether our copy lies where it was put with the flags that were agreed; ``present`` are flags there by uid."""
    found = present.get(row.destination.uid)
    return row.provenance == APPENDED and row.flags is not None and found is not None and same_flags(row.flags, found)
