# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs of the IMAP modules, and the values that the engine works with made from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.errors import ConfigurationError
from ..core.folders import FolderRules
from ..imap.endpoint import Endpoint
from ..sync.limits import Limits
from ..sync.request import SyncRequest

ENDPOINT_OPTIONS: dict[str, Any] = {
    "host": {"type": "str", "required": True},
    "port": {"type": "int"},
    "encryption": {"type": "str", "choices": ["tls", "starttls", "none"], "default": "tls"},
    "username": {"type": "str", "required": True},
    "password": {"type": "str", "no_log": True},
    "password_file": {"type": "path", "no_log": False},
    "auth": {"type": "str", "choices": ["login", "plain", "xoauth2", "oauthbearer"], "default": "login"},
    "authorization_id": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_file": {"type": "path"},
    "timeout": {"type": "float", "default": 120.0},
    "alias": {"type": "str"},
}

FOLDER_OPTIONS: dict[str, Any] = {
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "rename": {"type": "dict", "default": {}},
}

LIMIT_OPTIONS: dict[str, Any] = {
    "connections": {"type": "int", "default": 2},
    "server_connections": {"type": "int", "default": 0},
    "messages_per_second": {"type": "float", "default": 0.0},
    "bytes_per_day": {"type": "int", "default": 0},
    "deadline": {"type": "str"},
}


def endpoint_argument(*, required: bool = True) -> dict[str, Any]:
    """The argument ``source`` or ``destination``."""
    return {
        "type": "dict",
        "required": required,
        "options": ENDPOINT_OPTIONS,
        "mutually_exclusive": [("password", "password_file")],
        "required_one_of": [("password", "password_file")],
    }


def sync_spec() -> dict[str, Any]:
    """The argument spec of ``imap_sync``."""
    return {
        "mailbox": {"type": "str", "required": True},
        "source": endpoint_argument(),
        "destination": endpoint_argument(),
        "state_dir": {"type": "path", "required": True},
        "include_trash": {"type": "bool", "default": False},
        "include_junk": {"type": "bool", "default": False},
        "folders": {"type": "dict", "options": FOLDER_OPTIONS, "default": {}, "apply_defaults": True},
        "limits": {"type": "dict", "options": LIMIT_OPTIONS, "default": {}, "apply_defaults": True},
        "accepted": {"type": "list", "elements": "str", "default": []},
        "recopy": {"type": "bool", "default": False},
        "merge": {"type": "bool", "default": False},
    }


def sync_request(params: Mapping[str, Any], *, check: bool) -> SyncRequest:
    """The request that validated ``params`` of :func:`sync_spec` make. Raises :class:`ConfigurationError`."""
    return SyncRequest(
        mailbox=params["mailbox"],
        source=endpoint(params["source"], "source"),
        destination=endpoint(params["destination"], "destination"),
        state_dir=os.path.expanduser(params["state_dir"]),
        rules=folder_rules(params),
        limits=_limits(params["limits"] or {}),
        source_alias=params["source"].get("alias") or "",
        accepted=frozenset(digest.lower() for digest in params["accepted"] or ()),
        recopy=params["recopy"],
        merge=params["merge"],
        check=check,
    )


def folder_rules(params: Mapping[str, Any]) -> FolderRules:
    """What ``include_trash``, ``include_junk`` and ``folders`` say."""
    folders = params["folders"] or {}
    return FolderRules(
        params["include_trash"],
        params["include_junk"],
        tuple(folders.get("include") or ()),
        tuple(folders.get("exclude") or ()),
        tuple((folders.get("rename") or {}).items()),
    )


def endpoint(options: Mapping[str, Any], name: str) -> Endpoint:
    """One side's connection from validated options. Raises :class:`ConfigurationError`."""
    return Endpoint(
        host=options["host"],
        username=options["username"],
        password=_password(options, name),
        port=options.get("port") or 0,
        encryption=options["encryption"],
        auth=options["auth"],
        authorization_id=options.get("authorization_id") or "",
        validate_certs=options["validate_certs"],
        ca_file=options.get("ca_file") or "",
        timeout=options["timeout"],
    )


def _password(options: Mapping[str, Any], name: str) -> str:
    """The password, or what ``password_file`` holds without its last line end."""
    if options.get("password") is not None:
        return str(options["password"])
    path = os.path.expanduser(str(options["password_file"]))
    try:
        with open(path, encoding="utf-8", newline="") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the password file {path} cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8'})",
            where=f"{name}.password_file",
            remedy="Name a readable file that holds the password and nothing else",
        ) from None
    return text.removesuffix("\n").removesuffix("\r")


def _limits(options: Mapping[str, Any]) -> Limits:
    if (options.get("connections") or 1) < 1:
        raise ConfigurationError("it is below 1", where="limits.connections", remedy="Give the number of connections")
    return Limits(
        connections=options.get("connections") or 1,
        server_connections=options.get("server_connections") or 0,
        messages_per_second=options.get("messages_per_second") or 0.0,
        bytes_per_day=options.get("bytes_per_day") or 0,
        deadline=_deadline(options.get("deadline")),
    )


def _deadline(text: str | None) -> float | None:
    """Seconds since the epoch of an ISO 8601 time with zone."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} is not a point in time with its zone",
            where="limits.deadline",
            remedy="Write it as 2026-03-01T06:00:00+01:00",
        )
    return moment.timestamp()
