# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which message at the destination is which of the source: by the journal's word first, else by content."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Container, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import flags
from .essence import Rewriting
from .internaldate import parse_internaldate
from .messages import CONFIRMED, Message, Place, Row
from .settling import Settled

_UNTOLD = Rewriting("", is_mere=False)


@dataclass(frozen=True)
class Knowledge:
    """What the journal says.

    ``rows`` are those of this source account; they may be read more than once. ``foreign`` are the places at the
    destination that belong to other accounts.
    ``worked_off`` has for each source folder that a pass finished its UIDVALIDITY and UIDNEXT of then. ``not_read``
    are source folders that hold messages which the audit does not see (left out by the rules, or unreadable).
    ``is_through`` says that the last pass came to its end. ``refused_keywords`` are those, in lower case, that folders
    of the destination did not take.
    """

    rows: Iterable[Row] = ()
    foreign: Container[Place] = frozenset()
    worked_off: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    not_read: frozenset[str] = frozenset()
    is_through: bool = True
    refused_keywords: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Expected:
    """A message that the destination should hold, in ``folder``.

    ``source`` is None for one that the journal knows and that is gone at the source. ``followed`` says that ``row`` was
    entered under another place of the source: the message moved there since.
    """

    source: Message | None
    row: Row | None
    folder: str
    followed: bool = False

    @property
    def canonical(self) -> bytes:
        if self.source is not None:
            return self.source.canonical
        return self.row.digest.canonical if self.row else b""

    @property
    def was_copied(self) -> bool:
        """Whether the journal has its copy as confirmed."""
        return self.row is not None and self.row.state == CONFIRMED

    @property
    def home(self) -> Place | None:
        """Where the journal says that the copy lies; None when it does not say."""
        if self.row is None or self.row.state != CONFIRMED or not self.row.destination.uid:
            return None
        return self.row.destination


@dataclass(frozen=True, slots=True)
class Pair:
    """A message and its copy. ``rewriting`` says in words what the destination's server changed while storing it."""

    expected: Expected
    copy: Message
    rewriting: str = ""

    @property
    def is_at_home(self) -> bool:
        """Whether the copy lies where the journal has it, with equal content."""
        return self.expected.home == self.copy.place and self.expected.canonical == self.copy.canonical

    @property
    def is_alike(self) -> bool:
        """Whether the copy lies in the right folder with equal content, date and flags: it was found at first sight."""
        expected, copy = self.expected, self.copy
        if expected.source is None or is_deleted(expected.source) or expected.folder != copy.place.folder:
            return False
        return expected.canonical == copy.canonical and _traits_of(expected.source) == _traits_of(copy)


@dataclass(frozen=True)
class Matching:
    """Everything in exactly one place.

    ``pairs`` have equal content; in ``altered`` the copy is known by its place or its Message-ID and its content
    differs. ``lost`` have no copy. ``spare`` are messages of the destination that nothing accounts for, ``foreign``
    those of other source accounts. ``settled`` are in none of these.
    """

    pairs: tuple[Pair, ...]
    altered: tuple[Pair, ...]
    lost: tuple[Expected, ...]
    spare: tuple[Message, ...]
    foreign: tuple[Message, ...] = ()
    settled: Settled = field(default_factory=Settled)


def match(
    source: Sequence[Message], copies: Sequence[Message], folder_map: Mapping[str, str], knowledge: Knowledge | None
) -> Matching:
    """Say for each message of the source where its copy is.

    ``folder_map`` has the destination folder of each source folder. Messages of equal content count as a multiset, and
    among these the copy with the same date and flags is preferred. What the journal knows and the source no longer
    holds keeps its copy, so that no other message is paired with it.
    """
    known = knowledge or Knowledge()
    foreign = tuple(copy for copy in copies if copy.place in known.foreign)
    free = {copy.place: copy for copy in copies if copy.place not in known.foreign}
    waiting = _expected(source, folder_map, known)
    pairs, altered, waiting = _at_home(waiting, free)
    deleted = [item for item in waiting if item.source is not None and is_deleted(item.source)]
    gone = [item for item in waiting if item.source is None]
    wanted = [item for item in waiting if item.source is not None and not is_deleted(item.source)]
    lost: list[Expected] = []
    for group in (wanted, gone, deleted):
        found, left = _by_content(group, free)
        pairs += found
        lost += left
    return Matching(tuple(pairs), tuple(altered), tuple(lost), tuple(free.values()), foreign)


def match_rest(
    settled: Settled, others: Sequence[Message], folder_map: Mapping[str, str], knowledge: Knowledge | None
) -> Matching:
    """Match what is left beside ``settled``; ``others`` are the copies that are."""
    rest = replace(knowledge, rows=settled.rows) if knowledge else None
    matching = match(list(settled.other_messages()), others, folder_map, rest)
    return replace(matching, settled=settled)


def pair_altered(matching: Matching, message_ids: Mapping[Place, bytes], copy_ids: Mapping[Place, bytes]) -> Matching:
    """Pair what is lost with a spare message of the same folder and Message-ID: the destination altered it.

    The ids are those of :func:`without_place` and of spare copies; an empty one says nothing.
    """
    spare = {copy.place: copy for copy in matching.spare}
    by_id: dict[tuple[str, bytes], deque[Message]] = defaultdict(deque)
    for copy in matching.spare:
        if copy_ids.get(copy.place):
            by_id[copy.place.folder, copy_ids[copy.place]].append(copy)
    altered: list[Pair] = []
    lost: list[Expected] = []
    for item in matching.lost:
        message_id = message_ids.get(item.source.place, b"") if item.source else b""
        candidates = by_id.get((item.folder, message_id)) if message_id else None
        if candidates:
            copy = candidates.popleft()
            del spare[copy.place]
            altered.append(Pair(item, copy))
        else:
            lost.append(item)
    return replace(matching, altered=(*matching.altered, *altered), lost=tuple(lost), spare=tuple(spare.values()))


def with_rewriting(matching: Matching, found: Mapping[Place, Rewriting]) -> Matching:
    """Say of each altered copy what is changed; take it for its message where that is the way of the server.

    It is where at least as many copies are rewritten as are not: a server that rewrites mail while storing it does so
    to nearly all of it, and a few changed copies among many others are somebody's doing. ``found`` is by the places of
    the copies; a message that the source no longer has cannot be held against its copy, and goes with the others.
    """
    told = [replace(pair, rewriting=found.get(pair.copy.place, _UNTOLD).words) for pair in matching.altered]
    rewritten = {pair.copy.place for pair in told if found.get(pair.copy.place, _UNTOLD).is_mere}
    unchanged = matching.settled.counts.total() + sum(1 for pair in matching.pairs if pair.expected.source is not None)
    if not rewritten or len(rewritten) < unchanged:
        return replace(matching, altered=tuple(told))
    settled = [pair for pair in told if pair.copy.place in rewritten or pair.expected.source is None]
    altered = [pair for pair in told if pair.copy.place not in rewritten and pair.expected.source is not None]
    return replace(matching, pairs=(*matching.pairs, *settled), altered=tuple(altered))


def without_place(matching: Matching) -> list[Message]:
    """Lost messages of which no journal says where they lay: an altered copy of them may be among the spare ones."""
    return [
        item.source
        for item in matching.lost
        if item.source is not None and item.home is None and not is_deleted(item.source)
    ]


def is_deleted(message: Message) -> bool:
    """Whether it is marked ``\\Deleted``: such a message is not migrated unless it was already."""
    return flags.is_deleted(message.flags)


def _expected(source: Sequence[Message], folder_map: Mapping[str, str], known: Knowledge) -> list[Expected]:
    """The source's messages with their rows, then what only the journal knows."""
    rows = {row.source: row for row in known.rows}
    listed = [(message, rows.pop(message.place, None)) for message in source]
    vanished = [row for row in rows.values() if row.state == CONFIRMED]
    followed = _follow([message for message, row in listed if row is None], vanished, known.not_read)
    taken = {row.id for row in followed.values()}
    expected = [
        Expected(
            message,
            row or followed.get(message.place),
            folder_map[message.place.folder],
            followed=message.place in followed,
        )
        for message, row in listed
    ]
    return expected + [Expected(None, row, row.destination.folder) for row in vanished if row.id not in taken]


def _follow(new: Sequence[Message], vanished: Sequence[Row], not_read: frozenset[str]) -> dict[Place, Row]:
    """Rows of messages that lie elsewhere at the source now, by their new place; within one folder first."""
    free: dict[bytes, list[Row]] = defaultdict(list)
    for row in reversed(vanished):
        if row.source.folder not in not_read:
            free[row.digest.canonical].append(row)
    found: dict[Place, Row] = {}
    for same_folder in (True, False):
        for message in new:
            rows = free.get(message.canonical) if message.place not in found else None
            if rows and (not same_folder or rows[-1].source.folder == message.place.folder):
                found[message.place] = rows.pop()
    return found


def _at_home(waiting: Sequence[Expected], free: dict[Place, Message]) -> tuple[list[Pair], list[Pair], list[Expected]]:
    """What lies where the journal says: pairs of equal content, pairs that differ, and the rest."""
    pairs: list[Pair] = []
    altered: list[Pair] = []
    rest: list[Expected] = []
    for item in waiting:
        copy = free.pop(item.home, None) if item.home else None
        if copy is None:
            rest.append(item)
        elif copy.canonical == item.canonical:
            pairs.append(Pair(item, copy))
        else:
            altered.append(Pair(item, copy))
    return pairs, altered, rest


_Keys = tuple[Callable[[Expected], Hashable], Callable[[Message], Hashable]]


def _by_content(waiting: list[Expected], free: dict[Place, Message]) -> tuple[list[Pair], list[Expected]]:
    """Pairs of equal content, the closest first; what is used is taken out of ``free``."""
    pairs: list[Pair] = []
    for key_of_expected, key_of_copy in _rounds():
        if not waiting or not free:
            break
        found: dict[Hashable, deque[Message]] = defaultdict(deque)
        wanted = {item.canonical for item in waiting}
        for copy in free.values():
            if copy.canonical in wanted:
                found[key_of_copy(copy)].append(copy)
        rest: list[Expected] = []
        for item in waiting:
            candidates = found.get(key_of_expected(item))
            if candidates:
                copy = candidates.popleft()
                del free[copy.place]
                pairs.append(Pair(item, copy))
            else:
                rest.append(item)
        waiting = rest
    return pairs, waiting


def _rounds() -> list[_Keys]:
    """Keys from the closest likeness to the faintest."""
    return [
        (lambda e: (e.canonical, e.folder, _traits(e)), lambda c: (c.canonical, c.place.folder, _traits_of(c))),
        (lambda e: (e.canonical, e.folder, _traits(e)[0]), lambda c: (c.canonical, c.place.folder, _traits_of(c)[0])),
        (lambda e: (e.canonical, e.folder), lambda c: (c.canonical, c.place.folder)),
        (lambda e: (e.canonical, _traits(e)), lambda c: (c.canonical, _traits_of(c))),
        (lambda e: (e.canonical, _traits(e)[0]), lambda c: (c.canonical, _traits_of(c)[0])),
        (lambda e: e.canonical, lambda c: c.canonical),
    ]


_Traits = tuple[Hashable, frozenset[str]]


def _traits(item: Expected) -> _Traits:
    if item.source is not None:
        return _traits_of(item.source)
    row = item.row
    return (parse_internaldate(row.internaldate), flags.words(row.flags or frozenset())) if row else (None, frozenset())


def _traits_of(message: Message) -> _Traits:
    return parse_internaldate(message.internaldate), flags.words(message.flags)
