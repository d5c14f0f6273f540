# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One attempt of a pass: list both sides, decide, act."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from ..core.errors import LoginRefused
from ..core.folder_names import foreign_namespace
from ..core.folder_plan import plan_folders
from ..core.folders import FolderPlan, Side
from ..core.labels import Labels
from ..core.messages import Place
from ..core.sync_plan import FolderWork
from ..imap.listing import Status
from ..imap.session import Session
from .account import choose_account
from .caution import Doubts
from .destination_index import DestinationIndex
from .folder_maker import FolderMaker
from .follow import Follower, changed_on_the_way
from .identify import Found, place_unplaced, recover, relocate, report_late
from .journal import Journal
from .kept_flags import KeptFlags
from .known_again import KnownAgain
from .lanes import Lanes, Opened, logged_in
from .limits import Gate
from .lost_journal import HELD_REMEDY, WHY_HELD, folders_before
from .made_folders import note_made
from .moves import Mover
from .needed_folders import make_needed
from .request import SyncRequest, SyncResult
from .slots import ServerSlots
from .source_reader import SourceReader
from .source_view import SourceView
from .space import octets, plan_space
from .tally import Failure
from .tools import Tools

_Destination = tuple["Session | None", Side, dict[str, Status]]


@dataclass(frozen=True)
class _There:
    """The destination: its session, what lies there, and the flags that its folders keep."""

    session: Session
    index: DestinationIndex
    kept: KeptFlags


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
        self._now = now
        self._writing = not request.check
        self._unagreed: set[Place] = set()

    def run(self) -> None:
        """Do the attempt. Raises :class:`MigrationError` for what ends it."""
        with Opened() as sessions:
            with ThreadPoolExecutor(1, thread_name_prefix="destination") as other:
                self._tally.stage = "connecting"
                opening = other.submit(self._open_destination, sessions)
                source = sessions.add(logged_in(self._request.source, "source", self._tally.log))
                self._tally.stage = "listing"
                source_side, statuses = source.list_side()
                destination, place, statuses_there = self._destination(opening)
            self._tally.restart()
            self._result.accepted = 0
            is_new = choose_account(self._journal, self._request, statuses)
            there = self._there(destination, place, statuses_there)
            view = SourceView(self._request, self._journal, self._result, source, statuses, self._doubts)
            view.refuse_empty()
            before: frozenset[str] | None = None
            if there is not None:
                self._settle_earlier(source, there)
                before = folders_before(self._journal, there.index, writing=self._writing) if is_new else None
            make_plan = partial(plan_folders, source_side, rules=self._request.rules)
            maker = FolderMaker(destination, place, make_plan, self._result, writing=self._writing)
            works = self._plan(maker, view, there, source_side, statuses)
            if self._writing:
                note_made(self._journal, self._result.folders_created)
            if there is not None:
                there.index.add_made(self._result.folders_created if self._writing else ())
                self._tally.stage = "identifying"
                reader = self._reader(source)
                known = KnownAgain(self._request, self._journal, self._result, self._now)
                found = known.find(works, reader, source_side, there.index, view, is_new)
                works = known.enter(works, found, maker.plan.pairs, reader, there.index, before)
                self._journal.forget_digests()
                works, found = self._make_needed(maker, view, works, found, there)
                self._follow(works, found, there, view)
            else:
                works, _unused = self._make_needed(maker, view, works, Found(), None)
            self._report_held(works)
            self._gate.check()
            self._tally.stage = "copying"
            self._copy(works, source, there, view)
            self._report_unreadable()
            view.note_worked_off(works, self._unagreed)
            view.raise_postponed()
        self._result.complete = True

    # Both sides

    def _open_destination(self, sessions: Opened) -> _Destination:
        """The destination with its folders."""
        session = sessions.add(logged_in(self._request.destination, "destination", self._tally.log))
        session.reset_on_close(True)
        return session, *session.list_side()

    def _destination(self, opening: Future[_Destination]) -> _Destination:
        """What was opened; no session in check mode where the mailbox does not exist yet.

        Asked when the source is open: whether the mailbox exists matters only then.
        """
        try:
            return opening.result()
        except LoginRefused as error:
            self._result.destination_found = False
            if self._writing:
                raise
            self._tally.warn(f"not at the destination yet ({error.what}); planned against an empty one")
            return None, Side((), "/"), {}

    def _there(self, session: Session | None, side: Side, statuses: dict[str, Status]) -> _There | None:
        if session is None:
            return None
        self._result.largest_before = max(
            (self._result.largest_before, *(status.messages for status in statuses.values()))
        )
        ours = {name: status for name, status in statuses.items() if foreign_namespace(name, side) is None}
        index = DestinationIndex(session, ours, self._journal.known_uids, self._doubts.looking)
        return _There(session, index, KeptFlags(self._journal, asking=self._writing))

    def _note_plan(self, plan: FolderPlan, view: SourceView, statuses: dict[str, Status]) -> None:
        self._result.plan = plan
        self._warn_of_new(plan, view)
        for folder in plan.excluded:
            status = statuses.get(folder.source)
            self._tally.add(folder.source, excluded=status.messages if status and not folder.view else 0)

    def _warn_of_new(self, plan: FolderPlan, view: SourceView) -> None:
        """Warn of what happened to names, in the run in which it happens; the folders of the result keep telling it."""
        for remark in plan.remarks:
            if not remark.sources or not view.worked_off >= set(remark.sources):
                self._tally.warn(remark.text)

    def _settle_earlier(self, source: Session, there: _There) -> None:
        """What a run that died had begun: its sends and its moves."""
        before = self._result.recovered
        self._result.recovered += recover(
            self._journal,
            there.index,
            self._reader(source),
            settle=self._request.settle,
            now=self._now,
        )
        place_unplaced(self._journal, there.index)
        self._result.recovered += self._mover(there).resume()
        if self._result.recovered > before:
            self._tally.log.note("recovered", messages=self._result.recovered - before)

    # Decide

    def _plan(
        self,
        maker: FolderMaker,
        view: SourceView,
        there: _There | None,
        side: Side,
        statuses: dict[str, Status],
    ) -> list[FolderWork]:
        """The work on each folder, with the folders made that no pass has brought over yet."""
        pairs = maker.make(view.worked_off)
        self._note_plan(maker.plan, view, statuses)
        ready = {pair.source for pair in pairs}
        view.give_up([pair for pair in maker.plan.pairs if pair.source not in ready])
        works = view.plan(pairs, Labels(side, maker.plan, self._request.rules.gmail_labels))
        return relocate(works, self._journal, there.index) if there else works

    # Act

    def _make_needed(
        self, maker: FolderMaker, view: SourceView, works: list[FolderWork], found: Found, there: _There | None
    ) -> tuple[list[FolderWork], Found]:
        works, found = make_needed(maker, works, found, self._mover(there) if there else None, self._tally)
        self._result.plan = maker.plan
        self._warn_of_new(maker.plan, view)
        if there is not None:
            there.index.add_made(self._result.folders_created if self._writing else ())
        return works, found

    def _follow(self, works: Sequence[FolderWork], found: Found, there: _There, view: SourceView) -> None:
        """Bring moves and changed flags to the copies."""
        view.report_losses(works, {row.id for row, _unused in found.moved})
        places = self._mover(there).follow(found.moved)
        follower = Follower(
            there.session, self._journal, self._tally, there.index.exists, there.kept, writing=self._writing
        )
        follower.reflag([*works, *changed_on_the_way(found.moved, places)])
        self._unagreed |= follower.unagreed
        # Flags of what could not be moved, and whether what was set aside still is to be.
        view.look_again(suspect.work.pair.source for row, suspect in found.moved if row.id not in places)
        view.look_again(suspect.work.pair.source for _row, suspect in found.set_aside)

    def _reader(self, source: Session) -> SourceReader:
        return SourceReader(source, self._doubts.reading, self._gate, self._journal)

    def _mover(self, there: _There) -> Mover:
        return Mover(there.session, self._journal, self._tally, there.index, writing=self._writing)

    def _report_unreadable(self) -> None:
        for place, words in sorted(self._doubts.looking.convicted().items()):
            self._tally.warn(
                f"{place.folder}: message {place.uid} at the destination cannot be read, the server breaks off when it"
                f" is to send it ({words}); if it is the copy of a message of the source, that may be there twice:"
                " look at it by web mail"
            )

    def _report_held(self, works: Sequence[FolderWork]) -> None:
        for work in works:
            held = self._tally.of(work.pair.source)["held"]
            if held:
                reason = f"{held} messages are {WHY_HELD}"
                self._tally.fail(Failure(work.pair.source, 0, "held", reason, HELD_REMEDY))

    def _copy(self, works: Sequence[FolderWork], source: Session, there: _There | None, view: SourceView) -> None:
        todo, twins = [work for work in works if work.new], view.twins
        if not self._writing or there is None:
            self._result.space = plan_space(todo, twins, there.session if there else None)
            for work in todo:
                count = len(work.new)
                self._tally.add(work.pair.source, copied=count, left=-count, bytes=octets([work]))
                self._tally.wrote()
            return
        self._tally.plan(octets(todo))
        there.session.leave()
        tools = Tools(
            self._journal,
            there.index,
            self._gate,
            self._tally,
            self._now,
            self._request.state_dir,
            there.kept,
            self._doubts,
        )
        first, rest = twins.first(twins.copy(todo, there.session, tools))
        Lanes(self._request, tools, self._slots, first).run(source, there.session)
        place_unplaced(self._journal, there.index)
        if rest:
            rest = twins.copy(rest, there.session, tools)
            Lanes(self._request, tools, self._slots, rest).run(source, there.session)
            place_unplaced(self._journal, there.index)
        self._unagreed |= tools.learned.unagreed
        view.look_again(tools.learned.without_keywords)
        report_late(self._journal, there.index, self._tally, self._now())
