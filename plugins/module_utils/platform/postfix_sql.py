# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostfixAdmin's schema (version 3.3), read and written so that its web interface keeps working."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar

from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Outcome
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_tables import (
    DOMAIN,
    LOCAL_DELIVERY,
    MAILBOX,
    attributes_of,
    chunks,
    targets_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_writer import Writer
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import Cursor, Dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_open import dialect_for
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Domain,
    Item,
    LocalDelivery,
    Mailbox,
    State,
    Step,
    step_order,
)


class PostfixSql(Driver):
    """Postfix and Dovecot on PostfixAdmin's tables, reached by a DSN such as ``sqlite:///absolute/path``."""

    name: ClassVar[str] = "postfix_sql"
    abilities: ClassVar[frozenset[str]] = frozenset(
        {"domains", "mailboxes", "mailbox_list", "mailbox_removal", "aliases", "forwards", "lists", "local_delivery"}
    )
    lacking: ClassVar[Mapping[str, str]] = {}

    def __init__(self, dsn: str) -> None:
        self._dialect = dialect_for(dsn)

    @classmethod
    def opened(cls, options: Mapping[str, Any]) -> PostfixSql:
        """See :meth:`Driver.opened`. Of the options it takes ``dsn``."""
        return cls(options["dsn"])

    def read(self, domains: Collection[str]) -> State:
        """See :meth:`Driver.read`. Four queries for every 500 domains."""
        names = sorted(domains)
        with self._dialect.reading() as cursor:
            reader = _Reader(cursor, self._dialect)
            aliases = {alias.key: alias for alias in reader.aliases(names)}
            return State(
                domains={domain.key: domain for domain in reader.domains(names)},
                mailboxes={mailbox.key: mailbox for mailbox in reader.mailboxes(names, aliases)},
                aliases=aliases,
                domain_aliases=dict(reader.domain_aliases(names)),
                local_delivery=reader.local_delivery(names),
                target_space=self._dialect.longest_text,
            )

    def addresses(self) -> list[str]:
        """See :meth:`Driver.addresses`. One query."""
        with self._dialect.reading() as cursor:
            cursor.execute("SELECT username, active FROM mailbox")
            return sorted(str(address) for address, is_active in cursor.fetchall() if is_active)

    def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See :meth:`Driver.apply`. One transaction; without steps the database is not touched."""
        if not steps:
            return []
        with self._dialect.writing() as cursor:
            writer = Writer(cursor, self._dialect)
            for (kind, item), group in groupby(sorted(steps, key=step_order), key=_kinds):
                writer.write(kind, item, list(group))
        return steps


def _kinds(step: Step) -> tuple[type[Step], type[Item]]:
    return type(step), type(step.item)


class _Reader:
    """Reads rows of some domains into values. Addresses are compared in lower case and kept as they are stored."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def domains(self, names: Sequence[str]) -> Iterator[Domain]:
        for row in self._select("domain", tuple(DOMAIN.values()), "domain", names):
            yield Domain(**attributes_of(DOMAIN, row))

    def mailboxes(self, names: Sequence[str], routed: Collection[str]) -> Iterator[Mailbox]:
        for row in self._select("mailbox", tuple(MAILBOX.values()), "domain", names):
            attributes = attributes_of(MAILBOX, row)
            yield Mailbox(**attributes, routed=attributes["address"].lower() in routed)

    def aliases(self, names: Sequence[str]) -> Iterator[Alias]:
        for address, goto, active in self._select("alias", ("address", "goto", "active"), "domain", names):
            yield Alias(address, targets_of(goto), bool(active))

    def domain_aliases(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        columns = ("alias_domain", "target_domain")
        if not self._dialect.columns(self._cursor, "alias_domain"):
            return
        for key in columns:
            for row in self._select("alias_domain", columns, key, names):
                yield row[0].lower(), row[1].lower()

    def local_delivery(self, names: Sequence[str]) -> dict[str, LocalDelivery] | None:
        if not self._dialect.columns(self._cursor, "local_delivery"):
            return None
        rows = self._select("local_delivery", tuple(LOCAL_DELIVERY.values()), "domain", names)
        switches = [LocalDelivery(**attributes_of(LOCAL_DELIVERY, row)) for row in rows]
        return {switch.key: switch for switch in switches}

    def _select(self, table: str, columns: Sequence[str], key: str, names: Sequence[str]) -> Iterator[Any]:
        for part in chunks(names):
            marks = self._dialect.marks(part)
            self._cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE lower({key}) IN ({marks})", part)
            yield from self._cursor.fetchall()
