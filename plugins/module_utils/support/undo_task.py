# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``imap_undo`` does: take back what the migration put into a mailbox, and make the result Ansible shows."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ..core.errors import ConfigurationError, MigrationError
from ..core.report_text import count
from ..sync.supervise import Supervisor
from ..sync.undo import Left, UndoRequest, UndoResult, undo_mailbox
from .endpoint_arguments import endpoint, endpoint_argument
from .result_texts import finished
from .step_log import LOG_ARGUMENT, logged

# At most so many copies that stay are shown one by one; all of them are counted.
SHOWN = 200


def undo_spec() -> dict[str, Any]:
    """The argument spec of ``imap_undo``."""
    return {
        "mailbox": {"type": "str", "required": True},
        "destination": endpoint_argument(),
        "state_dir": {"type": "path", "required": True},
        "log_dir": LOG_ARGUMENT,
    }


def run_undo(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Take back what the migration put into the mailbox that ``params`` name. ``failed`` and ``msg`` tell what is left
    though it should not be."""
    try:
        destination = endpoint(params["destination"], "destination")
    except ConfigurationError as error:
        return as_result(params["mailbox"], UndoResult(error=error), check=check)
    request = UndoRequest(params["mailbox"], destination, os.path.expanduser(params["state_dir"]), check)

    def work() -> dict[str, Any]:
        with Supervisor() as supervisor:
            result = undo_mailbox(request, stopped=supervisor.stopped)
        return as_result(request.mailbox, result, check=check)

    sides = {"destination": destination}
    answer = logged("undo", None if check else params.get("log_dir"), request.mailbox, sides, work)
    return finished(answer, **sides)


def as_result(mailbox: str, result: UndoResult, *, check: bool) -> dict[str, Any]:
    """The documented return values."""
    taken = {folder: number for folder, number in sorted(result.taken.items()) if number}
    answer: dict[str, Any] = {
        "changed": result.changed,
        "counts": {
            "taken_back": sum(taken.values()),
            "left": len(result.left),
            "folders_removed": len(result.folders_removed),
            "folders_left": len(result.folders_left),
        },
        "folders": [{"folder": folder, "taken_back": number} for folder, number in taken.items()],
        "left": _left(result.left),
        "folders_removed": sorted(result.folders_removed),
        "folders_left": [{"folder": name, "reason": why} for name, why in sorted(result.folders_left.items())],
        "failures": [
            {"folder": folder, "reason": error.what, "remedy": error.remedy or "Run again"}
            for folder, error in sorted(result.failures.items())
        ],
        "complete": result.error is None,
        "warnings": [],
        "diff": _diff(mailbox, taken, result),
    }
    errors = [*([result.error] if result.error else []), *result.failures.values()]
    if errors:
        verb = "would be" if check else "were"
        back = f"{count(answer['counts']['taken_back'], 'message')} {verb} taken back"
        answer.update(failed=True, msg=f"{mailbox}: {_text(errors[0])}. {back}")
    return answer


def _text(error: MigrationError) -> str:
    return error.text().removesuffix(".")


def _left(left: list[Left]) -> list[dict[str, Any]]:
    """Copies that stay by reason, the most frequent first; of each the first ones."""
    groups: dict[str, list[Left]] = defaultdict(list)
    for item in left:
        groups[item.reason].append(item)
    share = SHOWN // max(len(groups), 1)
    return [
        {
            "reason": reason,
            "count": len(items),
            "items": [{"folder": item.folder, "uid": item.uid} for item in items[:share]],
        }
        for reason, items in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]


def _diff(mailbox: str, taken: Mapping[str, int], result: UndoResult) -> dict[str, str]:
    removed = set(result.folders_removed)
    names = sorted({*taken, *removed})
    header = f"{mailbox}, migrated messages"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{name}: {taken.get(name, 0)} to be taken back\n" for name in names),
        "after": "".join(f"{name}: none\n" for name in names if name not in removed),
    }
