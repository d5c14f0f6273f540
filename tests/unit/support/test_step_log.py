# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps other than passes in the mailbox's log."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.support.step_log import SHOWN, logged
from ansible_collections.mailops.migration.plugins.module_utils.sync.log import log_path

ANNA = "anna@example.com"
SECRET = "spring rain 2021"
SIDES = {"source": Endpoint("127.0.0.1", username=ANNA, password=SECRET)}


def told(folder: Path, answer: dict[str, Any], step: str = "archive") -> list[dict[str, Any]]:
    assert logged(step, str(folder), ANNA, SIDES, lambda: answer) == answer
    lines = Path(log_path(str(folder), ANNA)).read_text().splitlines()
    return [json.loads(line) for line in lines]


def test_step_is_told_from_its_begin_to_its_end_with_what_went_wrong(tmp_path: Path) -> None:
    failure = {"folder": "INBOX", "reason": f"NO {SECRET} is wrong", "remedy": "look"}
    answer = {"complete": False, "failed": True, "msg": "x", "counts": {"moved": 3, "over": 0}, "failures": [failure],
              "warnings": ["slow"]}  # fmt: skip
    lines = told(tmp_path, answer)
    assert [line["event"] for line in lines] == ["archive_begin", "failure", "warning", "archive_end"]
    assert (lines[1]["folder"], lines[-1]["outcome"], lines[-1]["moved"]) == ("INBOX", "incomplete", 3)
    assert "over" not in lines[-1] and SECRET not in json.dumps(lines)
    assert lines[0]["source"].startswith(ANNA)


@pytest.mark.parametrize(("passed", "outcome"), [(True, "pass"), (False, "fail")])
def test_comparison_tells_its_verdict_and_each_difference(tmp_path: Path, passed: bool, outcome: str) -> None:
    difference = {"kind": "missing", "folder": "INBOX", "uid": 7, "reason": "not there", "digest": "ab"}
    rows = [] if passed else [difference] * (SHOWN + 5)
    lines = told(tmp_path, {"passed": passed, "counts": {"missing": len(rows)}, "differences": rows}, "verify")
    assert lines[-1]["outcome"] == outcome
    assert sum(line["event"] == "difference" for line in lines) == min(len(rows), SHOWN)


def test_step_that_could_not_begin_says_why(tmp_path: Path) -> None:
    unable = {"passed": False, "failed": True, "msg": "not compared: no route", "differences": []}
    lines = told(tmp_path, unable, "verify")
    assert [line.get("reason") for line in lines] == [None, "not compared: no route", None]


def test_no_log_is_kept_unless_a_folder_is_named(tmp_path: Path) -> None:
    assert logged("undo", None, ANNA, SIDES, lambda: {"complete": True}) == {"complete": True}
    assert list(tmp_path.iterdir()) == []
