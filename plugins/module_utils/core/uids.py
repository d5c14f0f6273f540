# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID sets (RFC 9051, ``sequence-set``)."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

SET_PATTERN = r"\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?)*"


def format_uids(uids: Iterable[int]) -> str:
    """Ascending ``uids`` as a set: ``1:3,7``."""
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in _ranges(uids))


def parse_uids(text: str) -> Iterator[int]:
    """The uids of a set without ``*``, in the order written (RFC 4315 keeps the order of APPEND).

    One by one: a server may name four billion of them in thirteen characters.
    """
    for part in text.split(","):
        first, _unused, last = part.partition(":")
        low, high = int(first), int(last or first)
        yield from range(low, high + 1) if low <= high else range(low, high - 1, -1)


# Characters of a set that leave room for the rest of a command of 1000 octets (RFC 2683 section 3.2.1.5).
LONGEST_SET = 900


def split_sets(uids: Iterable[int], *, longest: int = LONGEST_SET) -> Iterator[str]:
    """Sets that together name ascending ``uids``, none longer than ``longest`` characters."""
    parts: list[str] = []
    length = 0
    for first, last in _ranges(uids):
        part = str(first) if first == last else f"{first}:{last}"
        if parts and length + len(part) + 1 > longest:
            yield ",".join(parts)
            parts, length = [], 0
        parts.append(part)
        length += len(part) + 1
    if parts:
        yield ",".join(parts)


def _ranges(uids: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for uid in uids:
        if first and uid == last + 1:
            last = uid
            continue
        if first:
            yield first, last
        first = last = uid
    if first:
        yield first, last


class UidSet:
    """Uids kept as ranges, in 16 octets each: small, however many follow each other."""

    __slots__ = ("_firsts", "_lasts", "_size")

    def __init__(self, uids: Iterable[int] = ()) -> None:
        """``uids`` in any order; ascending ones cost least."""
        self._firsts = array("q")
        self._lasts = array("q")
        self._size = 0
        for uid in uids:
            self.add(uid)

    @classmethod
    def parse(cls, text: str) -> UidSet:
        """From a set without ``*`` such as a server writes it."""
        found = cls()
        for part in text.split(","):
            first, _unused, last = part.partition(":")
            ends = int(first), int(last or first)
            found.add_range(min(ends), max(ends))
        return found

    @property
    def last(self) -> int:
        """The highest one, 0 where there is none."""
        return self._lasts[-1] if self._lasts else 0

    def add(self, uid: int) -> None:
        """Add one uid; 0 is none."""
        if uid:
            self.add_range(uid, uid)

    def add_range(self, first: int, last: int) -> None:
        """Add all from ``first`` to ``last``."""
        if self._lasts and first == self._lasts[-1] + 1:
            self._lasts[-1] = last
            self._size += last - first + 1
            return
        # Ranges that touch the new one, if only at its ends, become one with it.
        begin, end = bisect_left(self._lasts, first - 1), bisect_right(self._firsts, last + 1)
        if begin < end:
            first, last = min(first, self._firsts[begin]), max(last, self._lasts[end - 1])
            for index in range(begin, end):
                self._size -= self._lasts[index] - self._firsts[index] + 1
        self._firsts[begin:end], self._lasts[begin:end] = array("q", (first,)), array("q", (last,))
        self._size += last - first + 1

    def __contains__(self, uid: int) -> bool:
        index = bisect_left(self._lasts, uid)
        return index < len(self._firsts) and self._firsts[index] <= uid

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[int]:
        for first, last in zip(self._firsts, self._lasts, strict=True):
            yield from range(first, last + 1)

    def count_from(self, uid: int) -> int:
        """How many are ``uid`` or above."""
        begin = bisect_left(self._lasts, uid)
        pairs = zip(self._firsts[begin:], self._lasts[begin:], strict=True)
        return sum(last - max(first, uid) + 1 for first, last in pairs)

    def without(self, others: UidSet) -> list[int]:
        """Those that are not in ``others``, ascending."""
        return [uid for uid in self if uid not in others]
