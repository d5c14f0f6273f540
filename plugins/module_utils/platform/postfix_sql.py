# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostfixAdmin's schema (version 3.3), read and written so that its web interface keeps working."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar, TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import Cursor, Dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_open import dialect_for
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Item,
    LocalDelivery,
    Mailbox,
    Remove,
    State,
    Step,
    Update,
    Value,
    changed,
)

# Attribute of our values to column of the table.
_DOMAIN: Mapping[str, str] = {
    "name": "domain",
    "description": "description",
    "active": "active",
    "max_mailboxes": "mailboxes",
    "max_aliases": "aliases",
    "max_mailbox_quota_mb": "maxquota",
    "quota_mb": "quota",
    "backup_mx": "backupmx",
}
_MAILBOX: Mapping[str, str] = {
    "address": "username",
    "name": "name",
    "quota_bytes": "quota",
    "active": "active",
    "password_hash": "password",
}
_LOCAL_DELIVERY: Mapping[str, str] = {
    name: name for name in ("domain", "enabled", "old_mx", "expires", "ticket", "reason")
}
_BOOLEANS = frozenset({"active", "backup_mx", "enabled"})

# What PostfixAdmin clears with a mailbox or a domain, beside the row itself; which of the tables exist differs.
_MAILBOX_TRACES = (
    ("fetchmail", "mailbox"),
    ("vacation_notification", "on_vacation"),
    ("vacation", "email"),
    ("quota", "username"),
    ("quota2", "username"),
    ("alias", "address"),
)
_DOMAIN_TRACES = (("domain_admins", "domain"), ("alias_domain", "alias_domain"), ("local_delivery", "domain"))
_CHUNK = 500
_Element = TypeVar("_Element")


class PostfixSql(Driver):
    """Postfix and Dovecot on PostfixAdmin's tables, reached by a DSN such as ``sqlite:///absolute/path``."""

    name: ClassVar[str] = "postfix_sql"
    abilities: ClassVar[frozenset[str]] = frozenset({"domains", "mailboxes", "local_delivery"})
    lacking: ClassVar[Mapping[str, str]] = {
        "aliases": "it writes domains and mailboxes only",
        "forwards": "it writes domains and mailboxes only",
        "lists": "PostfixAdmin has no distribution lists",
    }

    def __init__(self, dsn: str) -> None:
        self._dialect = dialect_for(dsn)

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
            )

    def apply(self, steps: Sequence[Step]) -> None:
        """See :meth:`Driver.apply`. One transaction; without steps the database is not touched."""
        if not steps:
            return
        with self._dialect.writing() as cursor:
            writer = _Writer(cursor, self._dialect)
            # Domains come before what lives in them when added, and after it when removed.
            for (kind, item), group in groupby(sorted(steps, key=_order), key=_kinds):
                writer.write(kind, item, list(group))


def _kinds(step: Step) -> tuple[type[Step], type[Item]]:
    return type(step), type(step.item)


def _order(step: Step) -> tuple[int, int]:
    rank = (Domain, Mailbox, LocalDelivery).index(type(step.item))
    return (Create, Update, Remove).index(type(step)), -rank if isinstance(step, Remove) else rank


class _Reader:
    """Reads rows of some domains into values. Addresses are compared in lower case and kept as they are stored."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def domains(self, names: Sequence[str]) -> Iterator[Domain]:
        for row in self._select("domain", tuple(_DOMAIN.values()), "domain", names):
            yield Domain(**_attributes(_DOMAIN, row))

    def mailboxes(self, names: Sequence[str], routed: Collection[str]) -> Iterator[Mailbox]:
        for row in self._select("mailbox", tuple(_MAILBOX.values()), "domain", names):
            attributes = _attributes(_MAILBOX, row)
            yield Mailbox(**attributes, routed=attributes["address"].lower() in routed)

    def aliases(self, names: Sequence[str]) -> Iterator[Alias]:
        for address, goto, active in self._select("alias", ("address", "goto", "active"), "domain", names):
            targets = tuple(target.strip() for target in goto.split(",") if target.strip())
            yield Alias(address, targets, bool(active))

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
        rows = self._select("local_delivery", tuple(_LOCAL_DELIVERY.values()), "domain", names)
        switches = [LocalDelivery(**_attributes(_LOCAL_DELIVERY, row)) for row in rows]
        return {switch.key: switch for switch in switches}

    def _select(self, table: str, columns: Sequence[str], key: str, names: Sequence[str]) -> Iterator[Any]:
        for part in _chunks(names):
            marks = self._dialect.marks(part)
            self._cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE lower({key}) IN ({marks})", part)
            yield from self._cursor.fetchall()


class _Writer:
    """Carries out steps of one kind for one kind of item inside an open transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def write(self, kind: type[Step], item: type[Item], steps: Sequence[Any]) -> None:
        if kind is Update:
            for step in steps:
                self._update(step)
            return
        tasks: Mapping[tuple[type[Step], type[Item]], Callable[[Sequence[Any]], None]] = {
            (Create, Domain): self._insert_domains,
            (Create, Mailbox): self._insert_mailboxes,
            (Create, LocalDelivery): self._insert_local_delivery,
            (Remove, Domain): self._remove_domains,
            (Remove, Mailbox): self._remove_mailboxes,
            (Remove, LocalDelivery): self._remove_local_delivery,
        }
        tasks[kind, item]([step.item for step in steps])

    def _insert_domains(self, domains: Sequence[Domain]) -> None:
        rows = [
            {**self._row(_DOMAIN, vars(domain)), "transport": "virtual", "password_expiry": 365} for domain in domains
        ]
        self._insert("domain", rows, {"created": self._dialect.now, "modified": self._dialect.now})

    def _insert_mailboxes(self, mailboxes: Sequence[Mailbox]) -> None:
        rows = [{**self._row(_MAILBOX, vars(mailbox)), **_places(mailbox)} for mailbox in mailboxes]
        now, in_a_year = self._dialect.now, self._dialect.in_a_year
        self._insert("mailbox", rows, {"created": now, "modified": now, "password_expiry": in_a_year})
        self._insert_own_aliases(mailboxes)

    def _insert_local_delivery(self, switches: Sequence[LocalDelivery]) -> None:
        rows = [self._row(_LOCAL_DELIVERY, vars(switch)) for switch in switches]
        self._insert("local_delivery", rows, {"modified": self._dialect.now})

    def _insert_own_aliases(self, mailboxes: Sequence[Mailbox]) -> None:
        """Without an alias to itself a mailbox loses its mail to the domain's catch-all."""
        known: set[str] = set()
        for part in _chunks([mailbox.address for mailbox in mailboxes]):
            marks = self._dialect.marks(part)
            self._cursor.execute(f"SELECT address FROM alias WHERE address IN ({marks})", part)
            known.update(row[0] for row in self._cursor.fetchall())
        rows = [
            {"address": m.address, "goto": m.address, "domain": m.domain, "active": self._dialect.boolean(m.active)}
            for m in mailboxes
            if m.address not in known
        ]
        self._insert("alias", rows, {"created": self._dialect.now, "modified": self._dialect.now})

    def _insert(self, table: str, rows: Sequence[Mapping[str, object]], expressions: Mapping[str, str]) -> None:
        if not rows:
            return
        # Columns that came with later versions of PostfixAdmin are filled where they are.
        present = self._dialect.columns(self._cursor, table)
        columns = [column for column in rows[0] if column in present]
        computed = {column: text for column, text in expressions.items() if column in present}
        values = ", ".join([self._dialect.placeholder] * len(columns) + list(computed.values()))
        names = ", ".join([*columns, *computed])
        self._cursor.executemany(
            f"INSERT INTO {table} ({names}) VALUES ({values})", [[row[column] for column in columns] for row in rows]
        )

    def _update(self, step: Update) -> None:
        if isinstance(step.item, Domain):
            self._change("domain", step.item.name, self._row(_DOMAIN, dict(step.changes)))
        elif isinstance(step.item, LocalDelivery):
            self._change("local_delivery", step.item.domain, self._row(_LOCAL_DELIVERY, dict(step.changes)))
        else:
            self._update_mailbox(step.item, dict(step.changes))

    def _update_mailbox(self, mailbox: Mailbox, changes: Mapping[str, Value]) -> None:
        self._change("mailbox", mailbox.address, self._row(_MAILBOX, changes))
        if "active" in changes:
            # PostfixAdmin keeps the alias of a mailbox as active as the mailbox.
            self._change("alias", mailbox.address, self._row(_MAILBOX, {"active": changes["active"]}))
        if "routed" in changes:
            self._insert_own_aliases([changed(mailbox, changes.items())])

    def _change(self, table: str, key: str, columns: Mapping[str, object]) -> None:
        expressions = [f"modified = {self._dialect.now}"]
        if "password" in columns and "password_expiry" in self._dialect.columns(self._cursor, table):
            expressions.append(f"password_expiry = {self._dialect.in_a_year}")
        mark = self._dialect.placeholder
        assignments = ", ".join([f"{column} = {mark}" for column in columns] + expressions)
        self._cursor.execute(
            f"UPDATE {table} SET {assignments} WHERE {_KEYS[table]} = {mark}", [*columns.values(), key]
        )
        if self._cursor.rowcount == 0 and table != "alias":
            raise PlatformError(
                "somebody else removed it meanwhile", where=key, remedy="Nothing was written. Run this again"
            )

    def _remove_mailboxes(self, mailboxes: Sequence[Mailbox]) -> None:
        keys = [mailbox.address for mailbox in mailboxes]
        self._delete([*_MAILBOX_TRACES, ("mailbox", "username")], keys)

    def _remove_domains(self, domains: Sequence[Domain]) -> None:
        self._delete([*_DOMAIN_TRACES, ("domain", "domain")], [domain.name for domain in domains])

    def _remove_local_delivery(self, switches: Sequence[LocalDelivery]) -> None:
        self._delete([("local_delivery", "domain")], [switch.domain for switch in switches])

    def _delete(self, places: Iterable[tuple[str, str]], keys: Sequence[str]) -> None:
        for table, column in places:
            if self._dialect.columns(self._cursor, table):
                statement = f"DELETE FROM {table} WHERE {column} = {self._dialect.placeholder}"
                self._cursor.executemany(statement, [[key] for key in keys])

    def _row(self, columns: Mapping[str, str], attributes: Mapping[str, Any]) -> dict[str, object]:
        return {columns[name]: self._stored(name, value) for name, value in attributes.items() if name in columns}

    def _stored(self, attribute: str, value: Value) -> object:
        return self._dialect.boolean(bool(value)) if attribute in _BOOLEANS else value


_KEYS: Mapping[str, str] = {"domain": "domain", "mailbox": "username", "alias": "address", "local_delivery": "domain"}


def _attributes(columns: Mapping[str, str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: bool(value) if name in _BOOLEANS else value for name, value in zip(columns, row, strict=True)}


def _places(mailbox: Mailbox) -> dict[str, object]:
    """The columns that follow from the address, as PostfixAdmin fills them by default (domain_path YES)."""
    local_part = mailbox.address.rpartition("@")[0]
    return {"local_part": local_part, "domain": mailbox.domain, "maildir": f"{mailbox.domain}/{local_part}/"}


def _chunks(names: Sequence[_Element]) -> Iterator[list[_Element]]:
    for start in range(0, len(names), _CHUNK):
        yield list(names[start : start + _CHUNK])
