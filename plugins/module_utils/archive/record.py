# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the archiver has moved, for one mailbox: a write-ahead log beside the journals of all tickets.

A batch is in it before the command goes out, with the UIDNEXT of the folder it leads to; then the uids that the
messages have there; then that the journals of the tickets were told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core.messages import Place
from ..core.uids import UidSet, format_uids, parse_uids
from ..sync.record_file import Kind, RecordFile

_SCHEMA = """
CREATE TABLE begun(folder TEXT PRIMARY KEY, uidvalidity INTEGER NOT NULL, uidnext INTEGER NOT NULL,
  first_kept INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE batch(
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  origin_uidvalidity INTEGER NOT NULL,
  origin_uids TEXT NOT NULL,
  target TEXT NOT NULL,
  target_uidvalidity INTEGER NOT NULL,
  target_uidnext INTEGER NOT NULL,
  target_uids TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL DEFAULT 'begun',
  back INTEGER NOT NULL,
  time REAL NOT NULL
);
CREATE INDEX batch_open ON batch(state) WHERE state <> 'told';
CREATE TABLE made(name TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Begun:
    """A folder over the threshold whose archiving was begun: its messages below ``uidnext``, up to ``first_kept``."""

    folder: str
    uidvalidity: int
    uidnext: int
    first_kept: int


@dataclass(frozen=True)
class Batch:
    """Messages that were moved, or were about to be. ``target.uid`` is the UIDNEXT there before that.

    ``arrived`` are their uids there, in the order of ``uids``; empty while they are not known. ``back``: to the folder
    that they had been archived from.
    """

    id: int
    origin: str
    uidvalidity: int
    uids: tuple[int, ...]
    target: Place
    arrived: tuple[int, ...]
    back: bool


@dataclass(frozen=True)
class Archived:
    """What lies in an archive folder by our doing: uids there, of messages that came from ``origin``."""

    origin: str
    target: str
    uidvalidity: int
    uids: UidSet


class Record(RecordFile):
    """The archiver's record of one mailbox."""

    KIND = Kind(
        "mailbox_archive", 0x6D6F7061, _SCHEMA, "the archive", without="what was archived so far stays where it is"
    )

    # Folders that were begun

    def begin(self, begun: Begun) -> None:
        """Enter that a folder's old messages are about to be archived, all of them."""
        values = (begun.folder, begun.uidvalidity, begun.uidnext, begun.first_kept)
        with self.together():
            self._connection.execute("INSERT OR REPLACE INTO begun VALUES (?,?,?,?)", values)

    def finish(self, folder: str) -> None:
        """Enter that this is done."""
        with self.together():
            self._connection.execute("DELETE FROM begun WHERE folder = ?", (folder,))

    def begun(self) -> list[Begun]:
        """What an earlier run has begun and did not finish."""
        found = self._connection.execute("SELECT folder, uidvalidity, uidnext, first_kept FROM begun ORDER BY folder")
        return [Begun(*row) for row in found]

    # Batches

    def begin_batch(
        self, origin: str, uidvalidity: int, uids: Sequence[int], target: Place, now: float, *, back: bool
    ) -> Batch:
        """Enter that these messages are about to be moved. Durable on return."""
        values = (origin, uidvalidity, format_uids(uids), target.folder, target.uidvalidity, target.uid, back, now)
        with self.together():
            cursor = self._connection.execute(
                "INSERT INTO batch(origin, origin_uidvalidity, origin_uids, target, target_uidvalidity, target_uidnext,"
                " back, time) VALUES (?,?,?,?,?,?,?,?)",
                values,
            )
        return Batch(int(cursor.lastrowid or 0), origin, uidvalidity, tuple(uids), target, (), back)

    def end_batch(self, batch: Batch, uids: Sequence[int], arrived: Sequence[int]) -> None:
        """Enter that these of its messages were moved, and their uids where they are now, in the same order."""
        values = (format_uids(uids), format_uids(arrived), batch.id)
        with self.together():
            if not uids:
                self._connection.execute("DELETE FROM batch WHERE id = ?", (batch.id,))
                return
            self._connection.execute(
                "UPDATE batch SET origin_uids = ?, target_uids = ?, state = 'moved' WHERE id = ?", values
            )

    def open_batches(self) -> list[Batch]:
        """Those of which it is not known what the server made of them."""
        return self._batches("state = 'begun'")

    def untold(self) -> list[Batch]:
        """Those that the tickets' journals do not know of yet."""
        return self._batches("state = 'moved'")

    def told(self, batches: Sequence[Batch]) -> None:
        """Enter that the tickets' journals know of these."""
        with self.together():
            self._connection.executemany(
                "UPDATE batch SET state = 'told' WHERE id = ?", [(batch.id,) for batch in batches]
            )

    def arrived_in(self, folder: str, uidvalidity: int) -> UidSet:
        """Uids of a folder that are accounted for by finished batches."""
        found = UidSet()
        for batch in self._batches("state <> 'begun' AND target = ? AND target_uidvalidity = ?", folder, uidvalidity):
            for uid in batch.arrived:
                found.add(uid)
        return found

    def archived(self) -> list[Archived]:
        """What the archiver has put where and not brought back; some of it may have gone on since."""
        there: dict[tuple[str, str, int], UidSet] = {}
        back: dict[tuple[str, int], UidSet] = {}
        for batch in self._batches("state <> 'begun'"):
            if batch.back:
                taken = back.setdefault((batch.origin, batch.uidvalidity), UidSet())
                for uid in batch.uids:
                    taken.add(uid)
                continue
            key = (batch.origin, batch.target.folder, batch.target.uidvalidity)
            kept = there.setdefault(key, UidSet())
            for uid in batch.arrived:
                kept.add(uid)
        left = {key: UidSet(uids.without(back.get(key[1:], UidSet()))) for key, uids in there.items()}
        return [Archived(*key, uids) for key, uids in sorted(left.items()) if uids]

    # Folders made

    def add_made(self, name: str, now: float) -> None:
        """Enter that a folder, which is not there, is about to be made."""
        with self.together():
            self._connection.execute("INSERT OR IGNORE INTO made VALUES (?,?)", (name, now))

    def drop_made(self, name: str) -> None:
        """Enter that it was removed."""
        with self.together():
            self._connection.execute("DELETE FROM made WHERE name = ?", (name,))

    def made(self) -> frozenset[str]:
        """The folders that the archiver made."""
        return frozenset(name for (name,) in self._connection.execute("SELECT name FROM made"))

    def _batches(self, where: str, *values: object) -> list[Batch]:
        query = (
            "SELECT id, origin, origin_uidvalidity, origin_uids, target, target_uidvalidity, target_uidnext,"
            f" target_uids, back FROM batch WHERE {where} ORDER BY id"
        )
        found = self._connection.execute(query, values)
        return [
            Batch(row[0], row[1], row[2], _uids(row[3]), Place(*row[4:7]), _uids(row[7]), bool(row[8])) for row in found
        ]


def _uids(text: str) -> tuple[int, ...]:
    return tuple(parse_uids(text)) if text else ()
