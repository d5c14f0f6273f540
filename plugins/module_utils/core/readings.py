# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of one side as they were read, in some seventy octets each."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Union

from .message_list import MessageList
from .messages import Message, Place

# A list where a number is larger than any array holds.
_Column = Union["array[int]", list[int]]
_LARGEST, _LARGEST_SIZE = 2**32 - 1, 2**64 - 1
# Octets of a digest.
_LENGTH = 32


class Digests:
    """Digests and sizes of the messages of one folder, by uid: 44 octets each where they come by ascending uid."""

    __slots__ = ("_canonicals", "_late", "_odd", "_sizes", "_uids")

    def __init__(self) -> None:
        self._uids: _Column = array("I")
        self._sizes: _Column = array("Q")
        self._canonicals = bytearray()
        # Raw and canonical digest by uid, where they are not the same, or not digests.
        self._odd: dict[int, tuple[bytes, bytes]] = {}
        # What came after a higher uid: raw, canonical, size.
        self._late: dict[int, tuple[bytes, bytes, int]] = {}

    def add(self, uid: int, raw: bytes, canonical: bytes, size: int) -> None:
        """Add what is known of one message, or set it anew."""
        if self._uids and uid <= self._uids[-1]:
            self._late[uid] = raw, canonical, size
            return
        if uid > _LARGEST or size > _LARGEST_SIZE:
            self._uids, self._sizes = list(self._uids), list(self._sizes)
        self._uids.append(uid)
        self._sizes.append(size)
        if raw == canonical and len(canonical) == _LENGTH:
            self._canonicals += canonical
        else:
            self._odd[uid] = raw, canonical
            self._canonicals += bytes(_LENGTH)

    def __len__(self) -> int:
        return len(self._uids) + sum(1 for uid in self._late if self._row(uid) is None)

    def __contains__(self, uid: int) -> bool:
        return uid in self._late or self._row(uid) is not None

    def find(self, uid: int) -> tuple[bytes, bytes, int] | None:
        """Raw and canonical digest (one object where they are equal) and size of one message, if they are known."""
        late = self._late.get(uid) if self._late else None
        row = self._row(uid)
        if late is not None or row is None:
            return late
        if self._odd and uid in self._odd:
            return (*self._odd[uid], self._sizes[row])
        canonical = bytes(self._canonicals[row * _LENGTH : (row + 1) * _LENGTH])
        return canonical, canonical, self._sizes[row]

    def is_ordered(self) -> bool:
        """Whether all came by ascending uid."""
        return not self._late

    def _row(self, uid: int) -> int | None:
        uids = self._uids
        row = bisect_left(uids, uid)
        return row if row < len(uids) and uids[row] == uid else None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What was read of one folder; ``digests`` knows each of the messages ``listed``."""

    folder: str
    uidvalidity: int
    listed: MessageList
    digests: Digests


class Messages:
    """The messages of all folders that were read, numbered in this order; a :class:`Message` is made when asked for."""

    def __init__(self) -> None:
        self.shelves: list[Shelf] = []
        self._starts: list[int] = []
        self._numbers: dict[tuple[str, int], int] = {}
        self._size = 0

    def add(self, shelf: Shelf) -> None:
        """Add a folder that was not added before."""
        self._numbers[shelf.folder, shelf.uidvalidity] = len(self.shelves)
        self.shelves.append(shelf)
        self._starts.append(self._size)
        self._size += len(shelf.listed)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Message]:
        return (_message(shelf, row) for shelf in self.shelves for row in range(len(shelf.listed)))

    def __getitem__(self, index: int) -> Message:
        number = bisect_right(self._starts, index) - 1
        return _message(self.shelves[number], index - self._starts[number])

    def __contains__(self, place: object) -> bool:
        return isinstance(place, Place) and self.index(place) is not None

    def index(self, place: Place) -> int | None:
        """The number of the message at ``place``, if there is one."""
        number = self._numbers.get((place.folder, place.uidvalidity))
        row = None if number is None else self.shelves[number].listed.number_of(place.uid)
        return None if number is None or row is None else self._starts[number] + row

    def by_place(self) -> Iterator[tuple[int, Message]]:
        """All with their numbers, by folder, UIDVALIDITY and uid."""
        for (_folder, _uidvalidity), number in sorted(self._numbers.items()):
            shelf, start = self.shelves[number], self._starts[number]
            yield from ((start + row, _message(shelf, row)) for row in range(len(shelf.listed)))

    def by_folder(self) -> Counter[str]:
        """How many each folder holds."""
        return Counter({shelf.folder: len(shelf.listed) for shelf in self.shelves})


def _message(shelf: Shelf, row: int) -> Message:
    listed = shelf.listed[row]
    found = shelf.digests.find(listed.uid)
    if found is None:
        raise KeyError(listed.uid)
    place = Place(shelf.folder, shelf.uidvalidity, listed.uid)
    return Message(place, listed.flags, listed.internaldate, *found)
