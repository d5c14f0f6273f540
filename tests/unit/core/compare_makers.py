# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of both sides and rows of the journal, for the tests of the comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from ansible_collections.mailops.migration.plugins.module_utils.core.compare import (
    Comparison,
    compare,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.difference import (
    Difference,
    Facts,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.matching import (
    Knowledge,
    Matching,
    match,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    CONFIRMED,
    Message,
    Place,
    Row,
)

SEEN = frozenset({"\\Seen"})
NONE = frozenset[str]()
DATE = b"01-Feb-2024 10:00:00 +0100"
FOLDERS = {"INBOX": "INBOX", "Leads": "Leads"}
NOW = datetime(2025, 6, 1, tzinfo=UTC)
EMPTY = Digest(b"", b"", 0, 0)


def digest(content: str) -> bytes:
    return sha256(content.encode()).digest()


def at_source(
    uid: int, content: str, folder: str = "INBOX", flags: frozenset[str] = NONE, date: bytes = DATE
) -> Message:
    return Message(Place(folder, 1, uid), flags, date, digest(content), digest(content))


def there(uid: int, content: str, folder: str = "INBOX", flags: frozenset[str] = NONE, date: bytes = DATE) -> Message:
    return Message(Place(folder, 9, uid), flags, date, digest(content), digest(content))


def row_of(message: Message, copy: Message | None, **changes: object) -> Row:
    """The journal's row of a message that was copied to where ``copy`` lies (or lay)."""
    known = Digest(message.raw, message.canonical, 1, 1)
    place = copy.place if copy else Place(message.place.folder, 0, 0)
    row = Row(
        message.place.uid, message.place, 1, message.internaldate, known, place, 0, message.flags, APPENDED, CONFIRMED,
        "", NOW.timestamp(),
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


def matched(
    source: Sequence[Message], copies: Sequence[Message], rows: Sequence[Row] | None, **knowledge: object
) -> tuple[Matching, Facts]:
    known = None if rows is None else Knowledge(tuple(rows), **knowledge)  # type: ignore[arg-type]
    return match(source, copies, FOLDERS, known), Facts(known)


def compared(
    source: Sequence[Message], copies: Sequence[Message], rows: Sequence[Row] | None = None, **knowledge: object
) -> Comparison:
    return compare(*matched(source, copies, rows, **knowledge))


def kinds(comparison: Comparison) -> list[str]:
    """Kinds of the differences that are not explained."""
    return sorted(item.kind for item in comparison.differences if not item.explained)


def only(comparison: Comparison) -> Difference:
    (difference,) = comparison.differences
    return difference
