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
    """Make the journal work on this source's account; true when the journal knows none of its messages.

    It is a known one when alias (the host name unless the ticket gives one) and user name are the same, or when the
    user name is and all folders that the journal knows have the UIDVALIDITY that it knows: then the server only has
    another name, by which it is known from then on. Otherwise it is another account, and messages of the others are
    known again by their content, unless the ticket merges accounts: then each has its own messages, identical ones
    included.
    """
    host, username = request.source.host.lower(), request.source.username
    alias = request.source_alias or host
    account = _known_account(journal, statuses, alias, username)
    if account is None:
        account = journal.add_account(alias, host, username)
    elif (account, alias, host, username) not in journal.accounts():
        journal.rename_account(account, alias, host)
    journal.use_account(account)
    return journal.is_new_account() if request.merge else journal.is_empty()


def _known_account(journal: Journal, statuses: Mapping[str, Status], alias: str, username: str) -> int | None:
    accounts = [
        (account, known_alias) for account, known_alias, _unused, user in journal.accounts() if user == username
    ]
    for account, known_alias in accounts:
        if known_alias == alias:
            return account
    for account, _unused in accounts:
        journal.use_account(account)
        if _same_server(journal, statuses):
            return account
    return None


def _same_server(journal: Journal, statuses: Mapping[str, Status]) -> bool:
    """All folders must agree, one of them in a value that is a time: some servers number every account from 1."""
    known = {folder: journal.uidvalidities(folder) for folder in statuses}
    common = [folder for folder, values in known.items() if values]
    agreed = [statuses[folder].uidvalidity for folder in common if statuses[folder].uidvalidity in known[folder]]
    return len(agreed) == len(common) and any(value >= _LEAST_TIME for value in agreed)
