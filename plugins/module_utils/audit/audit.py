# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit of one mailbox: both sides read through at the same time, compared, and held against the journal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from ..core import compare
from ..core.compare import Comparison
from ..core.difference import FOLDER_MISSING, UNREADABLE, USER_DELETED, Difference, Facts
from ..core.errors import JournalError, Stopped
from ..core.essence import Rewriting, rewriting
from ..core.folder_names import path_of
from ..core.folder_plan import plan_folders
from ..core.folder_roles import VIEWS, folder_roles
from ..core.folders import NOT_SELECTABLE, FolderPlan, Side
from ..core.internaldate import ChosenDate, choose_date
from ..core.labels import Labels
from ..core.matching import Knowledge, Matching, match_rest, pair_altered, with_rewriting, without_place
from ..core.messages import Place
from ..core.settling import settle
from ..imap.all_mail import REMEDY, AllMail
from ..sync.request import SyncRequest
from ..sync.slots import slots_of
from .facts import Word
from .knowledge import Known, known_of
from .reading import Fault, Reading, SideReader

# How deep an audit looks: every message read on both sides, or the journal's word held against both listings.
FULL, FACTS = "full", "facts"
DEPTHS = (FULL, FACTS)

# From so many messages on, a folder that lost more than half of its copies is worth a warning.
_MANY = 10
# So many messages with their copies are held against each other at a time.
_AT_ONCE = 500

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Audit:
    """What was found. ``differences`` has the explained ones too; ``left_out`` counts the messages of excluded folders.

    ``there`` is the destination as it was listed. ``has_journal`` says whether a journal could explain anything.
    """

    plan: FolderPlan
    source: Reading
    destination: Reading
    comparison: Comparison
    differences: tuple[Difference, ...]
    left_out: Mapping[str, int]
    has_journal: bool
    there: Side
    warnings: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every difference is explained."""
        return all(difference.explained for difference in self.differences)


def audit_mailbox(
    request: SyncRequest,
    *,
    depth: str = FULL,
    stopped: Callable[[], bool] = lambda: False,
    now: Callable[[], float] = time.time,
) -> Audit:
    """Compare both sides; nothing is written anywhere. Without ``state_dir`` no journal explains anything.

    With :data:`FACTS` no message is read: what one holds is what the journal has under its uids.

    Raises :class:`MigrationError` when a side cannot be read on; a folder that cannot be read is a difference.
    """
    with ExitStack() as stack:
        stack.enter_context(slots_of(request).one(check=lambda: _go_on(request, stopped)))
        source = stack.enter_context(SideReader(request.source, stopped))
        destination = stack.enter_context(SideReader(request.destination, stopped))
        readers = (source, destination)
        (here, statuses), (there, statuses_there) = _at_once(readers, (source.list_side, destination.list_side))
        plan = plan_folders(here, there, request.rules)
        aliases = destination.aliases(plan, there)
        plan = plan_folders(here, replace(there, aliases=aliases), request.rules) if aliases else plan
        known = stack.enter_context(known_of(request, statuses))
        folders = [pair.source for pair in plan.pairs if pair.selectable]
        all_mail = AllMail(Labels(here, plan, request.rules.gmail_labels))
        source.look_at_labels(all_mail, statuses)
        word = _take_word(request, readers, known) if depth == FACTS else None
        readings = _at_once(
            readers,
            (
                lambda: _with_fault(all_mail, source.read(folders, statuses)),
                lambda: destination.read(_message_folders(there), statuses_there),
            ),
        )
        matching, knowledge = _match(readers, plan, readings, known, word)
        comparison, facts = _judge(request, readers, matching, readings, knowledge, datetime.fromtimestamp(now(), UTC))
        doubtful = tuple(_doubtful(word, comparison)) if word else ()
    return Audit(
        plan,
        *readings,
        comparison,
        (*_unreadable(plan, *readings), *_missing_folders(plan, facts), *comparison.differences),
        {
            item.source: statuses[item.source].messages
            for item in plan.excluded
            if item.source in statuses and not item.view
        },
        facts.knowledge is not None,
        there,
        (
            *plan.notes,
            *all_mail.notes,
            *known.warnings,
            *_deleted_much(comparison),
            *doubtful,
        ),
    )


def _go_on(request: SyncRequest, stopped: Callable[[], bool]) -> None:
    if stopped():
        raise Stopped("the comparison was cut off", where=request.source.where(), remedy="Run it again")


def _at_once(
    readers: Sequence[SideReader], works: tuple[Callable[[], Answer], Callable[[], Answer]]
) -> tuple[Answer, Answer]:
    """Both answers, worked out at the same time; when one side fails the other is not waited for."""
    with ThreadPoolExecutor(2, thread_name_prefix="audit") as pool:
        first, second = (pool.submit(work) for work in works)
        wait((first, second), return_when=FIRST_EXCEPTION)
        failed = next((future for future in (first, second) if future.done() and future.exception()), None)
        if failed is not None:
            for reader in readers:
                reader.abandon()
            failed.result()
        return first.result(), second.result()


def _with_fault(all_mail: AllMail, reading: Reading) -> Reading:
    if all_mail.fault:
        reading.faults.append(Fault(all_mail.labels.all_mail, 0, f"{all_mail.fault}. {REMEDY}"))
    return reading


def _message_folders(side: Side) -> list[str]:
    """All folders of the destination that hold messages of their own: copies may lie in any of them."""
    roles = folder_roles(side)
    return sorted(
        {
            folder.name
            for folder in side.folders
            if not folder.attributes & NOT_SELECTABLE and roles.get(path_of(folder.name, side), "") not in VIEWS
        }
    )


# Comparing


def _take_word(request: SyncRequest, readers: tuple[SideReader, SideReader], known: Known) -> Word:
    """Let the journal say what both sides hold. Raises :class:`JournalError` where it has nothing to say."""
    if known.journal is None or not (known.has_rows() or known.passed):
        raise JournalError(
            "the journal knows no message and no complete pass of it, and depth facts rests on its word",
            where=request.mailbox,
            remedy="Verify with depth full, or run a sync first",
        )
    word = Word(known.journal)
    readers[0].take_word(word.at_source)
    readers[1].take_word(word.at_destination)
    return word


def _match(
    readers: tuple[SideReader, SideReader],
    plan: FolderPlan,
    readings: tuple[Reading, Reading],
    known: Known,
    word: Word | None,
) -> tuple[Matching, Knowledge | None]:
    source, copies = readings
    not_read = source.unread() | {item.source for item in plan.excluded}
    present = [(shelf.folder, shelf.uidvalidity) for shelf in copies.messages.shelves]
    knowledge = known.knowledge(present, not_read)
    rows, foreign = (knowledge.rows, knowledge.foreign) if knowledge else ((), frozenset())
    folder_map = {pair.source: pair.destination for pair in plan.pairs}
    settled = settle(source.messages, copies.messages, folder_map, rows, foreign)
    others = list(settled.other_copies())
    if word is not None:
        others = word.with_moved(others, settled.rows, copies.messages, foreign)
        return match_rest(settled, others, folder_map, knowledge), knowledge
    matching = match_rest(settled, others, folder_map, knowledge)
    return _with_rewriting(readers, _with_altered(readers, matching)), knowledge


def _judge(
    request: SyncRequest,
    readers: tuple[SideReader, SideReader],
    matching: Matching,
    readings: tuple[Reading, Reading],
    knowledge: Knowledge | None,
    now: datetime,
) -> tuple[Comparison, Facts]:
    copies = readings[1]
    facts = Facts(
        knowledge,
        {folder: readers[1].permanent_flags(folder) for folder in sorted(compare.lacking_flags(matching))},
        request.accepted,
        _chosen_dates(readers[0], matching, now),
        copies.unread(),
        frozenset((fault.folder, fault.uid) for fault in copies.faults if fault.uid),
    )
    return compare.compare(matching, facts), facts


def _with_altered(readers: tuple[SideReader, SideReader], matching: Matching) -> Matching:
    """Headers are read of what is lost, and of what may be it, only."""
    lost = without_place(matching)
    spare = [copy for copy in matching.spare if copy.place.folder in {item.folder for item in matching.lost}]
    if not lost or not spare:
        return matching
    ids, copy_ids = (
        {place: compare.message_id(header) for place, header in reader.headers(messages).items()}
        for reader, messages in zip(readers, (lost, spare), strict=True)
    )
    return pair_altered(matching, ids, copy_ids)


def _with_rewriting(readers: tuple[SideReader, SideReader], matching: Matching) -> Matching:
    """Copies with other content are read again, and their messages, to tell what is changed."""
    found: dict[Place, Rewriting] = {}
    waiting = [(pair.expected.source, pair.copy) for pair in matching.altered if pair.expected.source is not None]
    for start in range(0, len(waiting), _AT_ONCE):
        group = waiting[start : start + _AT_ONCE]
        originals = readers[0].essences(message for message, _unused in group)
        copies = readers[1].essences(copy for _unused, copy in group)
        found |= {
            copy.place: rewriting(originals[message.place], copies[copy.place])
            for message, copy in group
            if message.place in originals and copy.place in copies
        }
    return with_rewriting(matching, found)


def _chosen_dates(source: SideReader, matching: Matching, now: datetime) -> dict[Place, ChosenDate]:
    absurd = compare.with_absurd_dates(matching, now)
    headers = source.headers([item[0] for item in absurd])
    return {
        message.place: choose_date(message.internaldate or None, headers.get(message.place, b""), copied)
        for message, copied in absurd
    }


# What is no message


def _unreadable(plan: FolderPlan, source: Reading, destination: Reading) -> Iterator[Difference]:
    for fault in source.faults:
        reason = f"at the source: {fault.reason}"
        yield Difference(UNREADABLE, fault.folder, fault.uid, None, reason, cause=UNREADABLE)
    origin = {pair.destination: pair.source for pair in reversed(plan.pairs)}
    for fault in destination.faults:
        place = Place(fault.folder, 0, fault.uid)
        reason = f"at the destination: {fault.reason}"
        yield Difference(UNREADABLE, origin.get(fault.folder, ""), 0, place, reason, cause=UNREADABLE)


def _missing_folders(plan: FolderPlan, facts: Facts) -> Iterator[Difference]:
    """Folders that the destination has not; one that a pass has worked off was removed there."""
    worked_off = facts.knowledge.worked_off if facts.knowledge else {}
    for pair in plan.pairs:
        if pair.create and pair.selectable:
            removed = pair.source in worked_off
            reason = (
                "folder removed at the destination by its user" if removed else "the destination has no such folder"
            )
            yield Difference(FOLDER_MISSING, pair.source, 0, Place(pair.destination, 0, 0), reason, removed)


def _doubtful(word: Word, comparison: Comparison) -> Iterator[str]:
    for folder, number in sorted(word.doubtful(comparison.extra).items()):
        yield (
            f"{folder}: {number} messages look like migrated ones (size and date) that are there besides; only depth"
            " full tells whether they are doubles"
        )


def _deleted_much(comparison: Comparison) -> Iterator[str]:
    """Folders that lost most of their copies: perhaps their user did it, and perhaps somebody should ask."""
    deleted = Counter(item.copy.folder for item in comparison.differences if item.reason == USER_DELETED and item.copy)
    there: Counter[str] = Counter()
    for paired, number in comparison.paired().items():
        there[paired.folder] += number
    for folder, gone in sorted(deleted.items()):
        total = gone + there[folder]
        if total >= _MANY and gone * 2 > total:
            yield f"{folder}: {gone} of {total} copies are no longer at the destination; ask its user about it"
