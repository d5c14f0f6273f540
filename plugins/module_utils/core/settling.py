# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What needs no second look: copies that lie where the journal has them, with the content and date of their message.

Nearly all do. They are kept as numbers, and the comparison only ever sees the rest. Without a journal it is those whose
content both sides have once, in the same folder with equal date and flags.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import NamedTuple

from .flags import is_deleted, words
from .internaldate import same_date
from .messages import CONFIRMED, Message, Place, Row
from .readings import Messages


class Kind(NamedTuple):
    """What many settled pairs have in common.

    ``source`` and ``folder`` are the folders of the message and of its copy, ``base`` the flags that were agreed;
    ``was_copied`` says that the journal knows the copy.
    """

    source: str
    folder: str
    flags: frozenset[str]
    copy_flags: frozenset[str]
    base: frozenset[str] | None
    is_identical: bool
    was_copied: bool = True


class Settled:
    """Pairs of a message of ``source`` and its copy of ``copies``, each as two numbers.

    What is settled shares neither place nor content with anything that is not: neither with a message on either side,
    those of other accounts left aside, nor with ``rows``, which are what is left of the journal's, in their order.
    """

    def __init__(
        self, source: Messages | None = None, copies: Messages | None = None, *, by_content: bool = False
    ) -> None:
        self.by_content = by_content
        self.source, self.copies = source or Messages(), copies or Messages()
        self.kinds: list[Kind] = []
        self.rows: list[Row] = []
        self._numbers: dict[Kind, int] = {}
        # By the number of the message: one more than that of its copy, and that of their kind.
        self._copies, self._kinds = (array("I", [0]) * len(self.source) for _unused in range(2))
        self._taken = bytearray(len(self.copies))

    def add(self, message: int, copy: int, kind: Kind) -> None:
        """Settle the message and the copy with these numbers."""
        number = self._numbers.setdefault(kind, len(self.kinds))
        if number == len(self.kinds):
            self.kinds.append(kind)
        self._copies[message], self._kinds[message] = copy + 1, number
        self._taken[copy] = True

    def add_gone(self, copy: int) -> None:
        """Settle the copy of a message that the source no longer has."""
        self._taken[copy] = True

    def is_there(self) -> bool:
        """Whether the destination holds any copy that is settled."""
        return any(self._taken)

    @cached_property
    def counts(self) -> Counter[Kind]:
        """How many pairs there are of each kind."""
        numbers = Counter(kind for kind, copy in zip(self._kinds, self._copies, strict=True) if copy)
        return Counter({self.kinds[number]: count for number, count in numbers.items()})

    def of_kinds(self, kinds: Collection[Kind]) -> Iterator[tuple[int, Kind]]:
        """The pairs of these kinds, by the number of the message."""
        wanted = {self._numbers[kind] for kind in kinds}
        for message, (kind, copy) in enumerate(zip(self._kinds, self._copies, strict=True)):
            if copy and kind in wanted:
                yield message, self.kinds[kind]

    def pair(self, message: int) -> tuple[Message, Message]:
        """A settled message and its copy."""
        return self.source[message], self.copies[self._copies[message] - 1]

    def copy_of(self, message: int) -> Place | None:
        """Where the copy of a message lies, if both are settled."""
        copy = self._copies[message] if message < len(self._copies) else 0
        return self.copies[copy - 1].place if copy else None

    def other_messages(self) -> Iterator[Message]:
        """The messages of the source that are not settled."""
        return (self.source[number] for number, copy in enumerate(self._copies) if not copy)

    def other_copies(self) -> Iterator[Message]:
        """The messages of the destination that are not settled."""
        return (self.copies[number] for number, taken in enumerate(self._taken) if not taken)

    def contents(self) -> Iterator[bytes]:
        """The canonical digests of the copies that are settled."""
        return (self.copies[number].canonical for number, taken in enumerate(self._taken) if taken)


def settle(
    source: Messages,
    copies: Messages,
    folder_map: Mapping[str, str],
    rows: Iterable[Row],
    foreign: Container[Place] = frozenset(),
) -> Settled:
    """Settle what can be: by ``rows``, or where there are none by content. They are read once or twice.

    See :class:`~.matching.Knowledge` for the others.
    """
    has_rows = next(iter(rows), None) is not None
    way = partial(_by_rows, rows=rows) if has_rows else _by_content
    settled, unsure = way(Settled(source, copies, by_content=not has_rows), folder_map, foreign, frozenset())
    if not settled.is_there():
        return settled
    unsure.update(message.canonical for message in settled.other_messages())
    unsure.update(copy.canonical for copy in settled.other_copies() if copy.place not in foreign)
    unsure.update(row.digest.canonical for row in settled.rows)
    if unsure.isdisjoint(settled.contents()):
        return settled
    return way(Settled(source, copies, by_content=not has_rows), folder_map, foreign, unsure)[0]


def _by_rows(
    settled: Settled,
    folder_map: Mapping[str, str],
    foreign: Container[Place],
    unsure: Collection[bytes],
    *,
    rows: Iterable[Row],
) -> tuple[Settled, set[bytes]]:
    """Settle what lies where the journal has it, but no ``unsure`` contents; told are those of copies with two rows."""
    copies = settled.copies
    claimed = bytearray(len(copies))
    shared: set[bytes] = set()
    for row in rows:
        copy = copies.index(row.destination) if _has_home(row) and row.destination not in foreign else None
        if copy is None:
            settled.rows.append(row)
            continue
        if claimed[copy]:
            shared.add(copies[copy].canonical)
        if claimed[copy] or not _settles(settled, row, copy, folder_map, unsure):
            settled.rows.append(row)
        claimed[copy] = True
    return settled, shared


def _has_home(row: Row) -> bool:
    return row.state == CONFIRMED and row.destination.uid > 0


def _settles(settled: Settled, row: Row, copy: int, folder_map: Mapping[str, str], unsure: Collection[bytes]) -> bool:
    """Settle the copy with this number, which lies where ``row`` has it, if that can be."""
    there, number = settled.copies[copy], settled.source.index(row.source)
    if there.canonical in unsure:
        return False
    if number is None:
        if there.canonical != row.digest.canonical:
            return False
        settled.add_gone(copy)
        return True
    message = settled.source[number]
    folder = folder_map[message.place.folder]
    if message.canonical != there.canonical or not _is_in_place(message, there, folder):
        return False
    settled.add(number, copy, _kind(message, there, row.flags, was_copied=True))
    return True


def _by_content(
    settled: Settled, folder_map: Mapping[str, str], foreign: Container[Place], unsure: Collection[bytes]
) -> tuple[Settled, set[bytes]]:
    """Settle what the destination has once, in the right folder, with the same date and flags."""
    numbers: dict[bytes, int | None] = {}
    for number, copy in enumerate(settled.copies):
        if copy.place not in foreign and copy.canonical not in unsure:
            numbers[copy.canonical] = None if copy.canonical in numbers else number
    for number, message in enumerate(settled.source):
        found = numbers.get(message.canonical)
        there = None if found is None or is_deleted(message.flags) else settled.copies[found]
        if found is None or there is None or not _is_in_place(message, there, folder_map[message.place.folder]):
            continue
        if words(message.flags) == words(there.flags):
            settled.add(number, found, _kind(message, there, None, was_copied=False))
            numbers[message.canonical] = None
    return settled, set()


def _is_in_place(message: Message, copy: Message, folder: str) -> bool:
    return copy.place.folder == folder and same_date(message.internaldate, copy.internaldate)


def _kind(message: Message, copy: Message, base: frozenset[str] | None, *, was_copied: bool) -> Kind:
    folders, is_identical = (message.place.folder, copy.place.folder), message.raw == copy.raw
    return Kind(*folders, message.flags, copy.flags, base, is_identical, was_copied)
