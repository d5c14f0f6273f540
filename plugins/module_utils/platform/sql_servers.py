# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostfixAdmin's tables on a database server: PostgreSQL, MySQL and MariaDB."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import (
    BUSY_SECONDS,
    Cursor,
    Dialect,
)

_CONNECT_SECONDS = 20


class Postgresql(Dialect):
    """PostgreSQL, by psycopg 3; the DSN is libpq's own, with all of its parameters."""

    schemes: ClassVar[tuple[str, ...]] = ("postgresql", "postgres")
    in_a_year: ClassVar[str] = "now() + interval '365 days'"
    begin_reading: ClassVar[tuple[str, ...]] = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",)
    begin_writing: ClassVar[tuple[str, ...]] = ("BEGIN", f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")

    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = %s AND table_schema = ANY (current_schemas(false))",
            [table],
        )
        return frozenset(row[0] for row in cursor.fetchall())

    def boolean(self, value: bool) -> object:
        return value

    def _connect(self, mode: str) -> Any:
        return self._library().connect(self._dsn, autocommit=True, connect_timeout=_CONNECT_SECONDS)

    def _errors(self) -> tuple[type[Exception], type[Exception]]:
        return self._library().IntegrityError, self._library().Error

    def _library(self) -> Any:
        return _imported("psycopg", "psycopg[binary]")


class Mysql(Dialect):
    """MySQL and MariaDB, by PyMySQL. ``?unix_socket=PATH`` and ``?ssl_ca=FILE`` are taken at the end of the DSN."""

    schemes: ClassVar[tuple[str, ...]] = ("mysql", "mariadb")
    in_a_year: ClassVar[str] = "now() + interval 365 day"
    longest_text: ClassVar[int] = 65535
    begin_reading: ClassVar[tuple[str, ...]] = (
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )
    begin_writing: ClassVar[tuple[str, ...]] = (
        f"SET SESSION innodb_lock_wait_timeout = {BUSY_SECONDS}",
        "START TRANSACTION",
    )

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        parts = urlsplit(dsn)
        options = dict(parse_qsl(parts.query))
        unknown = options.keys() - {"unix_socket", "ssl_ca"}
        if unknown or not parts.path.strip("/"):
            raise ConfigurationError(
                f"platform.dsn has the option {', '.join(sorted(unknown))}, which is not known"
                if unknown
                else "platform.dsn names no database",
                remedy="Write it like mysql://user:password@host:3306/postfix, with ?unix_socket= or ?ssl_ca=",
            )
        self._options: dict[str, Any] = {
            **options,
            "host": parts.hostname or "localhost",
            "port": parts.port or 3306,
            "user": unquote(parts.username or "") or None,
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.strip("/")),
        }

    def columns(self, cursor: Cursor, table: str) -> frozenset[str]:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = database()",
            [table],
        )
        return frozenset(row[0] for row in cursor.fetchall())

    def _connect(self, mode: str) -> Any:
        library = _imported("pymysql", "PyMySQL")
        # A row that has the values already counts as found; a value that does not fit is an error and not cut.
        return library.connect(
            **self._options,
            autocommit=True,
            charset="utf8mb4",
            client_flag=library.constants.CLIENT.FOUND_ROWS,
            connect_timeout=_CONNECT_SECONDS,
            sql_mode="STRICT_ALL_TABLES",
        )

    def _errors(self) -> tuple[type[Exception], type[Exception]]:
        library = _imported("pymysql", "PyMySQL")
        return library.err.IntegrityError, library.err.Error


def _imported(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigurationError(
            f"the Python library {name}, by which the platform's database is reached, is missing where the module runs",
            remedy=f"Install it there with pip install '{package}'",
        ) from None
