# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the audit of a mailbox for the tests, in this process, as the module does."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import compare_spec, run_compare

from tests.support.sync_runner import Migration, Result


def compare(migration: Migration, *, journal: bool = True, **changes: Any) -> Result:
    """The result of ``mailbox_compare_info``; without ``journal`` it is not told where the journal is."""
    arguments = migration.arguments(**changes)
    if not journal:
        del arguments["state_dir"]
    checked = ArgumentSpecValidator(compare_spec()).validate(arguments)
    assert not checked.error_messages, checked.error_messages
    return run_compare(checked.validated_parameters, check=False)


def told(result: Result) -> list[tuple[str, str]]:
    """Kind and folder of what is not explained; the counts say the same."""
    found = [(item["kind"], item["folder"]) for item in result["differences"]]
    kinds = Counter(kind for kind, _unused in found)
    assert {kind: result["counts"][kind] for kind in kinds} == kinds
    assert result["passed"] is (not found)
    return sorted(found)


def explained(result: Result) -> list[tuple[str, str, int]]:
    """Kind, reason and number of what is explained."""
    return sorted((group["kind"], group["reason"], group["count"]) for group in result["explanations"])
