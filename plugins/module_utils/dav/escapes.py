# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Escapes in values (RFC 6350 section 3.4, RFC 5545 section 3.3.11), as strictly as the strictest reader wants them.

Programs write commas as they are where they should not. Servers that read with vobject, Radicale for one, then keep
what is before the first of them and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import replace

from .content_line import Line

_ESCAPE = re.compile(r"\\([\\;,:nN\"])")
_TEXTS = {
    "SUMMARY", "DESCRIPTION", "LOCATION", "COMMENT", "CONTACT", "RELATED-TO", "NOTE", "FN", "TITLE", "ROLE", "LABEL",
    "MAILER", "SORT-STRING", "SOURCE-NAME", "UID", "TZNAME",
}  # fmt: skip
# Values in which commas separate.
_LISTS = {
    "N", "ADR", "ORG", "CATEGORIES", "NICKNAME", "RESOURCES", "EXDATE", "RDATE", "RRULE", "EXRULE", "FREEBUSY",
    "REQUEST-STATUS",
}  # fmt: skip


def escape(text: str) -> str:
    """A text as a value."""
    escaped = text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def unescape(value: str) -> str:
    """A text value without its escapes; a backslash that escapes nothing is one."""
    return _ESCAPE.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def split_unescaped(value: str, mark: str) -> list[str]:
    """The parts of a value between marks that are not escaped, their escapes left in."""
    if "\\" not in value:
        return value.split(mark)
    parts, escaped = [""], False
    for sign in value:
        if sign == mark and not escaped:
            parts.append("")
            continue
        parts[-1] += sign
        escaped = sign == "\\" and not escaped
    return parts


def strictly(line: Line) -> Line:
    """The line with no comma left that is part of its text and stands there as it is."""
    if line.name in _TEXTS:
        return replace(line, value=escape(unescape(line.value)))
    if "," not in line.value or line.name in _LISTS:
        return line
    if re.match("https?://", line.value, re.IGNORECASE):
        return replace(line, value=line.value.replace("\\,", ",").replace(",", "%2C"))
    return replace(line, value="\\,".join(split_unescaped(line.value, ",")))
