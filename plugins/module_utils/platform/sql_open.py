# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which database a DSN means."""

from __future__ import annotations

from urllib.parse import urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import Dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_servers import Mysql, Postgresql
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_sqlite import Sqlite

_DIALECTS: tuple[type[Dialect], ...] = (Sqlite, Postgresql, Mysql)


def dialect_for(dsn: str) -> Dialect:
    """The dialect that ``dsn`` names; nothing is contacted yet. Raises :class:`ConfigurationError`."""
    if not _is_readable(dsn):
        raise ConfigurationError(
            "platform.dsn cannot be read as a URL",
            remedy="Write characters with a meaning in URLs as percent and number, such as %40 for @ in a password",
        )
    scheme = urlsplit(dsn).scheme
    for dialect in _DIALECTS:
        if scheme in dialect.schemes:
            return dialect(dsn)
    known = ", ".join(name for dialect in _DIALECTS for name in dialect.schemes)
    raise ConfigurationError(
        f"platform.dsn begins with {scheme or 'no scheme'}, and the known databases are: {known}",
        remedy="Write it like sqlite:///var/lib/mail/postfixadmin.sqlite",
    )


def _is_readable(dsn: str) -> bool:
    """Whether nothing in it, such as a slash in a password, makes it mean something else."""
    try:
        parts = urlsplit(dsn)
        return parts.port != 0 and (parts.scheme in Sqlite.schemes or "@" not in parts.path)
    except ValueError:
        return False
