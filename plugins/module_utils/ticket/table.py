# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Text to lines of cells: delimiter, quotes, line ends, empty lines. Says nothing about what the cells mean.

A cell is kept exactly as written. A quote that opens and never closes costs its own line, not the rest of the file.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 50
_LONGEST_CELL_IN_LINES = 20
# str.splitlines would also split at form feeds and U+2028, which passwords may hold.
_LINE_END = re.compile("\r\n|\n|\r")
_EXCEL_DELIMITER = re.compile("sep=([,;\t|])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One record. ``number`` is that of its first line in the file, from 1."""

    number: int
    cells: tuple[str, ...]


Numbered = tuple[int, str]


def physical_lines(text: str) -> list[Numbered]:
    """Return the numbered lines that hold more than spaces and delimiters."""
    return [
        (number, line) for number, line in enumerate(_LINE_END.split(text), start=1) if line.strip(" ,;\t|\u00a0\ufeff")
    ]


def declared_delimiter(lines: Sequence[Numbered]) -> str:
    """Return the delimiter of a first line such as ``sep=;`` that Excel writes, or an empty string."""
    found = _EXCEL_DELIMITER.fullmatch(lines[0][1].strip(' "')) if lines else None
    return found[1] if found else ""


def sniff_delimiter(lines: Sequence[Numbered], recognised: Callable[[Sequence[str]], int]) -> str:
    """Return the delimiter that makes most sense of the first lines.

    :param recognised: how many columns of a header line it knows; the first line is asked. Without any, the delimiter
        wins that gives most lines the same number of cells.
    """
    sample = lines[:_SAMPLE]

    def score(delimiter: str) -> tuple[int, float, int]:
        records = split_lines(sample, delimiter, Findings(""))
        width, lines_with_it = Counter(len(record.cells) for record in records).most_common(1)[0] if records else (1, 0)
        if width == 1:
            return (0, 0.0, 0)
        return (recognised(records[0].cells), lines_with_it / len(sample), width)

    return max(DELIMITERS, key=score)


def split_lines(lines: Sequence[Numbered], delimiter: str, findings: Findings) -> list[Line]:
    """Split every line; those with broken quotes become an error finding and are left out."""
    records: list[Line] = []
    index = 0
    while index < len(lines):
        number, line = lines[index]
        if '"' not in line:
            records.append(Line(number, tuple(line.split(delimiter))))
            index += 1
            continue
        width = len(records[0].cells) if records else 0
        cells, used = _split_quoted(lines, index, delimiter, width)
        if cells:
            records.append(Line(number, tuple(cells)))
        else:
            findings.error(
                number,
                "",
                "the quotes of this line do not pair up",
                "Put the cell between quotes and write each quote inside it twice",
            )
        index += used
    return records


def _split_quoted(lines: Sequence[Numbered], index: int, delimiter: str, width: int) -> tuple[list[str], int]:
    """Split one line, with as many following ones as its quotes span. Returns no cells when that fails."""
    text = lines[index][1]
    for used in range(1, _LONGEST_CELL_IN_LINES + 1):
        try:
            return _strictly(text, delimiter), used
        except EOFError:
            if index + used == len(lines) or _is_a_record(lines[index + used][1], delimiter, width):
                break
            text = f"{text}\n{lines[index + used][1]}"
        except csv.Error:
            break
    return [], 1


def _is_a_record(line: str, delimiter: str, width: int) -> bool:
    """A line that is complete by itself was not meant as the inside of a cell."""
    return width > 1 and '"' not in line and line.count(delimiter) == width - 1


def _strictly(text: str, delimiter: str) -> list[str]:
    """Raises EOFError when a quote is still open at the end, csv.Error when what follows a closing quote is wrong."""
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as problem:
        if "unexpected end of data" in str(problem):
            raise EOFError from None
        raise
