# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal tells the audit, read from a copy: the journal itself stays as it is."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from ..core.matching import Knowledge
from ..core.messages import Place, Row
from ..imap.listing import Status
from ..sync.account import choose_account
from ..sync.journal import Journal, journal_path
from ..sync.kept_flags import refused_keywords
from ..sync.progress import has_complete_pass
from ..sync.request import SyncRequest


@dataclass(frozen=True)
class Known:
    """The journal as it was when the audit began, or None, and what the reader should know about that.

    ``passed``: the journal knows the source account, and a pass that came to its end.
    """

    journal: Journal | None = None
    warnings: tuple[str, ...] = field(default=())
    passed: bool = False

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows of the source account."""
        return tuple(self.journal.rows()) if self.journal else ()

    def knowledge(self, present: Collection[Place], not_read: frozenset[str]) -> Knowledge | None:
        """What the journal says; ``present`` are the places at the destination that hold a message."""
        if self.journal is None:
            return None
        rows = self.rows
        foreign = _known_places(self.journal, present) - {row.destination for row in rows}
        reached, refused = _worked_off(self.journal, rows), refused_keywords(self.journal)
        return Knowledge(rows, frozenset(foreign), reached, not_read, self.journal.is_through(), refused)


@contextmanager
def known_of(request: SyncRequest, statuses: Mapping[str, Status]) -> Iterator[Known]:
    """The journal of the request's mailbox. Raises :class:`JournalError` when it is there and cannot be read."""
    if not request.state_dir:
        yield Known()
        return
    path = journal_path(request.state_dir, request.mailbox)
    if not os.path.exists(path):
        yield Known(None, (f"{request.state_dir} holds no journal of {request.mailbox}: every difference counts",))
        return
    with closing(Journal.open_copy(path, request.mailbox)) as journal:
        accounts = len(journal.accounts())
        is_new = choose_account(journal, request, statuses)
        passed = len(journal.accounts()) == accounts and has_complete_pass(request.state_dir, request.mailbox)
        account = f"{request.source.username} at {request.source.host}"
        unknown = f"the journal knows nothing of {account}: it explains nothing"
        yield Known(journal, (unknown,) if is_new and not passed else (), passed)


def _known_places(journal: Journal, present: Collection[Place]) -> set[Place]:
    """Those of ``present`` that the journal accounts for, of whatever account."""
    folders = {(place.folder, place.uidvalidity) for place in present}
    return {
        Place(folder, uidvalidity, uid)
        for folder, uidvalidity in folders
        for uid in journal.known_uids(folder, uidvalidity)
    }


def _worked_off(journal: Journal, rows: Collection[Row]) -> dict[str, tuple[int, int]]:
    """UIDVALIDITY and UIDNEXT up to which the passes got in each source folder."""
    reached = {folder: (seen.uidvalidity, seen.uidnext) for folder, seen in journal.seen().items()}
    for row in rows:
        place = row.source
        uidvalidity, uidnext = reached.setdefault(place.folder, (place.uidvalidity, 0))
        if uidvalidity == place.uidvalidity and place.uid >= uidnext:
            reached[place.folder] = (uidvalidity, place.uid + 1)
    return reached
