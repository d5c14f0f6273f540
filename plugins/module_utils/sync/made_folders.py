# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folders of the destination that the passes made, which an undo may remove again."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .journal import Journal

_MADE = "folders_made"


def note_made(journal: Journal, folders: Iterable[str]) -> None:
    """Enter folders that were created just now."""
    known = made_folders(journal)
    if not known.issuperset(folders):
        journal.remember(_MADE, json.dumps(sorted(known.union(folders))))


def forget_made(journal: Journal, folders: Iterable[str]) -> None:
    """Enter that these were removed."""
    known = made_folders(journal)
    if not known.isdisjoint(folders):
        journal.remember(_MADE, json.dumps(sorted(known.difference(folders))))


def made_folders(journal: Journal) -> frozenset[str]:
    """Those that passes of this account made."""
    return frozenset(json.loads(journal.recall(_MADE) or "[]"))
