# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostfixAdmin's tables in a file of SQLite."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    PlatformError,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform import sql_dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import Cursor, Dialect


class Sqlite(Dialect):
    """A database file. Postfix and Dovecot read it all the time, hence the write-ahead log and short transactions."""

    schemes: ClassVar[tuple[str, ...]] = ("sqlite",)
    placeholder: ClassVar[str] = "?"
    now: ClassVar[str] = "datetime('now')"
    in_a_year: ClassVar[str] = "datetime('now', '+365 days')"
    for_update: ClassVar[str] = ""
    begin_reading: ClassVar[tuple[str, ...]] = ("BEGIN",)
    # Readers of Postfix's proxymap die of "database is locked" in any other mode.
    begin_writing: ClassVar[tuple[str, ...]] = ("PRAGMA journal_mode = WAL", "BEGIN IMMEDIATE")

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        parts = urlsplit(dsn)
        path = unquote(parts.path)
        if parts.netloc or not path.startswith("/") or path.strip("/") == "":
            raise ConfigurationError(
                "platform.dsn names no database file by its absolute path",
                remedy="Write it like sqlite:///var/lib/mail/postfixadmin.sqlite",
            )
        self._path = Path("/" + path.lstrip("/"))

    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        cursor.execute(f"PRAGMA table_info({table})")
        return frozenset(row[1] for row in cursor.fetchall())

    @property
    def place(self) -> str:
        return str(self._path)

    def _connect(self, mode: str) -> sqlite3.Connection:
        if not self._path.exists():
            raise PlatformError(
                "there is no database file", where=self.place, remedy="Set up the mail platform, or correct the dsn"
            )
        address = f"{self._path.as_uri()}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=sql_dialect.BUSY_SECONDS, isolation_level=None)

    def _errors(self) -> tuple[type[Exception], type[Exception]]:
        return sqlite3.IntegrityError, sqlite3.Error
