# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module client_setup: files are made in memory, held against those that are there, written where they differ."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.clients.files import setup_files
from ansible_collections.mailops.migration.plugins.module_utils.clients.page import Agreed
from ansible_collections.mailops.migration.plugins.module_utils.clients.provider import Mailbox
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import Texts

# A change of the provider's servers changes all files of a ticket in the same way: a few show it.
_SHOWN_FILES = 20


@dataclass(frozen=True)
class Change:
    """A file that is to be written; ``before`` is None where none can be read."""

    path: str
    before: bytes | None
    after: bytes


def write_setup(params: Mapping[str, Any], *, check: bool, diff: bool) -> dict[str, Any]:
    """The result of client_setup. Raises :class:`ConfigurationError`; what could not be written is in ``failures``."""
    files = setup_files(
        params["provider"],
        params["domains"],
        [Mailbox(row["address"].strip(), (row["name"] or "").strip()) for row in params["mailboxes"]],
        Agreed(params["include_trash"], params["include_junk"], params["archive_threshold"]),
        Texts(params["language"]),
    )
    changes = [change for path, data in sorted(files.items()) if (change := _change(params["dest"], path, data))]
    failures = [] if check else [text for change in changes if (text := _write(params["dest"], change))]
    return {
        "changed": len(changes) > len(failures),
        "failed": bool(failures),
        "msg": failures[0] if failures else "",
        "failures": failures,
        "dest": params["dest"],
        "files": len(files),
        "written": [change.path for change in changes],
        **({"diff": _diff(changes)} if diff else {}),
    }


def _change(dest: str, path: str, data: bytes) -> Change | None:
    try:
        with open(os.path.join(dest, path), "rb") as file:
            before = file.read()
    except OSError:
        before = None
    return None if before == data else Change(path, before, data)


def _write(dest: str, change: Change) -> str:
    """Why the file could not be written. It is there as a whole or as it was."""
    path = os.path.join(dest, change.path)
    fresh = f"{path}.new"
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        with open(fresh, "wb") as file:
            file.write(change.after)
            os.fchmod(file.fileno(), 0o644)
        os.replace(fresh, path)
    except OSError as error:
        return f"{path} could not be written ({error.strerror}). See to its folder and run this again."
    return ""


def _diff(changes: list[Change]) -> list[dict[str, str]]:
    shown = [
        {
            "before_header": change.path,
            "after_header": change.path,
            "before": "" if change.before is None else change.before.decode("utf-8", "replace"),
            "after": change.after.decode("utf-8"),
        }
        for change in changes[:_SHOWN_FILES]
    ]
    rest = "".join(f"{change.path}\n" for change in changes[_SHOWN_FILES:])
    return [*shown, {"before_header": "", "after_header": "further files", "before": "", "after": rest}][
        : None if rest else -1
    ]
