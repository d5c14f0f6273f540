# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journals of a ticket say about how far it is. Only reads."""

from __future__ import annotations

import contextlib
import sqlite3

from ..core.errors import JournalError
from .journal_file import file_to_read, journal_path


def has_complete_pass(state_dir: str, mailbox: str) -> bool:
    """Whether a pass of ``mailbox`` came to its end. Raises :class:`JournalError` for a journal that can't be read."""
    path = journal_path(state_dir, mailbox)
    file = file_to_read(path)
    if file is None:
        return False
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=30)) as journal:
            return journal.execute("SELECT 1 FROM pass WHERE outcome = 'complete' LIMIT 1").fetchone() is not None
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the journal of {mailbox} cannot be read ({error})",
            where=path,
            remedy=f"Move it away: then its copy {path}.snapshot takes its place; or say the phase yourself:"
            " -e phase=first",
        ) from error
