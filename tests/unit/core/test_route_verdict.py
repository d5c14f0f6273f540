# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verdict on aliases, forwards and lists, by what a plan would still change."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.route_verdict import route_outcome
from ansible_collections.mailops.migration.plugins.module_utils.core.run_report import Run, report

GOOD: dict[str, Any] = {"counts": {}, "routes": [], "failures": []}


def test_nothing_to_change_means_that_every_one_is_mapped() -> None:
    outcome = route_outcome({"aliases": GOOD, "lists": GOOD}, {"aliases": 1, "forwards": 0, "lists": 12})
    assert outcome is not None
    assert (outcome.good, outcome.text) == (True, "every one is correctly mapped (1 alias, 12 members of lists)")


def test_ticket_without_such_files_has_no_verdict() -> None:
    assert route_outcome({}, {"aliases": 0, "forwards": 0, "lists": 0}) is None


def test_what_misses_what_is_too_much_and_what_is_unusable_is_named() -> None:
    lists = {
        "counts": {},
        "routes": [{"address": "team@x.example", "missing": ["a@x.example"], "extra": ["old@x.example"]}],
        "failures": [{"item": "none@x.example", "reason": "is no list", "remedy": "Create it", "where": "lists.csv:3"}],
    }
    outcome = route_outcome({"lists": lists}, {"lists": 2})
    assert outcome is not None
    assert [problem.text() for problem in outcome.problems] == [
        "team@x.example does not lead to a@x.example and still leads to old@x.example. Run provision.yml, then verify"
        " again.",
        "lists.csv:3: none@x.example is no list. Create it.",
    ]


def test_platform_that_cannot_do_it_says_so_and_is_never_a_pass() -> None:
    for result in ({"msg": "unsupported: this driver keeps no lists", "failed": True}, {}):
        outcome = route_outcome({"lists": result}, {"lists": 2})
        assert outcome is not None
        assert not outcome.good
        assert "members of lists could not be compared: " in outcome.problems[0].reason


def test_wrong_route_fails_the_platforms_host_and_the_summary() -> None:
    outcome = route_outcome({"lists": {"msg": "no"}}, {"lists": 2})
    told = report(Run("123", {}, routes=outcome, platform_hosts=["localhost"]))
    assert told["bad"].keys() == {"localhost"}
    assert (told["summary"]["good"], told["summary"]["routes"]["good"]) == (False, False)
