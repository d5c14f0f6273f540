# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The login at the server of contacts and calendars: one secret of the provider's opens every mailbox's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ConfigurationError

_PASSED_ON = ("url", "domain", "principal", "encryption", "ca_file", "timeout")
_SECRETS = ("password", "password_file")
# Not of the login, but of what is made there; see role contacts_calendars.
_OTHERS = ("address_book", "calendar", "connections", "nameservers")
_WHERE = "mailops_dav"


def dav_login(server: Mapping[str, Any], mailbox: str) -> dict[str, Any]:
    """The option ``destination`` of ``dav_import`` for ``mailbox``. Raises ConfigurationError, which holds no secret.

    ``{user}``, ``{local}`` and ``{domain}`` in ``username`` stand for the mailbox's address and its parts.
    """
    _check(server)
    secret = next(name for name in _SECRETS if server.get(name))
    passed_on = {name: server[name] for name in _PASSED_ON if server.get(name) is not None}
    return {**passed_on, "username": _filled(str(server["username"]), mailbox), secret: server[secret]}


def _check(server: Mapping[str, Any]) -> None:
    if not server:
        raise ConfigurationError(
            "the ticket holds contacts or calendars, and no server for them is known",
            where=_WHERE,
            remedy=f"Set {_WHERE} in group_vars (docs/platform.md), or take the files out of the ticket",
        )
    known = ("username", *_SECRETS, *_PASSED_ON, *_OTHERS)
    unknown = sorted(set(server) - set(known))
    if unknown:
        raise ConfigurationError(
            f"has the unknown key {unknown[0]}", where=_WHERE, remedy=f"Known are {', '.join(known)}"
        )
    if not server.get("username"):
        raise ConfigurationError(
            "username is missing",
            where=_WHERE,
            remedy="Name the login that acts for the users, such as dav-admin or {user}*migrate",
        )
    if bool(server.get("password")) == bool(server.get("password_file")):
        raise ConfigurationError(
            "should have either password or password_file",
            where=_WHERE,
            remedy="Put the password into an ansible-vault file, or name a file that holds it",
        )


def _filled(template: str, mailbox: str) -> str:
    local, _at, domain = mailbox.rpartition("@")
    for name, value in (("{user}", mailbox), ("{local}", local), ("{domain}", domain)):
        template = template.replace(name, value)
    return template
