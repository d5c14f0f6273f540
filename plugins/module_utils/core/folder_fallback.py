# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other places for a folder whose name or depth the destination refuses.

Each ends in the folder's *mark*, ``~`` and eight hexadecimal digits of a SHA-256 of its source path. So no other
folder has it, and the next pass finds the folder again without knowing what was refused.
"""

from __future__ import annotations

import hashlib
import re

from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import (
    INBOX,
    Path,
    cut,
    display_name,
    substitute_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Side

# In octets: a readable name, and one that fits nearly everywhere, mark not counted.
_READABLE = 100
_SHORT = 20
_MARK = re.compile(r"~[0-9a-f]{8}\Z")


def mark_of(path: Path) -> str:
    """The end of every other name of a source path."""
    text = f"folder {display_name(path)}"
    return "~" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def mark_in(level: str) -> str:
    """The mark at the end of a level, or nothing."""
    found = _MARK.search(level)
    return found[0] if found else ""


def other_places(path: Path, parent: Path, side: Side) -> list[Path]:
    """Where to try, in this order, for a source path that belongs below ``parent`` at the destination.

    Below its parent, with letters, digits and spaces only; there with a short name of ASCII letters and digits; then
    the same beside its parent, with the parent's name before its own, and so on up to the top level; at last below
    INBOX, for servers that want everything there.
    """
    mark = mark_of(path)
    short = (_ascii(path[-1]) or "folder") + mark
    places: list[Path] = []
    for end in range(len(parent), -1, -1):
        above = [_MARK.sub("", level) for level in parent[end:]]
        joined = substitute_of(side).join([*above[above[:1] == ["INBOX"] :], path[-1]])
        places += [(*parent[:end], (_letters(joined, side) or "folder") + mark), (*parent[:end], short)]
    if side.delimiter and not side.prefix:
        places.append((*INBOX, short))
    return list(dict.fromkeys(places))


def _letters(text: str, side: Side) -> str:
    plain = "".join(letter if letter.isalnum() or letter in " -_" else "_" for letter in text)
    if side.delimiter:
        plain = plain.replace(side.delimiter, substitute_of(side))
    return cut(plain, _READABLE).strip()


def _ascii(text: str) -> str:
    return re.sub("[^A-Za-z0-9]+", "", text)[:_SHORT]
