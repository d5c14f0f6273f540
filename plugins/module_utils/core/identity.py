# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is who: messages that are the same although their folder or uid is not. Equal content counts as a multiset."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .internaldate import parse_internaldate
from .messages import CONFIRMED, Copy, Listed, Row

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")
# Copies by folder and UIDVALIDITY, in the order of their uids.
_Shelves = dict[tuple[str, int], list[Copy]]
_Given = tuple[list[tuple[Row, Copy]], list[Row], list[Copy]]


@dataclass(frozen=True)
class Likeness:
    """What can be known of messages without reading them: their sizes, and the instants they were received at.

    A server may tell another size than the message has (trap 20), so one of both is enough to have a closer look.
    """

    sizes: frozenset[int]
    instants: frozenset[float]

    @classmethod
    def of_listed(cls, messages: Iterable[Listed]) -> Likeness:
        """Of messages as a server lists them."""
        listed = list(messages)
        return cls(frozenset(message.size for message in listed), _instants(m.internaldate for m in listed))

    @classmethod
    def of_rows(cls, rows: Iterable[Row]) -> Likeness:
        """Of messages that the journal knows, as either side may list them."""
        known = list(rows)
        sizes = {n for row in known for n in (row.listed_size, row.digest.size, row.digest.canonical_size)}
        return cls(frozenset(sizes), _instants(row.internaldate for row in known))

    def __or__(self, other: Likeness) -> Likeness:
        return Likeness(self.sizes | other.sizes, self.instants | other.instants)

    def fits(self, message: Listed) -> bool:
        """Whether ``message`` may be one of these."""
        return message.size in self.sizes or not self.instants.isdisjoint(_instants([message.internaldate]))


def pair_up(
    wanted: Sequence[Wanted],
    found: Sequence[Found],
    key_of_wanted: Callable[[Wanted], tuple[bytes, str]],
    key_of_found: Callable[[Found], tuple[bytes, str]],
) -> list[tuple[Wanted, Found]]:
    """Pairs of equal content, each side used once. Keys are ``(canonical digest, folder)``.

    All pairs within one folder are made before any across folders, so that a copy in its own place is never taken for
    one that was moved. Within equal keys the given order counts.
    """
    at_home: dict[tuple[bytes, str], deque[int]] = defaultdict(deque)
    for number, item in enumerate(found):
        at_home[key_of_found(item)].append(number)
    pairs: list[tuple[Wanted, Found]] = []
    rest: list[Wanted] = []
    for want in wanted:
        same = at_home.get(key_of_wanted(want))
        if same:
            pairs.append((want, found[same.popleft()]))
        else:
            rest.append(want)
    elsewhere: dict[bytes, deque[int]] = defaultdict(deque)
    for number in sorted(number for numbers in at_home.values() for number in numbers):
        elsewhere[key_of_found(found[number])[0]].append(number)
    for want in rest:
        others = elsewhere.get(key_of_wanted(want)[0])
        if others:
            pairs.append((want, found[others.popleft()]))
    return pairs


def claim(rows: Iterable[Row], copies: Sequence[Copy]) -> list[tuple[Row, Copy]]:
    """Which copies are those of these rows.

    A copy in a row's folder that is older than the row's UIDNEXT cannot be that row's, as long as the folder has the
    UIDVALIDITY of then. Of the others those in the row's own folder are given away first, to open intents before
    confirmed rows, which are known to have lain elsewhere; then those in other folders, to confirmed rows first: their
    copy was moved, while that of an intent may never have been stored. All this first among equal dates, which a move
    keeps (RFC 3501 section 6.4.7), though an intent then takes none from another folder; then whatever the dates, for a
    server may have given others.
    """
    rest = sorted(rows, key=lambda row: (row.state == CONFIRMED, row.uidnext, row.source.uid))
    left = sorted(copies, key=lambda copy: copy.place.uid)
    dated, rest, left = _give(rest, left, with_date=True)
    return dated + _give(rest, left, with_date=False)[0]


def _give(rows: list[Row], copies: list[Copy], *, with_date: bool) -> _Given:
    """Pairs, and what is left of both in its order."""

    def key(canonical: bytes, internaldate: bytes) -> tuple[bytes, frozenset[float]]:
        return canonical, _instants([internaldate]) if with_date else frozenset()

    shelves: dict[tuple[bytes, frozenset[float]], _Shelves] = defaultdict(lambda: defaultdict(list))
    for copy in copies:
        shelves[key(copy.canonical, copy.internaldate)][copy.place.folder, copy.place.uidvalidity].append(copy)
    pairs: list[tuple[Row, Copy]] = []
    moved = [row for row in rows if row.state == CONFIRMED]
    begun = [row for row in rows if row.state != CONFIRMED]
    for take, turn in ((_take_at_home, rows), (_take_elsewhere, moved if with_date else moved + begun)):
        done = {row.id for row, _unused in pairs}
        for row in turn:
            found = None if row.id in done else take(row, shelves[key(row.digest.canonical, row.internaldate)])
            if found is not None:
                pairs.append((row, found))
    done = {row.id for row, _unused in pairs}
    taken = {copy.place for _unused, copy in pairs}
    return pairs, [row for row in rows if row.id not in done], [copy for copy in copies if copy.place not in taken]


def _take_at_home(row: Row, shelves: _Shelves) -> Copy | None:
    for (folder, uidvalidity), copies in shelves.items():
        if folder != row.destination.folder:
            continue
        same_uids = row.destination.uidvalidity in (0, uidvalidity)
        first = bisect_left(copies, row.uidnext, key=lambda copy: copy.place.uid) if same_uids else 0
        if first < len(copies):
            return copies.pop(first)
    return None


def _take_elsewhere(row: Row, shelves: _Shelves) -> Copy | None:
    others = [copies for (folder, _unused), copies in shelves.items() if copies and folder != row.destination.folder]
    return min(others, key=lambda copies: copies[0].place.uid).pop(0) if others else None


def _instants(dates: Iterable[bytes]) -> frozenset[float]:
    found = (parse_internaldate(date) for date in dates if date)
    return frozenset(date.timestamp() for date in found if date is not None)
