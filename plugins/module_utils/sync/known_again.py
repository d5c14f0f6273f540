# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New messages of a pass that are known ones after all: found by their content, and entered where they lie now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from ..core.folders import NOT_SELECTABLE, FolderPair, Side
from ..core.messages import HELD, Entry, Place, Row
from ..core.sync_plan import FolderWork
from .destination_index import DestinationIndex
from .identify import Found, Suspect, enter_matches, identify
from .journal import Journal
from .lost_journal import entries_to_hold, hold, works_to_hold
from .request import SyncRequest, SyncResult
from .source_reader import SourceReader
from .source_view import SourceView
from .tally import Failure


class KnownAgain:
    """What one attempt makes of new messages that may be known; it goes into the journal and the result."""

    def __init__(self, request: SyncRequest, journal: Journal, result: SyncResult, now: Callable[[], float]) -> None:
        self._request = request
        self._journal = journal
        self._result = result
        self._tally = result.tally
        self._now = now

    def find(
        self,
        works: Sequence[FolderWork],
        source: SourceReader,
        side: Side,
        index: DestinationIndex,
        view: SourceView,
        is_new: bool,
    ) -> Found:
        """Which of them are known; ``is_new`` when the journal knows nothing yet. See :func:`identify`."""
        vanished = [row for work in works for row in work.vanished]
        if any(work.new for work in works):
            present = {folder.name for folder in side.folders if not folder.attributes & NOT_SELECTABLE}
            vanished += view.known_elsewhere(works, present)
            # A login or a server with another name is the same customer's mail, unless the ticket merges accounts.
            vanished += [] if self._request.merge else self._journal.rows_of_others()
        unseen = [] if self._request.recopy else view.unseen()
        return identify(works, vanished, unseen, source, self._journal, index, read_all=is_new)

    def enter(
        self,
        works: Sequence[FolderWork],
        found: Found,
        pairs: Sequence[FolderPair],
        source: SourceReader,
        index: DestinationIndex,
        before: frozenset[str] | None,
    ) -> list[FolderWork]:
        """Enter what is known again; the works with only what is still to be copied.

        ``before``: with a new journal, the folders that were there before it.
        """
        settled = {suspect.source for _row, suspect in found.moved}
        settled |= {suspect.source for suspect, _copy in found.matched}
        settled |= {suspect.source for row, suspect in found.set_aside if self._set_aside(row, suspect)}
        works = [_without(work, settled | self._waiting(found)) for work in works]
        held: list[Entry] = []
        if before is not None and found.matched and not self._request.recopy:
            held = entries_to_hold(works_to_hold(pairs, works, found, index, before), source)
        # All or nothing: a journal that knew a part would be no new one, and the rest would be copied.
        with self._journal.together():
            hold(self._journal, held, self._now())
            enter_matches(found, self._journal, self._now())
        for suspect, _unused in found.matched:
            self._tally.add(suspect.work.pair.source, matched=1, left=-1)
        for entry in held:
            self._tally.add(entry.source.folder, held=1, left=-1)
        places = {entry.source for entry in held}
        return [_without(work, places) for work in works]

    def _waiting(self, found: Found) -> set[Place]:
        """Messages that are left for a later pass: copied now, those that moved would be there twice."""
        folders = Counter(suspect.work.pair.source for _unused, suspect in found.waiting)
        for folder, number in folders.items():
            origins = {row.source.folder for row, at in found.waiting if at.work.pair.source == folder}
            reason = f"{number} messages wait, for they may have been moved from {', '.join(sorted(origins))},"
            remedy = "Run again when the source shows that folder, or with recopy: true to copy them now"
            self._tally.fail(Failure(folder, 0, "failed", f"{reason} which cannot be read", remedy))
        return {suspect.source for _unused, suspect in found.waiting}

    def _set_aside(self, row: Row, suspect: Suspect) -> bool:
        """Enter where a message that was not copied lies now; whether it stays uncopied."""
        self._journal.rekey(row.id, suspect.work.pair.source, suspect.work.uidvalidity, suspect.message)
        folder = suspect.work.pair.source
        if row.state == HELD and not self._request.recopy:
            self._tally.add(folder, held=1, left=-1)
            return True
        if row.state != HELD and row.digest.raw.hex() in self._request.accepted:
            self._tally.add(folder, left=-1)
            self._result.accepted += 1
            return True
        return False


def _without(work: FolderWork, places: Collection[Place]) -> FolderWork:
    """The work without those of its new messages that lie at these places."""
    here = (work.pair.source, work.uidvalidity)
    return replace(work, new=work.new.without({p.uid for p in places if (p.folder, p.uidvalidity) == here}))
