# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the archiver has moved, for one mailbox: a write-ahead log beside the journals of all tickets.

One SQLite file, ``state_dir/mailbox_archive/<sha256 of the address>.sqlite``. A batch is in it before the command goes
out, with the UIDNEXT of the folder it leads to; then the uids that the messages have there; then that the journals of
the tickets were told. Each method is one transaction.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import JournalError
from ..core.messages import Place
from ..core.uids import UidSet, format_uids, parse_uids

FOLDER = "mailbox_archive"
_VERSION = 1
_APPLICATION = 0x6D6F7061

_SCHEMA = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
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
CREATE TABLE made(name TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
PRAGMA application_id = {_APPLICATION}
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


def record_path(state_dir: str, mailbox: str) -> str:
    """Where the record of ``mailbox`` lies: named by the SHA-256 of the lower-cased address."""
    name = hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()
    return os.path.join(state_dir, FOLDER, f"{name}.sqlite")


class Record:
    """The archiver's record of one mailbox."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: str, mailbox: str) -> Record:
        """Open or make the record; raises :class:`JournalError` when it is broken, of another kind or newer."""
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return cls._prepared(sqlite3.connect(path, isolation_level=None, timeout=30), path, mailbox)

    @classmethod
    def open_copy(cls, path: str, mailbox: str) -> Record:
        """A copy in memory, empty where there is no record; what is written to it goes nowhere (check mode)."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        if os.path.exists(path) and os.path.getsize(path):
            with _readable(path), contextlib.closing(sqlite3.connect(path, timeout=30)) as file:
                file.backup(copy)
        return cls._prepared(copy, path, mailbox)

    @classmethod
    def _prepared(cls, connection: sqlite3.Connection, path: str, mailbox: str) -> Record:
        try:
            with _readable(path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                _prepare(connection, path, mailbox.strip().lower())
        except BaseException:
            connection.close()
            raise
        return cls(connection, path)

    def close(self) -> None:
        self._connection.close()

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

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that is written within is durable at its end, or none of it."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise JournalError(
                f"the record of the archive cannot be written ({error})",
                where=self._path,
                remedy="Make room or mend the rights of that folder, then run again",
            ) from error

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


def _prepare(connection: sqlite3.Connection, path: str, owner: str) -> None:
    """Lay the tables in an empty file; refuse all that is not this mailbox's record."""
    version, application = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")
    )
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES ('mailbox', ?)", (owner,))
        connection.execute("COMMIT")
        return
    if application != _APPLICATION or version > _VERSION:
        raise JournalError(
            f"this is no record of an archive, or one of a newer release (version {version})",
            where=path,
            remedy="Move it away, or use the release that wrote it",
        )
    found = connection.execute("SELECT value FROM meta WHERE key = 'mailbox'").fetchone()
    if found and found[0] != owner:
        raise JournalError(
            f"the record belongs to {found[0]}, not to {owner}", where=path, remedy="Put the right one in its place"
        )


@contextlib.contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the record of the archive cannot be read ({error})",
            where=path,
            remedy="Put a whole copy in its place, or move it away: then what was archived so far stays where it is",
        ) from error
