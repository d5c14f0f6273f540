# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of archives, in words."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.outcome import archive_outcome
from ansible_collections.mailops.migration.plugins.module_utils.core.run_report import archive_report


def result(*, moved: int = 0, failures: list[dict[str, str]] | None = None, **more: Any) -> dict[str, Any]:
    moves = [{"target": "Archive.Leads.2023", "year": 2023, "messages": moved}] if moved else []
    return {
        "counts": {"moved": moved, "recovered": 0}, "folders": [{"folder": "Leads", "moves": moves}], "over": [],
        "failures": failures or [], "complete": True, **more,
    }  # fmt: skip


def test_what_moved_is_told_by_folder() -> None:
    outcome = archive_outcome(result(moved=1200), "anna@example.com", planned=False)
    assert (outcome.good, outcome.text) == (True, "archived 1,200 messages (1,200 of Leads)")
    assert archive_outcome(result(moved=1), "a@example.com", planned=True).text.startswith("would archive 1 message (")


def test_way_back_is_told_as_such() -> None:
    moves = [{"target": "Leads", "year": 0, "messages": 3}]
    back = {**result(moved=3), "folders": [{"folder": "Archive.Leads.2023", "moves": moves}]}
    text = archive_outcome(back, "a@example.com", planned=False).text
    assert text == "brought back 3 messages (3 of Archive.Leads.2023)"
    assert archive_outcome(back, "a@example.com", planned=True).text.startswith("would bring back 3 messages (")


def test_folder_that_stays_too_large_is_told_and_is_no_failure() -> None:
    over = [{"folder": "Sent", "messages": 12000, "reason": "12,000 messages are of the years that stay"}]
    outcome = archive_outcome(result(over=over), "anna@example.com", planned=False)
    assert outcome.good
    assert outcome.text == "Sent still holds 12,000: 12,000 messages are of the years that stay"


def test_failure_and_a_task_without_a_result_are_problems() -> None:
    failed = [{"folder": "Leads", "reason": "the mailbox is full", "remedy": "Raise its quota"}]
    assert not archive_outcome(result(failures=failed), "anna@example.com", planned=False).good
    assert not archive_outcome(result(complete=False), "anna@example.com", planned=False).good
    assert not archive_outcome({"msg": "unreachable"}, "anna@example.com", planned=False).good


def test_report_over_the_platform_tells_only_of_those_with_something_to_tell() -> None:
    outcomes = {
        name: [archive_outcome(found, name, planned=False)]
        for name, found in (("anna", result(moved=3)), ("bert", result()), ("zoe", {"msg": "login refused"}))
    }
    report = archive_report(outcomes, ["anna", "bert", "zoe", "gone"])
    assert list(report["bad"]) == ["zoe", "gone"]
    assert report["lines"][-1] == "4 mailboxes, 2 failed; 3 messages archived."
    assert not any("bert" in line for line in report["lines"])
