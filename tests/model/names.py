# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folder names of the model: what people call them, and where the migration has to put each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol
from unicodedata import normalize

LEFT_OUT = ("trash", "junk")
ROLES = ("inbox", "sent", "drafts", "trash", "junk", "archive")
SOURCE_PATHS: tuple[tuple[str, ...], ...] = (
    ("Work",), ("Work", "Deep"), ("Work", "Deep", "Deeper"), ("Projects",), ("Leads",), ("Sent",), ("Drafts",),
    ("Müller & Söhne",), ("日本語", "受信"), ("📁 Bilder",), ("a&b",), ("a&-b",), ('quo"ted',), ("50 % off",),
    ("star *",),
    ("back\\slash",), ("case",), ("CASE",), ("Cafe\u0301",), ("Dr. Jones",), ("L1", "L2", "L3", "L4", "L5"),
    ("Spam reports",), ("Clients", "Trash talk"), ("Trash",), ("Junk",),
)
OWN_PATHS: tuple[tuple[str, ...], ...] = (("Mine",), ("Mine", "Old"), ("Später",), ("Zu tun",))


class Naming(Protocol):
    """What of a server's shape makes its folder names."""

    @property
    def separator(self) -> str: ...

    @property
    def prefix(self) -> str:
        """What stands before every name but INBOX."""


def name_of(path: Iterable[str], shape: Naming) -> str:
    """The name that a server of this shape gives to a path."""
    levels = tuple(path)
    return "INBOX" if levels == ("INBOX",) else shape.prefix + shape.separator.join(levels)


def path_of(name: str, shape: Naming) -> tuple[str, ...]:
    """The path of a name, without the prefix."""
    return tuple(name.removeprefix(shape.prefix).split(shape.separator)) if name != "INBOX" else ("INBOX",)


def fits(path: Iterable[str], shape: Naming) -> bool:
    """Whether the server has such a folder: no level holds its separator, or the one of its files."""
    refused = shape.separator + ("." if getattr(shape, "layout", "") == "maildir++" else "")
    return not any(letter in level for level in path for letter in refused)


def has_role(name: str, shape: Naming) -> bool:
    """Whether renaming or removing this folder would change what it means."""
    return path_of(name, shape)[0].lower() in ROLES


def targets(
    names: Iterable[str], source: Naming, destination: Naming, present: Iterable[str] = ()
) -> dict[str, str]:
    """The destination folder of each source folder that is migrated; letters that it cannot hold become ``_``.

    Levels that the destination has are those ``present``, composed (NFC) or not; others are made composed.
    """
    spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
    for there in sorted(present, key=lambda name: name != normalize("NFC", name)):
        path = path_of(there, destination)
        for end in range(1, len(path) + 1):
            spelled.setdefault(tuple(normalize("NFC", level) for level in path[:end]), path[:end])
    found = {}
    for name in names:
        path = path_of(name, source)
        if path[0].lower() not in LEFT_OUT:
            legal = tuple(_legal(level, destination.separator) for level in path)
            known = next((end for end in range(len(legal), 0, -1) if legal[:end] in spelled), 0)
            found[name] = name_of((*spelled.get(legal[:known], ()), *legal[known:]), destination)
    return found


def _legal(level: str, separator: str) -> str:
    return normalize("NFC", level).replace(separator, "_").replace("/", "_").strip()
