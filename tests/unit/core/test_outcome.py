# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Results of modules become a sentence, and problems with reason and remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.outcome import (
    SHOWN_PROBLEMS,
    Outcome,
    sync_outcome,
    undo_outcome,
    verify_outcome,
)

ANNA = "anna@example.com"
COUNTS = ("copied", "bytes", "flags_updated", "already_there", "matched", "moved", "excluded", "accepted", "recovered")


def sync_result(**changes: Any) -> dict[str, Any]:
    """What imap_sync returns for a pass in which nothing happened, with the counts and keys that are given."""
    counts = {name: changes.pop(name, 0) for name in COUNTS}
    result = {"counts": {"folders": 3, **counts}, "folders_created": [], "excluded": [], "failures": []}
    return {**result, "complete": True, "destination_found": True, **changes}


def failure(**changes: Any) -> dict[str, Any]:
    return {"folder": "INBOX", "uid": 17, "kind": "refused", "reason": "too large", "remedy": "Accept it", **changes}


def test_copying_is_told_in_numbers() -> None:
    result = sync_result(copied=1184, bytes=23_400_000, already_there=2, folders_created=["A"])
    outcome = sync_outcome(result, ANNA, planned=False)
    assert outcome.good
    assert outcome.text == "copied 1,184 messages (23.4 MB) of 3 folders; 1 new folder; 2 were there already"


def test_plan_says_would() -> None:
    outcome = sync_outcome(sync_result(copied=1, bytes=5), ANNA, planned=True)
    assert (outcome.planned, outcome.text) == (True, "would copy 1 message (5 bytes) of 3 folders")


def test_folders_left_out_are_named_when_something_happened() -> None:
    left_out = [{"source": "Trash", "messages": 5, "reason": ""}, {"source": "Junk", "messages": 0, "reason": ""}]
    outcome = sync_outcome(sync_result(copied=1), ANNA, planned=False)
    assert "left out" not in outcome.text
    result = sync_result(copied=1)
    result["counts"]["excluded"], result["excluded"] = 5, left_out
    assert sync_outcome(result, ANNA, planned=False).text.endswith("; 5 left out (Trash)")


def test_pass_without_news_says_what_is_there() -> None:
    assert sync_outcome(sync_result(already_there=7), ANNA, planned=False).text == "nothing new; 7 messages there"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("flags_updated", "flags of 3 brought up to date"),
        ("moved", "3 moved along with their originals"),
        ("matched", "3 found there by their content"),
        ("recovered", "3 of an interrupted run found there"),
    ],
)
def test_everything_that_was_done_is_told(name: str, words: str) -> None:
    assert sync_outcome(sync_result(**{name: 3}), ANNA, planned=False).text == words


def test_failures_keep_their_place_reason_and_remedy() -> None:
    whole = failure(folder="", uid=0, reason="login refused", remedy="Correct it")
    outcome = sync_outcome(sync_result(failures=[failure(), failure(uid=0), whole]), ANNA, planned=False)
    assert not outcome.good
    assert [problem.text() for problem in outcome.problems] == [
        "INBOX (uid 17): too large. Accept it.",
        "INBOX: too large. Accept it.",
        "login refused. Correct it.",
    ]


def test_thousands_of_failures_are_counted_and_the_first_ones_kept() -> None:
    outcome = sync_outcome(sync_result(failures=[failure(uid=n) for n in range(1, 3001)]), ANNA, planned=False)
    assert (len(outcome.problems), outcome.problem_count) == (SHOWN_PROBLEMS, 3000)


def test_incomplete_pass_is_not_good_even_without_a_named_failure() -> None:
    outcome = sync_outcome(sync_result(complete=False), ANNA, planned=False)
    assert (outcome.good, outcome.complete, outcome.text) == (False, False, "")
    assert outcome.problems[0].remedy


def test_task_that_never_began_is_a_failure_with_its_message() -> None:
    outcome = sync_outcome({"msg": "the worker cannot be reached", "unreachable": True}, ANNA, planned=False)
    assert (outcome.good, outcome.complete) == (False, False)
    assert outcome.problems[0].reason == "the worker cannot be reached"
    assert sync_outcome({}, ANNA, planned=False).problems[0].remedy


def verify_result(**changes: Any) -> dict[str, Any]:
    return {"passed": True, "counts": {"missing": 0}, "differences": [], "explanations": [], **changes}


def test_pass_names_what_the_journal_explains() -> None:
    explanations = [{"kind": "missing", "reason": "deleted by its user", "count": 2, "items": []}]
    outcome = verify_outcome(verify_result(explanations=explanations), ANNA)
    assert (outcome.good, outcome.text) == (True, "PASS; explained: 2 (deleted by its user)")


def test_fail_lists_each_difference() -> None:
    difference = {"kind": "missing", "folder": "INBOX", "uid": 5, "reason": "not at the destination"}
    outcome = verify_outcome(verify_result(passed=False, differences=[difference]), ANNA)
    assert (outcome.good, outcome.text) == (False, "FAIL, 1 difference")
    assert outcome.problems[0].text() == "missing: INBOX (uid 5): not at the destination."


def test_comparison_that_could_not_read_a_side_is_a_failure() -> None:
    outcome = verify_outcome(verify_result(passed=False, msg="anna: not compared: no route"), ANNA)
    assert (outcome.good, outcome.complete) == (False, False)
    assert outcome.problems[0].reason == "anna: not compared: no route"
    assert not verify_outcome({"msg": "no such module"}, ANNA).good


def test_outcome_survives_the_way_through_facts() -> None:
    outcome = sync_outcome(sync_result(failures=[failure()]), ANNA, planned=True)
    assert Outcome.from_dict(json.loads(json.dumps(outcome.as_dict()))) == outcome


def test_plan_tells_what_labels_add_and_what_does_not_fit() -> None:
    space = {"needed": 5_000_000, "label_messages": 210, "label_octets": 2_000_000, "room": 4_000_000}
    outcome = sync_outcome(sync_result(copied=900, bytes=5_000_000, space=space), ANNA, planned=True)
    assert outcome.text == (
        "would copy 900 messages (5.0 MB) of 3 folders; 210 further copies (2.0 MB) of it for messages with several"
        " labels; the destination has room for 4.0 MB only: raise its quota"
    )


def test_plan_that_fits_says_nothing_of_space() -> None:
    space = {"needed": 5, "label_messages": 0, "label_octets": 0, "room": None}
    outcome = sync_outcome(sync_result(copied=1, bytes=5, space=space), ANNA, planned=True)
    assert outcome.text == "would copy 1 message (5 bytes) of 3 folders"


def test_undo_is_told_with_what_stays_and_why() -> None:
    result = {
        "counts": {"taken_back": 12, "folders_removed": 1},
        "left": [{"reason": "its flags were changed at the destination", "count": 2, "items": []}],
        "folders_left": [{"folder": "Leads", "reason": "it holds 2 messages that stay"}],
        "complete": True,
    }
    outcome = undo_outcome(result, "anna@example.com", planned=False)
    assert outcome.good
    assert outcome.text == (
        "took back 12 messages and 1 folder; 2 stay: its flags were changed at the destination;"
        " Leads stays: it holds 2 messages that stay"
    )
    failed = undo_outcome({**result, "failed": True, "msg": "no UIDPLUS"}, "anna@example.com", planned=True)
    assert (failed.good, failed.problems[0].reason) == (False, "no UIDPLUS")


def test_manifest_that_was_changed_is_the_first_problem() -> None:
    proof = {"fault": "the manifest x was changed", "here": 1, "messages": 1, "depth": "full"}
    result = {"passed": False, "differences": [], "explanations": [], "counts": {}, "proof": proof}
    outcome = verify_outcome(result, "anna@example.com")
    assert (outcome.good, outcome.problems[0].reason) == (False, "the manifest x was changed")
