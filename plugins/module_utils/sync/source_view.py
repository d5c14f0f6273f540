# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the source shows, held against what the journal knows of it: the work on each folder, and what looks odd."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..core.errors import FolderRefused, MigrationError, Throttled
from ..core.folders import FolderPair
from ..core.labels import Labels
from ..core.message_list import MessageList
from ..core.messages import CONFIRMED, INTENDED, Place, Row
from ..core.sync_plan import FolderWork, plan_folder
from ..core.uids import UidSet, format_uids
from ..imap.all_mail import REMEDY, AllMail
from ..imap.fetch import PresentUids
from ..imap.listing import Selected, Status
from ..imap.session import Session
from ..imap.visits import Visit, visit_ahead
from .caution import Doubts
from .journal import Journal, Seen
from .request import SyncRequest, SyncResult
from .source_look import ChangesLook, View, WholeLook, look_at
from .tally import Failure
from .twins import Twins

_POLICY = "gmail_labels"
# Fewer than this many messages that are gone at once is how people tidy up.
_MANY = 10


class SourceView:
    """One source as a pass sees it; everything counted goes into the result's tally."""

    def __init__(
        self,
        request: SyncRequest,
        journal: Journal,
        result: SyncResult,
        source: Session,
        statuses: Mapping[str, Status],
        doubts: Doubts,
    ) -> None:
        self._request = request
        self._journal = journal
        self._result = result
        self._tally = result.tally
        self._source = source
        self._statuses = statuses
        self._doubts = doubts
        self._postponed: Throttled | None = None
        self._seen = journal.seen()
        self._skippable = self._seen
        self._unfinished: set[str] = set()
        self.twins = Twins()
        self._unlisted: dict[str, int] = {}
        self._unseen: dict[tuple[str, int], UidSet] = {}

    @property
    def worked_off(self) -> frozenset[str]:
        """Folders that a pass has worked off completely, under another login or host name too."""
        return frozenset(self._seen) if self._request.merge else self._journal.folders_worked_off()

    def refuse_empty(self) -> None:
        """A source that lost its mail overnight is a fault there, and nothing to follow (trap 8)."""
        known = self._journal.count(CONFIRMED)
        if known and not any(status.messages for status in self._statuses.values()):
            raise FolderRefused(
                f"the source reads empty, though {known} of its messages are known; nothing was changed",
                where=self._request.source.where(),
                remedy="Look at the source by web mail; if it really was emptied, this mailbox is done",
            )
        folders = self._journal.folder_names()
        left = folders & self._statuses.keys()
        if len(folders) >= 4 and len(left) * 2 < len(folders):
            self._tally.warn(
                f"the source has lost {len(folders) - len(left)} of {len(folders)} folders since the last pass;"
                " what was copied from them stays at the destination"
            )

    def plan(self, pairs: Sequence[FolderPair], labels: Labels) -> list[FolderWork]:
        """The work on these folders; those that are unchanged or cannot be opened are left out."""
        self._all_mail = AllMail(labels)
        self._look_at_labels(pairs)
        slow_last = sorted(pairs, key=lambda pair: pair.source in self._doubts.slow)
        changed = {pair.source: pair for pair in slow_last if not self._is_skipped(pair)}
        looks = {folder: self._look(folder) for folder in changed}
        visits = deque(look.visit for look in looks.values())
        works: dict[str, FolderWork] = {}
        for visited in visit_ahead(self._source, visits):
            pair = changed[visited.visit.folder]
            if visited.error is not None or visited.selected is None:
                self._note_refusal(pair, visited.error)
                continue
            view = looks[pair.source].view(visited.selected)
            if view is None or (view.known and self._missing(pair, visited.selected, view) > 0):
                looks[pair.source] = WholeLook(self._source, self._journal, pair.source)
                visits.append(looks[pair.source].visit)
                continue
            works[pair.source] = self._plan_folder(pair, visited.selected, view)
        return [works[folder] for folder in changed if folder in works]

    def give_up(self, pairs: Collection[FolderPair]) -> None:
        """Count the messages of folders that cannot be worked on."""
        for pair in pairs:
            status = self._statuses.get(pair.source)
            if status is not None and pair.selectable:
                known = min(self._journal.count_in(pair.source, status.uidvalidity, CONFIRMED), status.messages)
                self._tally.add(pair.source, already_there=known, failed=status.messages - known)

    def known_elsewhere(self, works: Sequence[FolderWork], present: Collection[str]) -> list[Row]:
        """Rows of messages that left their place, beside those that left the folders listed.

        Of folders that are gone (not in ``present``) or have another UIDVALIDITY now, and of those that are unchanged
        since a message left them: it may have been elsewhere since, such as in the Trash.
        """
        now_valid = {work.pair.source: work.uidvalidity for work in works}
        gone = [name for name in self._journal.folder_names() if name not in present or name in now_valid]
        rows: list[Row] = []
        for name in sorted(gone):
            for uidvalidity in self._journal.uidvalidities(name) - {now_valid.get(name, -1)}:
                found = self._journal.folder_rows(name, uidvalidity).values()
                rows.extend(row for row in found if row.state != INTENDED)
        return rows + self._left_earlier()

    def unseen(self) -> list[Row]:
        """Confirmed rows of messages that the source did not let be seen: each is where it was, or elsewhere."""
        return [
            row
            for (folder, uidvalidity), shown in self._unseen.items()
            for row in self._journal.folder_rows(folder, uidvalidity).values()
            if row.state == CONFIRMED and row.source.uid not in shown
        ]

    def _left_earlier(self) -> list[Row]:
        """Confirmed rows of unchanged folders whose messages are not in them; asked only where there are such."""
        asked = {folder: PresentUids() for folder in sorted(self._unlisted) if self._has_lost(folder)}
        if not self._source.has("ESEARCH"):
            return [row for folder in asked for row in self._rows_without(folder, self._list(folder))]
        visits = deque(Visit(folder, (uids.ask,)) for folder, uids in asked.items())
        rows: list[Row] = []
        for visited in visit_ahead(self._source, visits):
            folder = visited.visit.folder
            uidvalidity = visited.selected.uidvalidity if visited.selected else 0
            if visited.error is not None:
                self._fail(folder, visited.error)
            elif asked[folder].told and uidvalidity == self._unlisted[folder]:
                rows += self._rows_without(folder, asked[folder].uids)
        return rows

    def _has_lost(self, folder: str) -> bool:
        known = self._statuses[folder].messages - self._seen[folder].excluded
        return self._journal.count_in(folder, self._unlisted[folder], CONFIRMED) > known

    def _list(self, folder: str) -> UidSet:
        try:
            selected = self._source.examine(folder)
            listed = self._all_mail.messages(self._source, folder) if selected.exists else MessageList()
        except FolderRefused as error:
            self._fail(folder, error)
            return UidSet()
        return UidSet(listed.uids() if selected.uidvalidity == self._unlisted[folder] else ())

    def _rows_without(self, folder: str, uids: UidSet) -> list[Row]:
        """Confirmed rows of this folder with another uid; none if it does not show as much as it counts."""
        if len(uids) < self._statuses[folder].messages:
            return []
        states = self._journal.states(folder, self._unlisted[folder])
        gone = [uid for uid, state in states if state == CONFIRMED and uid not in uids]
        return list(self._journal.rows_at(folder, self._unlisted[folder], gone))

    def _fail(self, folder: str, error: MigrationError) -> None:
        self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))

    def report_losses(self, works: Sequence[FolderWork], found_again: Collection[int]) -> None:
        """Say which folders lost much at once; ``found_again`` are ids of rows whose messages moved."""
        for work in works:
            gone = [row for row in work.vanished if row.state == CONFIRMED and row.id not in found_again]
            before = work.known + sum(row.state == CONFIRMED for row in work.vanished)
            if len(gone) >= _MANY and len(gone) * 2 >= before:
                self._tally.warn(
                    f"{work.pair.source}: {len(gone)} of {before} messages that were copied from there are gone at the"
                    " source; their copies stay at the destination"
                )

    def look_again(self, folders: Iterable[str]) -> None:
        """These folders are not worked off yet, whatever else is done of them."""
        self._unfinished.update(folders)

    def note_worked_off(self, works: Sequence[FolderWork], unagreed: Collection[Place]) -> None:
        """Folders that are worked off completely are skipped next time while their STATUS stays the same.

        ``unagreed`` are messages whose flags the copies do not have.
        """
        unfinished = self._unfinished | {failure.folder for failure in self._tally.failures()}
        if self._all_mail.labels.active and not unfinished:
            self._journal.remember(_POLICY, self._all_mail.labels.policy)
        with self._journal.together():
            for work in works:
                folder = work.pair.source
                status = self._statuses.get(folder)
                # What is accepted is so by the word of the ticket, which may change.
                if status is not None and folder not in unfinished and not work.accepted:
                    self._journal.note_seen(folder, _seen(status, work.deleted, _uids_of(work, unagreed)))
                elif status is not None and (folder in self._unfinished or folder not in self._seen):
                    # Its destination is made, though: a state that no folder has keeps it from being skipped.
                    self._journal.note_seen(folder, Seen(status.uidvalidity, 0, 0, 0))

    def raise_postponed(self) -> None:
        """Raise what one folder was answered by a server that asks to wait, now that the others are done."""
        if self._postponed is not None:
            raise self._postponed

    def _look_at_labels(self, pairs: Sequence[FolderPair]) -> None:
        """Where folders are labels, a change in one may concern all: they are skipped together or not at all."""
        labels, statuses = self._all_mail.labels, self._statuses
        if not labels.active:
            return
        unchanged = all(p.source in statuses and self._is_unchanged(p.source, statuses[p.source]) for p in pairs)
        if unchanged and self._journal.recall(_POLICY) == labels.policy:
            return
        self._skippable = {}
        self._all_mail.look(self._source, statuses)
        for note in self._all_mail.notes:
            self._tally.warn(note)
        if self._all_mail.fault:
            self._tally.fail(Failure(labels.all_mail, 0, "failed", self._all_mail.fault, REMEDY))

    def _is_skipped(self, pair: FolderPair) -> bool:
        """Whether the folder is unchanged; what it holds is counted then."""
        status = self._statuses.get(pair.source)
        self._tally.add(pair.source)
        if status is None or not self._is_unchanged(pair.source, status):
            return False
        excluded = self._seen[pair.source].excluded
        self._unlisted[pair.source] = status.uidvalidity
        known = status.messages - excluded
        if self._all_mail.labels.active:  # what lies under other labels too is not counted
            known = self._journal.count_in(pair.source, status.uidvalidity, CONFIRMED)
        self._tally.add(pair.source, already_there=known, excluded=excluded)
        return True

    def _look(self, folder: str) -> WholeLook | ChangesLook:
        is_whole = self._all_mail.labels.active or self._request.recopy
        seen = None if is_whole else self._seen.get(folder)
        listed = self._all_mail.listed(folder)
        return look_at(self._source, self._journal, folder, self._statuses.get(folder), seen, listed)

    def _note_refusal(self, pair: FolderPair, error: FolderRefused | Throttled | None) -> None:
        """A folder that cannot be opened or listed is told, and the others go on, unless the server means all."""
        if isinstance(error, Throttled):
            alone = self._doubts.may_be_its_own(pair.source, another=self._postponed is not None)
            if self._source.wire.broken or not alone:
                raise error
            self._postponed = error
        if error is not None:
            self._fail(pair.source, error)
        known = self._journal.uidvalidities(pair.source)
        self._unseen.update({(pair.source, uidvalidity): UidSet() for uidvalidity in known})
        self.give_up([pair])

    def _missing(self, pair: FolderPair, selected: Selected, view: View) -> int:
        """How many messages the server shows less than it counts."""
        status = self._statuses.get(pair.source)
        return min(status.messages, selected.exists) - view.present if status is not None else 0

    def _plan_folder(self, pair: FolderPair, selected: Selected, view: View) -> FolderWork:
        listed, rows = view.listed, view.rows
        missing = self._missing(pair, selected, view)
        if missing > 0:
            reason = f"the server shows {missing} messages less than it counts"
            self._tally.fail(Failure(pair.source, 0, "failed", reason, "Ask the provider, or look by web mail"))
            self._tally.add(pair.source, failed=missing)
            # What it does not show has not moved away.
            shown = UidSet(listed.uids())
            self._unseen[pair.source, selected.uidvalidity] = shown
            rows = (row for row in rows if row.source.uid in shown)
        listed = self._all_mail.labels.copied_from(pair.source, listed)
        self.twins.note(pair.source, selected.uidvalidity, listed)
        earlier_ones = self._journal.uidvalidities(pair.source) if listed else ()
        if earlier_ones and selected.uidvalidity not in earlier_ones:
            self._tally.warn(
                f"{pair.source}: the source has numbered its messages anew (UIDVALIDITY); they are known again by their"
                " content"
            )
        work = plan_folder(
            pair,
            selected.uidvalidity,
            listed,
            rows,
            accepted=self._request.accepted,
            recopy=self._request.recopy,
        )
        work = replace(work, known=work.known + view.known, deleted=work.deleted + view.excluded)
        self._doubts.recall([Place(pair.source, selected.uidvalidity, uid) for uid in work.given_up])
        earlier = min(self._tally.of(pair.source)["copied"], work.known)
        self._tally.add(
            pair.source,
            already_there=work.known - earlier,
            excluded=work.deleted,
            held=work.held,
            left=len(work.new),
        )
        self._result.accepted += work.accepted
        return work

    def _is_unchanged(self, folder: str, status: Status) -> bool:
        """Without CONDSTORE flags may have changed unseen: then the folder is listed."""
        seen = self._skippable.get(folder)
        same = seen is not None and seen == _seen(status, seen.excluded, seen.unagreed)
        return same and bool(status.highestmodseq) and not self._request.recopy


def _seen(status: Status, excluded: int, unagreed: str | None) -> Seen:
    return Seen(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq, excluded, unagreed)


def _uids_of(work: FolderWork, places: Iterable[Place]) -> str:
    uids = (p.uid for p in places if (p.folder, p.uidvalidity) == (work.pair.source, work.uidvalidity))
    return format_uids(sorted(uids))
