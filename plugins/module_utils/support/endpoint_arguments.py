# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The options ``source`` and ``destination``, and the endpoints that the engine works with made from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigurationError
from ..core.providers import TOKEN_URLS, provider_of
from ..imap.endpoint import TOKEN_AUTHS, Endpoint
from ..oauth.grants import GRANTS, MICROSOFT_AUTHORITY, OAuth, fetcher, refresh_token_of
from ..oauth.tokens import TokenSource
from .dependencies import missing_text

OAUTH_OPTIONS: dict[str, Any] = {
    "grant": {"type": "str", "choices": list(GRANTS), "required": True},
    "token_url": {"type": "str", "no_log": False},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "client_secret_file": {"type": "path", "no_log": False},
    "refresh_token": {"type": "str", "no_log": True},
    "refresh_token_file": {"type": "path", "no_log": False},
    "scope": {"type": "str"},
    "tenant": {"type": "str"},
    "authority": {"type": "str", "default": MICROSOFT_AUTHORITY},
    "certificate": {"type": "str", "no_log": True},
    "certificate_file": {"type": "path", "no_log": False},
    "key": {"type": "json", "no_log": True},
    "key_file": {"type": "path", "no_log": False},
    "subject": {"type": "str"},
    "ca_file": {"type": "path"},
}

_OF_CLIENT = ["client_secret", "client_secret_file", "certificate", "certificate_file"]

OAUTH_ARGUMENT: dict[str, Any] = {
    "type": "dict",
    "options": OAUTH_OPTIONS,
    "mutually_exclusive": [
        tuple(_OF_CLIENT),
        ("refresh_token", "refresh_token_file"),
        ("key", "key_file"),
        ("tenant", "token_url"),
    ],
    "required_if": [
        ("grant", "refresh_token", ["client_id"]),
        ("grant", "client_credentials", ["client_id"]),
        ("grant", "client_credentials", ["tenant", "token_url"], True),
        ("grant", "client_credentials", _OF_CLIENT, True),
        ("grant", "service_account", ["key", "key_file"], True),
    ],
}

ENDPOINT_OPTIONS: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "encryption": {"type": "str", "choices": ["tls", "starttls", "none"], "default": "tls"},
    "username": {"type": "str", "required": True},
    "other_username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "auth": {"type": "str", "choices": ["login", "plain", "xoauth2", "oauthbearer"], "default": "login"},
    "oauth": OAUTH_ARGUMENT,
    "authorization_id": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_file": {"type": "path"},
    "timeout": {"type": "float", "default": 120.0},
    "alias": {"type": "str"},
}

# What a secret may be read from, by the option that it stands for.
_IN_FILES = ("client_secret", "refresh_token", "certificate", "key")
_LIBRARIES = {"service_account": "google.oauth2.service_account", "client_credentials": "msal"}


def endpoint_argument(*, required: bool = True) -> dict[str, Any]:
    """The argument ``source`` or ``destination``."""
    return {
        "type": "dict",
        "required": required,
        "options": ENDPOINT_OPTIONS,
        "mutually_exclusive": [("password", "password_file")],
        "required_one_of": [("password", "password_file", "oauth")],
    }


def endpoint(options: Mapping[str, Any], name: str) -> Endpoint:
    """One side's connection from validated options. Raises :class:`ConfigurationError`."""
    password = _password(options, name)
    return Endpoint(
        host=options["host"],
        username=options["username"],
        other_username=options.get("other_username") or "",
        password=password,
        port=options.get("port") or 0,
        encryption=options["encryption"],
        auth=options["auth"],
        authorization_id=options.get("authorization_id") or "",
        validate_certs=options["validate_certs"],
        ca_file=options.get("ca_file") or "",
        timeout=options["timeout"],
        tokens=_tokens(options, password, name),
    )


def _password(options: Mapping[str, Any], name: str) -> str:
    if options.get("password") is not None:
        return str(options["password"])
    if options.get("password_file"):
        return secret_file(options["password_file"], f"{name}.password_file")
    return ""


def _tokens(options: Mapping[str, Any], password: str, name: str) -> TokenSource | None:
    given = options.get("oauth")
    if not given:
        return None
    if options["auth"] not in TOKEN_AUTHS:
        raise ConfigurationError(
            f"oauth is given, and auth is {options['auth']}", where=name, remedy="Set auth: xoauth2 (or oauthbearer)"
        )
    oauth = _oauth(given, options, password, f"{name}.oauth")
    library = "" if oauth.token_url else _LIBRARIES.get(oauth.grant, "")
    missing = missing_text(library) if library else ""
    if missing:
        raise ConfigurationError(missing, where=f"{name}.oauth")
    refresh_token = refresh_token_of(oauth)
    return TokenSource(fetcher(oauth, refresh_token), refresh_token)


def _oauth(given: Mapping[str, Any], options: Mapping[str, Any], password: str, name: str) -> OAuth:
    """The settings, secrets read from their files. A refresh token may also stand as the side's password."""
    secrets = {option: _secret(given, option, name) for option in _IN_FILES}
    is_refresh = given["grant"] == "refresh_token"
    if is_refresh:
        secrets["refresh_token"] = secrets["refresh_token"] or password
    known_url = TOKEN_URLS.get(provider_of(options["host"]), "") if is_refresh else ""
    oauth = OAuth(
        grant=given["grant"],
        token_url=given.get("token_url") or known_url,
        client_id=given.get("client_id") or "",
        scope=given.get("scope") or "",
        tenant=given.get("tenant") or "",
        authority=given.get("authority") or MICROSOFT_AUTHORITY,
        subject=given.get("subject") or options["username"],
        ca_file=given.get("ca_file") or "",
        refresh_token_file=given.get("refresh_token_file") or "",
        **secrets,
    )
    for option in ("token_url", "refresh_token") if is_refresh else ():
        if not getattr(oauth, option):
            raise ConfigurationError(f"{option} is missing", where=name, remedy=f"Give {option}")
    return oauth


def _secret(given: Mapping[str, Any], option: str, name: str) -> str:
    path = given.get(f"{option}_file")
    return secret_file(path, f"{name}.{option}_file") if path else str(given.get(option) or "")


def secret_file(path: str, where: str) -> str:
    """What the file holds without the mark of its encoding and without its last line end."""
    path = os.path.expanduser(str(path))
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the file {path} cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'})",
            where=where,
            remedy="Name a readable file that holds the secret and nothing else",
        ) from None
    return text.removesuffix("\n").removesuffix("\r")
