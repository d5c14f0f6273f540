# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Argument specs of the IMAP modules, and the values that the engine works with made from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..core.errors import ConfigurationError
from ..core.folders import FolderRules
from ..core.labels import POLICIES
from ..core.providers import provider_of
from ..sync.limits import Limits
from ..sync.request import SyncRequest
from .endpoint_arguments import endpoint, endpoint_argument

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
        "gmail_labels": {"type": "str", "choices": list(POLICIES), "default": POLICIES[0]},
        "limits": {"type": "dict", "options": LIMIT_OPTIONS, "default": {}, "apply_defaults": True},
        "slots_dir": {"type": "path"},
        "accepted": {"type": "list", "elements": "str", "default": []},
        "recopy": {"type": "bool", "default": False},
        "merge": {"type": "bool", "default": False},
        "progress_file": {"type": "path"},
    }


def sync_request(params: Mapping[str, Any], *, check: bool) -> SyncRequest:
    """The request that validated ``params`` of :func:`sync_spec` make. Raises :class:`ConfigurationError`."""
    return SyncRequest(
        mailbox=params["mailbox"],
        source=endpoint(params["source"], "source"),
        destination=endpoint(params["destination"], "destination"),
        state_dir=os.path.expanduser(params["state_dir"]),
        rules=folder_rules(params),
        limits=limits(params["limits"] or {}),
        source_alias=params["source"].get("alias") or "",
        accepted=frozenset(digest.lower() for digest in params["accepted"] or ()),
        recopy=params["recopy"],
        merge=params["merge"],
        slots_dir=slots_dir(params),
        check=check,
    )


def folder_rules(params: Mapping[str, Any]) -> FolderRules:
    """What the options on folders and labels say, and what the source's provider is known for."""
    folders = params["folders"] or {}
    return FolderRules(
        params["include_trash"],
        params["include_junk"],
        tuple(folders.get("include") or ()),
        tuple(folders.get("exclude") or ()),
        tuple((folders.get("rename") or {}).items()),
        params["gmail_labels"],
        exchange=provider_of(params["source"]["host"]) == "microsoft365",
    )


def slots_dir(params: Mapping[str, Any]) -> str:
    """The folder in which runs count their connections, empty where none is named."""
    return os.path.expanduser(params.get("slots_dir") or "")


def limits(options: Mapping[str, Any]) -> Limits:
    """The bounds that validated options say. Raises :class:`ConfigurationError`."""
    if (options.get("connections") or 1) < 1:
        raise ConfigurationError("it is below 1", where="limits.connections", remedy="Give the number of connections")
    return Limits(
        connections=options.get("connections") or 1,
        server_connections=options.get("server_connections") or 0,
        messages_per_second=options.get("messages_per_second") or 0.0,
        bytes_per_day=options.get("bytes_per_day") or 0,
        deadline=deadline_seconds(options.get("deadline"), "limits.deadline"),
    )


def deadline_seconds(text: str | None, where: str) -> float | None:
    """Seconds since the epoch of an ISO 8601 time with zone, given as the option ``where``; empty is none."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"{text!r} is not a point in time with its zone",
            where=where,
            remedy="Write it as 2026-03-01T06:00:00+01:00",
        )
    return moment.timestamp()
