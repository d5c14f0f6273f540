# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which account of the journal a source is: a changed host name or password keeps its rows."""

from __future__ import annotations

from collections.abc import Mapping

from ..imap.listing import Status
from .journal import Journal
from .request import SyncRequest

# A UIDVALIDITY made from a clock, as RFC 9051 section 2.3.1.1 advises, is above this: some day of 1970.
_LEAST_TIME = 10_000_000


def choose_account(journal: Journal, request: SyncRequest, statuses: Mapping[str, Status]) -> bool:
    """Make the journal work on this source's account; true when the journal knows no message at all.

    It is a known one when alias (the host name unless the ticket gives one) and user name are the same, or when the
    user name is and all folders that the journal knows have the UIDVALIDITY that it knows: then the server only has
    another name. Otherwise it is another account, and messages of the others are known again by their content.
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
    return journal.is_empty()


def _same_server(journal: Journal, statuses: Mapping[str, Status]) -> bool:
    """All folders must agree, one of them in a value that is a time: some servers number every account from 1."""
    known = {folder: journal.uidvalidities(folder) for folder in statuses}
    common = [folder for folder, values in known.items() if values]
    agreed = [statuses[folder].uidvalidity for folder in common if statuses[folder].uidvalidity in known[folder]]
    return len(agreed) == len(common) and any(value >= _LEAST_TIME for value in agreed)
