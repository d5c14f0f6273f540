# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the undo of a mailbox for the tests, in this process, as the module does."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.undo_task import run_undo, undo_spec

from tests.support.sync_runner import Migration, Result


def undo(migration: Migration, *, check: bool = False) -> Result:
    """The result of ``imap_undo``."""
    return undo_once(migration.arguments(), check=check)


def undo_once(arguments: dict[str, Any], *, check: bool = False) -> Result:
    """The same by the arguments of a pass."""
    given = {name: arguments[name] for name in ("mailbox", "state_dir", "destination")}
    checked = ArgumentSpecValidator(undo_spec()).validate(given)
    assert not checked.error_messages, checked.error_messages
    return run_undo(checked.validated_parameters, check=check)


def reasons(result: Result) -> dict[str, int]:
    """How many copies stay, by reason."""
    return {group["reason"].partition(":")[0]: group["count"] for group in result["left"]}
