# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One customer's file to a table with canonical column names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key, tidy
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import FileKind, Header, match_header
from ansible_collections.mailops.migration.plugins.module_utils.ticket.decoding import decode
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.infer import (
    infer_columns,
    is_comment,
    is_imapsync,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.table import (
    Line,
    declared_delimiter,
    physical_lines,
    sniff_delimiter,
    split_lines,
)

_ADDRESS_COLUMNS = ("email", "username", "destination_email")


@dataclass(frozen=True)
class Table:
    """The data lines of a file. ``names`` holds an empty string for each column that is ignored."""

    names: tuple[str, ...]
    lines: tuple[Line, ...]

    def about(self, address: str) -> Table:
        """The lines that may be about an address: never fewer than those that are."""
        local = address_key(address).rpartition("@")[0]
        positions = [position for position, name in enumerate(self.names) if name in _ADDRESS_COLUMNS]

        def may_be(line: Line) -> bool:
            cells = [line.cells[position] for position in positions if position < len(line.cells)]
            return any(local in (cell if cell.isascii() else tidy(cell)).lower() for cell in cells)

        return replace(self, lines=tuple(filter(may_be, self.lines)))


def read_table(kind: FileKind, data: bytes, confirm_inferred: bool, findings: Findings) -> Table | None:
    """Return the table, or None when the file as a whole cannot be used; the findings say why.

    :param confirm_inferred: a person has agreed to columns that are inferred because the file has no header.
    """
    try:
        text, encoding = decode(data)
    except ConfigurationError as problem:
        findings.error(0, "", problem.what, problem.remedy)
        return None
    if encoding == "cp1252":
        findings.notice(0, "", "read as Windows-1252, for it is not UTF-8", "Check names and passwords with accents")
    records = _records(kind, text, findings)
    if not records:
        findings.error(0, "", "the file holds no line that can be read", _columns_text(kind))
        return None
    return _with_header(kind, records, findings) or _without_header(kind, records, confirm_inferred, findings)


def cells_by_column(table: Table, findings: Findings) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield line number and cells of each data line; a line with too many cells is an error and left out.

    Where a password holds the delimiter the cells behind it have moved: none of them can be trusted or shown.
    """
    width = len(table.names)
    for line in table.lines:
        if len(line.cells) > width and any(map(str.strip, line.cells[width:])):
            message = f"the line has {len(line.cells)} cells, there are {width} columns"
            findings.error(line.number, "", message, "Put a cell that holds the delimiter between double quotes")
        else:
            yield line.number, {name: cell for name, cell in zip(table.names, line.cells, strict=False) if name}


def _records(kind: FileKind, text: str, findings: Findings) -> list[Line]:
    lines = physical_lines(text)
    delimiter = declared_delimiter(lines)
    if delimiter:
        lines = lines[1:]
    without_comments = [line for line in lines if not line[1].lstrip().startswith("#")] or lines
    sniffed = sniff_delimiter(without_comments, lambda cells: match_header(kind, cells).recognised)
    return split_lines(lines, delimiter or sniffed, findings)


def _with_header(kind: FileKind, records: Sequence[Line], findings: Findings) -> Table | None:
    first = next((index for index, record in enumerate(records) if not is_comment(record)), 0)
    header = match_header(kind, records[first].cells)
    if not header.recognised or header.missing or header.doubled:
        return None
    ignored = [cell.strip() for cell, name in zip(records[first].cells, header.names, strict=True) if not name]
    named = ", ".join(cell[:40] for cell in ignored if cell)
    if named:
        findings.notice(records[first].number, "", f"columns that are ignored: {named}")
    renamed = ", ".join(f"{cell} = {name}" for cell, name in header.renamed)
    if renamed:
        findings.notice(records[first].number, "", f"columns that are known by other names: {renamed}")
    data = _data_lines(records[first + 1 :])
    if not data:
        findings.warning(records[first].number, "", "there is a header line and nothing below it")
    return Table(header.names, tuple(data))


def _without_header(
    kind: FileKind, records: Sequence[Line], confirm_inferred: bool, findings: Findings
) -> Table | None:
    data = _data_lines(records)
    names = infer_columns(kind, data) if data else ()
    if not names:
        header = match_header(kind, records[0].cells)
        findings.error(records[0].number, "header", _header_problem(header), _columns_text(kind))
        return None
    inferred = ", ".join(f"{position} = {name or 'ignored'}" for position, name in enumerate(names, start=1))
    message = f"there is no header line; inferred columns: {inferred}"
    if confirm_inferred:
        findings.notice(data[0].number, "", message)
        return Table(names, tuple(data))
    findings.error(
        data[0].number,
        "header",
        message,
        "If that is right, write 'confirm_inferred: true' in ticket.yml; else put a header line into the file",
    )
    return None


def _data_lines(records: Sequence[Line]) -> list[Line]:
    """In imapsync's form, and only there, lines that begin with # are comments."""
    if is_imapsync(records):
        return [record for record in records if not is_comment(record)]
    return list(records)


def _header_problem(header: Header) -> str:
    """Of the cells only names of columns are quoted: what looks like a header may be a line of data."""
    if header.doubled:
        named = (f"{name} ({', '.join(header.called(name))})" for name in header.doubled)
        return f"two columns of the header have one meaning: {' and '.join(named)}; rename the one that is not meant"
    if header.recognised:
        known = ", ".join(name for name in header.names if name)
        return f"the header has no column {' and none for '.join(header.missing)}; recognised are: {known}"
    return "there is no header line, and what the columns mean is not clear from their cells"


def _columns_text(kind: FileKind) -> str:
    required = ", ".join(group[0] for group in kind.required)
    optional = ", ".join(name for name in kind.columns if all(name not in group[:1] for group in kind.required))
    text = f"The first line should name the columns: {required}"
    return f"{text}; optional: {optional}" if optional else text
