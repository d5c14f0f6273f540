# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``users.csv``, ``aliases.csv``, ``forwards.csv`` and ``lists.csv`` to rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.cells import Cells
from ansible_collections.mailops.migration.plugins.module_utils.ticket.duplicates import (
    leave_out_conflicts,
    merge_identical,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_mailboxes import check_domain
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_table import Table, cells_by_column
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import (
    AliasRow,
    ForwardRow,
    ListRow,
    UserRow,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import Settings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.wipe import WIPED


def read_users(table: Table, settings: Settings, findings: Findings) -> tuple[UserRow, ...]:
    """The mailboxes to create in bulk."""
    rows = []
    for number, by_column in cells_by_column(table, findings):
        cells = Cells(findings, number, by_column)
        email = _address(cells, "email", cells.text("domain"))
        check_domain(cells, "email", email, settings)
        first, last = _names(cells)
        row = UserRow(
            line=number,
            email=email,
            password=cells.password("password"),
            first_name=first,
            last_name=last,
            quota_mb=cells.quota_mb("quota_mb"),
        )
        if row.password == WIPED:
            remedy = "To create it anew, write a new password there"
            findings.warning(number, "password", "was wiped when the ticket was closed; the row is left out", remedy)
        elif cells.ok:
            rows.append(row)
    merged = merge_identical(rows, findings)
    return leave_out_conflicts(merged, lambda row: row.email, findings, "email", "contradict each other on a user")


def read_aliases(table: Table, settings: Settings, findings: Findings) -> tuple[AliasRow, ...]:
    """Second addresses; an alias leads to one mailbox."""
    rows = []
    for number, by_column in cells_by_column(table, findings):
        cells = Cells(findings, number, by_column)
        row = AliasRow(number, _address(cells, "alias"), _address(cells, "mailbox"))
        check_domain(cells, "alias", row.alias, settings)
        if cells.ok and address_key(row.alias) == address_key(row.mailbox):
            cells.error("alias", f"{row.alias} is an alias of itself", "Name the mailbox that it should lead to")
        if cells.ok:
            rows.append(row)
    merged = merge_identical(rows, findings)
    return leave_out_conflicts(merged, lambda row: row.alias, findings, "alias", "lead one alias to several mailboxes")


def read_forwards(table: Table, settings: Settings, findings: Findings) -> tuple[ForwardRow, ...]:
    """One target a row. A forward to itself says that a copy is kept."""
    rows = []
    for number, by_column in cells_by_column(table, findings):
        cells = Cells(findings, number, by_column)
        row = ForwardRow(number, _address(cells, "email"), _address(cells, "forward_to"), cells.answer("keep_copy"))
        check_domain(cells, "email", row.email, settings)
        if cells.ok:
            rows.append(row)
    return _with_copies(merge_identical(rows, findings), findings)


def read_lists(table: Table, settings: Settings, findings: Findings) -> tuple[ListRow, ...]:
    """One member a row; members may be anywhere, lists only in the ticket's domains."""
    rows = []
    for number, by_column in cells_by_column(table, findings):
        cells = Cells(findings, number, by_column)
        row = ListRow(number, _address(cells, "list"), _address(cells, "member"))
        check_domain(cells, "list", row.list, settings)
        if cells.ok and address_key(row.list) == address_key(row.member):
            cells.error("member", f"the list {row.list} is a member of itself", "Take the line out")
        if cells.ok:
            rows.append(row)
    return tuple(merge_identical(rows, findings))


def _names(cells: Cells) -> tuple[str, str]:
    """First and last name. A full name gives what the other columns do not; beside a first name it may be the last."""
    first, last, full = cells.text("first_name"), cells.text("last_name"), cells.text("full_name")
    if first:
        return first, last or full.removeprefix(f"{first} ")
    if last:
        return full.removesuffix(last).strip(), last
    before, _space, behind = full.rpartition(" ")
    return before.strip(), behind


def _address(cells: Cells, column: str, domain: str = "") -> str:
    if not cells.has(column):
        cells.error(column, "the address is missing", "Write it like anna@example.com")
    return cells.address(column, domain)


def _with_copies(rows: list[ForwardRow], findings: Findings) -> tuple[ForwardRow, ...]:
    """Settle keep_copy for each user: rows that say nothing follow those that do, the default is yes."""
    answers: dict[str, set[bool]] = defaultdict(set)
    for row in rows:
        if address_key(row.email) == address_key(row.forward_to):
            findings.notice(row.line, "forward_to", f"{row.email} forwards to itself: a copy is kept in the mailbox")
            answers[address_key(row.email)].add(True)
        elif row.keep_copy is not None:
            answers[address_key(row.email)].add(row.keep_copy)
    kept = []
    for row in rows:
        said = answers[address_key(row.email)]
        if len(said) > 1:
            message = f"the rows of {row.email} contradict each other on keeping a copy; none of them is used"
            findings.error(row.line, "keep_copy", message, "Write the same in all of them")
        elif address_key(row.email) != address_key(row.forward_to):
            kept.append(replace(row, keep_copy=False not in said))
    return tuple(kept)
