# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of the ticket as the modules of the platform take them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key


def mailbox_rows(users: Iterable[Mapping[str, Any]], missing_domains: Collection[str]) -> list[dict[str, Any]]:
    """The rows, less those of domains that the platform does not have: nothing can be said about these yet."""
    return [_row(user) for user in users if domain_of(user["email"]) not in missing_domains]


def route_rows(rows: Iterable[Mapping[str, Any]], missing_domains: Collection[str]) -> list[dict[str, Any]]:
    """Rows of aliases, forwards or lists, less those of addresses in domains that the platform does not have."""
    return [dict(row) for row in rows if domain_of(_address(row)) not in missing_domains]


def named_mailboxes(destinations: Iterable[str], users: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Addresses with the names of their owners as far as these are known, and nothing else of the users."""
    known = {address_key(user["email"]): user for user in users}
    addresses = {address_key(address): address for address in destinations}
    addresses = {**{key: user["email"] for key, user in known.items()}, **addresses}
    return [
        {"address": address, "name": _name(known[key]) if key in known else ""}
        for key, address in sorted(addresses.items())
    ]


def _address(row: Mapping[str, Any]) -> str:
    return str(next(row[column] for column in ("alias", "email", "list") if column in row))


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _row(user: Mapping[str, Any]) -> dict[str, Any]:
    """What the customer did not say is left out, so that it stays as it is on the platform."""
    row = {
        "address": user["email"],
        "password": user["password"],
        "name": _name(user),
        "quota_mb": user.get("quota_mb"),
    }
    return {key: value for key, value in row.items() if value not in ("", None)}


def _name(user: Mapping[str, Any]) -> str:
    return " ".join(part for part in (user.get("first_name"), user.get("last_name")) if part)
