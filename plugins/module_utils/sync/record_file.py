# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A write-ahead log of one mailbox beside the journals of all tickets: one SQLite file for each kind of work.

``state_dir/<folder of the kind>/<sha256 of the address>.sqlite``. What is about to be done is in it before it is done.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator
from typing import ClassVar, NamedTuple, TypeVar

from ..core.errors import JournalError

_VERSION = 1

Own = TypeVar("Own", bound="RecordFile")


class Kind(NamedTuple):
    """A kind of record: its ``folder``, the ``application`` id and tables of its files, and what messages call it.

    ``name`` and ``without`` are parts of sentences: what it is a record of, and what a lost one brings with it.
    """

    folder: str
    application: int
    schema: str
    name: str
    without: str


class RecordFile:
    """The record of one mailbox. What reads and writes it is a subclass's; each of those methods is one transaction."""

    KIND: ClassVar[Kind]

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    @classmethod
    def path(cls, state_dir: str, mailbox: str) -> str:
        """Where the record of ``mailbox`` lies: named by the SHA-256 of the lower-cased address."""
        name = hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()
        return os.path.join(state_dir, cls.KIND.folder, f"{name}.sqlite")

    @classmethod
    def open(cls: type[Own], path: str, mailbox: str) -> Own:
        """Open or make the record; raises :class:`JournalError` when it is broken, of another kind or newer."""
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as error:
            raise _unwritable(cls.KIND, path, error.strerror or str(error)) from None
        return cls._prepared(sqlite3.connect(path, isolation_level=None, timeout=30), path, mailbox)

    @classmethod
    def open_copy(cls: type[Own], path: str, mailbox: str) -> Own:
        """A copy in memory, empty where there is no record; what is written to it goes nowhere (check mode)."""
        copy = sqlite3.connect(":memory:", isolation_level=None)
        if os.path.exists(path) and os.path.getsize(path):
            with _readable(cls.KIND, path), contextlib.closing(sqlite3.connect(path, timeout=30)) as file:
                file.backup(copy)
        return cls._prepared(copy, path, mailbox)

    @classmethod
    def _prepared(cls: type[Own], connection: sqlite3.Connection, path: str, mailbox: str) -> Own:
        try:
            with _readable(cls.KIND, path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = FULL")
                _prepare(connection, path, cls.KIND, mailbox.strip().lower())
        except BaseException:
            connection.close()
            raise
        return cls(connection, path)

    def close(self) -> None:
        self._connection.close()

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
            raise _unwritable(self.KIND, self._path, str(error)) from error


def _prepare(connection: sqlite3.Connection, path: str, kind: Kind, owner: str) -> None:
    """Lay the tables in an empty file; refuse all that is not this mailbox's record of this kind."""
    version, application = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")
    )
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.execute("BEGIN IMMEDIATE")
        for statement in kind.schema.split(";"):
            connection.execute(statement)
        connection.execute("CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
        connection.execute("INSERT INTO meta VALUES ('mailbox', ?)", (owner,))
        connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute(f"PRAGMA application_id = {kind.application}")
        connection.execute("COMMIT")
        return
    if application != kind.application or version > _VERSION:
        raise JournalError(
            f"this is no record of {kind.name}, or one of a newer release (version {version})",
            where=path,
            remedy="Move it away, or use the release that wrote it",
        )
    found = connection.execute("SELECT value FROM meta WHERE key = 'mailbox'").fetchone()
    if found and found[0] != owner:
        raise JournalError(
            f"the record belongs to {found[0]}, not to {owner}", where=path, remedy="Put the right one in its place"
        )


def _unwritable(kind: Kind, path: str, reason: str) -> JournalError:
    return JournalError(
        f"the record of {kind.name} cannot be written ({reason})",
        where=path,
        remedy="Make room or mend the rights of that folder, then run again",
    )


@contextlib.contextmanager
def _readable(kind: Kind, path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the record of {kind.name} cannot be read ({error})",
            where=path,
            remedy=f"Put a whole copy in its place, or move it away: then {kind.without}",
        ) from error
