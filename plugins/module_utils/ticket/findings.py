# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the reader noticed in the customer's files, told by file, line and column. A finding never holds a secret."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["error", "warning", "notice"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark on a customer's file.

    :param file: name of the file inside the ticket folder.
    :param line: first line is 1; 0 means the whole file.
    :param column: canonical name of the column or path of the key; may be empty.
    :param message: what was found and what was expected. Cells that are not known to be harmless are never quoted.
    :param remedy: what the reader should do next; may be empty.
    """

    file: str
    line: int
    column: str
    level: Level
    message: str
    remedy: str = ""

    def text(self) -> str:
        """The whole finding in one line: ``mailboxes.csv:3 (port): error: message. remedy``."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        column = f" ({self.column})" if self.column else ""
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"{place}{column}: {self.level}: {self.message}{remedy}"

    def as_dict(self) -> dict[str, str | int]:
        """Plain types for the plugin boundary."""
        return asdict(self)


class Findings:
    """Collects the findings of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors = 0
        self._found: list[Finding] = []

    def error(self, line: int, column: str, message: str, remedy: str = "") -> None:
        """Something that cannot be used as it is. ``errors`` counts these."""
        self.errors += 1
        self._found.append(Finding(self.file, line, column, "error", message, remedy))

    def warning(self, line: int, column: str, message: str, remedy: str = "") -> None:
        """Something that is used as it is and is probably wrong."""
        self._found.append(Finding(self.file, line, column, "warning", message, remedy))

    def notice(self, line: int, column: str, message: str, remedy: str = "") -> None:
        """Something that was read in a way worth telling."""
        self._found.append(Finding(self.file, line, column, "notice", message, remedy))

    def all(self) -> tuple[Finding, ...]:
        """Everything found, in the order of the lines."""
        return tuple(sorted(self._found, key=lambda finding: finding.line))
