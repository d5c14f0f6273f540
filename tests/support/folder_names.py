# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modified UTF-7 (RFC 3501 section 5.1.3), written apart from the product's to hold it to account; awkward names."""

from __future__ import annotations

import base64
import itertools
import re

# Twins by case or composition, collisions after mapping, edge spaces, wildcards, quotes, marks of IMAP, characters that
# normalise (a ligature, the sign of Angstrom), right to left, without width, and as long as can be.
AWKWARD_LEVELS = (
    "Dr. Jones", "Dr_ Jones", "a.b", "a-b", "a_b", "case", "CASE", "Caf\u00e9", "Cafe\u0301", "\u212b", "\u00c5",
    " edge", "edge ", "%", "*", "50 % off", "star *", "&", "a&b", "a&-b", "A&AOk-", '"', 'quo"ted', "\\",
    "back\\slash", "{5}", "{5+}", "(x)", "[Gmail]", "#hash", "-rf", "a~", "$HOME", "{{ x }}", "\ufb01le",
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0645\u0631\u062d\u0628\u0627", "\u202eabc",
    "a\u200bb", "\u65e5\u672c\u8a9e", "Entw\u00fcrfe 2019", "x" * 230, "\u0416" * 80, "Sent reports", "Trash talk",
    "NIL", "inbox2", "a b", "a  b",
)  # fmt: skip


def encode(name: str) -> bytes:
    """A folder name as it goes over the wire."""
    groups = itertools.groupby(name, lambda character: " " <= character <= "~")
    parts = ("".join(run).replace("&", "&-") if plain else _shift("".join(run)) for plain, run in groups)
    return "".join(parts).encode("ascii")


def decode(name: bytes) -> str:
    """A folder name from the wire as a person reads it."""
    return re.sub(r"&([^-]*)-", lambda match: _unshift(match[1]), name.decode("ascii"))


def quote(name: str) -> bytes:
    """A folder name as a quoted string of a command."""
    return b'"' + encode(name).replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _shift(run: str) -> str:
    return "&" + base64.b64encode(run.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"


def _unshift(run: str) -> str:
    if not run:
        return "&"
    padded = run.replace(",", "/") + "=" * (-len(run) % 4)
    return base64.b64decode(padded).decode("utf-16-be")


def awkward_paths(count: int) -> list[tuple[str, ...]]:
    """``count`` different paths: every awkward level at the top and deeper, ten levels of them, and plain ones."""
    levels = AWKWARD_LEVELS
    deep = tuple(level for level in levels if len(level) < 8)[:10]
    paths = [
        *((level,) for level in levels if not level.startswith("-")),
        *(("Clients", level) for level in levels),
        *(("Clients", level, "2019") for level in levels),
        *(deep[:depth] for depth in range(2, 11)),
        *(("INBOX", level) for level in levels if len(level) < 20 and level[0] != "-"),
    ]
    paths += [("Projects", f"Project {number}") for number in range(count - len(paths))]
    return paths[:count]
