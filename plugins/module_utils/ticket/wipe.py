# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's files without their secrets: text in, text out. All else stays as it was written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import (
    MAILBOXES,
    USERS,
    FileKind,
    match_header,
    normalise,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.decoding import decode
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.infer import (
    infer_columns,
    is_comment,
    is_imapsync,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schema import OAUTH_FILES, OAUTH_SECRETS
from ansible_collections.mailops.migration.plugins.module_utils.ticket.table import (
    Line,
    declared_delimiter,
    physical_lines,
    sniff_delimiter,
    split_lines,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.yaml_nodes import value_spans

# Stands where a secret stood. It is never used as one.
WIPED = "(wiped)"
SECRET_TABLES = (MAILBOXES, USERS)
SECRET_FILES = tuple(name for name in OAUTH_FILES if name != "ca_file")
# Columns that nobody reads hold secrets, too: pass2, "Kennwort neu", "App password".
_SECRET_HEADER = re.compile(r"pass|pwd|kennwort|secret|token|geheim")
_IMAPSYNC_PASSWORDS = (2, 5)
_LINE_END = re.compile("(\r\n|\n|\r)")


@dataclass(frozen=True)
class Wiped:
    """A file's new content, and how many secrets went: none, and the content is the one that was given."""

    data: bytes
    secrets: int


def wipe_table(kind: FileKind, data: bytes) -> Wiped:
    """``mailboxes.csv`` or ``users.csv`` with :data:`WIPED` in place of each password.

    A line that cannot be read as cells goes as a whole, and of one with too many cells everything from the password
    on: where a password holds the delimiter nobody can say which cells are parts of it. Raises ConfigurationError
    where no column can be told to be the password.
    """
    text, encoding = decode(data)
    lines = physical_lines(text)
    delimiter = declared_delimiter(lines)
    if delimiter:
        lines = lines[1:]
    plain = [line for line in lines if not line[1].lstrip().startswith("#")] or lines
    delimiter = delimiter or sniff_delimiter(plain, lambda cells: match_header(kind, cells).recognised)
    records = split_lines(lines, delimiter, Findings(kind.name))
    columns = _Columns.of(kind, records)
    if columns is None:
        if not records:
            return Wiped(data, 0)
        raise ConfigurationError(
            "no column can be told to be the password",
            where=kind.name,
            remedy="Remove the passwords, or the file, by hand",
        )
    new, secrets = _rewritten(text, {number for number, _line in lines}, records, columns, delimiter)
    mark = data[: len(data) - len(text.encode(encoding))]
    return Wiped(mark + new.encode(encoding), secrets) if secrets else Wiped(data, 0)


def wipe_settings(data: bytes) -> Wiped:
    """``ticket.yml`` with :data:`WIPED` in place of the secrets of ``oauth``. Raises ConfigurationError."""
    text, encoding = decode(data)
    spans = [
        (start, end)
        for path, value, start, end in value_spans(text)
        if path[-1:] and path[-1] in OAUTH_SECRETS and value not in ("", WIPED)
    ]
    new = text
    for start, end in sorted(spans, reverse=True):
        tail = "\n" if text[start:end].endswith("\n") else ""
        new = f'{new[:start]}"{WIPED}"{tail}{new[end:]}'
    mark = data[: len(data) - len(text.encode(encoding))]
    return Wiped(mark + new.encode(encoding), len(spans)) if spans else Wiped(data, 0)


def secret_files(oauth: Mapping[str, str]) -> tuple[str, ...]:
    """The files with secrets that ``oauth`` of ``ticket.yml`` names, as they stand there."""
    return tuple(oauth[name] for name in SECRET_FILES if oauth.get(name))


@dataclass(frozen=True)
class _Columns:
    """Where secrets stand. ``first`` is the number of the first line of data."""

    secret: frozenset[int]
    width: int
    first: int

    @classmethod
    def of(cls, kind: FileKind, records: Sequence[Line]) -> _Columns | None:
        head = next((record for record in records if not is_comment(record)), None)
        if head is None:
            return None
        header = match_header(kind, head.cells)
        if header.recognised:
            found = {
                position
                for position, (name, cell) in enumerate(zip(header.names, head.cells, strict=True))
                if name == "password" or (not name and _SECRET_HEADER.search(normalise(cell)))
            }
            return cls(frozenset(found), len(head.cells), head.number + 1)
        if is_imapsync(records):
            return cls(frozenset(_IMAPSYNC_PASSWORDS), max(len(record.cells) for record in records), 1)
        names = infer_columns(kind, records)
        if "password" not in names:
            return None
        return cls(frozenset({names.index("password")}), len(names), 1)

    def wiped(self, cells: Sequence[str]) -> list[str]:
        """The cells of a line without its secrets."""
        if not self.secret:
            return list(cells)
        is_shifted = any(map(str.strip, cells[self.width :]))
        first = min(self.secret)
        return [
            (WIPED if position in self.secret else "")
            if cell and (position in self.secret or (is_shifted and position > first))
            else cell
            for position, cell in enumerate(cells)
        ]


def _rewritten(
    text: str, numbers: set[int], records: Sequence[Line], columns: _Columns, delimiter: str
) -> tuple[str, int]:
    """The new text and the number of secrets that went. ``numbers`` are those of the lines that hold something."""
    by_number = {record.number: record for record in records}
    new: list[str] = []
    secrets = 0
    for number, lines in _pieces(text, numbers, by_number):
        record, as_it_stands = by_number.get(number), "".join(line + end for line, end in lines)
        if number not in numbers or (record and number < columns.first):
            new.append(as_it_stands)
        elif record is None:
            new.append(WIPED + lines[0][1])
            secrets += lines[0][0] != WIPED
        else:
            cells = columns.wiped(record.cells)
            changed = sum(before != after for before, after in zip(record.cells, cells, strict=True))
            new.append(_spelt(cells, lines, delimiter) if changed else as_it_stands)
            secrets += changed
    return "".join(new), secrets


def _pieces(text: str, numbers: set[int], by_number: Mapping[int, Line]) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """The number of its first line and the lines, each with its end, of each record and of each line that is none."""
    physical = _physical(text)
    for number, line, end in physical:
        lines = [(line, end)]
        inside = sum(cell.count("\n") for cell in by_number[number].cells) if number in by_number else 0
        for at, line, end in physical if inside else ():
            lines.append((line, end))
            inside -= at in numbers
            if not inside:
                break
        yield number, lines


def _spelt(cells: Sequence[str], lines: Sequence[tuple[str, str]], delimiter: str) -> str:
    if not any('"' in line for line, _end in lines):
        return delimiter.join(cells) + lines[-1][1]
    target = io.StringIO()
    csv.writer(target, delimiter=delimiter, lineterminator=lines[-1][1]).writerow(cells)
    return target.getvalue()


def _physical(text: str) -> Iterator[tuple[int, str, str]]:
    """Number, text and end of each line."""
    parts = [*_LINE_END.split(text), ""]
    for number, position in enumerate(range(0, len(parts) - 1, 2), start=1):
        yield number, parts[position], parts[position + 1]
