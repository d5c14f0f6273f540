# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Entries of a journal, with what a test does not care for filled in."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Entry, Place
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal

MAILBOX = "jo@example.net"


def entry(
    uid: int,
    content: bytes = b"a",
    *,
    folder: str = "INBOX",
    uidvalidity: int = 1,
    destination: str = "INBOX",
    flags: frozenset[str] | None = frozenset(),
) -> Entry:
    return Entry(Place(folder, uidvalidity, uid), 10, b"", digest_of(content), destination, flags)


def opened(path: Path, mailbox: str = MAILBOX) -> Journal:
    """The journal at ``path``, working on its first account, which is made where there is none."""
    journal = Journal.open(str(path), mailbox)
    known = journal.accounts()
    journal.use_account(known[0][0] if known else journal.add_account("old", "imap.old.example", "jo"))
    return journal
