# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``imap_preflight_info`` share: look at both sides, make the result Ansible shows.

The result has the keys of a plan of ``imap_sync`` and some more, so that whoever reads a plan can read it.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ..audit.preflight import Known, Preflight, look_at_both
from ..core.errors import MigrationError, Stopped
from ..core.report_text import count, size
from ..sync.request import SyncRequest
from ..sync.slots import slots_of
from ..sync.supervise import Supervisor
from ..sync.tally import COUNTS
from .imap_arguments import sync_request, sync_spec
from .info_task import error_kind, migrated_size
from .result_texts import finished
from .step_log import LOG_ARGUMENT, logged

# More than that slows Outlook, says its maker.
MANY_FOLDERS = 500
SHOWN_LARGE = 200
# Of the options of imap_sync.
_OPTIONS = (
    "mailbox",
    "source",
    "destination",
    "state_dir",
    "include_trash",
    "include_junk",
    "folders",
    "gmail_labels",
    "limits",
    "slots_dir",
    "merge",
)
_GOOD = {"ok": True, "error": "", "reason": "", "remedy": ""}


def preflight_spec() -> dict[str, Any]:
    """The argument spec of ``imap_preflight_info``."""
    shared = sync_spec()
    return {
        **{name: shared[name] for name in _OPTIONS},
        "message_limit": {"type": "int", "default": 0},
        "log_dir": LOG_ARGUMENT,
    }


def run_preflight(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Look at the mailbox that validated ``params`` name, on both sides.

    ``check`` makes no difference: nothing is ever written. ``failed`` and ``msg`` are set when a pass would not do.
    """
    try:
        request = sync_request({**dict.fromkeys(sync_spec()), **params}, check=True)
    except MigrationError as error:
        unable = Preflight(None, None, error, None, None, Known({}), (), 0)
        return as_result(params["mailbox"], unable)

    if _is_over(request):
        return _not_begun(request.mailbox)

    def work() -> dict[str, Any]:
        try:
            with Supervisor(), slots_of(request).one(check=lambda: _stop_when_over(request)):
                found = look_at_both(request, params["message_limit"] or 0)
        except Stopped:
            return _not_begun(request.mailbox)
        except MigrationError as error:
            found = Preflight(None, None, error, None, None, Known({}), (), 0)
        return as_result(request.mailbox, found)

    sides = {"source": request.source, "destination": request.destination}
    answer = logged("preflight", params.get("log_dir"), request.mailbox, sides, work)
    return finished(answer, **sides)


def _is_over(request: SyncRequest) -> bool:
    return request.limits.deadline is not None and time.time() >= request.limits.deadline


def _stop_when_over(request: SyncRequest) -> None:
    """Nobody waits longer for a connection that other runs have."""
    if _is_over(request):
        raise Stopped("the deadline is reached", where=request.mailbox)


def _not_begun(mailbox: str) -> dict[str, Any]:
    """Without ``counts`` and ``logins``: nothing is known of the mailbox."""
    failure = _failure("not looked at: the time for this preflight is over", "Run it again; it looks at all anew")
    msg = f"{mailbox}: {failure['reason']}. {failure['remedy']}"
    return {"changed": False, "failed": True, "msg": msg, "failures": [failure], "warnings": [], "complete": False}


def as_result(mailbox: str, found: Preflight) -> dict[str, Any]:
    """The documented return values."""
    folders = _folders(found)
    failures = [*_errors(found), *_lack_of_space(found, folders)]
    counts = _counts(found, folders)
    answer: dict[str, Any] = {
        "changed": False,
        "logins": {
            "source": _login(found.source_error),
            "destination": _login(found.destination_error),
        },
        "counts": counts,
        "folders": folders,
        "excluded": _excluded(found),
        "folders_created": [pair.destination for pair in found.plan.pairs if pair.create] if found.plan else [],
        "folders_subscribed": [],
        "failures": failures,
        "warnings": _warnings(found),
        "complete": found.source is not None and (found.destination is not None or not found.destination_found),
        # Whether the mailbox is there matters only when there is something to bring.
        "destination_found": found.destination_found or found.source is None,
        "space": _space(found, counts["bytes"]),
        "quota": asdict(found.destination.quota) if found.destination and found.destination.quota else None,
        "message_limit": found.message_limit,
        "too_large": [asdict(each) for folder in found.large for each in folder.messages][:SHOWN_LARGE],
        "too_large_count": sum(folder.count for folder in found.large),
        "speed": dict(zip(("seconds", "messages", "octets"), found.known.speed, strict=True)),
        "sample": dict(zip(("seconds", "messages", "octets"), found.sample, strict=True)),
        "capabilities": {
            "source": list(found.source.capabilities) if found.source else [],
            "destination": list(found.destination.capabilities) if found.destination else [],
        },
    }
    if failures:
        answer["failed"] = True
        answer["msg"] = f"{mailbox}: {failures[0]['reason']}. {failures[0]['remedy']}".rstrip(". ")
    return answer


def _login(error: MigrationError | None) -> dict[str, Any]:
    if error is None:
        return dict(_GOOD)
    return {"ok": False, "error": error_kind(error), "reason": error.what, "remedy": error.remedy}


def _folders(found: Preflight) -> list[dict[str, Any]]:
    """The folders that are migrated. ``bytes`` is None where a folder's messages are only partly copied from it."""
    if found.source is None or found.plan is None:
        return []
    contents = {content.folder.name: content for content in found.source.folders}
    notes: dict[str, list[str]] = defaultdict(list)
    for remark in found.plan.remarks:
        for source in remark.sources:
            notes[source].append(remark.text)
    rows = []
    for pair in (pair for pair in found.plan.pairs if pair.selectable):
        content = contents[pair.source]
        settled, settled_octets = found.known.settled.get(pair.source, (0, 0))
        wanted = content.copied or 0
        whole = content.copied == content.messages and content.octets is not None
        rows.append(
            {
                "source": pair.source,
                "destination": pair.destination,
                "role": pair.role,
                "create": pair.create,
                "notes": notes[pair.source],
                "messages": content.messages,
                "size": content.octets,
                "copied": max(wanted - settled, 0),
                "bytes": max((content.octets or 0) - settled_octets, 0) if whole else None,
                "already_there": min(settled, wanted),
            }
        )
    return rows


def _excluded(found: Preflight) -> list[dict[str, Any]]:
    if found.source is None or found.plan is None:
        return []
    contents = {content.folder.name: content for content in found.source.folders}
    return [
        {
            "source": item.source,
            "reason": item.reason,
            "view": item.view,
            "role": contents[item.source].role,
            "messages": 0 if item.view else contents[item.source].messages or 0,
            "size": 0 if item.view else contents[item.source].octets or 0,
        }
        for item in found.plan.excluded
    ]


def _counts(found: Preflight, folders: list[dict[str, Any]]) -> dict[str, int]:
    """The keys of a pass. What is settled counts as there."""
    settled = sum(octets for _messages, octets in found.known.settled.values())
    octets = max((migrated_size(found.source) if found.source else 0) - settled, 0)
    excluded = sum(item["messages"] for item in _excluded(found))
    copied = sum(folder["copied"] for folder in folders)
    there = sum(folder["already_there"] for folder in folders)
    numbers = {"copied": copied, "bytes": octets if copied else 0, "already_there": there, "excluded": excluded}
    return {**dict.fromkeys(COUNTS, 0), "accepted": 0, "recovered": 0, "folders": len(folders), **numbers}


def _space(found: Preflight, needed: int) -> dict[str, Any]:
    """As a plan says it. What the destination has no room for is a failure, so ``room`` is left out here."""
    spread = found.source.spread if found.source else None
    further = (spread.extra_messages, spread.extra_octets) if spread else (0, 0)
    return {"needed": needed, "label_messages": further[0], "label_octets": further[1], "room": None}


def _errors(found: Preflight) -> list[dict[str, Any]]:
    errors = [found.source_error, found.journal_error]
    errors += [found.destination_error] if found.destination_found else []
    return [
        _failure(f"{error.where}: {error.what}" if error.where else error.what, error.remedy)
        for error in errors
        if error is not None
    ]


def _lack_of_space(found: Preflight, folders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    limits = found.destination.quota if found.destination else None
    if limits is None:
        return []
    counts, failures = _counts(found, folders), []
    labels = _space(found, counts["bytes"])["label_octets"]
    choice = ", leave folders out, or choose another gmail_labels" if labels else ", or leave folders out"
    remedy = f"Raise its quota before the first pass{choice}"
    room, places = max(limits.limit - limits.used, 0), max(limits.message_limit - limits.messages, 0)
    if limits.limit and counts["bytes"] > room:
        text = f"the destination has room for {size(room)}, and {size(counts['bytes'])} are to be copied"
        text += f", {size(labels)} of them further copies for labels" if labels else ""
        failures.append(_failure(text, remedy))
    if limits.message_limit and counts["copied"] > places:
        text = f"the destination has room for {count(places, 'message')}, and {counts['copied']:,} are to be copied"
        failures.append(_failure(text, remedy))
    return failures


def _failure(reason: str, remedy: str) -> dict[str, Any]:
    return {"folder": "", "uid": 0, "kind": "failed", "reason": reason, "remedy": remedy, "digest": ""}


def _warnings(found: Preflight) -> list[str]:
    warnings = [*found.source.warnings, *_unread(found)] if found.source else []
    if not found.destination_found and found.destination_error:
        warnings.append(f"not at the destination yet ({found.destination_error.what}); planned against an empty one")
    warnings += [f"{folder.folder}: {folder.problem}" for folder in found.large if folder.problem]
    large = sum(folder.count for folder in found.large)
    if large:
        limit = size(found.message_limit)
        warnings.append(f"{count(large, 'message')} larger than {limit}, the most that the destination takes in one")
    folders = _folders_then(found)
    if folders > MANY_FOLDERS:
        warnings.append(f"{folders:,} folders at the destination then; more than {MANY_FOLDERS} slow Outlook")
    return warnings


def _unread(found: Preflight) -> list[str]:
    contents = found.source.folders if found.source else ()
    return [f"{content.folder.name}: {content.problem}" for content in contents if content.problem]


def _folders_then(found: Preflight) -> int:
    there = {folder.name for folder in found.destination.side.folders} if found.destination else set()
    return len(there | {pair.destination for pair in found.plan.pairs}) if found.plan else 0
