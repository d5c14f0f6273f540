# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``mailbox_archive`` share: archive the mailbox, make the result Ansible shows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..archive.engine import archive_mailbox
from ..archive.request import ArchiveRequest, ArchiveResult, Failed, FolderResult
from ..core.archive_plan import KEPT_YEARS, TEMPLATE, THRESHOLD, ArchiveRules, checked
from ..core.errors import ConfigurationError, MigrationError
from ..core.report_text import count
from ..sync.supervise import Supervisor
from .endpoint_arguments import endpoint, endpoint_argument
from .imap_arguments import deadline_seconds
from .result_texts import finished
from .step_log import LOG_ARGUMENT, logged


def archive_spec() -> dict[str, Any]:
    """The argument spec of ``mailbox_archive``."""
    return {
        "mailbox": {"type": "str", "required": True},
        "destination": endpoint_argument(),
        "state_dir": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "threshold": {"type": "int", "default": THRESHOLD},
        "kept_years": {"type": "int", "default": KEPT_YEARS},
        "timezone": {"type": "str", "default": "UTC"},
        "template": {"type": "str", "default": TEMPLATE},
        "exempt": {"type": "list", "elements": "str", "default": []},
        "deadline": {"type": "str"},
        "log_dir": LOG_ARGUMENT,
    }


def run_archive(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Archive the mailbox that validated ``params`` name. ``failed`` and ``msg`` are set when something is left."""
    try:
        request = archive_request(params, check=check)
    except MigrationError as error:
        unable = ArchiveResult(failures=[Failed("", f"{error.where}: {error.what}", error.remedy)])
        return as_result(params["mailbox"], unable)

    def work() -> dict[str, Any]:
        with Supervisor() as supervisor:
            result = archive_mailbox(request, stopped=supervisor.stopped)
        return {**as_result(request.mailbox, result), "diff": _diff(request.mailbox, result)}

    sides = {"destination": request.server}
    answer = logged("archive", None if check else params.get("log_dir"), request.mailbox, sides, work)
    return finished(answer, **sides)


def archive_request(params: Mapping[str, Any], *, check: bool) -> ArchiveRequest:
    """The request that validated ``params`` make. Raises :class:`ConfigurationError`."""
    rules = ArchiveRules(params["threshold"], params["kept_years"], params["template"], tuple(params["exempt"] or ()))
    return ArchiveRequest(
        mailbox=params["mailbox"],
        server=endpoint(params["destination"], "destination"),
        state_dir=os.path.expanduser(params["state_dir"]),
        rules=checked(rules),
        zone=_zone(params["timezone"]),
        bring_back=params["state"] == "absent",
        check=check,
        deadline=deadline_seconds(params["deadline"], "deadline"),
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(
            f"{name!r} is no time zone known here",
            where="timezone",
            remedy="Give a name such as Europe/Bucharest or UTC",
        ) from None


def as_result(mailbox: str, result: ArchiveResult) -> dict[str, Any]:
    """The documented return values."""
    folders = _merged(result.folders)
    answer: dict[str, Any] = {
        "changed": result.changed,
        "counts": {
            "moved": sum(folder.moved for folder in folders),
            "recovered": result.recovered,
            "undated": sum(folder.undated for folder in folders),
            "over": len(result.over),
            "folders": result.folder_count,
            "folders_created": len(result.folders_created),
        },
        "folders": [_folder(folder) for folder in folders],
        "over": [{"folder": name, "messages": messages, "reason": why} for name, messages, why in result.over],
        "folders_created": sorted(result.folders_created),
        "folders_removed": sorted(result.folders_removed),
        "failures": [asdict(failure) for failure in result.failures],
        "warnings": result.warnings,
        "interruptions": result.interruptions,
        "complete": result.complete,
    }
    if result.failed:
        answer["failed"] = True
        answer["msg"] = _message(mailbox, result)
    return answer


def _merged(folders: list[FolderResult]) -> list[FolderResult]:
    """One entry for each folder: an attempt that was broken off leaves one, and so do the several origins of one."""
    merged: dict[str, FolderResult] = {}
    for folder in folders:
        known = merged.get(folder.name)
        if known is None:
            merged[folder.name] = FolderResult(**vars(folder) | {"moves": list(folder.moves)})
            continue
        known.moves += folder.moves
        known.left = min(known.left, known.messages - known.moved)
        known.undated = folder.undated
    return [merged[name] for name in sorted(merged)]


def _folder(folder: FolderResult) -> dict[str, Any]:
    moves = [asdict(move) for move in folder.moves if move.messages]
    for move in moves:
        del move["origin"]
    return {
        "folder": folder.name,
        "messages": folder.messages,
        "left": folder.left,
        "undated": folder.undated,
        "exempt": folder.exempt,
        "moves": moves,
    }


def _message(mailbox: str, result: ArchiveResult) -> str:
    moved = f"{count(result.moved, 'message')} moved"
    if not result.failures:
        return f"{mailbox}: not complete; {moved}"
    first = result.failures[0]
    place = f"{first.folder}: " if first.folder else ""
    remedy = f". {first.remedy}" if first.remedy else ""
    more = f" (and {len(result.failures) - 1} more, see failures)" if len(result.failures) > 1 else ""
    return f"{mailbox}: {place}{first.reason}{remedy}{more}. {moved}"


def _diff(mailbox: str, result: ArchiveResult) -> dict[str, str]:
    """The folders that lose messages and those that get some, with their numbers."""
    before, after = [], []
    for folder in _merged(result.folders):
        if folder.moved:
            before.append(f"{folder.name}: {folder.messages} messages")
            after.append(f"{folder.name}: {folder.messages - folder.moved} messages")
            after += [f"{move.target}: {move.messages} more" for move in folder.moves if move.messages]
    before += [f"{name}: empty" for name in result.folders_removed]
    header = f"{mailbox}, archive"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{line}\n" for line in sorted(before)),
        "after": "".join(f"{line}\n" for line in sorted(after)),
    }
