# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags that changed at the source follow to the destination, where its user has not changed them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..core.errors import FolderRefused, Throttled
from ..core.flags import FlagChange, permitted, same_flags
from ..core.messages import APPENDED, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.change import store_asks, store_flags
from ..imap.fetch import PresentFlags, fetch_flags
from ..imap.session import Session
from ..imap.visits import Ask, Visit, visit_ahead
from .identify import Suspect
from .journal import Journal
from .kept_flags import KeptFlags
from .tally import Failure, Tally


class _Change(NamedTuple):
    row: Row
    wanted: frozenset[str]
    change: FlagChange | None


_Home = tuple[str, int]
_Wanted = Sequence[tuple[Row, frozenset[str]]]


class Follower:
    """Brings changed flags to the copies. ``knows`` says whether the destination has a folder.

    ``unagreed`` are the messages of the source whose flags the copies do not have afterwards.

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
        self.unagreed: set[Place] = set()

    def reflag(self, works: Sequence[FolderWork]) -> None:
        """Three-way per message: written only where the destination still has the base."""
        folder_of: dict[int, str] = {}
        wanted: dict[int, frozenset[str]] = {}
        groups: dict[tuple[str, int], list[tuple[Row, frozenset[str]]]] = defaultdict(list)
        for work in works:
            for row, flags in work.reflag:
                folder_of[row.id] = work.pair.source
                wanted[row.id] = permitted(flags, None)[0]
                self.unagreed.add(row.source)
                if row.destination.uid:
                    groups[row.destination.folder, row.destination.uidvalidity].append((row, flags))
        present = self._present(groups)
        decided = {key: self._decide(present.get(key, {}), rows) for key, rows in sorted(groups.items())}
        stored = self._store_ahead([changes for changes in decided.values() if changes])
        for (folder, _unused), changes in decided.items():
            try:
                refused = set() if folder in stored else self._store_again(changes)
            except FolderRefused as error:
                self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))
                continue
            self._journal.agree_flags((row.id, flags - refused) for row, flags, _unused in changes)
            for row, flags, change in changes:
                if same_flags(flags - refused, wanted[row.id]):
                    self.unagreed.discard(row.source)
                if change is not None and (change.add - refused or change.remove):
                    self._tally.add(folder_of[row.id], flags_updated=1)

    def _present(self, groups: Mapping[_Home, _Wanted]) -> dict[_Home, dict[int, frozenset[str]]]:
        """Their flags as they are; a folder that is gone was removed or renamed by the user, which is no failure."""
        flags = {key: PresentFlags() for key in sorted(groups) if self._knows(key[0])}
        # What a folder keeps is told when it is opened for changes.
        verb = b"SELECT" if self._writing else b"EXAMINE"
        visits = deque(Visit(key[0], tuple(flags[key].asks(_uids(groups[key]))), verb) for key in flags)
        found: dict[_Home, dict[int, frozenset[str]]] = {}
        keys = iter(flags)
        for visited in visit_ahead(self._session, visits):
            key = next(keys)
            if visited.selected is not None and self._writing:
                self._kept.note(key[0], visited.selected)
            if visited.selected is not None and visited.selected.uidvalidity == key[1]:
                found[key] = flags[key].by_uid
            if isinstance(visited.error, FolderRefused):
                found.pop(key, None)
                remedy = visited.error.remedy or "Run again"
                self._tally.fail(Failure(key[0], 0, "failed", visited.error.what, remedy))
            elif visited.error is not None:
                raise visited.error
        return found

    def _decide(self, present: Mapping[int, frozenset[str]], rows: _Wanted) -> list[_Change]:
        """Which rows change how; rows whose flags agree by now are entered with None."""
        admission = self._kept.of(rows[0][0].destination.folder)
        changes: list[_Change] = []
        for row, flags in rows:
            found = present.get(row.destination.uid)
            wanted = admission.permitted(flags)[0]
            if found is None or row.flags is None or not _differs(row, wanted):
                continue
            change = admission.merge(row.flags, flags, found)
            if change is not None or same_flags(wanted, found):
                changes.append(_Change(row, wanted, change))
        return changes

    def _store_ahead(self, decided: Sequence[Sequence[_Change]]) -> set[str]:
        """Write the changes folder after folder; the folders where all of them were taken."""
        if not self._writing:
            return set()
        asks = {changes[0].row.destination.folder: _stores(_groups(changes)) for changes in decided}
        visits = deque(Visit(folder, stores, b"SELECT") for folder, stores in asks.items() if stores)
        stored: set[str] = set()
        for visited in visit_ahead(self._session, visits):
            if isinstance(visited.error, Throttled):
                raise visited.error
            if visited.error is None and visited.selected is not None and visited.selected.exists:
                stored.add(visited.visit.folder)
                self._tally.wrote()
        return stored

    def _store_again(self, changes: Sequence[_Change]) -> set[str]:
        """Write the changes one by one; the keywords that the server refuses."""
        groups = _groups(changes)
        refused: set[str] = set()
        if groups and self._writing:
            folder = changes[0].row.destination.folder
            self._session.select(folder)
            for (sign, words), uids in groups.items():
                refused |= self._store(folder, sorted(uids), words, sign)
        if any(sign == "-" or set(words) - refused for sign, words in groups):
            self._tally.wrote()
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


def _uids(rows: _Wanted) -> list[int]:
    return sorted(row.destination.uid for row, _unused in rows)


def _groups(changes: Sequence[_Change]) -> dict[tuple[str, tuple[str, ...]], list[int]]:
    """Ascending uids by what is to be stored: sign and flags. Additions come first, as :func:`merge_flags` expects."""
    groups: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for row, _unused, change in changes:
        for sign, flags in (("+", change.add), ("-", change.remove)) if change else ():
            if flags:
                groups[sign, tuple(sorted(flags))].append(row.destination.uid)
    return {key: sorted(uids) for key, uids in sorted(groups.items())}


def _stores(groups: Mapping[tuple[str, tuple[str, ...]], Sequence[int]]) -> tuple[Ask, ...]:
    return tuple(ask for (sign, words), uids in groups.items() for ask in store_asks(uids, words, sign=sign))


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
            here = replace(row, source=suspect.source, destination=places[row.id])
            works.append(FolderWork(suspect.work.pair, suspect.work.uidvalidity, reflag=((here, flags),)))
    return works


def _differs(row: Row, flags: frozenset[str]) -> bool:
    """Whether these are not the flags that were agreed; a row without any is left alone."""
    return row.flags is not None and not same_flags(flags, row.flags)


def is_untouched(row: Row, present: dict[int, frozenset[str]]) -> bool:
    """Whether our copy lies where it was put with the flags that were agreed; ``present`` are flags there by uid."""
    found = present.get(row.destination.uid)
    return row.provenance == APPENDED and row.flags is not None and found is not None and same_flags(row.flags, found)
