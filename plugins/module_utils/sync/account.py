# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which account of the journal a source is: a changed host name or password keeps its rows."""

from __future__ import annotations

from collections.abc import Mapping

from ..imap.listing import Status
from .journal import Journal
from .request import SyncRequest


def choose_account(journal: Journal, request: SyncRequest, statuses: Mapping[str, Status]) -> bool:
    """Make the journal work on this source's account; true when nothing is known of it.

    It is a known one when alias (the host name unless the ticket gives one) and user name are the same, or when the
    user name is and all folders that the journal knows have the UIDVALIDITY that it knows: then the server only has
    another name.
    """
    host, username = request.source.host.lower(), request.source.username
    alias = request.source_alias or host
    accounts = journal.accounts()
    for account, known_alias, known_host, known_user in accounts:
        if known_user == username and alias == known_alias:
            journal.use_account(account)
            if known_host != host:
                journal.rename_host(account, host)
            return journal.is_empty()
    for account, _unused, _unused, known_user in accounts:
        journal.use_account(account)
        if known_user == username and _same_server(journal, statuses):
            journal.rename_host(account, host)
            return journal.is_empty()
    journal.use_account(journal.add_account(alias, host, username))
    return True


def _same_server(journal: Journal, statuses: Mapping[str, Status]) -> bool:
    """One folder alone would be chance: some servers number the UIDVALIDITY of every account from 1."""
    known = {folder: journal.uidvalidities(folder) for folder in statuses}
    agreed = [statuses[folder].uidvalidity in values for folder, values in known.items() if values]
    return bool(agreed) and all(agreed)
