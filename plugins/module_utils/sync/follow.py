# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags that changed at the source follow to the destination, where its user has not changed them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..core.errors import FolderRefused
from ..core.flags import FlagChange, permitted, same_flags
from ..core.messages import APPENDED, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.change import store_flags
from ..imap.fetch import fetch_flags
from ..imap.session import Session
from .identify import Suspect
from .journal import Journal
from .kept_flags import Admission, KeptFlags
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
        kept: KeptFlags,
        *,
        writing: bool,
    ) -> None:
        self._session = session
        self._journal = journal
        self._tally = tally
        self._knows = knows
        self._kept = kept
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
        try:
            admission = self._open(folder, uidvalidity)
            if admission is None:
                return []
            rows = [(row, flags) for row, flags in rows if _differs(row, admission.permitted(flags)[0])]
            present = fetch_flags(self._session, sorted(row.destination.uid for row, _unused in rows))
        except FolderRefused as error:
            self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))
            return []
        changes: list[_Change] = []
        for row, flags in rows:
            found = present.get(row.destination.uid)
            if found is None or row.flags is None:
                continue
            wanted = admission.permitted(flags)[0]
            change = admission.merge(row.flags, flags, found)
            if change is not None or same_flags(wanted, found):
                changes.append(_Change(row, wanted, change))
        return changes

    def _open(self, folder: str, uidvalidity: int) -> Admission | None:
        """What the folder keeps; None where it is gone or another one, removed or renamed by its user: no failure."""
        if not self._knows(folder):
            return None
        if not self._writing:
            return self._kept.of(folder) if self._session.examine(folder).uidvalidity == uidvalidity else None
        selected = self._session.select(folder)
        self._kept.note(folder, selected)
        return self._kept.of(folder) if selected.uidvalidity == uidvalidity else None

    def _apply(self, changes: Sequence[_Change]) -> set[str]:
        """Write the changes and enter them as agreed, without the keywords that the server refuses; these."""
        groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for row, _unused, change in changes:
            for sign, flags in (("+", change.add), ("-", change.remove)) if change else ():
                if flags:
                    groups[sign, tuple(sorted(flags))].append(row.destination.uid)
        refused: set[str] = set()
        if groups and self._writing:
            folder = changes[0][0].destination.folder
            for (sign, words), uids in groups.items():
                refused |= self._store(folder, sorted(uids), words, sign)
        if any(sign == "-" or set(words) - refused for sign, words in groups):
            self._tally.wrote()
        self._journal.agree_flags((row.id, flags - refused) for row, flags, _unused in changes)
        return refused

    def _store(self, folder: str, uids: Sequence[int], words: Sequence[str], sign: str) -> set[str]:
        """The keywords that the server refuses; it takes the other words. Raises when it refuses a system flag."""
        try:
            store_flags(self._session, uids, words, sign=sign)
        except FolderRefused as error:
            if len(words) > 1:
                return set().union(*(self._store(folder, uids, [word], sign) for word in words))
            if words[0].startswith("\\") or sign == "-":
                raise
            if not self._is_refused_again(uids, words, error):
                return set()
            self._tally.warn(f"{folder}: the destination does not take the keyword {words[0][:60]}: {error.what}")
            self._kept.refuse(folder, words)
            return {words[0]}
        return set()

    def _is_refused_again(self, uids: Sequence[int], words: Sequence[str], error: FolderRefused) -> bool:
        """Whether it is refused in the same words another time: what passes by itself is no word about a keyword."""
        try:
            store_flags(self._session, uids, words, sign="+")
        except FolderRefused as again:
            if again.what != error.what:
                raise
            return True
        return False


def flags_at(session: Session, folder: str, uidvalidity: int, rows: Sequence[Row]) -> dict[int, frozenset[str]]:
    """Present flags by uid of the copies of these rows; empty where the folder is another one now."""
    uids = sorted(row.destination.uid for row in rows if row.destination.uid)
    if not uids or session.examine(folder).uidvalidity != uidvalidity:
        return {}
    return fetch_flags(session, uids)


def changed_on_the_way(moved: Sequence[tuple[Row, Suspect]], places: Mapping[int, Place]) -> list[FolderWork]:
    """Works that bring the flags of messages that are known again to their copies, which lie at ``places``."""
    works = []
    for row, suspect in moved:
        flags = suspect.message.flags
        if row.id in places and _differs(row, permitted(flags, None)[0]):
            here = replace(row, destination=places[row.id])
            works.append(FolderWork(suspect.work.pair, suspect.work.uidvalidity, reflag=((here, flags),)))
    return works


def _differs(row: Row, flags: frozenset[str]) -> bool:
    """Whether these are not the flags that were agreed; a row without any is left alone."""
    return row.flags is not None and not same_flags(flags, row.flags)


def is_untouched(row: Row, present: dict[int, frozenset[str]]) -> bool:
    """Whether our copy lies where it was put with the flags that were agreed; ``present`` are flags there by uid."""
    found = present.get(row.destination.uid)
    return row.provenance == APPENDED and row.flags is not None and found is not None and same_flags(row.flags, found)
