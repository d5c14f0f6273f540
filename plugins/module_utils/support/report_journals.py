# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journals on this machine tell a report. Only reads; a pass may be at work in any of them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote

from ..report.material import FolderCount, JournalFacts
from ..sync.journal_file import file_to_read, journal_path

_AT_ONCE = 4
_COPIES = """
SELECT f.name, d.name, m.provenance = 'appended', CAST(m.time / 60 AS INTEGER), count(*), sum(m.size)
FROM message m JOIN folder f ON f.id = m.folder LEFT JOIN destination d ON d.id = m.destination
WHERE m.state = 'confirmed' GROUP BY m.folder, m.destination, 3, 4
"""
# Ids are never given twice while a message is known, and what died or was taken back shows in the counts.
_STAMP = """
SELECT (SELECT max(id) FROM message), (SELECT count(*) FROM message WHERE state = 'intended'),
  (SELECT count(*) FROM pass WHERE outcome = 'undone'), (SELECT count(*) FROM destination)
"""
_PASSES = "SELECT max(ended), max(outcome = 'complete') FROM pass"
# By mailbox: the stamp of its journal and the facts, as plain types.
Known = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Readings:
    """``facts`` by mailbox; ``unreadable``: why journals that are here can't be read; ``fresh``: to be remembered."""

    facts: dict[str, JournalFacts] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    fresh: dict[str, Sequence[Any]] = field(default_factory=dict)


def read_journals(state_dir: str, mailboxes: Iterable[str], known: Known) -> Readings:
    """What the journals of these mailboxes tell. Of those that hold no other messages than when they became ``known``
    only the passes are read. Mailboxes without a journal are in no part of the answer."""
    names = sorted(set(mailboxes))
    found = Readings()
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for name, (stamp, read) in zip(
            names, pool.map(lambda name: _attempt(state_dir, name, known), names), strict=True
        ):
            if isinstance(read, JournalFacts):
                found.facts[name] = read
                if stamp is not None:
                    found.fresh[name] = [stamp, read.as_list()]
            elif read:
                found.unreadable[name] = read
    return found


def _attempt(state_dir: str, mailbox: str, known: Known) -> tuple[list[Any] | None, JournalFacts | str | None]:
    """The stamp where the facts are new, and the facts or why there are none."""
    file = file_to_read(journal_path(state_dir, mailbox))
    if file is None:
        return None, None
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True, timeout=30)) as journal:
            return _read(journal, *known.get(mailbox, (None, None)))
    except sqlite3.DatabaseError as error:
        return None, str(error)


def _read(journal: sqlite3.Connection, stamp_then: Any, facts_then: Any) -> tuple[list[Any] | None, JournalFacts]:
    """Raises sqlite3.DatabaseError."""
    stamp = list(journal.execute(_STAMP).fetchone())
    last, complete = journal.execute(_PASSES).fetchone()
    if stamp == stamp_then:
        return None, replace(JournalFacts.from_list(facts_then), last=last, complete=bool(complete))
    return stamp, _counted(journal.execute(_COPIES), last, bool(complete))


def _counted(copies: Iterable[Sequence[Any]], last: float | None, complete: bool) -> JournalFacts:
    places: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    sizes: dict[str, int] = defaultdict(int)
    minutes: dict[int, tuple[int, int]] = {}
    for folder, destination, sent, minute, number, octets in copies:
        places[folder][destination or ""] += number
        sizes[folder] += octets
        if sent:
            before = minutes.get(minute, (0, 0))
            minutes[minute] = (before[0] + number, before[1] + octets)
    folders = {
        folder: FolderCount(sum(found.values()), sizes[folder], max(found, key=lambda name: found[name]))
        for folder, found in places.items()
    }
    return JournalFacts(folders, minutes, last, complete)
