# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that stand in a file more than once: the same one merges, different ones about one thing are errors."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import (
    AliasRow,
    ForwardRow,
    ListRow,
    MailboxRow,
    UserRow,
)

RowType = TypeVar("RowType", MailboxRow, UserRow, AliasRow, ForwardRow, ListRow)
_ADDRESSES = frozenset(("email", "destination", "username", "alias", "mailbox", "forward_to", "list", "member"))


def told_lines(numbers: Iterable[int]) -> str:
    """``lines 3 and 7``"""
    return "lines " + " and ".join(map(str, numbers))


def merge_identical(rows: Iterable[RowType], findings: Findings) -> list[RowType]:
    """Keep the first of rows that say the same; addresses count as the same whatever their case."""
    first: dict[Hashable, RowType] = {}
    for row in rows:
        same = first.setdefault(_content(row), row)
        if same is not row:
            findings.notice(row.line, "", f"says the same as line {same.line} and is merged with it")
    return list(first.values())


def leave_out_conflicts(
    rows: Iterable[RowType], key: Callable[[RowType], str], findings: Findings, column: str, message: str
) -> tuple[RowType, ...]:
    """Leave out all rows that share a key. :param message: what is wrong with more than one such row."""
    groups: dict[str, list[RowType]] = {}
    for row in rows:
        groups.setdefault(address_key(key(row)), []).append(row)
    kept = []
    for group in groups.values():
        if len(group) == 1:
            kept.extend(group)
            continue
        for row in group:
            text = f"{told_lines(row.line for row in group)} {message}: {key(row)}; none of them is used"
            findings.error(row.line, column, text, "Keep the right one")
    return tuple(kept)


def _content(row: RowType) -> Hashable:
    """All that a row says but its place, addresses in their key form; passwords and names stay as they are."""
    return tuple(
        address_key(getattr(row, name)) if name in _ADDRESSES else getattr(row, name)
        for name in row.__dataclass_fields__
        if name != "line"
    )
