# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folder names: a server's full name as a path of levels and back, the form in which rules name folders, legal levels.

A *path* is a tuple of levels below the personal namespace, each in Unicode NFC. ``("INBOX",)`` is the inbox itself,
``("INBOX", "Work")`` a child of it on a server without a prefix. On a server with a prefix, a folder that is called
inbox below the prefix (``INBOX.Inbox.Status``) is an ordinary one: its first level is spelled ``Inbox``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from fnmatch import fnmatchcase

from ansible_collections.mailops.migration.plugins.module_utils.core.folder_wire import modified_utf7
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Side

Path = tuple[str, ...]

INBOX: Path = ("INBOX",)
INBOX_BELOW_PREFIX = "Inbox"

# File systems take 255 bytes; Maildir++ and its kin put characters of their own in front.
LONGEST_LEVEL = 250

_SEPARATOR = re.compile(r"(?<!\\)/")


def nfc(text: str) -> str:
    """The composed form, in which names are compared."""
    return unicodedata.normalize("NFC", text)


def is_inbox(level: str) -> bool:
    """Whether a level is the word INBOX, which has no case (RFC 9051 section 5.1)."""
    return level.isascii() and level.upper() == "INBOX"


def foreign_namespace(name: str, side: Side) -> str | None:
    """The prefix of the namespace of other users or of shared folders in which a folder lies; None for one's own.

    The longest prefix of all counts (RFC 2342); one may be empty, and then one's own folders are those below a prefix.
    """
    if is_inbox(name):
        return None
    own = len(side.prefix) if _is_below_prefix(name, side) else -1 if side.prefix else 0
    found = max(
        (prefix for prefix in side.foreign if (name + side.delimiter).startswith(prefix)), key=len, default=None
    )
    return found if found is not None and len(found) > own else None


def split_name(name: str, side: Side) -> tuple[str, Path]:
    """The namespace prefix (empty when the name is not below it) and the levels, both as the server spells them.

    A delimiter at the end of the name, with which some servers mark levels that only hold folders, is dropped.
    """
    head = name[: len(side.prefix)] if _is_below_prefix(name, side) else ""
    rest = name[len(head) :]
    levels = tuple(rest.split(side.delimiter)) if side.delimiter else (rest,)
    return head, levels[:-1] if len(levels) > 1 and not levels[-1] else levels


def path_of(name: str, side: Side) -> Path:
    """The path of a server's full name: see the top of this file."""
    head, raw = split_name(name, side)
    levels = tuple(nfc(level) for level in raw)
    if not is_inbox(levels[0]):
        return levels
    return (INBOX_BELOW_PREFIX if head else "INBOX", *levels[1:])


def server_name(levels: Path, side: Side) -> str:
    """The full name of a path on this side."""
    name = side.delimiter.join(levels)
    return name if levels == INBOX else side.prefix + name


def levels_above(name: str, side: Side) -> list[str]:
    """The full names of all levels above a folder, from the top, without the namespace's own and INBOX."""
    head, levels = split_name(name, side)
    names = [head + side.delimiter.join(levels[:end]) for end in range(1, len(levels))]
    return [above for above in names if not is_inbox(above)]


def display_name(path: Path) -> str:
    """The path as people and rules write it: levels joined by ``/``, a literal ``/`` written ``\\/``."""
    return "/".join(level.replace("/", "\\/") for level in path)


def parse_display_name(text: str) -> Path:
    """The path that `display_name` wrote; ``inbox`` in any case is the inbox. Empty levels are dropped."""
    levels = tuple(nfc(level).replace("\\/", "/") for level in _SEPARATOR.split(text) if level)
    if levels and is_inbox(levels[0]):
        return (*INBOX, *levels[1:])
    return levels


def matches(path: Path, pattern: str, side: Side) -> bool:
    """Whether a rule's pattern means this folder: exactly, else by fnmatch, in which ``*`` also covers ``/``.

    Case counts, except in the word INBOX. On a side with a prefix the full name (``INBOX/Sent``) is accepted too.
    """
    wanted = nfc(pattern)
    if re.match(r"inbox(?:/|$)", wanted, re.IGNORECASE):
        wanted = "INBOX" + wanted[5:]
    names = {display_name(path)}
    if side.prefix and path != INBOX:
        names.add(_display_with_prefix(path, side))
    return any(name == wanted or fnmatchcase(name, wanted) for name in names)


def first_match(path: Path, patterns: Iterable[str], side: Side) -> str | None:
    """The first pattern that means this folder; exact ones come before all others."""
    known = tuple(patterns)
    exact = next((pattern for pattern in known if nfc(pattern) == display_name(path)), None)
    return exact or next((pattern for pattern in known if matches(path, pattern, side)), None)


def substitute_of(side: Side) -> str:
    """What stands for a character that the side cannot hold in a level."""
    return "-" if side.delimiter == "_" else "_"


def legal_level(level: str, side: Side) -> str:
    """The level in a spelling that the side takes; a fixed rule, and applying it again changes nothing.

    Composed (NFC). The side's delimiter, ``/`` and control characters become ``_`` (``-`` where ``_``
    is the delimiter). White space at the edges goes. ``.``, ``..``, a leading ``~`` and an empty level, which
    name other things on disk, get ``_``. A level above `LONGEST_LEVEL` bytes is cut and ends in ``~`` and eight
    hexadecimal digits of its SHA-256, so that two long names with the same beginning stay apart.
    """
    substitute = substitute_of(side)
    text = "".join(substitute if _is_refused(letter, side) else letter for letter in nfc(level).strip())
    if text in ("", ".", ".."):
        text = substitute * max(len(text), 1)
    if text.startswith("~"):
        text = substitute + text[1:]
    return text if _stored_bytes(text) <= LONGEST_LEVEL else _cut(text)


def cut(text: str, octets: int) -> str:
    """The beginning of a level that takes at most so many octets, however a server stores it."""
    while _stored_bytes(text) > octets:
        text = text[:-1]
    return text


def _is_below_prefix(name: str, side: Side) -> bool:
    """Whether the name lies in the personal namespace. INBOX as part of the prefix has no case (RFC 9051 5.1)."""
    if not side.prefix or len(name) <= len(side.prefix):
        return False
    start = name[: len(side.prefix)]
    if side.prefix[:5].upper() == "INBOX":
        return start[:5].upper() == "INBOX" and start[5:] == side.prefix[5:]
    return start == side.prefix


def _display_with_prefix(path: Path, side: Side) -> str:
    levels = side.prefix.split(side.delimiter) if side.delimiter else [side.prefix]
    head = tuple(level for level in levels if level)
    if head and is_inbox(head[0]):
        head = (*INBOX, *head[1:])
    return display_name((*head, *path))


def _is_refused(letter: str, side: Side) -> bool:
    return letter in ("/", side.delimiter) or unicodedata.category(letter) in ("Cc", "Cs")


def _stored_bytes(text: str) -> int:
    return max(len(modified_utf7(text)), len(text.encode("utf-8", "surrogatepass")))


def _cut(text: str) -> str:
    digest = "~" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return cut(text, LONGEST_LEVEL - len(digest)) + digest
