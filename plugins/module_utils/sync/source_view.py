# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the source shows, held against what the journal knows of it: the work on each folder, and what looks odd."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from ..core.errors import FolderRefused, Throttled
from ..core.folders import FolderPair
from ..core.labels import Labels
from ..core.messages import CONFIRMED, INTENDED, Place, Row
from ..core.sync_plan import FolderWork, plan_folder
from ..imap.all_mail import REMEDY, AllMail
from ..imap.listing import Status
from ..imap.session import Session
from .caution import Doubts
from .journal import Journal, Seen
from .request import SyncRequest, SyncResult
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
        return [work for pair in slow_last if (work := self._plan_folder(pair))]

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
        for name, uidvalidity in sorted(self._unlisted.items()):
            rows.extend(self._left_earlier(name, uidvalidity))
        return rows

    def _left_earlier(self, folder: str, uidvalidity: int) -> list[Row]:
        """Confirmed rows of an unchanged folder whose messages are not in it; listed only where there are such."""
        there = self._statuses[folder].messages
        if self._journal.count_in(folder, uidvalidity, CONFIRMED) <= there - self._seen[folder].excluded:
            return []
        try:
            selected = self._source.examine(folder)
            listed = self._all_mail.messages(self._source, folder) if selected.exists else []
        except FolderRefused as error:
            self._tally.fail(Failure(folder, 0, "failed", error.what, error.remedy or "Run again"))
            return []
        if selected.uidvalidity != uidvalidity or len(listed) < there:
            return []
        uids = {message.uid for message in listed}
        rows = self._journal.folder_rows(folder, uidvalidity)
        return [row for uid, row in rows.items() if row.state == CONFIRMED and uid not in uids]

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

    def note_worked_off(self, works: Sequence[FolderWork]) -> None:
        """Folders that are worked off completely are skipped next time while their STATUS stays the same."""
        unfinished = self._unfinished | {failure.folder for failure in self._tally.failures()}
        if self._all_mail.labels.active and not unfinished:
            self._journal.remember(_POLICY, self._all_mail.labels.policy)
        for work in works:
            folder = work.pair.source
            status = self._statuses.get(folder)
            # What is accepted is so by the word of the ticket, which may change.
            if status is not None and folder not in unfinished and not work.accepted:
                self._journal.note_seen(folder, _seen(status, work.deleted))
            elif status is not None and folder in self._unfinished:
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

    def _plan_folder(self, pair: FolderPair) -> FolderWork | None:
        status = self._statuses.get(pair.source)
        self._tally.add(pair.source)
        if status is not None and self._is_unchanged(pair.source, status):
            excluded = self._seen[pair.source].excluded
            self._unlisted[pair.source] = status.uidvalidity
            known = status.messages - excluded
            if self._all_mail.labels.active:  # what lies under other labels too is not counted
                known = self._journal.count_in(pair.source, status.uidvalidity, CONFIRMED)
            self._tally.add(pair.source, already_there=known, excluded=excluded)
            return None
        try:
            selected = self._source.examine(pair.source)
            listed = self._all_mail.messages(self._source, pair.source) if selected.exists else []
        except FolderRefused as error:
            self._tally.fail(Failure(pair.source, 0, "failed", error.what, error.remedy or "Run again"))
            self.give_up([pair])
            return None
        except Throttled as error:
            alone = self._doubts.may_be_its_own(pair.source, another=self._postponed is not None)
            if self._source.wire.broken or not alone:
                raise
            self._postponed = error
            self._tally.fail(Failure(pair.source, 0, "failed", error.what, "Run again"))
            self.give_up([pair])
            return None
        missing = min(status.messages, selected.exists) - len(listed) if status is not None else 0
        rows = self._journal.folder_rows(pair.source, selected.uidvalidity)
        if missing > 0:
            reason = f"the server shows {missing} messages less than it counts"
            self._tally.fail(Failure(pair.source, 0, "failed", reason, "Ask the provider, or look by web mail"))
            self._tally.add(pair.source, failed=missing)
            # What it does not show has not moved away.
            shown = {message.uid for message in listed}
            rows = {uid: row for uid, row in rows.items() if uid in shown}
        listed = self._all_mail.labels.copied_from(pair.source, listed)
        self.twins.note(pair.source, selected.uidvalidity, listed)
        if not rows and listed and self._journal.uidvalidities(pair.source):
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
        same = seen is not None and seen == _seen(status, seen.excluded)
        return same and bool(status.highestmodseq) and not self._request.recopy


def _seen(status: Status, excluded: int) -> Seen:
    return Seen(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq, excluded)
