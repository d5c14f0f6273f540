# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal says of messages in place of reading them: a uid never stands for other content (RFC 9051)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ..core.digest import Digest
from ..core.identity import pair_up
from ..core.internaldate import parse_internaldate
from ..core.matching import Message
from ..core.messages import CONFIRMED, Listed, Place, Row
from ..core.sync_plan import is_another


class Word:
    """The journal's word on both sides. Where it has none, a message gets a digest that equals no other."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)
        self._by_source = {row.source: row for row in self._rows}
        self._by_copy = {row.destination: row for row in self._rows if row.state == CONFIRMED and row.destination.uid}

    def at_source(self, folder: str, uidvalidity: int, listed: Sequence[Listed]) -> dict[int, Digest]:
        """Digests of listed messages of the source, by uid."""
        found = {}
        for message in listed:
            place = Place(folder, uidvalidity, message.uid)
            row = self._by_source.get(place)
            known = row is not None and not is_another(row, message)
            found[message.uid] = row.digest if row is not None and known else _unknown("source", place, message)
        return found

    def at_destination(self, folder: str, uidvalidity: int, listed: Sequence[Listed]) -> dict[int, Digest]:
        """Digests of listed copies, by uid."""
        found = {}
        for message in listed:
            place = Place(folder, uidvalidity, message.uid)
            row = self._by_copy.get(place)
            found[message.uid] = row.digest if row is not None else _unknown("destination", place, message)
        return found

    def with_moved(self, copies: Sequence[Message], foreign: frozenset[Place]) -> list[Message]:
        """``copies`` with those known by size and date that no longer lie where the journal has them.

        Their user moved them, or the server told no uids. Those in ``foreign`` places are another account's.
        """
        present = {copy.place for copy in copies}
        away = [row for row in self._rows if row.state == CONFIRMED and row.destination not in present]
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
        unread = [copy for copy in copies if not copy.raw]
        if not unread:
            return Counter()
        known = {
            _likeness(size, row.internaldate)
            for row in self._by_copy.values()
            for size in (row.digest.size, row.digest.canonical_size)
        }
        return Counter(copy.place.folder for copy in unread if _likeness(copy.size, copy.internaldate) in known)


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
