# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was imported for one user: a write-ahead log beside the journals of all tickets.

One SQLite file, ``state_dir/dav_import/<sha256 of the address>.sqlite``. A resource is in it before it is sent, and its
tag after the server took it; so a run can be killed at any point, and what the user changes or deletes later is known.
No content is in it, only digests.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..core.errors import JournalError

FOLDER = "dav_import"
_VERSION = 1
_APPLICATION = 0x6D6F7064

_SCHEMA = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE imported(
  collection TEXT NOT NULL,
  uid TEXT NOT NULL,
  href TEXT NOT NULL,
  sent TEXT NOT NULL,
  stored TEXT NOT NULL,
  etag TEXT NOT NULL,
  state TEXT NOT NULL,
  likeness TEXT NOT NULL,
  time REAL NOT NULL,
  PRIMARY KEY(collection, uid)
) WITHOUT ROWID;
CREATE TABLE seen(
  collection TEXT NOT NULL,
  href TEXT NOT NULL,
  etag TEXT NOT NULL,
  uid TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY(collection, href)
) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
PRAGMA application_id = {_APPLICATION}
"""

CREATING, UPDATING, CONFIRMED = "creating", "updating", "confirmed"


@dataclass(frozen=True)
class Imported:
    """A resource that was sent, or is about to be.

    ``sent`` is the meaning of what was sent last, ``stored`` that of what the server had before that or has since;
    ``etag`` is the tag as of then, empty where it is not known. ``state`` is one of the three above.
    ``likeness`` is the item's.
    """

    uid: str
    href: str
    sent: str
    stored: str
    etag: str
    state: str
    likeness: str = ""


@dataclass(frozen=True)
class Seen:
    """A resource at the destination as it was when last read."""

    href: str
    etag: str
    uid: str
    digest: str


def record_path(state_dir: str, mailbox: str) -> str:
    """Where the record of ``mailbox`` lies: named by the SHA-256 of the lower-cased address."""
    name = hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()
    return os.path.join(state_dir, FOLDER, f"{name}.sqlite")


class Record:
    """The record of one user. ``collection`` is the path of an address book or calendar."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: str, mailbox: str) -> Record:
        """Open or make the record; raises :class:`JournalError` when it is broken, of another kind or newer."""
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise JournalError(
                f"the record of the import cannot be written ({error.strerror})",
                where=path,
                remedy="Make room or mend the rights of that folder, then run again",
            ) from None
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

    def imported(self, collection: str) -> dict[str, Imported]:
        """What was sent to a collection, by UID."""
        rows = self._connection.execute(
            "SELECT uid, href, sent, stored, etag, state, likeness FROM imported WHERE collection = ?", (collection,)
        )
        return {row[0]: Imported(*row) for row in rows}

    def enter(self, collection: str, rows: Iterable[Imported], now: float) -> None:
        """Write these rows in place of those of their UIDs. Durable on return. ``now`` in seconds since the epoch."""
        values = [(collection, *vars(row).values(), now) for row in rows]
        with self._together():
            self._connection.executemany("INSERT OR REPLACE INTO imported VALUES (?,?,?,?,?,?,?,?,?)", values)

    def forget(self, collection: str, uids: Iterable[str]) -> None:
        """Drop the rows of what the server never took."""
        with self._together():
            self._connection.executemany(
                "DELETE FROM imported WHERE collection = ? AND uid = ?", [(collection, uid) for uid in uids]
            )

    def seen(self, collection: str) -> dict[str, Seen]:
        """What was read of a collection, by href."""
        rows = self._connection.execute("SELECT href, etag, uid, digest FROM seen WHERE collection = ?", (collection,))
        return {row[0]: Seen(*row) for row in rows}

    def remember(self, collection: str, rows: Iterable[Seen]) -> None:
        """Write what was read, so that it is not read again while its tag is the same."""
        values = [(collection, *vars(row).values()) for row in rows]
        if values:
            with self._together():
                self._connection.executemany("INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?)", values)

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
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
                f"the record of the import cannot be written ({error})",
                where=self._path,
                remedy="Make room or mend the rights of that folder, then run again",
            ) from error


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
            f"this is no record of an import, or one of a newer release (version {version})",
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
            f"the record of the import cannot be read ({error})",
            where=path,
            remedy="Put a whole copy in its place, or move it away: then nothing that is there is overwritten",
        ) from error
