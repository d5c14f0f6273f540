# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal says of messages in place of reading them: a uid never stands for other content (RFC 9051)."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import itemgetter

from ..core.digest import Digest
from ..core.identity import pair_up
from ..core.internaldate import parse_internaldate
from ..core.messages import CONFIRMED, Listed, Message, Place, Row
from ..core.readings import Digests
from ..core.sync_plan import is_another
from ..sync.journal import Journal

# Beyond the highest uid.
_NONE: tuple[float, Iterator[tuple[int, Place, Digest]]] = (math.inf, iter(()))


class Word:
    """The journal's word on both sides. Where it has none, a message gets a digest that equals no other."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def at_source(self, folder: str, uidvalidity: int, listed: Iterable[Listed]) -> Digests:
        """Digests of messages listed in a folder of the source, by ascending uid."""
        found = Digests()
        rows = self._journal.rows_in(folder, uidvalidity)
        row = next(rows, None)
        for message in listed:
            while row is not None and row.source.uid < message.uid:
                row = next(rows, None)
            known = row is not None and row.source.uid == message.uid and not is_another(row, message)
            place = Place(folder, uidvalidity, message.uid)
            digest = row.digest if row is not None and known else _unknown("source", place, message)
            found.add(message.uid, digest.raw, digest.canonical, digest.size)
        return found

    def at_destination(self, folder: str, uidvalidity: int, listed: Iterable[Listed]) -> Digests:
        """Digests of copies listed in a folder, by ascending uid. Of two rows with one copy the last one counts."""
        found = Digests()
        known = groupby(self._journal.copies_in(folder, uidvalidity), itemgetter(0))
        uid, rows = next(known, _NONE)
        for message in listed:
            while uid < message.uid:
                uid, rows = next(known, _NONE)
            place = Place(folder, uidvalidity, message.uid)
            is_known = uid == message.uid
            digest = max(rows, key=itemgetter(1))[2] if is_known else _unknown("destination", place, message)
            found.add(message.uid, digest.raw, digest.canonical, digest.size)
        return found

    def with_moved(
        self, copies: Sequence[Message], rows: Iterable[Row], present: Container[Place], foreign: Container[Place]
    ) -> list[Message]:
        """``copies`` with those known by size and date that no longer lie where the journal has them.

        Their user moved them, or the server told no uids. ``present`` are all places that hold a copy. Those in
        ``foreign`` places are another account's.
        """
        away = [row for row in rows if row.state == CONFIRMED and row.destination not in present]
        unknown = [copy for copy in copies if not copy.raw and copy.place not in foreign]
        found: dict[Place, Digest] = {}
        for size in (lambda row: row.digest.canonical_size, lambda row: row.digest.size):
            pairs = _by_likeness(away, unknown, size)
            found |= {copy.place: row.digest for row, copy in pairs}
            taken = {row.id for row, _unused in pairs}
            away = [row for row in away if row.id not in taken]
            unknown = [copy for copy in unknown if copy.place not in found]
        return [_known_as(copy, found) for copy in copies]

    def doubtful(self, copies: Iterable[Message]) -> Counter[str]:
        """By folder, copies that look like one that lies where it should, too: only reading them tells."""
        unread = Counter(
            (_likeness(copy.size, copy.internaldate), copy.place.folder) for copy in copies if not copy.raw
        )
        alike = {likeness for likeness, _folder in unread}
        known = {
            likeness
            for row in (self._journal.rows() if alike else ())
            if row.state == CONFIRMED and row.destination.uid
            for size in (row.digest.size, row.digest.canonical_size)
            if (likeness := _likeness(size, row.internaldate)) in alike
        }
        found: Counter[str] = Counter()
        for (likeness, folder), number in unread.items():
            if likeness in known:
                found[folder] += number
        return found


def _unknown(side: str, place: Place, message: Listed) -> Digest:
    name = hashlib.sha256(repr((side, place)).encode("utf-8", "surrogatepass")).digest()
    return Digest(b"", name, message.size, message.size)


def _by_likeness(
    rows: Sequence[Row], copies: Sequence[Message], size: Callable[[Row], int]
) -> list[tuple[Row, Message]]:
    return pair_up(
        rows,
        copies,
        lambda row: (_likeness(size(row), row.internaldate), row.destination.folder),
        lambda copy: (_likeness(copy.size, copy.internaldate), copy.place.folder),
    )


def _likeness(size: int, date: bytes) -> bytes:
    moment = parse_internaldate(date)
    return f"{size} {moment.timestamp() if moment else date!r}".encode()


def _known_as(copy: Message, found: Mapping[Place, Digest]) -> Message:
    digest = found.get(copy.place)
    return copy if digest is None else replace(copy, raw=digest.raw, canonical=digest.canonical)
