# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket folder's files to one value: settings, typed rows, and everything that is wrong, at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import (
    ALIASES,
    FORWARDS,
    KINDS,
    LISTS,
    MAILBOXES,
    USERS,
    FileKind,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Finding, Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.owned_files import (
    Entry,
    OwnedFile,
    owned_files,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_mailboxes import read_mailboxes
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_people import (
    read_aliases,
    read_forwards,
    read_lists,
    read_users,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_table import Table, read_table
from ansible_collections.mailops.migration.plugins.module_utils.ticket.relations import free_aliases, without_loops
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import (
    AliasRow,
    ForwardRow,
    ListRow,
    MailboxRow,
    UserRow,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import FILE as SETTINGS_FILE
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import Settings, read_settings

FILES = (SETTINGS_FILE, *(kind.name for kind in KINDS))
_TICKET_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# No server can have this name (RFC 6761 section 6.4).
_NO_SERVER = "not-named.invalid"
_RowType = TypeVar("_RowType")
_Read = Callable[[Table, Settings, Findings], tuple[_RowType, ...]]


@dataclass(frozen=True)
class Ticket:
    """What a ticket asks for.

    :param domains: those of ``ticket.yml``, or else those of the mailboxes and users.
    :param findings: everything noticed in all files. :param blockers: those that make the ticket unusable as a whole.
    :param owned_files: contacts and calendars, by whose mailbox they are for.
    """

    id: str
    settings: Settings
    domains: tuple[str, ...]
    mailboxes: tuple[MailboxRow, ...]
    users: tuple[UserRow, ...]
    aliases: tuple[AliasRow, ...]
    forwards: tuple[ForwardRow, ...]
    lists: tuple[ListRow, ...]
    findings: tuple[Finding, ...]
    blockers: tuple[Finding, ...]
    owned_files: tuple[OwnedFile, ...] = ()


def check_ticket_id(ticket_id: str) -> str:
    """Return the id. Raises ConfigurationError for one that could leave the tickets folder."""
    if not _TICKET_ID.fullmatch(ticket_id) or ".." in ticket_id:
        raise ConfigurationError(
            f"the ticket id {ticket_id!r} is not valid",
            remedy="An id begins with a letter or digit and goes on with letters, digits, '.', '_' and '-', 64 at most",
        )
    return ticket_id


def read_ticket(
    ticket_id: str,
    files: Mapping[str, bytes],
    *,
    entries: Iterable[Entry] = (),
    confirm_inferred: bool = False,
) -> Ticket:
    """Read all files of a ticket; of contacts and calendars their names only.

    :param files: content by file name, decrypted; of ``FILES`` those that exist.
    :param entries: what else lies in the ticket's folder.
    :param confirm_inferred: like the key of ``ticket.yml``: columns inferred for files without a header are agreed to.
    """
    folder = _Folder(files, confirm_inferred)
    mailboxes = folder.rows(MAILBOXES, read_mailboxes)
    users = folder.rows(USERS, read_users)
    lists = folder.rows(LISTS, read_lists)
    addresses = {address_key(address) for address in _addresses(mailboxes, users)}
    aliases, forwards = folder.related(addresses, {address_key(row.list) for row in lists})
    owned, unowned = owned_files(entries, _owners(mailboxes, users))
    return Ticket(
        id=check_ticket_id(ticket_id),
        settings=folder.settings,
        domains=folder.settings.domains or folder.domains_of(_addresses(mailboxes, users)),
        mailboxes=mailboxes,
        users=users,
        aliases=aliases,
        forwards=forwards,
        lists=lists,
        findings=(*folder.findings, *unowned),
        blockers=tuple(folder.blockers),
        owned_files=owned,
    )


def usable(ticket: Ticket) -> Ticket:
    """Return the ticket. Raises ConfigurationError with all errors at once when it cannot be used as a whole."""
    if ticket.blockers:
        errors = [finding.text() for finding in ticket.findings if finding.level == "error"]
        raise ConfigurationError("\n  ".join([f"the ticket {ticket.id} cannot be used:", *errors]))
    return ticket


@dataclass(frozen=True)
class SourceLogin:
    """The secrets of one mailbox's login at its source. ``oauth`` is what ticket.yml says, file names as they stand."""

    password: str = field(repr=False)
    oauth: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_source_login(
    files: Mapping[str, bytes], mailbox: str, account: tuple[str, str] | None = None, *, confirm_inferred: bool = False
) -> SourceLogin:
    """Return the secrets for the source of one mailbox, reading no more rows than needed.

    :param mailbox: destination address.
    :param account: host and user name at the source, where a ticket merges several accounts into the mailbox.
    Raises ConfigurationError when there is not exactly one row for it; the error holds no secret.
    """
    folder = _Folder(files, confirm_inferred)
    rows = _rows_for(folder.rows(MAILBOXES, read_mailboxes, about=mailbox), mailbox, account)
    if len(rows) == 1 and not folder.blockers:
        return _login_of(rows[0], folder.settings)
    reasons = "; ".join(finding.text() for finding in folder.findings if finding.level == "error")
    raise ConfigurationError(
        f"{len(rows) or 'no'} usable rows for this mailbox in {MAILBOXES.name}{f' ({reasons})' if reasons else ''}",
        where=mailbox,
        remedy="There should be exactly one: correct the file",
    )


def read_unplaced(files: Mapping[str, bytes], *, confirm_inferred: bool = False) -> tuple[MailboxRow, ...]:
    """The good rows of ``mailboxes.csv`` for which no server is named; their ``host`` means nothing."""
    folder = _Folder(files, confirm_inferred)
    settings = folder.settings
    if settings.source.imap_server or settings.source.preset:
        return ()
    folder.settings = replace(settings, source=replace(settings.source, imap_server=_NO_SERVER))
    return tuple(row for row in folder.rows(MAILBOXES, read_mailboxes) if row.host == _NO_SERVER)


def known_source_login(ticket: Ticket, mailbox: str, account: tuple[str, str] | None = None) -> SourceLogin | None:
    """The same from a ticket that has been read. None where :func:`read_source_login` would say what is wrong."""
    rows = _rows_for(ticket.mailboxes, mailbox, account)
    return _login_of(rows[0], ticket.settings) if len(rows) == 1 and not ticket.blockers else None


def _rows_for(rows: Iterable[MailboxRow], mailbox: str, account: tuple[str, str] | None) -> list[MailboxRow]:
    key = address_key(mailbox)
    found = [row for row in rows if address_key(row.destination) == key]
    if len(found) > 1 and account:
        return [row for row in found if (row.host, row.username) == account]
    return found


def _login_of(row: MailboxRow, settings: Settings) -> SourceLogin:
    return SourceLogin(row.password, settings.source.oauth if row.uses_oauth else {})


def _addresses(mailboxes: Iterable[MailboxRow], users: Iterable[UserRow]) -> list[str]:
    return [row.destination for row in mailboxes] + [row.email for row in users]


def _owners(mailboxes: Iterable[MailboxRow], users: Iterable[UserRow]) -> dict[str, str]:
    """Destination addresses by their keys and by those of the addresses at the source."""
    rows = tuple(mailboxes)
    by_source = {address_key(row.email): row.destination for row in rows}
    own = {address_key(address): address for address in _addresses(rows, users)}
    return {**by_source, **own}


class _Folder:
    """Reads the files of one ticket and gathers what is found. Settings come first, rows depend on them."""

    def __init__(self, files: Mapping[str, bytes], confirm_inferred: bool) -> None:
        self._files = files
        self.findings: list[Finding] = []
        self.blockers: list[Finding] = []
        settings = self._settings()
        self.settings = replace(settings, confirm_inferred=settings.confirm_inferred or confirm_inferred)

    def rows(self, kind: FileKind, read: _Read[_RowType], about: str = "") -> tuple[_RowType, ...]:
        """The good rows of a file. :param about: an address, when only its rows are wanted."""
        findings = Findings(kind.name)
        table = self._table(kind, findings)
        rows = read(table.about(about) if about else table, self.settings, findings) if table else ()
        self.findings.extend(findings.all())
        if not table and kind is MAILBOXES:
            self.blockers.extend(finding for finding in findings.all() if finding.level == "error")
        return rows

    def related(self, mailboxes: set[str], lists: set[str]) -> tuple[tuple[AliasRow, ...], tuple[ForwardRow, ...]]:
        """Aliases and forwards that get along with the other rows. :param mailboxes: and lists as address keys."""
        of_aliases, of_forwards = Findings(ALIASES.name), Findings(FORWARDS.name)
        aliases = free_aliases(self.rows(ALIASES, read_aliases), mailboxes, lists, of_aliases)
        kept = without_loops(aliases, self.rows(FORWARDS, read_forwards), of_aliases, of_forwards)
        self.findings.extend((*of_aliases.all(), *of_forwards.all()))
        return kept

    def domains_of(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """Without domains in ticket.yml nothing tells a slip of the pen from a domain of the customer's."""
        domains = tuple(dict.fromkeys(address.rpartition("@")[2] for address in addresses))
        findings = Findings(SETTINGS_FILE)
        message = f"names no domains; taken are those of the rows: {', '.join(domains) or 'none'}"
        findings.warning(0, "domains", message, "List the customer's domains under 'domains'")
        self.findings.extend(findings.all())
        return domains

    def _settings(self) -> Settings:
        findings = Findings(SETTINGS_FILE)
        data = self._files.get(SETTINGS_FILE)
        if data is None:
            findings.error(0, "", "the file is missing", "Write one that names at least 'domains'")
        settings = read_settings(data or b"", findings)
        self.findings.extend(findings.all())
        self.blockers.extend(finding for finding in findings.all() if finding.level == "error")
        return settings

    def _table(self, kind: FileKind, findings: Findings) -> Table | None:
        data = self._files.get(kind.name)
        if data is not None:
            if kind is MAILBOXES and not self.settings.source.needs_password():
                kind = replace(kind, required=tuple(group for group in kind.required if group != ("password",)))
            return read_table(kind, data, self.settings.confirm_inferred, findings)
        if kind is MAILBOXES:
            findings.error(0, "", "the file is missing", "Put the customer's migration request there")
        return None
