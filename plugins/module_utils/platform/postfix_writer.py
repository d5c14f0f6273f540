# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes PostfixAdmin's tables inside a transaction that somebody else has opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ChangedMeanwhile
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import home
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_tables import (
    BOOLEANS,
    DOMAIN,
    KEYS,
    LOCAL_DELIVERY,
    MAILBOX,
    chunks,
    targets_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import Cursor, Dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Item,
    LocalDelivery,
    Mailbox,
    Remove,
    Step,
    Update,
    Value,
    changed,
)

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


class Writer:
    """Carries out steps of one kind for one kind of item inside an open transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def write(self, kind: type[Step], item: type[Item], steps: Sequence[Any]) -> None:
        if kind is Update:
            self._update_aliases(steps) if item is Alias else self._update_each(steps)
            return
        tasks: Mapping[tuple[type[Step], type[Item]], Callable[[Sequence[Any]], None]] = {
            (Create, Domain): self._insert_domains,
            (Create, Mailbox): self._insert_mailboxes,
            (Create, Alias): self._insert_aliases,
            (Create, LocalDelivery): self._insert_local_delivery,
            (Remove, Domain): self._remove_domains,
            (Remove, Mailbox): self._remove_mailboxes,
            (Remove, Alias): self._remove_aliases,
            (Remove, LocalDelivery): self._remove_local_delivery,
        }
        tasks[kind, item]([step.item for step in steps])

    def _insert_domains(self, domains: Sequence[Domain]) -> None:
        rows = [
            {**self._row(DOMAIN, vars(domain)), "transport": "virtual", "password_expiry": 365} for domain in domains
        ]
        self._insert("domain", rows, {"created": self._dialect.now, "modified": self._dialect.now})

    def _insert_mailboxes(self, mailboxes: Sequence[Mailbox]) -> None:
        rows = [{**self._row(MAILBOX, vars(mailbox)), **_places(mailbox)} for mailbox in mailboxes]
        now, in_a_year = self._dialect.now, self._dialect.in_a_year
        self._insert("mailbox", rows, {"created": now, "modified": now, "password_expiry": in_a_year})
        self._insert_own_aliases(mailboxes)

    def _insert_local_delivery(self, switches: Sequence[LocalDelivery]) -> None:
        rows = [self._row(LOCAL_DELIVERY, vars(switch)) for switch in switches]
        self._insert("local_delivery", rows, {"modified": self._dialect.now})

    def _insert_own_aliases(self, mailboxes: Sequence[Mailbox]) -> None:
        """Without an alias to itself a mailbox loses its mail to the domain's catch-all."""
        known: set[str] = set()
        for part in chunks([mailbox.address for mailbox in mailboxes]):
            marks = self._dialect.marks(part)
            self._cursor.execute(f"SELECT address FROM alias WHERE address IN ({marks})", part)
            known.update(row[0] for row in self._cursor.fetchall())
        self._insert_aliases([Alias(m.address, (m.address,), m.active) for m in mailboxes if m.address not in known])

    def _insert_aliases(self, aliases: Sequence[Alias]) -> None:
        rows = [
            {
                "address": alias.address,
                "goto": ",".join(alias.targets),
                "domain": home(alias.key),
                "active": self._dialect.boolean(alias.active),
            }
            for alias in aliases
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

    def _update_each(self, steps: Sequence[Update]) -> None:
        for step in steps:
            if isinstance(step.item, Domain):
                self._change("domain", step.item.name, self._row(DOMAIN, dict(step.changes)))
            elif isinstance(step.item, LocalDelivery):
                self._change("local_delivery", step.item.domain, self._row(LOCAL_DELIVERY, dict(step.changes)))
            elif isinstance(step.item, Mailbox):
                self._update_mailbox(step.item, dict(step.changes))

    def _update_aliases(self, steps: Sequence[Update]) -> None:
        items = [step.item for step in steps if isinstance(step.item, Alias)]
        self._hold(items)
        mark, results = self._dialect.placeholder, [step.result() for step in steps]
        self._cursor.executemany(
            f"UPDATE alias SET goto = {mark}, modified = {self._dialect.now} WHERE address = {mark}",
            [[",".join(result.targets), result.address] for result in results if isinstance(result, Alias)],
        )

    def _hold(self, aliases: Sequence[Alias]) -> None:
        """Make sure that nobody has changed the aliases since they were read, and that nobody does meanwhile."""
        stored: dict[str, tuple[str, ...]] = {}
        for part in chunks([alias.address for alias in aliases]):
            marks = self._dialect.marks(part)
            statement = f"SELECT address, goto FROM alias WHERE address IN ({marks}){self._dialect.for_update}"
            self._cursor.execute(statement, part)
            stored.update((address, targets_of(goto)) for address, goto in self._cursor.fetchall())
        for alias in aliases:
            if stored.get(alias.address) != alias.targets:
                raise _changed_meanwhile(alias.address)

    def _update_mailbox(self, mailbox: Mailbox, changes: Mapping[str, Value]) -> None:
        self._change("mailbox", mailbox.address, self._row(MAILBOX, changes))
        if "active" in changes:
            # PostfixAdmin keeps the alias of a mailbox as active as the mailbox.
            self._change("alias", mailbox.address, self._row(MAILBOX, {"active": changes["active"]}))
        if "routed" in changes:
            self._insert_own_aliases([changed(mailbox, changes.items())])

    def _change(self, table: str, key: str, columns: Mapping[str, object]) -> None:
        expressions = [f"modified = {self._dialect.now}"]
        if "password" in columns and "password_expiry" in self._dialect.columns(self._cursor, table):
            expressions.append(f"password_expiry = {self._dialect.in_a_year}")
        mark = self._dialect.placeholder
        assignments = ", ".join([f"{column} = {mark}" for column in columns] + expressions)
        self._cursor.execute(f"UPDATE {table} SET {assignments} WHERE {KEYS[table]} = {mark}", [*columns.values(), key])
        if self._cursor.rowcount == 0 and table != "alias":
            raise _changed_meanwhile(key)

    def _remove_mailboxes(self, mailboxes: Sequence[Mailbox]) -> None:
        keys = [mailbox.address for mailbox in mailboxes]
        self._delete([*_MAILBOX_TRACES, ("mailbox", "username")], keys)

    def _remove_domains(self, domains: Sequence[Domain]) -> None:
        self._delete([*_DOMAIN_TRACES, ("domain", "domain")], [domain.name for domain in domains])

    def _remove_aliases(self, aliases: Sequence[Alias]) -> None:
        self._hold(aliases)
        self._delete([("alias", "address")], [alias.address for alias in aliases])

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
        return self._dialect.boolean(bool(value)) if attribute in BOOLEANS else value


def _changed_meanwhile(key: str) -> ChangedMeanwhile:
    return ChangedMeanwhile(
        "somebody else changed or removed it meanwhile", where=key, remedy="Nothing was written. Run this again"
    )


def _places(mailbox: Mailbox) -> dict[str, object]:
    """The columns that follow from the address, as PostfixAdmin fills them by default (domain_path YES)."""
    local_part = mailbox.address.rpartition("@")[0]
    return {"local_part": local_part, "domain": mailbox.domain, "maildir": f"{mailbox.domain}/{local_part}/"}
