# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    ExcludedFolder,
    FolderPair,
    FolderPlan,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import as_result, run_sync
from ansible_collections.mailops.migration.plugins.module_utils.sync import engine
from ansible_collections.mailops.migration.plugins.module_utils.sync.request import SyncResult
from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import Failure

from tests.unit.support.arguments import params, side

PLAN = FolderPlan(
    (
        FolderPair("INBOX", "INBOX", role="inbox"),
        FolderPair("Gesendet", "Sent", role="sent"),
        FolderPair("Kunden", "Clients", selectable=False),
    ),
    (ExcludedFolder("Papierkorb", "trash"),),
)


def result(*failures: Failure, complete: bool = True) -> SyncResult:
    made = SyncResult(PLAN, complete=complete)
    for failure in failures:
        made.tally.fail(failure)
    return made


def shown(made: SyncResult) -> dict[str, Any]:
    return as_result("jo@example.net", made)


def test_pass_without_work_has_changed_nothing_and_not_failed() -> None:
    answer = shown(result())
    assert (answer["changed"], answer["complete"]) == (False, True)
    assert "failed" not in answer and "msg" not in answer


def test_counts_and_folders_tell_what_was_done() -> None:
    made = result()
    made.tally.add("INBOX", copied=3, bytes=30)
    made.tally.add("Gesendet", copied=1, already_there=5)
    made.tally.add("Papierkorb", excluded=9)
    made.tally.wrote(2)
    answer = shown(made)
    counts = answer["counts"]
    assert answer["changed"]
    assert (counts["folders"], counts["copied"], counts["bytes"], counts["already_there"], counts["excluded"]) == (
        2,
        4,
        30,
        5,
        9,
    )
    folders = [(item["source"], item["destination"], item["role"], item["copied"]) for item in answer["folders"]]
    assert folders == [("INBOX", "INBOX", "inbox", 3), ("Gesendet", "Sent", "sent", 1)]
    assert answer["excluded"] == [{"source": "Papierkorb", "reason": "trash", "messages": 9}]


@pytest.mark.parametrize("made", ["folders_created", "folders_subscribed"])
def test_new_folder_alone_is_a_change(made: str) -> None:
    changed = result()
    getattr(changed, made).extend(["Sent", "Drafts"])
    assert shown(changed)["changed"]
    assert shown(changed)[made] == ["Drafts", "Sent"]


def test_failure_is_told_with_place_reason_remedy_and_number_of_others() -> None:
    refused = Failure("INBOX", 7, "refused", "it is too big", "Accept it", digest="ab")
    answer = shown(result(refused, Failure("Sent", 0, "failed", "gone")))
    assert answer["failed"]
    assert answer["msg"] == (
        "jo@example.net: INBOX (uid 7): it is too big. Accept it (and 1 more, see failures)."
        " 0 messages are at the destination"
    )
    assert answer["failures"][0] == {
        "folder": "INBOX",
        "uid": 7,
        "kind": "refused",
        "reason": "it is too big",
        "remedy": "Accept it",
        "digest": "ab",
    }


def test_pass_that_was_cut_off_says_what_is_there_and_what_is_left() -> None:
    made = result(Failure("", 0, "failed", "the deadline is reached"), complete=False)
    made.tally.add("INBOX", copied=2, already_there=3, matched=1, left=40)
    assert shown(made)["msg"] == (
        "jo@example.net: the deadline is reached. 6 messages are at the destination, 40 are left"
    )


def test_incomplete_pass_has_failed_even_without_a_reason() -> None:
    answer = shown(result(complete=False))
    assert answer["failed"] and "not complete" in answer["msg"]


def test_result_before_any_folder_is_known_is_whole() -> None:
    answer = shown(SyncResult())
    assert (answer["folders"], answer["excluded"], answer["counts"]["folders"]) == ([], [], 0)


def test_result_is_plain_data() -> None:
    made = result(Failure("INBOX", 7, "refused", "why"))
    assert json.loads(json.dumps(shown(made))) == shown(made)


def test_wrong_argument_is_a_result_with_its_place_and_remedy(tmp_path: Path) -> None:
    answer = run_sync(params(limits={"deadline": "tomorrow"}, state_dir=str(tmp_path)), check=False)
    assert answer["failed"] and not answer["changed"]
    assert answer["msg"].startswith("jo@example.net: limits.deadline: 'tomorrow' is not a point in time")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("check", [False, True])
def test_server_that_is_not_there_is_a_result_with_its_name(
    tmp_path: Path, closed_port: int, check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ATTEMPTS", 1)
    there = side(host="127.0.0.1", port=closed_port, encryption="none")
    answer = run_sync(params(source=there, state_dir=str(tmp_path)), check=check)
    assert answer["failed"] and not answer["changed"] and not answer["complete"]
    assert f"jo at 127.0.0.1:{closed_port}: no connection (Connection refused)" in answer["msg"]
    assert answer["diff"]["before"] == answer["diff"]["after"] == ""
    assert bool(list(tmp_path.iterdir())) is not check


def test_folder_of_journals_that_cannot_be_made_is_a_result(tmp_path: Path, closed_port: int) -> None:
    (tmp_path / "file").write_text("")
    answer = run_sync(params(state_dir=str(tmp_path / "file" / "state")), check=False)
    assert answer["failed"]
    assert "Not a directory" in answer["msg"] and "mend the rights" in answer["msg"]
