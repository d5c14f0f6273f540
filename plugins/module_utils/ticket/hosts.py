# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket's mailboxes as the hosts and groups of an inventory: names, order, variables. No secret is among them."""

from __future__ import annotations

import hashlib
import os.path
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import MailboxRow
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import limits_of
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket

# What host patterns, shells and file names read as nothing but itself.
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9@._+-]")
_PLAIN_START = re.compile(r"[A-Za-z0-9_]")
_NOT_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class OwnerHost:
    """The host whose run brings over a mailbox's contacts and calendars. ``known``: the inventory has it."""

    name: str
    mailbox: str
    known: bool

    def as_dict(self) -> dict[str, str | bool]:
        """Plain types for the plugin boundary."""
        return {"name": self.name, "mailbox": self.mailbox, "known": self.known}


@dataclass(frozen=True, slots=True)
class InventoryHost:
    """One mailbox as a host."""

    name: str
    groups: tuple[str, ...]
    variables: dict[str, Any]


def mailbox_hosts(ticket: Ticket, ticket_dir: str) -> Iterator[InventoryHost]:
    """Yield the mailboxes, source servers taking turns, so that waiting for one server doesn't hold up the others."""
    seen: set[str] = set()
    for row in take_turns(ticket.mailboxes):
        domain = row.destination.rpartition("@")[2]
        name = host_name(row.destination)
        if address_key(name) in seen:
            name = f"{name}-{_hash(f'{row.username} {row.host}', 6)}"
        seen.add(address_key(name))
        groups = (group_name("domain", domain), group_name("source", row.host))
        variables = {
            "mailops_mailbox": row.destination,
            "mailops_domain": domain,
            "mailops_source": _source(row, ticket_dir),
            "mailops_limits": limits_of(ticket.settings, row.host),
        }
        yield InventoryHost(name, groups, variables)


def hosts_of_owners(
    mailboxes: Mapping[str, str], owners: Iterable[str], domains: Iterable[str] | None = None
) -> Iterator[OwnerHost]:
    """Yield the host of each owner, one of several that a ticket merges; a new one where the mailbox is only created.

    :param mailboxes: their addresses by their hosts. :param domains: those whose mailboxes are wanted; None: all.
    """
    by_address: dict[str, str] = {}
    for host, address in mailboxes.items():
        by_address.setdefault(address_key(address), host)
    wanted = None if domains is None else set(domains)
    for owner in owners:
        if wanted is None or owner.rpartition("@")[2] in wanted:
            known = address_key(owner) in by_address
            yield OwnerHost(by_address[address_key(owner)] if known else host_name(owner), owner, known)


def host_name(address: str) -> str:
    """The address, or a likeness of it with a hash where host patterns would read one of its characters."""
    likeness = _NOT_PLAIN.sub("_", address)
    if not _PLAIN_START.match(likeness):
        likeness = f"_{likeness[1:]}"
    return address if likeness == address else f"{likeness}-{_hash(address, 6)}"


def domain_host_name(domain: str) -> str:
    return f"_domain.{domain}"


def group_name(prefix: str, name: str) -> str:
    """A valid group name that no other name shares: slug and four digits of a hash."""
    return f"{prefix}_{slug(name)}_{_hash(name, 4)}"


def slug(name: str) -> str:
    return _NOT_SLUG.sub("_", name.lower()).strip("_")


def take_turns(rows: Iterable[MailboxRow]) -> Iterator[MailboxRow]:
    """One row of each source server after the other, in the order of the file."""
    by_server: dict[str, list[MailboxRow]] = {}
    for row in rows:
        by_server.setdefault(row.host, []).append(row)
    rounds = chain.from_iterable(zip_longest(*by_server.values()))
    return (row for row in rounds if row is not None)


def _source(row: MailboxRow, ticket_dir: str) -> dict[str, Any]:
    """The connection as ``imap_sync`` takes it, less the password. A relative ca_file lies in the ticket's folder."""
    source = {
        "host": row.host,
        "port": row.port,
        "encryption": row.encryption,
        "auth": row.auth,
        "username": row.username,
        "validate_certs": row.validate_certs,
        "ca_file": os.path.join(ticket_dir, row.ca_file) if row.ca_file else None,
    }
    rarer = {"authorization_id": row.authorization_id, "other_username": row.other_username}
    return {**source, **{name: value for name, value in rarer.items() if value}}


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]
