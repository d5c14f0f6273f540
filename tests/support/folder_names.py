# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modified UTF-7 (RFC 3501 section 5.1.3), written apart from the product's to hold it to account."""

from __future__ import annotations

import base64
import itertools
import re


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
