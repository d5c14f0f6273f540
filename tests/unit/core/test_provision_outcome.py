# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of domains and users on the platform."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.provision_outcome import (
    Platform,
    provision_outcome,
)

USERS = ["anna@a.example", "bert@b.example"]


def result(*created: str, failures: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"counts": {}, "created": list(created), "updated": [], "failures": failures or []}


def test_created_domains_and_mailboxes_are_told() -> None:
    platform = provision_outcome(
        result("a.example", "b.example"), result(*USERS), USERS, routes={}, create_domains=True, planned=False
    )
    assert (platform.created_domains, platform.created) == (("a.example", "b.example"), tuple(USERS))
    assert (platform.known, platform.problems, platform.awaiting) == (True, (), ())


def test_plan_counts_the_mailboxes_of_domains_that_it_would_create() -> None:
    platform = provision_outcome(
        result("b.example"), result(*USERS), USERS, routes={}, create_domains=True, planned=True
    )
    assert (platform.created, platform.problems) == (("anna@a.example", "bert@b.example"), ())


def test_domain_that_misses_without_the_operators_word_is_one_problem_for_all_its_users() -> None:
    platform = provision_outcome(result("b.example"), result(), USERS, routes={}, create_domains=False, planned=False)
    assert (platform.created_domains, platform.awaiting) == ((), ("bert@b.example",))
    (problem,) = platform.problems
    assert problem.reason == "the domain b.example is not on the platform; 1 mailbox of users.csv cannot be created"
    assert "mailops_create_domains=true" in problem.remedy
    assert platform.missing_domains == ("b.example",)


def test_rows_that_the_platform_refuses_keep_reason_and_remedy() -> None:
    refused = {"item": "Bert@b.example", "reason": "exists as an alias to x@y.z", "remedy": "Remove the alias"}
    platform = provision_outcome(
        result(), result(failures=[refused]), USERS, routes={}, create_domains=True, planned=False
    )
    assert platform.problems[0].text() == "Bert@b.example exists as an alias to x@y.z. Remove the alias."
    assert platform.failed_items == ("bert@b.example",)


def test_platform_that_cannot_be_read_is_told_once() -> None:
    dead = {"failed": True, "msg": "no database file"}
    platform = provision_outcome(dead, dead, USERS, routes={}, create_domains=True, planned=False)
    assert [problem.reason for problem in platform.problems] == ["no database file"]


def test_outcome_survives_the_way_through_facts() -> None:
    platform = provision_outcome(result("b.example"), result(), USERS, routes={}, create_domains=False, planned=True)
    assert Platform.from_dict(json.loads(json.dumps(platform.as_dict()))) == platform


def test_aliases_forwards_and_lists_are_told_and_findings_name_the_row() -> None:
    finding = {"item": "info@a.example", "reason": "is a mailbox", "remedy": "Take it out", "where": "aliases.csv:3"}
    routes = {
        "aliases": result("sales@a.example", failures=[finding]),
        "forwards": {**result(), "updated": ["anna@a.example"]},
        "lists": {"skipped": True},
    }
    platform = provision_outcome(result(), result(), USERS, routes=routes, create_domains=True, planned=False)
    assert (platform.aliases, platform.forwards, platform.lists) == (("sales@a.example",), ("anna@a.example",), ())
    assert platform.problems[0].reason == "aliases.csv:3: info@a.example is a mailbox"
    assert (platform.refused_rows, platform.missing_domains) == (("aliases.csv:3",), ())
    assert platform.failed_items == ()


def test_users_of_a_domain_that_is_not_proven_wait_for_it() -> None:
    finding = {"item": "b.example", "reason": "has no verification record in DNS", "remedy": "Add it"}
    refused = result(failures=[finding])
    platform = provision_outcome(refused, result(), USERS, routes={}, create_domains=True, planned=False)
    assert (platform.awaiting, len(platform.problems)) == (("bert@b.example",), 1)
    assert platform.missing_domains == ("b.example",)
