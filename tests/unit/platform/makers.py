# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small makers of platform values for tests."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Domain,
    LocalDelivery,
    Mailbox,
    State,
)

SCHEMAS = Path(__file__).parents[3] / "roles/mail_platform/files"
STORED = "{BLF-CRYPT}$2y$05$" + "a" * 53


def state(*items: Domain | Mailbox | Alias | LocalDelivery, domain_aliases: Mapping[str, str] | None = None) -> State:
    """A platform that holds ``items``."""
    return State(
        {item.key: item for item in items if isinstance(item, Domain)},
        {item.key: item for item in items if isinstance(item, Mailbox)},
        {item.key: item for item in items if isinstance(item, Alias)},
        domain_aliases or {},
        {item.key: item for item in items if isinstance(item, LocalDelivery)},
    )


def new_database(folder: Path) -> Path:
    """A database with PostfixAdmin's empty tables in ``folder``."""
    path = folder / "platform db.sqlite"
    connection = sqlite3.connect(path)
    for schema in ("postfixadmin-sqlite.sql", "local-delivery-sqlite.sql"):
        connection.executescript((SCHEMAS / schema).read_text())
    connection.close()
    return path


def dsn(path: Path) -> str:
    """The DSN of a database file."""
    return f"sqlite://{path.as_posix()}".replace(" ", "%20")


def query(path: Path, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """Rows of the database, read by nobody's code but SQLite's; a changing statement is committed."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute(statement, parameters).fetchall()
        connection.commit()
        return rows
    finally:
        connection.close()
