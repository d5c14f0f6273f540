# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The messages of a folder as they were listed, kept so small that half a million fit into a few megabytes."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from heapq import merge
from operator import eq
from typing import Union, overload

from .messages import Listed
from .uids import UidSet

# A list where a server names a number that no array holds.
_Column = Union["array[int]", list[int]]
_LARGEST, _LARGEST_ID = 2**32 - 1, 2**64 - 1
# Octets of a date-time as servers write it: day, time of day (from 12 to 20), zone.
_LENGTH = 26


class MessageList(Sequence[Listed]):
    """Messages by ascending uid, each in 24 octets; a :class:`Listed` is made when it is asked for.

    Made by :meth:`of` or with :meth:`append`. Once it is passed on it no longer changes; what is left out of it takes
    four octets for each message that stays.
    """

    def __init__(self, columns: _Columns | None = None, rows: Sequence[int] | None = None) -> None:
        self._columns = columns or _Columns()
        self._rows = rows

    @classmethod
    def of(cls, messages: Iterable[Listed]) -> MessageList:
        """Of messages by ascending uid."""
        if isinstance(messages, MessageList):
            return messages
        found = cls()
        for message in messages:
            found.append(message)
        return found

    def append(self, message: Listed) -> None:
        """Add one with a uid above all others."""
        self._columns.append(message)

    def updated(self, others: Iterable[Listed]) -> MessageList:
        """With ``others``, in any order, each in the place of the one with its uid."""
        newer = {message.uid: message for message in others}
        if not newer:
            return self
        older = (message for message in self if message.uid not in newer)
        return MessageList.of(merge(older, sorted(newer.values(), key=_uid), key=_uid))

    def __len__(self) -> int:
        return len(self._columns.uids) if self._rows is None else len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Listed: ...

    @overload
    def __getitem__(self, index: slice) -> MessageList: ...

    def __getitem__(self, index: int | slice) -> Listed | MessageList:
        if isinstance(index, slice):
            return MessageList(self._columns, self._all_rows()[index])
        return self._columns.message(self._all_rows()[index])

    def __iter__(self) -> Iterator[Listed]:
        return map(self._columns.message, self._all_rows())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(eq, self, other))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"MessageList.of({list(self)!r})"

    def uids(self) -> Iterator[int]:
        """Their uids."""
        uids = self._columns.uids
        return iter(uids) if self._rows is None else map(uids.__getitem__, self._rows)

    def number_of(self, uid: int) -> int | None:
        """The index of the one with this uid, if it is among them."""
        try:
            row = self._row(uid)
        except KeyError:
            return None
        return row if self._rows is None else bisect_left(self._rows, row)

    def size_of(self, uid: int) -> int:
        """The size of the one with this uid, which is among them."""
        return self._columns.sizes[self._row(uid)]

    def by_uid(self, uid: int) -> Listed:
        """The one with this uid, which is among them."""
        return self._columns.message(self._row(uid))

    def find(self, uid: int) -> Listed | None:
        """The one with this uid, if it is among them."""
        try:
            return self.by_uid(uid)
        except KeyError:
            return None

    def _row(self, uid: int) -> int:
        uids, rows = self._columns.uids, self._rows
        if rows is None:
            row = bisect_left(uids, uid)
        else:
            index = bisect_left(rows, uid, key=uids.__getitem__)
            row = rows[index] if index < len(rows) else len(uids)
        if row == len(uids) or uids[row] != uid:
            raise KeyError(uid)
        return row

    def flags(self) -> frozenset[str]:
        """All flags that any of them has."""
        kinds = self._columns.kinds
        used = set(kinds if self._rows is None else map(kinds.__getitem__, self._rows))
        return frozenset().union(*(self._columns.flags_of(kind) for kind in used))

    def has_msgids(self) -> bool:
        """Whether they come from a server that has Gmail's ids."""
        return bool(self._columns.msgids)

    def octets(self) -> int:
        """Their sizes together."""
        sizes = self._columns.sizes
        return sum(sizes if self._rows is None else map(sizes.__getitem__, self._rows))

    def where(self, keep: Callable[[Listed], bool]) -> MessageList:
        """Those that ``keep`` says yes to."""
        return self._only(row for row, message in zip(self._all_rows(), self, strict=True) if keep(message))

    def without(self, uids: Collection[int] | UidSet) -> MessageList:
        """Those with another uid than these."""
        if not uids:
            return self
        return self._only(row for row, uid in zip(self._all_rows(), self.uids(), strict=True) if uid not in uids)

    def _only(self, rows: Iterable[int]) -> MessageList:
        chosen = array("I", rows)
        return self if len(chosen) == len(self) else MessageList(self._columns, chosen)

    def _all_rows(self) -> Sequence[int]:
        return range(len(self._columns.uids)) if self._rows is None else self._rows


class _Columns:
    """Messages by their properties. What many have in common is kept once: days with their zones, flags with labels."""

    def __init__(self) -> None:
        self.uids: _Column = array("I")
        self.sizes: _Column = array("I")
        self.kinds: _Column = array("I")
        self.msgids: _Column = array("Q")
        self._days: _Column = array("I")
        self._times: _Column = array("Q")
        self._day_numbers: dict[tuple[bytes, bytes | None], int] = {}
        self._day_list: list[tuple[bytes, bytes | None]] = []
        self._kind_numbers: dict[tuple[frozenset[str], frozenset[str]], int] = {}
        self._kind_list: list[tuple[frozenset[str], frozenset[str]]] = []

    def append(self, message: Listed) -> None:
        if message.uid > _LARGEST or message.size > _LARGEST or message.msgid > _LARGEST_ID:
            self.uids, self.sizes, self.msgids = list(self.uids), list(self.sizes), list(self.msgids)
        if message.msgid or self.msgids:
            self.msgids.extend([0] * (len(self.uids) - len(self.msgids)))
            self.msgids.append(message.msgid)
        self.uids.append(message.uid)
        self.sizes.append(message.size)
        kind = (message.flags, message.labels)
        number = self._kind_numbers.setdefault(kind, len(self._kind_list))
        if number == len(self._kind_list):
            self._kind_list.append(kind)
        self.kinds.append(number)
        self._append_date(message.internaldate)

    def _append_date(self, date: bytes) -> None:
        """The octets as they are: what is no date at all comes back unchanged, too."""
        is_whole = len(date) == _LENGTH
        day = (date[:12], date[20:]) if is_whole else (date, None)
        number = self._day_numbers.setdefault(day, len(self._day_list))
        if number == len(self._day_list):
            self._day_list.append(day)
        self._days.append(number)
        self._times.append(int.from_bytes(date[12:20], "big") if is_whole else 0)

    def message(self, row: int) -> Listed:
        begin, end = self._day_list[self._days[row]]
        date = begin if end is None else begin + self._times[row].to_bytes(8, "big") + end
        flags, labels = self._kind_list[self.kinds[row]]
        return Listed(self.uids[row], flags, date, self.sizes[row], self.msgids[row] if self.msgids else 0, labels)

    def flags_of(self, kind: int) -> frozenset[str]:
        return self._kind_list[kind][0]


def _uid(message: Listed) -> int:
    return message.uid
