# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journals of all tickets that know the mailbox: they learn where its messages went."""

from __future__ import annotations

import contextlib
import glob
import os
from collections.abc import Iterator, Sequence

from ..sync.journal import Journal, journal_path
from ..sync.lock import mailbox_lock
from .record import Batch, Record


@contextlib.contextmanager
def locked_journals(state_dir: str, mailbox: str, *, wait: float, now: float) -> Iterator[list[Journal]]:
    """The journals of this mailbox, with its locks held, so that no pass of any ticket works on it meanwhile."""
    record = Record.path(state_dir, mailbox)
    with contextlib.ExitStack() as stack:
        stack.enter_context(mailbox_lock(record, mailbox, wait=wait, now=now))
        journals = []
        for path in _journal_paths(state_dir, mailbox):
            stack.enter_context(mailbox_lock(path, mailbox, wait=wait, now=now))
            journals.append(Journal.open(path, mailbox))
            stack.callback(journals[-1].close)
        yield journals


def tell(journals: Sequence[Journal], batches: Sequence[Batch]) -> None:
    """Enter in each journal where these messages lie now. Again is no change."""
    for journal in journals:
        with journal.together():
            for batch in batches:
                pairs = dict(zip(batch.uids, batch.arrived, strict=True))
                journal.follow_archive(batch.origin, batch.uidvalidity, batch.target, pairs)


def _journal_paths(state_dir: str, mailbox: str) -> list[str]:
    pattern = journal_path(os.path.join(glob.escape(state_dir), "*"), mailbox)
    record = Record.path(state_dir, mailbox)
    return sorted(path for path in glob.glob(pattern) if path != record and os.path.getsize(path))
