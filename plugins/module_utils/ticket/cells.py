# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cells of one row to values. What is wrong becomes a finding that never quotes the cell: it may be a password."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import (
    Server,
    parse_address,
    parse_port,
    parse_server,
    tidy,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Auth, Encryption

_Value = TypeVar("_Value")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_SENDABLE = re.compile(r"[\x00\r\n]")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
_FORMULA_ERROR = re.compile(r"#(NAME|REF|VALUE|DIV/0|N/A|NUM|NULL)[?!]?", re.IGNORECASE)
_TYPOGRAPHIC = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb]")
_GOOGLE_APP_PASSWORD = re.compile("[a-z]{4}(?:[ \u00a0][a-z]{4}){3}", re.IGNORECASE)
_QUOTA = re.compile(r"([0-9]{1,9})(?:[.,]0+)?\s*(mi?b?|gi?b?)?", re.IGNORECASE)

_ENCRYPTIONS: dict[str, Encryption] = {
    "tls": "tls",
    "ssl": "tls",
    "ssl/tls": "tls",
    "imaps": "tls",
    "starttls": "starttls",
    "none": "none",
}
_AUTHS: dict[str, Auth] = {
    "login": "login",
    "plain": "plain",
    "xoauth2": "xoauth2",
    "oauthbearer": "oauthbearer",
}
# In English and in German, whose spreadsheets write WAHR and FALSCH.
_ANSWERS = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "j", "wahr"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nein", "falsch"), False),
}


class Cells:
    """The cells of one row by canonical column. ``ok`` turns false with the first error of the row.

    Every reader returns None (or an empty text) for a cell that is empty, absent or wrong; the last leaves a finding.
    """

    def __init__(self, findings: Findings, line: int, cells: Mapping[str, str]) -> None:
        self.line = line
        self._findings = findings
        self._cells = cells
        self._errors = findings.errors

    @property
    def ok(self) -> bool:
        return self._findings.errors == self._errors

    def error(self, column: str, message: str, remedy: str = "") -> None:
        self._findings.error(self.line, column, message, remedy)

    def warning(self, column: str, message: str, remedy: str = "") -> None:
        self._findings.warning(self.line, column, message, remedy)

    def has(self, column: str) -> bool:
        return bool(tidy(self._cells.get(column, "")))

    def text(self, column: str) -> str:
        """A name without edge spaces."""
        value = tidy(self._cells.get(column, ""))
        if _CONTROL.search(value):
            self.error(column, "the cell holds a line break or a control character", "Write it in one line")
            return ""
        return value

    def identifier(self, column: str) -> str:
        """A name that a server knows, such as a user name."""
        value = self.text(column)
        if _SCIENTIFIC.fullmatch(value):
            self.error(column, "a spreadsheet has made a number such as 1.2E+10 of the cell", "Write it out in full")
            return ""
        return value

    def address(self, column: str, domain: str = "") -> str:
        """An address; ``domain`` completes one that has none (cPanel writes them in two columns)."""
        value = self.text(column)
        if value and domain and "@" not in value:
            value = f"{value}@{domain}"
        return self._parsed(column, value, parse_address, "Write it like anna@example.com") or ""

    def server(self, column: str) -> Server | None:
        return self._parsed(column, self.text(column), parse_server, "Leave scheme and folder out")

    def port(self, column: str) -> int | None:
        return self._parsed(column, self.text(column), parse_port, "993 is usual, 143 with starttls")

    def encryption(self, column: str) -> Encryption | None:
        return self._chosen(column, _ENCRYPTIONS, "tls, starttls or none")

    def auth(self, column: str) -> Auth | None:
        return self._chosen(column, _AUTHS, "login, plain, xoauth2 or oauthbearer")

    def answer(self, column: str) -> bool | None:
        return self._chosen(column, _ANSWERS, "yes or no")

    def quota_mb(self, column: str) -> int | None:
        value = self.text(column).lower()
        if not value or value in ("unlimited", "none", "unbegrenzt"):
            return 0 if value else None
        found = _QUOTA.fullmatch(value)
        if not found:
            self.error(column, "the cell is no quota: it should be a whole number of megabytes", "Write 2048 or 2 GB")
            return None
        return int(found[1]) * (1024 if (found[2] or "").startswith("g") else 1)

    def password(self, column: str, *, of_google: bool = False) -> str:
        """The password exactly as written; only the spaces that Google shows in app passwords go."""
        value = self._cells.get(column, "")
        if not value:
            self.error(column, "the password is missing", "Ask the customer for it")
        elif _NOT_SENDABLE.search(value):
            self.error(column, "the password holds a line break or a NUL", "Ask the customer for it")
            return ""
        if of_google and _GOOGLE_APP_PASSWORD.fullmatch(value):
            self._findings.notice(self.line, column, "the spaces inside the Google app password are left out")
            return value.replace(" ", "").replace("\u00a0", "")
        self._suspect(column, value)
        return value

    def _suspect(self, column: str, password: str) -> None:
        """Passwords are taken as they are; what was probably done to them is told."""
        remedy = "It is used as it stands; ask the customer if the login fails"
        if password != password.strip():
            self._findings.warning(self.line, column, "the password begins or ends with a space", remedy)
        if _SCIENTIFIC.fullmatch(password.strip()):
            message = "the password looks like a number that a spreadsheet has shortened, such as 1.2E+10"
            self._findings.warning(self.line, column, message, remedy)
        if _FORMULA_ERROR.fullmatch(password.strip()):
            message = "the password looks like a spreadsheet's error message, such as #NAME?"
            self._findings.warning(self.line, column, message, remedy)
        if _TYPOGRAPHIC.search(password):
            message = "the password holds typographic quotes, which word processors put in place of plain ones"
            self._findings.warning(self.line, column, message, remedy)

    def _parsed(self, column: str, value: str, parse: Callable[[str], _Value], remedy: str) -> _Value | None:
        if not value:
            return None
        try:
            return parse(value)
        except ValueError as problem:
            typographic = ", and there are typographic quotes in it" if _TYPOGRAPHIC.search(value) else ""
            damaged = ", a spreadsheet has made a number of it" if _SCIENTIFIC.fullmatch(value) else ""
            self.error(column, f"the cell {problem}{typographic}{damaged}", remedy)
            return None

    def _chosen(self, column: str, values: Mapping[str, _Value], expected: str) -> _Value | None:
        value = self.text(column).lower()
        if value and value not in values:
            self.error(column, f"the cell should be {expected}", "Correct it, or leave it empty")
        return values.get(value)
