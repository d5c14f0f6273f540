# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt of a pass: list both sides, decide, act."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial

from ..core.digest import Digest
from ..core.errors import FolderRefused, LoginRefused, Throttled
from ..core.folder_names import foreign_namespace
from ..core.folder_plan import plan_folders
from ..core.folders import FolderPair, FolderPlan, Side
from ..core.labels import Labels
from ..core.messages import CONFIRMED, Entry, Listed, Place, Row
from ..core.sync_plan import FolderWork, plan_folder
from ..imap.all_mail import REMEDY, AllMail
from ..imap.connection import connect
from ..imap.listing import Status
from ..imap.session import Session
from .account import choose_account
from .caution import Doubts
from .destination_index import DestinationIndex
from .folder_maker import FolderMaker
from .follow import Follower
from .identify import Found, enter_matches, identify, place_unplaced, recover, relocate, stayed
from .journal import Journal, Seen
from .lanes import Lanes, opened
from .limits import Gate
from .lock import ServerSlots
from .request import SyncRequest, SyncResult
from .sending import Tools
from .source_reader import SourceReader
from .space import octets, plan_space
from .tally import Failure
from .twins import Twins

_POLICY = "gmail_labels"
_HELD = "not at the destination, and without the journal nobody knows whether it was never copied or was deleted there"


class SyncPass:
    """One attempt. Everything it learns goes into the journal and the result."""

    def __init__(
        self,
        request: SyncRequest,
        journal: Journal,
        gate: Gate,
        result: SyncResult,
        slots: ServerSlots,
        doubts: Doubts,
        now: Callable[[], float],
    ) -> None:
        self._request = request
        self._journal = journal
        self._gate = gate
        self._result = result
        self._tally = result.tally
        self._slots = slots
        self._doubts = doubts
        self._postponed: Throttled | None = None
        self._now = now
        self._writing = not request.check
        self._seen: dict[str, Seen] = {}
        self._twins = Twins()

    def run(self) -> None:
        """Do the attempt. Raises :class:`MigrationError` for what ends it."""
        self._result.accepted = 0
        with ExitStack() as stack:
            source = opened(stack, connect(self._request.source))
            destination = self._open_destination(stack)
            source_side, statuses = source.list_side()
            place, there = destination.list_side() if destination else (Side((), "/"), {})
            there = {name: status for name, status in there.items() if foreign_namespace(name, place) is None}
            is_new = choose_account(self._journal, self._request, statuses)
            self._refuse_empty_source(statuses)
            index = DestinationIndex(destination, there, self._journal.known_uids) if destination else None
            if index is not None:
                self._result.recovered += recover(self._journal, index, source, settle=self._request.settle)
            permanent = self._permanent_flags(destination, place)
            make_plan = partial(plan_folders, source_side, rules=self._request.rules)
            maker = FolderMaker(destination, place, make_plan, self._result, writing=self._writing)
            self._seen = self._journal.seen()
            pairs = maker.make(self._seen.keys())
            self._note_plan(maker.plan, statuses)
            self._all_mail = AllMail(Labels(source_side, maker.plan, self._request.rules.gmail_labels))
            self._look_at_labels(source, pairs, statuses)
            works = [
                work
                for pair in self._slow_last(pairs)
                if (work := self._plan_folder(source, pair, statuses, permanent))
            ]
            works = maker.make_for(works)
            self._result.plan = maker.plan
            self._warn_of_new(maker.plan)
            works = relocate(works, self._journal, index) if index else works
            found = self._identify(works, source, source_side, index, is_new)
            works = self._act_on_found(works, found, destination, permanent, is_new)
            self._gate.check()
            self._copy(works, source, destination, index, permanent)
            self._note_seen(works, statuses, found)
            if self._postponed is not None:
                raise self._postponed
        self._result.complete = True

    # Both sides

    def _open_destination(self, stack: ExitStack) -> Session | None:
        """The destination; None in check mode where its mailbox does not exist yet."""
        try:
            session = opened(stack, connect(self._request.destination))
        except LoginRefused as error:
            self._result.destination_found = False
            if self._writing:
                raise
            self._tally.warn(f"{error.what}; planned against an empty destination")
            return None
        session.reset_on_close(True)
        return session

    def _refuse_empty_source(self, statuses: dict[str, Status]) -> None:
        """A source that lost its mail overnight is a fault there, and nothing to follow (trap 8)."""
        known = self._journal.count(CONFIRMED)
        if known and not any(status.messages for status in statuses.values()):
            raise FolderRefused(
                f"the source reads empty, though {known} of its messages are known; nothing was changed",
                where=self._request.source.where(),
                remedy="Look at the source by web mail; if it really was emptied, this mailbox is done",
            )
        folders = self._journal.folder_names()
        left = folders & statuses.keys()
        if len(folders) >= 4 and len(left) * 2 < len(folders):
            self._tally.warn(
                f"the source has lost {len(folders) - len(left)} of {len(folders)} folders since the last pass;"
                " what was copied from them stays at the destination"
            )

    def _note_plan(self, plan: FolderPlan, statuses: dict[str, Status]) -> None:
        self._result.plan = plan
        self._warn_of_new(plan)
        for folder in plan.excluded:
            status = statuses.get(folder.source)
            self._tally.add(folder.source, excluded=status.messages if status else 0)

    def _warn_of_new(self, plan: FolderPlan) -> None:
        """Warn of what happened to names, in the run in which it happens; the folders of the result keep telling it."""
        for remark in plan.remarks:
            if not remark.sources or not self._seen.keys() >= set(remark.sources):
                self._tally.warn(remark.text)

    def _permanent_flags(self, destination: Session | None, side: Side) -> frozenset[str] | None:
        """PERMANENTFLAGS of the destination's INBOX stand for all its folders; it is not opened in check mode."""
        if destination is None or not self._writing or not any(folder.name == "INBOX" for folder in side.folders):
            return None
        permanent = destination.select("INBOX").permanent_flags
        destination.leave()
        return permanent

    # Decide

    def _look_at_labels(self, source: Session, pairs: Sequence[FolderPair], statuses: Mapping[str, Status]) -> None:
        """Where folders are labels, a change in one may concern all: they are skipped together or not at all."""
        labels = self._all_mail.labels
        if not labels.active:
            return
        unchanged = all(p.source in statuses and self._is_unchanged(p.source, statuses[p.source]) for p in pairs)
        if unchanged and self._journal.recall(_POLICY) == labels.policy:
            return
        self._seen = {}
        self._all_mail.look(source, statuses)
        for note in self._all_mail.notes:
            self._tally.warn(note)
        if self._all_mail.fault:
            self._tally.fail(Failure(labels.all_mail, 0, "failed", self._all_mail.fault, REMEDY))

    def _plan_folder(
        self, source: Session, pair: FolderPair, statuses: dict[str, Status], permanent: frozenset[str] | None
    ) -> FolderWork | None:
        """The work on one folder; None when it is unchanged since it was worked off, or cannot be opened."""
        status = statuses.get(pair.source)
        self._tally.add(pair.source)
        if status is not None and self._is_unchanged(pair.source, status):
            self._tally.add(pair.source, already_there=self._known_of(pair.source, status.uidvalidity))
            return None
        try:
            selected = source.examine(pair.source)
            listed = self._all_mail.messages(source, pair.source) if selected.exists else []
        except FolderRefused as error:
            self._tally.fail(Failure(pair.source, 0, "failed", error.what, error.remedy or "Run again"))
            return None
        except Throttled as error:
            if source.wire.broken or not self._doubts.may_be_its_own(pair.source, another=self._postponed is not None):
                raise
            self._postponed = error
            self._tally.fail(Failure(pair.source, 0, "failed", error.what, "Run again"))
            return None
        if status is not None and len(listed) < min(status.messages, selected.exists):
            missing = min(status.messages, selected.exists) - len(listed)
            reason = f"the server shows {missing} messages less than it counts"
            self._tally.fail(Failure(pair.source, 0, "failed", reason, "Ask the provider, or look by web mail"))
        listed = self._all_mail.labels.copied_from(pair.source, listed)
        self._twins.note(pair.source, selected.uidvalidity, listed)
        rows = self._journal.folder_rows(pair.source, selected.uidvalidity)
        work = plan_folder(
            pair,
            selected.uidvalidity,
            listed,
            rows,
            accepted=self._request.accepted,
            recopy=self._request.recopy,
            permanent=permanent,
        )
        earlier = self._tally.of(pair.source)["copied"]
        self._doubts.recall([Place(pair.source, selected.uidvalidity, uid) for uid in work.given_up])
        self._tally.add(pair.source, already_there=work.known - earlier, excluded=work.deleted, held=work.held)
        self._result.accepted += work.accepted
        return work

    def _slow_last(self, pairs: Sequence[FolderPair]) -> list[FolderPair]:
        return sorted(pairs, key=lambda pair: pair.source in self._doubts.slow)

    def _is_unchanged(self, folder: str, status: Status) -> bool:
        """Without CONDSTORE flags may have changed unseen: then the folder is listed."""
        seen = Seen(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq)
        return bool(status.highestmodseq) and not self._request.recopy and self._seen.get(folder) == seen

    def _known_of(self, folder: str, uidvalidity: int) -> int:
        return self._journal.count_in(folder, uidvalidity, CONFIRMED)

    def _identify(
        self,
        works: Sequence[FolderWork],
        source: Session,
        side: Side,
        index: DestinationIndex | None,
        is_new: bool,
    ) -> Found:
        if index is None:
            return Found()
        vanished = [row for work in works for row in work.vanished]
        if any(work.new for work in works):
            vanished += self._rows_of_lost_folders(works, {folder.name for folder in side.folders})
            # A login or a server with another name is the same customer's mail, unless the ticket merges accounts.
            vanished += [] if self._request.merge else self._journal.rows_of_others()
        reader = SourceReader(source, self._doubts.reading, self._gate)
        return identify(works, vanished, reader, self._journal, index, read_all=is_new)

    def _rows_of_lost_folders(self, works: Sequence[FolderWork], present: set[str]) -> list[Row]:
        """Confirmed rows of folders that are gone at the source, or have another UIDVALIDITY now."""
        now_valid = {work.pair.source: work.uidvalidity for work in works}
        gone = [name for name in self._journal.folder_names() if name not in present or name in now_valid]
        rows: list[Row] = []
        for name in sorted(gone):
            for uidvalidity in self._journal.uidvalidities(name) - {now_valid.get(name, -1)}:
                found = self._journal.folder_rows(name, uidvalidity).values()
                rows.extend(row for row in found if row.state == CONFIRMED)
        return rows

    # Act

    def _act_on_found(
        self,
        works: list[FolderWork],
        found: Found,
        destination: Session | None,
        permanent: frozenset[str] | None,
        is_new: bool,
    ) -> list[FolderWork]:
        """Enter what was found, follow moves and flags; the works with only what is still to be copied."""
        sources = found.sources()
        works = [replace(work, new=tuple(m for m in work.new if _place(work, m) not in sources)) for work in works]
        # All or nothing: a journal that knew a part would be no new one, and the rest would be copied.
        with self._journal.together():
            if is_new and found.matched and not self._request.recopy:
                works = [self._hold(work) for work in works]
            enter_matches(found, self._journal, self._now())
        for suspect, _unused in found.matched:
            self._tally.add(suspect.work.pair.source, matched=1)
        if destination is not None:
            follower = Follower(destination, self._journal, self._tally, permanent, writing=self._writing)
            follower.follow(found.moved)
            follower.reflag([*works, *stayed(found.moved, permanent)])
        self._report_held(works)
        return works

    def _hold(self, work: FolderWork) -> FolderWork:
        """Without a journal, what misses at the destination may have been deleted there: enter it, copy nothing."""
        unknown = Digest(b"", b"", 0, 0)
        target = work.pair.destination
        entries = [Entry(_place(work, m), m.size, m.internaldate, unknown, target, None) for m in work.new]
        self._journal.hold(entries, _HELD, self._now())
        self._tally.add(work.pair.source, held=len(work.new))
        return replace(work, new=(), held=work.held + len(work.new))

    def _report_held(self, works: Iterable[FolderWork]) -> None:
        for work in works:
            if work.held:
                reason = f"{work.held} messages are {_HELD}"
                remedy = "Run with recopy: true to copy them"
                self._tally.fail(Failure(work.pair.source, 0, "held", reason, remedy))

    def _copy(
        self,
        works: Sequence[FolderWork],
        source: Session,
        destination: Session | None,
        index: DestinationIndex | None,
        permanent: frozenset[str] | None,
    ) -> None:
        todo = [work for work in works if work.new]
        if not self._writing or destination is None or index is None:
            self._result.space = plan_space(todo, self._twins, destination)
            for work in todo:
                self._tally.add(work.pair.source, copied=len(work.new), bytes=octets([work]))
                self._tally.wrote()
            return
        for work in todo:
            self._tally.add(work.pair.source, left=len(work.new))
        destination.leave()
        tools = Tools(
            self._journal,
            index,
            self._gate,
            self._tally,
            self._now,
            self._request.state_dir,
            permanent,
            self._doubts,
        )
        first, rest = self._twins.first(self._twins.copy(todo, destination, tools))
        Lanes(self._request, tools, self._slots, first).run(source, destination)
        place_unplaced(self._journal, index)
        if rest:
            rest = self._twins.copy(rest, destination, tools)
            Lanes(self._request, tools, self._slots, rest).run(source, destination)
            place_unplaced(self._journal, index)

    def _note_seen(self, works: Sequence[FolderWork], statuses: dict[str, Status], found: Found) -> None:
        """Folders that are worked off completely are skipped next time while their STATUS stays the same."""
        unfinished = {failure.folder for failure in self._tally.failures()}
        unfinished |= {suspect.work.pair.source for _unused, suspect in found.moved}
        if self._all_mail.labels.active and not unfinished:
            self._journal.remember(_POLICY, self._all_mail.labels.policy)
        for work in works:
            status = statuses.get(work.pair.source)
            if status is not None and work.pair.source not in unfinished:
                seen = Seen(status.uidvalidity, status.uidnext, status.messages, status.highestmodseq)
                self._journal.note_seen(work.pair.source, seen)


def _place(work: FolderWork, message: Listed) -> Place:
    return Place(work.pair.source, work.uidvalidity, message.uid)
