# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place for what differs between the databases that PostfixAdmin runs on."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    PlatformError,
)

BUSY_SECONDS = 30
"""How long a statement waits for another program's transaction."""


class Cursor(Protocol):
    """What is used of a DB-API cursor (PEP 249)."""

    @property
    def rowcount(self) -> int: ...

    def execute(self, statement: str, parameters: Sequence[Any] = ..., /) -> object: ...

    def executemany(self, statement: str, parameters: Sequence[Sequence[Any]], /) -> object: ...

    def fetchall(self) -> list[Any]: ...


class Dialect(ABC):
    """One kind of database at one address. Statements use ``placeholder``; ``now`` and ``in_a_year`` are SQL."""

    scheme: ClassVar[str]
    placeholder: ClassVar[str]
    now: ClassVar[str]
    in_a_year: ClassVar[str]

    @abstractmethod
    def reading(self) -> AbstractContextManager[Cursor]:
        """A cursor on one consistent view. Raises :class:`PlatformError`."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[Cursor]:
        """A cursor in one transaction: committed at the end, rolled back by any exception."""

    @abstractmethod
    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        """The table's columns; empty when there is no such table."""

    def boolean(self, value: bool) -> object:
        """A truth value as PostfixAdmin stores it in this database."""
        return int(value)

    def marks(self, values: Collection[object]) -> str:
        """As many placeholders as there are values, separated by commas."""
        return ", ".join([self.placeholder] * len(values))


class Sqlite(Dialect):
    """A database file. Postfix and Dovecot read it all the time, hence the write-ahead log and short transactions."""

    scheme = "sqlite"
    placeholder = "?"
    now = "datetime('now')"
    in_a_year = "datetime('now', '+365 days')"

    def __init__(self, dsn: str) -> None:
        parts = urlsplit(dsn)
        path = unquote(parts.path)
        if parts.netloc or not path.startswith("/") or path.strip("/") == "":
            raise ConfigurationError(
                "platform.dsn names no database file by its absolute path",
                remedy="Write it like sqlite:///var/lib/mail/postfixadmin.sqlite",
            )
        self._path = Path("/" + path.lstrip("/"))

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        with self._errors(), closing(self._connect("ro")) as connection:
            connection.execute("BEGIN")
            yield connection.cursor()

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        with self._errors(), closing(self._connect("rw")) as connection:
            # Readers of Postfix's proxymap die of "database is locked" in any other mode.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("BEGIN IMMEDIATE")
            yield connection.cursor()
            connection.execute("COMMIT")

    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        cursor.execute(f"PRAGMA table_info({table})")
        return frozenset(row[1] for row in cursor.fetchall())

    def _connect(self, mode: str) -> sqlite3.Connection:
        if not self._path.exists():
            raise PlatformError(
                "there is no database file",
                where=str(self._path),
                remedy="Set up the mail platform, or correct the dsn",
            )
        return sqlite3.connect(
            f"{self._path.as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
        )

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.IntegrityError as error:
            raise PlatformError(
                f"somebody else added the same item meanwhile ({error})",
                where=str(self._path),
                remedy="Nothing was written. Run this again",
            ) from error
        except sqlite3.Error as error:
            raise PlatformError(
                f"the database did not do what was asked ({error})",
                where=str(self._path),
                remedy="Nothing was written. See that the file and its folder can be read and written and that no "
                "other program keeps it locked, then run this again",
            ) from error


_DIALECTS: tuple[type[Sqlite], ...] = (Sqlite,)


def dialect_for(dsn: str) -> Dialect:
    """The dialect that ``dsn`` names; nothing is contacted yet. Raises :class:`ConfigurationError`."""
    scheme = urlsplit(dsn).scheme
    for dialect in _DIALECTS:
        if dialect.scheme == scheme:
            return dialect(dsn)
    known = ", ".join(dialect.scheme for dialect in _DIALECTS)
    raise ConfigurationError(
        f"platform.dsn begins with {scheme or 'no scheme'}, and the known databases are: {known}",
        remedy="Write it like sqlite:///var/lib/mail/postfixadmin.sqlite",
    )


def masked_dsn(dsn: str) -> str:
    """``dsn`` without its password, for people to read."""
    parts = urlsplit(dsn)
    if parts.password is None:
        return dsn
    user, host = parts.netloc.rsplit("@", 1)
    return parts._replace(netloc=f"{user.partition(':')[0]}:********@{host}").geturl()
