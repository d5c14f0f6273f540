# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module client_setup: files are made in memory, held against those that are there, written where they differ."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.clients.files import MAILBOX_FILES, setup_files
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
    departed = sorted(_departed(params["dest"], files)) if params["remove_departed"] else []
    failures = [] if check else [text for change in changes if (text := _write(params["dest"], change))]
    failures += [] if check else [text for path in departed if (text := _remove(params["dest"], path))]
    return {
        "changed": len(changes) + len(departed) > len(failures),
        "failed": bool(failures),
        "msg": failures[0] if failures else "",
        "failures": failures,
        "dest": params["dest"],
        "files": len(files),
        "written": [change.path for change in changes],
        "removed": departed,
        **({"diff": _diff(changes, departed)} if diff else {}),
    }


def _change(dest: str, path: str, data: bytes) -> Change | None:
    try:
        with open(os.path.join(dest, path), "rb") as file:
            before = file.read()
    except OSError:
        before = None
    return None if before == data else Change(path, before, data)


def _departed(dest: str, files: Iterable[str]) -> Iterator[str]:
    """The files of mailboxes that the ticket no longer names; what others put beside them is not among them."""
    folders = {os.path.dirname(path) for path in files}
    for domain in {path.split("/")[0] for path in files}:
        place = f"{domain}/mailboxes"
        for name in _folders(os.path.join(dest, place)):
            paths = (f"{place}/{name}/{file}" for file in MAILBOX_FILES if f"{place}/{name}" not in folders)
            yield from (path for path in paths if os.path.lexists(os.path.join(dest, path)))


def _folders(path: str) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _remove(dest: str, path: str) -> str:
    """Why the file could not be removed. Its folder goes with the last file."""
    whole = os.path.join(dest, path)
    try:
        os.unlink(whole)
    except OSError as error:
        return f"{whole} could not be removed ({error.strerror}). See to its folder and run this again."
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(whole))
    return ""


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


def _diff(changes: list[Change], departed: list[str]) -> list[dict[str, str]]:
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
    gone = "".join(f"{path}\n" for path in departed)
    lists = [("", "further files", "", rest), ("files of mailboxes that left", "", gone, "")]
    names = ("before_header", "after_header", "before", "after")
    return [*shown, *(dict(zip(names, each, strict=True)) for each in lists if any(each[2:]))]
