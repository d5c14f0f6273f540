# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One property of a vCard or a calendar as a line: name, parameters, value (RFC 6350 3.3, RFC 5545 3.1).

The libraries are made for one version each and give up at what older programs write; a line is what all have in common.
"""

from __future__ import annotations

import binascii
import codecs
import re
from dataclasses import dataclass, replace

Params = tuple[tuple[str, tuple[str, ...]], ...]

_NAME = re.compile(r"(?:(?P<group>[A-Za-z0-9_-]+)\.)?(?P<name>[A-Za-z0-9_-]+)\s*\Z")
_WIDTH = 75
# A parameter that stands without a name in vCard 2.1, by its name in later versions; others are types.
_BARE = {
    "QUOTED-PRINTABLE": "ENCODING", "BASE64": "ENCODING", "B": "ENCODING", "8BIT": "ENCODING", "7BIT": "ENCODING",
    "URL": "VALUE", "URI": "VALUE", "INLINE": "VALUE", "CONTENT-ID": "VALUE", "CID": "VALUE",
    "UTF-8": "CHARSET", "ISO-8859-1": "CHARSET", "WINDOWS-1252": "CHARSET",
}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Line:
    """``value`` is as it stands in the file, escapes included; ``decoded``: it was quoted-printable and has none.

    ``group`` is what ties lines of a vCard together, in lower case. Names of parameters are in upper case.
    """

    name: str
    params: Params
    value: str
    group: str = ""
    decoded: bool = False

    def values(self, name: str) -> tuple[str, ...]:
        """All values of a parameter, in the order in which they stand."""
        return tuple(value for key, values in self.params if key == name for value in values)

    def first(self, name: str) -> str:
        """The parameter's first value; empty where it is missing."""
        return next(iter(self.values(name)), "")

    def without(self, *names: str) -> Line:
        """The line without these parameters."""
        rest = tuple(item for item in self.params if item[0] not in names)
        return self if len(rest) == len(self.params) else replace(self, params=rest)

    def with_param(self, name: str, *values: str) -> Line:
        """The line with this parameter in place of those of its name."""
        return replace(self, params=(*self.without(name).params, (name, values)))

    def folded(self) -> str:
        """The line as it is sent: folded at 75 octets between characters, with its line end."""
        head = f"{self.group}.{self.name}" if self.group else self.name
        params = "".join(f";{name}={','.join(map(_quoted, values))}" for name, values in self.params)
        return _fold(f"{head}{params}:{self.value}")


def parse_line(raw: bytes) -> Line | None:
    """The line that these octets are; None where they are none. Character set and quoted-printable are undone."""
    head, colon, value = _cut(raw, b":")
    while value.startswith(b"//") and b"=" in head:
        # An address in a parameter that should be quoted, such as TZID=tzone://Microsoft/Utc.
        more, colon, left = _cut(value, b":")
        head, value = head + b":" + more, left
    first, *rest = _split(decode_text(head)[0], ";")
    match = _NAME.match(first.strip().lstrip("\ufeff"))
    if not colon or match is None:
        return None
    # An underscore is how Lotus Notes writes a dash.
    name = match["name"].upper().replace("_", "-")
    line = Line(name, tuple(map(_param, filter(None, map(str.strip, rest)))), "", (match["group"] or "").lower())
    return _with_value(line, value)


def _with_value(line: Line, raw: bytes) -> Line:
    encoding = line.first("ENCODING").upper()
    charset = line.first("CHARSET")
    decoded = encoding == "QUOTED-PRINTABLE"
    if decoded:
        raw = binascii.a2b_qp(raw)
    text = decode_text(raw, charset)[0]
    if decoded:
        text = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    dropped = {"CHARSET"} | ({"ENCODING"} if encoding in ("QUOTED-PRINTABLE", "8BIT", "7BIT") else set())
    return replace(line.without(*dropped), value=_CONTROLS.sub("", text), decoded=decoded)


def decode_text(raw: bytes, charset: str = "") -> tuple[str, str]:
    """Text and its encoding: as ``charset`` says if it can be, else UTF-8, else Windows-1252, else Latin-1."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            if name and codecs.lookup(name)._is_text_encoding:
                return raw.decode(name), name
        except (LookupError, ValueError):
            continue
    return raw.decode("latin-1"), "latin-1"


def _param(text: str) -> tuple[str, tuple[str, ...]]:
    name, equals, values = text.partition("=")
    if not equals:
        return _BARE.get(name.strip().upper(), "TYPE"), (name.strip(),)
    parts = tuple(part.strip().strip('"') for part in _split(values, ","))
    return name.strip().upper().replace("_", "-"), tuple(_CONTROLS.sub("", part) for part in parts)


def _cut(raw: bytes, mark: bytes) -> tuple[bytes, bytes, bytes]:
    """``raw`` before and after the first ``mark`` that is not quoted; a quote that never ends is none."""
    quoted = False
    for at in range(len(raw)):
        octet = raw[at : at + 1]
        if octet == b'"':
            quoted = not quoted
        elif octet == mark and not quoted:
            return raw[:at], mark, raw[at + 1 :]
    return raw.partition(mark) if quoted else (raw, b"", b"")


def _split(text: str, mark: str) -> list[str]:
    parts, quoted = [""], False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        if sign == mark and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
    return parts


def _quoted(value: str) -> str:
    value = value.replace('"', "'").replace("\n", " ").replace("\r", "")
    return f'"{value}"' if re.search(r"[;:,]", value) else value


def _fold(text: str) -> str:
    text = text.replace("\r", "").replace("\n", "\\n")
    if text.isascii():
        parts = [text[:_WIDTH], *(text[at : at + _WIDTH - 1] for at in range(_WIDTH, len(text), _WIDTH - 1))]
        return "\r\n ".join(parts) + "\r\n"
    parts, width = [""], 0
    for sign in text:
        octets = len(sign.encode("utf-8", "replace"))
        if width + octets > _WIDTH:
            parts.append("")
            width = 1
        parts[-1] += sign
        width += octets
    return "\r\n ".join(parts) + "\r\n"
