# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The destination's master login: one secret of the provider's opens every mailbox; the customer's never does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import ConfigurationError

_PASSED_ON = ("host", "port", "encryption", "validate_certs", "ca_file", "timeout", "alias")
_OWN = ("master_user", "master_password", "master_password_file", "master_separator", "master_login")
LOGINS = ("separator", "master_first", "authzid")
_WHERE = "mailops_destination"


def master_login(destination: Mapping[str, Any], mailbox: str) -> dict[str, Any]:
    """The option ``destination`` of ``imap_sync`` for ``mailbox``. Raises ConfigurationError, which holds no secret."""
    _check(destination)
    passed_on = {name: destination[name] for name in _PASSED_ON if destination.get(name) is not None}
    secret = "password" if destination.get("master_password") else "password_file"
    return {**passed_on, **_names(destination, mailbox), secret: destination[f"master_{secret}"]}


def _check(destination: Mapping[str, Any]) -> None:
    unknown = sorted(set(destination) - {*_PASSED_ON, *_OWN})
    if unknown:
        raise ConfigurationError(
            f"has the unknown key {unknown[0]}", where=_WHERE, remedy=f"Known are {', '.join((*_PASSED_ON, *_OWN))}"
        )
    for name in ("host", "master_user"):
        if not destination.get(name):
            raise ConfigurationError(f"{name} is missing", where=_WHERE, remedy=f"Set {_WHERE}.{name} in group_vars")
    if bool(destination.get("master_password")) == bool(destination.get("master_password_file")):
        raise ConfigurationError(
            "should have either master_password or master_password_file",
            where=_WHERE,
            remedy="Put the master password into an ansible-vault file, or name a file that holds it",
        )
    if destination.get("master_login", LOGINS[0]) not in LOGINS:
        raise ConfigurationError("master_login is unknown", where=_WHERE, remedy=f"Known are {', '.join(LOGINS)}")


def _names(destination: Mapping[str, Any], mailbox: str) -> dict[str, str]:
    """Who logs in, for whom: in one name with a separator, in either order, or by SASL PLAIN (RFC 4616)."""
    master = str(destination["master_user"])
    if destination.get("master_login") == "authzid":
        return {"auth": "plain", "username": master, "authorization_id": mailbox}
    if destination.get("master_login") == "master_first":
        return {"username": f"{master}{destination.get('master_separator') or '/'}{mailbox}"}
    return {"username": f"{mailbox}{destination.get('master_separator') or '*'}{master}"}
