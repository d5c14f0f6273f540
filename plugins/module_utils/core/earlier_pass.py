# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mailbox without a journal: its first pass, or one after others whose journal is lost?

Messages that miss at the destination are to be copied in the first case and may have been deleted there in the second.
Folders tell by their uids: UIDNEXT less one is how many messages ever came there, so a folder from which nothing has
gone never held what misses. Only where something has gone, the share of what was found decides. Of a folder that was
made anew they tell nothing; that it was is seen by what misses in it: a pass copies in the order of the source's uids.

A folder that its user removed tells nothing, and what lay in it may have moved to any other at the source since then.
What is older than mail that was found was at the source when that was copied: it may have lain there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Fewer than one in ten found: some mail that lies on both sides by itself, such as a welcome or what people forwarded;
# unless a pass made all folders there, and nine in ten may be gone from them: then their user deleted nearly all.
_FOUND_AT_LEAST = 10
_NEARLY_ALL = 9, 10
# A pass that came to its end brought everything: what is found and what may be gone make up half of it at the least.
_EXPLAINED_AT_LEAST = 2


@dataclass(frozen=True)
class Home:
    """One destination folder: how many messages that belong there were not found, and how many were, wherever they lie.

    ``gone`` is how many messages have left the folder and were not found elsewhere, or may be there in a form that the
    server altered; None when it does not tell. ``older`` of those missing are older than the newest message found.
    ``passed_over`` of them come before one that was found in this folder. ``is_there`` is false for a folder that does
    not exist.
    """

    folder: str
    missing: int
    found: int
    gone: int | None
    older: int
    passed_over: int
    is_there: bool


class Deleted(NamedTuple):
    """Folders whose missing messages may have been deleted at the destination: all of them, or only the older ones."""

    all_of: frozenset[str] = frozenset()
    older_of: frozenset[str] = frozenset()


def may_have_been_deleted(homes: Sequence[Home], *, folders_made: int, folders_planned: int) -> Deleted:
    """Which missing messages may have been deleted at the destination; none of them on a first pass.

    ``folders_planned`` are the folders that a pass makes, ``folders_made`` those of them that exist. A pass makes all
    of them before it copies the first message: where none exists, or few do and little of the mail is there, none was
    deleted.
    """
    found = sum(home.found for home in homes)
    wanted = found + sum(home.missing for home in homes)
    are_many = folders_made * 2 >= folders_planned or found * _EXPLAINED_AT_LEAST >= wanted
    are_made = folders_made > 0 and are_many
    deletable = {home.folder: _deletable(home, are_made=are_made) for home in homes}
    were_removed = are_made and (folders_made < folders_planned or any(home.passed_over for home in homes))
    older = {home.folder: home.older for home in homes if were_removed and not deletable[home.folder]}
    explained = found + sum(deletable.values()) + sum(older.values())
    if not found or explained * _EXPLAINED_AT_LEAST < wanted:
        return Deleted()
    is_little = found * _FOUND_AT_LEAST < wanted
    if is_little and not (are_made and not were_removed and explained * _NEARLY_ALL[1] >= wanted * _NEARLY_ALL[0]):
        return Deleted()
    return Deleted(_with_any(deletable), _with_any(older))


def _with_any(counts: Mapping[str, int]) -> frozenset[str]:
    return frozenset(folder for folder, count in counts.items() if count)


def _deletable(home: Home, *, are_made: bool) -> int:
    if not home.is_there:
        return home.missing if are_made else 0
    if home.gone is None:
        return home.missing
    return max(min(home.missing, home.gone), home.passed_over if are_made else 0)
