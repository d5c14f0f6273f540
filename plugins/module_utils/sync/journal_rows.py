# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal knows of messages: the reading half of :class:`~.journal.Journal`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ..core.digest import Digest
from ..core.messages import INTENDED, WITHDRAWING, Place, Row
from ..core.uids import UidSet
from .journal_passes import JournalPasses

# Values that one statement names, and rows that are read at once.
_VALUES, _ROWS = 500, 5000
_COLUMNS = """m.id, f.name, f.uidvalidity, m.uid, m.listed_size, m.internaldate, m.digest, m.canonical, m.size,
 m.canonical_size, d.name, m.destination_uidvalidity, m.destination_uid, m.uidnext, m.flags, m.provenance, m.state,
 m.reason, m.time"""
_FROM = " FROM message m JOIN folder f ON f.id = m.folder LEFT JOIN destination d ON d.id = m.destination"


@dataclass(frozen=True, slots=True)
class Resent:
    """A message of an interrupted run that was not found and was sent again: a copy stored late would be its double.

    ``source`` is where it lay, ``destination`` where its first copy would be, with the UIDNEXT before that was sent.
    """

    id: int
    source: Place
    sizes: frozenset[int]
    canonical: bytes
    destination: Place
    time: float


class JournalRows(JournalPasses):
    """Reads what is known of messages."""

    def rows(self) -> Iterator[Row]:
        """Every row of this account, by folder and uid, read a few at a time."""
        query = "SELECT name, uidvalidity FROM folder WHERE account = ? ORDER BY name, uidvalidity"
        with self._lock:
            folders = self._connection.execute(query, (self._account,)).fetchall()
        for folder, uidvalidity in folders:
            yield from self.rows_in(folder, uidvalidity)

    def folder_rows(self, folder: str, uidvalidity: int) -> dict[int, Row]:
        """The rows of one source folder by uid."""
        where = " AND f.name = ? AND f.uidvalidity = ?"
        return {row.source.uid: row for row in self._query(where, (folder, uidvalidity))}

    def rows_in(self, folder: str, uidvalidity: int) -> Iterator[Row]:
        """The same by ascending uid, read a few at a time."""
        where = f" AND f.name = ? AND f.uidvalidity = ? AND m.uid > ? ORDER BY m.uid LIMIT {_VALUES}"
        last = -(2**63)
        while rows := list(self._query(where, (folder, uidvalidity, last))):
            yield from rows
            last = rows[-1].source.uid

    def rows_at(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> Iterator[Row]:
        """The rows of these messages of a source folder, read a few at a time; ascending where ``uids`` are."""
        wanted = iter(uids)
        while some := list(islice(wanted, _VALUES)):
            among = f" AND f.name = ? AND f.uidvalidity = ? AND m.uid IN ({','.join('?' * len(some))}) ORDER BY m.uid"
            yield from list(self._query(among, (folder, uidvalidity, *some)))

    def copies_in(self, destination: str, uidvalidity: int) -> Iterator[tuple[int, Place, Digest]]:
        """Uid of each copy of this account that is known to lie there, and place and digest of its message.

        By ascending uid, read a few at a time.
        """
        query = (
            "SELECT m.destination_uid, m.id, f.name, f.uidvalidity, m.uid, m.digest, m.canonical, m.size,"
            " m.canonical_size FROM message m INDEXED BY message_at_destination CROSS JOIN folder f ON f.id = m.folder"
            " WHERE m.destination = (SELECT id FROM destination WHERE name = ?) AND m.destination_uidvalidity = ?"
            " AND likely(m.destination_uid > 0) AND (m.destination_uid, m.id) > (?, ?) AND f.account = ?"
            f" AND m.state = 'confirmed' ORDER BY m.destination_uid, m.id LIMIT {_VALUES}"
        )
        last = (0, 0)
        while True:
            with self._lock:
                values = (destination, uidvalidity, *last, self._account)
                found = self._connection.execute(query, values).fetchall()
            for row in found:
                yield row[0], Place(*row[2:5]), Digest(*row[5:])
            if len(found) < _VALUES:
                return
            last = found[-1][:2]

    def states(self, folder: str, uidvalidity: int) -> Iterator[tuple[int, str]]:
        """Uid and state of every row of a source folder, by uid."""
        query = (
            "SELECT m.uid, m.state FROM message m JOIN folder f ON f.id = m.folder"
            " WHERE f.account = ? AND f.name = ? AND f.uidvalidity = ? AND m.uid > ? ORDER BY m.uid LIMIT ?"
        )
        last = -(2**63)
        while True:
            with self._lock:
                values = (self._account, folder, uidvalidity, last, _ROWS)
                found = self._connection.execute(query, values).fetchall()
            yield from found
            if len(found) < _ROWS:
                return
            last = found[-1][0]

    def sample(self, folder: str, uidvalidity: int, count: int) -> list[int]:
        """Uids of some confirmed rows of a source folder: the first, the last and others between them."""
        query = (
            "SELECT m.uid FROM message m JOIN folder f ON f.id = m.folder WHERE f.account = ? AND f.name = ?"
            " AND f.uidvalidity = ? AND m.state = 'confirmed' AND m.uid {} ORDER BY m.uid {} LIMIT 1"
        )
        where = (self._account, folder, uidvalidity)
        with self._lock:
            last = self._connection.execute(query.format(">= ?", "DESC"), (*where, 1)).fetchone()
            steps = range(1, last[0] + 1, max(last[0] // count, 1)) if last else ()
            found = {self._connection.execute(query.format(">= ?", ""), (*where, step)).fetchone()[0] for step in steps}
        return sorted(found | {last[0]}) if last else []

    def rows_of_content(self, canonicals: Iterable[bytes]) -> list[Row]:
        """Confirmed rows, of whatever account, whose canonical digest is one of these."""
        query = (
            f"SELECT {_COLUMNS}{_FROM} JOIN temp.content c ON c.message = m.id"
            " WHERE c.canonical = ? AND m.canonical = c.canonical AND m.state = 'confirmed' ORDER BY m.id"
        )
        found: list[Row] = []
        wanted = sorted(set(canonicals))
        with self._lock:
            if wanted:
                self._list_contents()
            for canonical in wanted:
                found.extend(map(_row, self._connection.execute(query, (canonical,)).fetchall()))
        return found

    def _list_contents(self) -> None:
        """Bring the list of contents up to date, which only passes have that ask for one.

        An index of the file would cost each message that is copied as much as all the rest of its row: digests are in
        no order, so every one of them dirties another page.
        """
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS content(message INTEGER PRIMARY KEY, canonical BLOB)")
        self._connection.execute("CREATE INDEX IF NOT EXISTS temp.content_known ON content(canonical)")
        self._connection.execute(
            "INSERT INTO temp.content SELECT id, canonical FROM message"
            " WHERE id > (SELECT coalesce(max(message), 0) FROM temp.content)"
        )

    def unplaced(self) -> list[Row]:
        """Confirmed rows whose copy has no known uid yet (the server tells none)."""
        return list(self._query(" AND m.state = 'confirmed' AND m.destination_uid = 0"))

    def open_intents(self) -> list[Row]:
        """Messages whose sending was begun and not confirmed."""
        return list(self._query(" AND m.state = ?", (INTENDED,)))

    def known_uids(self, destination: str, uidvalidity: int) -> UidSet:
        """Uids at the destination that the journal accounts for, of whatever account."""
        query = (
            "SELECT m.destination_uid FROM message m JOIN destination d ON d.id = m.destination"
            " WHERE d.name = ? AND m.destination_uidvalidity = ? AND m.destination_uid > 0 ORDER BY m.destination_uid"
        )
        with self._lock:
            return UidSet(uid for (uid,) in self._connection.execute(query, (destination, uidvalidity)))

    def uids_of_others(self, destination: str, uidvalidity: int) -> UidSet:
        """Those that only other accounts than this one have copies under."""
        query = (
            "SELECT m.destination_uid FROM message m JOIN destination d ON d.id = m.destination"
            " JOIN folder f ON f.id = m.folder"
            " WHERE d.name = ? AND m.destination_uidvalidity = ? AND m.destination_uid > 0"
            " GROUP BY m.destination_uid HAVING sum(f.account = ?) = 0 ORDER BY m.destination_uid"
        )
        with self._lock:
            values = (destination, uidvalidity, self._account)
            return UidSet(uid for (uid,) in self._connection.execute(query, values))

    def is_withdrawing(self) -> bool:
        """Whether an undo of this mailbox was cut off."""
        with self._lock:
            query = "SELECT 1 FROM message WHERE state = ? LIMIT 1"
            return self._connection.execute(query, (WITHDRAWING,)).fetchone() is not None

    def is_empty(self) -> bool:
        """Whether no message of any account is known."""
        with self._lock:
            return self._connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is None

    def is_new_account(self) -> bool:
        """Whether no message of this account is known."""
        query = "SELECT 1 FROM message m JOIN folder f ON f.id = m.folder WHERE f.account = ? LIMIT 1"
        with self._lock:
            return self._connection.execute(query, (self._account,)).fetchone() is None

    def rows_of_others(self) -> list[Row]:
        """Rows of the other accounts that are not under way."""
        query = f"SELECT {_COLUMNS}{_FROM} WHERE f.account <> ? AND m.state <> 'intended' ORDER BY m.id"
        with self._lock:
            return [_row(values) for values in self._connection.execute(query, (self._account,))]

    def count(self, state: str) -> int:
        """Rows of this account in ``state``."""
        query = "SELECT count(*) FROM message m JOIN folder f ON f.id = m.folder WHERE f.account = ? AND m.state = ?"
        with self._lock:
            return int(self._connection.execute(query, (self._account, state)).fetchone()[0])

    def count_in(self, folder: str, uidvalidity: int, state: str) -> int:
        """Rows of one source folder in ``state``."""
        query = (
            "SELECT count(*) FROM message m JOIN folder f ON f.id = m.folder"
            " WHERE f.account = ? AND f.name = ? AND f.uidvalidity = ? AND m.state = ?"
        )
        with self._lock:
            return int(self._connection.execute(query, (self._account, folder, uidvalidity, state)).fetchone()[0])

    def settled_in(self, folder: str, uidvalidity: int) -> tuple[int, int]:
        """Rows of one source folder that no pass has to bring, and their octets as listed."""
        query = (
            "SELECT count(*), coalesce(sum(m.listed_size), 0) FROM message m JOIN folder f ON f.id = m.folder"
            " WHERE f.account = ? AND f.name = ? AND f.uidvalidity = ? AND m.state NOT IN ('intended', 'failed')"
        )
        with self._lock:
            count, octets = self._connection.execute(query, (self._account, folder, uidvalidity)).fetchone()
            return int(count), int(octets)

    def folder_names(self) -> frozenset[str]:
        """Source folders of this account that hold rows."""
        query = "SELECT DISTINCT f.name FROM folder f JOIN message m ON m.folder = f.id WHERE f.account = ?"
        with self._lock:
            return frozenset(name for (name,) in self._connection.execute(query, (self._account,)))

    def uidvalidities(self, folder: str) -> frozenset[int]:
        """The UIDVALIDITY values under which messages of this source folder are known."""
        query = (
            "SELECT DISTINCT f.uidvalidity FROM folder f JOIN message m ON m.folder = f.id"
            " WHERE f.account = ? AND f.name = ?"
        )
        with self._lock:
            return frozenset(value for (value,) in self._connection.execute(query, (self._account, folder)))

    def last_uids(self) -> list[tuple[str, int, int]]:
        """Folder, UIDVALIDITY and highest uid of the rows of this account, by folder and UIDVALIDITY."""
        query = (
            "SELECT f.name, f.uidvalidity, max(m.uid) FROM folder f JOIN message m ON m.folder = f.id"
            " WHERE f.account = ? GROUP BY f.id ORDER BY f.name, f.uidvalidity"
        )
        with self._lock:
            return self._connection.execute(query, (self._account,)).fetchall()

    def open_moves(self) -> list[tuple[Row, Place]]:
        """Rows whose copy was about to be moved, and where to: folder, UIDVALIDITY and UIDNEXT before that."""
        query = (
            f"SELECT {_COLUMNS}, t.name, v.uidvalidity, v.uidnext{_FROM} JOIN move v ON v.message = m.id"
            " JOIN destination t ON t.id = v.destination WHERE f.account = ? ORDER BY m.id"
        )
        with self._lock:
            found = self._connection.execute(query, (self._account,)).fetchall()
        return [(_row(values), Place(*values[-3:])) for values in found]

    def resent(self) -> list[Resent]:
        """Messages of interrupted runs that were sent again, of whatever account."""
        query = (
            "SELECT id, folder, uid, size, canonical_size, canonical, destination, uidvalidity, uidnext, time"
            " FROM resent ORDER BY id"
        )
        with self._lock:
            found = self._connection.execute(query).fetchall()
        return [
            Resent(row[0], Place(row[1], 0, row[2]), frozenset(row[3:5]), row[5], Place(*row[6:9]), row[9])
            for row in found
        ]

    def _query(self, where: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        query = f"SELECT {_COLUMNS}{_FROM} WHERE f.account = ?{where}"
        with self._lock:
            found = self._connection.execute(query, (self._account, *values)).fetchall()
        return map(_row, found)


def _row(values: tuple[Any, ...]) -> Row:
    flags = values[14]
    return Row(
        id=values[0],
        source=Place(values[1], values[2], values[3]),
        listed_size=values[4],
        internaldate=values[5],
        digest=Digest(values[6], values[7], values[8], values[9]),
        destination=Place(values[10], values[11], values[12]),
        uidnext=values[13],
        flags=None if flags is None else frozenset(flags.split()),
        provenance=values[15],
        state=values[16],
        reason=values[17],
        time=values[18],
    )
