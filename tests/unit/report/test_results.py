# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a ticket remembers of results from run to run."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.report.results import (
    KEPT_FAILURES,
    archive_told,
    sync_told,
    verify_told,
)

from tests.support.report_example import failure, folder, sync_result, verify_result


def test_octets_add_up_over_passes() -> None:
    first = sync_told(sync_result(folder("INBOX", copied=5, bytes=500)))
    second = sync_told(sync_result(folder("INBOX", already_there=5, copied=1, bytes=30)), first)
    assert [(each["here"], each["octets"]) for each in second["folders"]] == [(6, 530)]


def test_pass_that_could_not_log_in_leaves_the_folders_of_the_one_before() -> None:
    first = sync_told(sync_result(folder("INBOX", copied=5, bytes=500)))
    second = sync_told(sync_result(failures=[failure("login refused")], complete=False), first)
    assert second["folders"] == first["folders"]
    assert (second["complete"], second["failure_count"]) == (False, 1)


def test_task_that_ended_without_a_result_is_a_failure_in_its_own_words() -> None:
    assert sync_told({"msg": "the worker died"})["failures"][0]["reason"] == "the worker died"


def test_of_many_failures_the_first_are_kept_and_all_are_counted() -> None:
    told = sync_told(sync_result(failures=[failure("no", uid=uid) for uid in range(1, 400)]))
    assert (len(told["failures"]), told["failure_count"]) == (KEPT_FAILURES, 399)


def test_comparison_that_could_not_be_made_tells_why() -> None:
    told = verify_told({"passed": False, "msg": "anna: not compared", "proof": {}, "differences": []})
    assert (told["passed"], told["fault"]) == (False, "anna: not compared")
    assert verify_told(verify_result(("INBOX", 3, 3)))["folders"] == [["INBOX", 3, 3]]


def test_archive_adds_up_over_runs_until_it_is_brought_back() -> None:
    def result(year: int) -> dict[str, object]:
        move = {"target": "Archive.INBOX.2020", "year": year, "messages": 10}
        return {"counts": {}, "complete": True, "folders": [{"folder": "INBOX", "moves": [move]}]}

    twice = archive_told(result(2020), archive_told(result(2020)))
    assert twice["moves"] == [["INBOX", "Archive.INBOX.2020", 20]]
    assert archive_told(result(0), twice)["moves"] == []
