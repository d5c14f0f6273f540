# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""PostfixAdmin's tables, and the one of Local Delivery: their columns, and how rows become values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

# Attribute of our values to column of the table.
DOMAIN: Mapping[str, str] = {
    "name": "domain",
    "description": "description",
    "active": "active",
    "max_mailboxes": "mailboxes",
    "max_aliases": "aliases",
    "max_mailbox_quota_mb": "maxquota",
    "quota_mb": "quota",
    "backup_mx": "backupmx",
}
MAILBOX: Mapping[str, str] = {
    "address": "username",
    "name": "name",
    "quota_bytes": "quota",
    "active": "active",
    "password_hash": "password",
}
LOCAL_DELIVERY: Mapping[str, str] = {
    name: name for name in ("domain", "enabled", "old_mx", "expires", "ticket", "reason")
}
BOOLEANS = frozenset({"active", "backup_mx", "enabled"})

KEYS: Mapping[str, str] = {"domain": "domain", "mailbox": "username", "alias": "address", "local_delivery": "domain"}
CHUNK = 500
Element = TypeVar("Element")


def attributes_of(columns: Mapping[str, str], row: Sequence[Any]) -> dict[str, Any]:
    """The attributes of one of our values, from the columns of a row."""
    return {name: bool(value) if name in BOOLEANS else value for name, value in zip(columns, row, strict=True)}


def targets_of(goto: str) -> tuple[str, ...]:
    """The targets in the column ``goto`` of an alias."""
    return tuple(target.strip() for target in goto.split(",") if target.strip())


def chunks(names: Sequence[Element]) -> Iterator[list[Element]]:
    """The names in parts that fit into one statement."""
    for start in range(0, len(names), CHUNK):
        yield list(names[start : start + CHUNK])
