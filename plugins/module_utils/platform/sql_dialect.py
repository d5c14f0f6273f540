# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between the databases that PostfixAdmin runs on, and what is the same for all of them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, ClassVar, Protocol
from urllib.parse import unquote, urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ChangedMeanwhile, PlatformError

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
    """One kind of database at one address. Statements use ``placeholder``; ``now`` and ``in_a_year`` are SQL.

    ``for_update`` ends a SELECT whose rows nobody else may change before the transaction's end.
    ``longest_text`` is how many bytes PostfixAdmin's columns of the type "text" hold; 0 is any number.
    """

    schemes: ClassVar[tuple[str, ...]]
    placeholder: ClassVar[str] = "%s"
    now: ClassVar[str] = "now()"
    in_a_year: ClassVar[str]
    for_update: ClassVar[str] = " FOR UPDATE"
    longest_text: ClassVar[int] = 0
    begin_reading: ClassVar[tuple[str, ...]]
    begin_writing: ClassVar[tuple[str, ...]]

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @contextmanager
    def reading(self) -> Iterator[Cursor]:
        """A cursor on one consistent view. Raises :class:`PlatformError`."""
        with self._told_errors(), closing(self._connect("ro")) as connection:
            yield _begun(connection.cursor(), self.begin_reading)

    @contextmanager
    def writing(self) -> Iterator[Cursor]:
        """A cursor in one transaction: committed at the end, rolled back by any exception."""
        with self._told_errors(), closing(self._connect("rw")) as connection:
            cursor = _begun(connection.cursor(), self.begin_writing)
            yield cursor
            cursor.execute("COMMIT")

    @abstractmethod
    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        """The table's columns; empty when there is no such table."""

    def boolean(self, value: bool) -> object:
        """A truth value as PostfixAdmin stores it in this database."""
        return int(value)

    def marks(self, values: Collection[object]) -> str:
        """As many placeholders as there are values, separated by commas."""
        return ", ".join([self.placeholder] * len(values))

    @property
    def place(self) -> str:
        """Where the database is, for people; never with its password."""
        return masked_dsn(self._dsn)

    @abstractmethod
    def _connect(self, mode: str) -> Any:
        """A DB-API connection that commits nothing by itself; ``mode`` is ``ro`` or ``rw``."""

    @abstractmethod
    def _errors(self) -> tuple[type[Exception], type[Exception]]:
        """The library's IntegrityError and Error."""

    @contextmanager
    def _told_errors(self) -> Iterator[None]:
        integrity_error, any_error = self._errors()
        try:
            yield
        except integrity_error as error:
            raise ChangedMeanwhile(
                f"somebody else changed the same items meanwhile ({self._said(error)})",
                where=self.place,
                remedy="Nothing was written. Run this again",
            ) from None
        except any_error as error:
            raise PlatformError(
                f"the database did not do what was asked ({self._said(error)})",
                where=self.place,
                remedy="Nothing was written. See that it is reached with this dsn, that its user may read and write "
                "PostfixAdmin's tables and that no other program keeps them locked, then run this again",
            ) from None

    def _said(self, error: Exception) -> str:
        """The library's words in one line; some of them repeat what they were given."""
        text = " ".join(str(error).split()).replace(self._dsn, self.place)
        secret = urlsplit(self._dsn).password
        for form in {secret, unquote(secret or "")} - {None, ""}:
            text = text.replace(str(form), "********")
        return text


def _begun(cursor: Cursor, statements: Sequence[str]) -> Cursor:
    for statement in statements:
        cursor.execute(statement)
    return cursor


def masked_dsn(dsn: str) -> str:
    """``dsn`` without its passwords, for people to read; also one that cannot be understood."""
    # Up to the last @, for a password may hold one that should have been encoded.
    text = re.sub(r"^(\w+://[^:/?#]*):.*@", r"\1:********@", dsn, flags=re.DOTALL)
    return re.sub(r"([?&](?:ssl)?password=)[^&]*", r"\1********", text)
