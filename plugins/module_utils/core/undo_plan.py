# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an undo may take back: copies that the migration made and that nobody has touched since."""

from __future__ import annotations

from collections.abc import Mapping

from .flags import same_flags
from .internaldate import parse_internaldate
from .messages import APPENDED, CONFIRMED, INTENDED, WITHDRAWING, Listed, Row

WAS_THERE = "it was at the destination before the migration, or may be its user's own copy"
CUT_OFF = "its sending was cut off, so nobody knows yet where it is; run a sync first, then undo"
ON_ITS_WAY = "its move to another folder was cut off; run a sync first, which completes it, then undo"
NO_UID = "the destination tells no uid of it, so it cannot be told from other messages"
FOLDER_GONE = "its folder was renamed, removed or made anew at the destination"
GONE = "it is no longer where it was put: its user moved or deleted it"
ANOTHER = "another message lies under its uid"
TOUCHED = "its flags were changed at the destination"
MARKED = "it was marked as deleted at the destination"

_HERE = (CONFIRMED, WITHDRAWING)


def concerns(row: Row) -> bool:
    """Whether the journal says of this message that it is at the destination, or may be."""
    return row.state in _HERE or row.state == INTENDED


def known_reason(row: Row) -> str:
    """Why a message that :func:`concerns` the undo is left, as far as the journal alone says; empty if it is not."""
    if row.state == INTENDED:
        return CUT_OFF
    if row.provenance != APPENDED or row.flags is None:
        return WAS_THERE
    return "" if row.destination.uid else NO_UID


def seen_reason(row: Row, present: Mapping[int, Listed] | None) -> str:
    """Why a copy is left, by what the folder shows; empty if it is taken back. None: there is no such folder now.

    A mark as deleted is our own where an earlier undo had begun with the message.
    """
    if present is None:
        return FOLDER_GONE
    found = present.get(row.destination.uid)
    if found is None:
        return GONE
    if not _is_same(row, found):
        return ANOTHER
    if not same_flags(row.flags or (), found.flags):
        return TOUCHED
    return MARKED if is_marked(found) and row.state != WITHDRAWING else ""


def is_marked(message: Listed) -> bool:
    return any(flag.lower() == "\\deleted" for flag in message.flags)


def _is_same(row: Row, found: Listed) -> bool:
    """Some servers give folders that were made in the same second one UIDVALIDITY, so a uid alone does not tell."""
    if found.size in (row.digest.size, row.digest.canonical_size):
        return True
    before, now = parse_internaldate(row.internaldate), parse_internaldate(found.internaldate)
    return before is not None and before == now
