# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal tells the audit, read from a copy: the journal itself stays as it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from ..core.matching import Knowledge
from ..core.messages import Row
from ..core.places import Places
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

    def has_rows(self) -> bool:
        """Whether the journal knows a message of the source account."""
        return self.journal is not None and not self.journal.is_new_account()

    def knowledge(self, present: Iterable[tuple[str, int]], not_read: frozenset[str]) -> Knowledge | None:
        """What the journal says; ``present`` are folders of the destination with the UIDVALIDITY that they have."""
        journal = self.journal
        if journal is None:
            return None
        foreign = Places({folder: journal.uids_of_others(*folder) for folder in present})
        return Knowledge(
            _Rows(journal), foreign, _worked_off(journal), not_read, journal.is_through(), refused_keywords(journal)
        )


@dataclass(frozen=True)
class _Rows:
    """All rows of the source account, as often as they are asked for."""

    journal: Journal

    def __iter__(self) -> Iterator[Row]:
        return self.journal.rows()


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


def _worked_off(journal: Journal) -> dict[str, tuple[int, int]]:
    """UIDVALIDITY and UIDNEXT up to which the passes got in each source folder."""
    reached = {folder: (seen.uidvalidity, seen.uidnext) for folder, seen in journal.seen().items()}
    for folder, value, last in journal.last_uids():
        uidvalidity, uidnext = reached.setdefault(folder, (value, 0))
        if uidvalidity == value and last >= uidnext:
            reached[folder] = (uidvalidity, last + 1)
    return reached
