# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``mailboxes.csv``, the migration request, to rows: each with its complete source."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import (
    Server,
    address_key,
    parse_address,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.cells import Cells
from ansible_collections.mailops.migration.plugins.module_utils.ticket.duplicates import merge_identical, told_lines
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.presets import (
    PRESETS,
    Preset,
    is_google,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.read_table import Table, cells_by_column
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Encryption, MailboxRow
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import Settings, Source

_PORTS: dict[Encryption, int] = {"tls": 993, "starttls": 143, "none": 143}
_USUAL: dict[int | None, Encryption] = {993: "tls", 143: "starttls"}


def read_mailboxes(table: Table, settings: Settings, findings: Findings) -> tuple[MailboxRow, ...]:
    """Return the good rows, identical ones merged; the findings hold what is wrong with the others."""
    rows = []
    for number, cells in cells_by_column(table, findings):
        row = _row(Cells(findings, number, cells), settings)
        if row:
            rows.append(row)
    return _without_conflicts(merge_identical(rows, findings), settings, findings)


def _row(cells: Cells, settings: Settings) -> MailboxRow | None:
    username = cells.identifier("username")
    # Cells are read one by one before anything is decided, so that all that is wrong with a row is told at once.
    destination = cells.address("destination_email")
    email = cells.address("email", cells.text("domain")) or ("" if cells.has("email") else _address_in(username))
    email = email or destination
    if not email and cells.ok:
        cells.error("email", "the address of the mailbox is missing", "Name it, like anna@example.com")
    check_domain(cells, "destination_email" if destination else "email", destination or email, settings)
    server = _server(cells, settings, email)
    known = settings.source.preset_for(server.host) if server.host else Preset("")
    trust = settings.source if settings.source.is_for(server.host) else Source()
    port, encryption = _port_and_encryption(cells, server, settings, known)
    auth = cells.auth("auth") or (trust.auth if trust.oauth else settings.source.auth) or known.auth
    uses_oauth = bool(trust.oauth) and auth in ("xoauth2", "oauthbearer")
    is_needed = not uses_oauth or trust.needs_password() or cells.has("password")
    password = cells.password("password", of_google=is_google(server.host)) if is_needed else ""
    authorization_id = cells.identifier("authorization_id")
    if not cells.ok:
        return None
    if encryption == "none":
        remedy = "Write tls or starttls if the server has it"
        cells.warning(
            "encryption", f"the password goes to {server.host} as plain text, as encryption none says", remedy
        )
    return MailboxRow(
        line=cells.line,
        email=email,
        destination=destination or email,
        host=server.host,
        port=port,
        encryption=encryption,
        auth=auth,
        username=username or _login(email, known.login),
        password=password,
        authorization_id=authorization_id,
        validate_certs=trust.validate_certs,
        ca_file=trust.ca_file,
        other_username=_login(email, known.other_login) if known.other_login and not username else "",
        uses_oauth=uses_oauth,
    )


def check_domain(cells: Cells, column: str, address: str, settings: Settings) -> None:
    """Nothing is written into a domain that the ticket does not name: it may be another customer's."""
    domain = address.rpartition("@")[2]
    if domain and settings.domains and domain not in settings.domains:
        remedy = "Add it under 'domains' if it belongs to this customer, else correct the address"
        cells.error(column, f"the domain {domain} is none of the domains in ticket.yml", remedy)


def _address_in(username: str) -> str:
    try:
        return parse_address(username)
    except ValueError:
        return ""


def _server(cells: Cells, settings: Settings, email: str) -> Server:
    """The row's server, else the ticket's for its domain or for all, else the one of the ticket's preset."""
    source, domain = settings.source, email.rpartition("@")[2]
    if cells.has("imap_server"):
        return cells.server("imap_server") or Server("")
    if domain in settings.sources:
        return settings.sources[domain]
    if source.imap_server:
        return Server(source.imap_server)
    if source.preset:
        return Server(PRESETS[source.preset].host.format(domain=domain))
    remedy = "Fill in the column imap_server or source: imap_server in ticket.yml, or have discover.yml look for it"
    cells.error("imap_server", "no server is named for this mailbox", remedy)
    return Server("")


def _port_and_encryption(cells: Cells, server: Server, settings: Settings, known: Preset) -> tuple[int, Encryption]:
    """What the row says comes first, then the ticket, then the provider's preset; else TLS on 993."""
    port, encryption = cells.port("port"), cells.encryption("encryption")
    if server.port and port and server.port != port:
        cells.error("port", "the port differs from the one that stands with the server", "Keep one of the two")
    source = settings.source if settings.source.is_for(server.host) else Source()
    own_port = port or server.port
    own_encryption = encryption or ("tls" if server.tls else _USUAL.get(own_port))
    usual = source.encryption or _USUAL.get(source.port) or known.encryption
    chosen = own_encryption or usual
    # A port goes with the encryption that it was named for.
    ports = {known.encryption: known.port, usual: source.port or _port_of(known, usual)}
    return own_port or ports.get(chosen, _PORTS[chosen]), chosen


def _port_of(provider: Preset, encryption: Encryption) -> int:
    return provider.port if provider.encryption == encryption else _PORTS[encryption]


def _login(email: str, form: str) -> str:
    return email.rpartition("@")[0] if form == "local_part" else email


def _without_conflicts(rows: Iterable[MailboxRow], settings: Settings, findings: Findings) -> tuple[MailboxRow, ...]:
    """Leave out rows that contradict each other, and several sources of one destination unless the ticket merges."""
    by_destination: dict[str, list[MailboxRow]] = {}
    for row in rows:
        by_destination.setdefault(address_key(row.destination), []).append(row)
    kept: list[MailboxRow] = []
    for group in by_destination.values():
        contradicting = _same_account(group)
        if contradicting:
            _tell(contradicting, findings, "contradict each other on one source account", "Keep the right one")
        elif len(group) > 1 and not settings.merge:
            remedy = "Correct the addresses, or write 'merge: true' in ticket.yml to bring them together"
            _tell(group, findings, "bring different source accounts into this one mailbox", remedy)
        if not contradicting and (len(group) == 1 or settings.merge):
            kept.extend(group)
    return tuple(sorted(kept, key=lambda row: row.line))


def _same_account(group: list[MailboxRow]) -> list[MailboxRow]:
    accounts = [(row.host, address_key(row.username)) for row in group]
    return [row for row, account in zip(group, accounts, strict=True) if accounts.count(account) > 1]


def _tell(group: list[MailboxRow], findings: Findings, message: str, remedy: str) -> None:
    for row in group:
        text = f"{told_lines(row.line for row in group)} {message}: {row.destination}; none of them is used"
        findings.error(row.line, "destination_email" if row.destination != row.email else "email", text, remedy)
