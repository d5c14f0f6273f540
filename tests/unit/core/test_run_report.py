# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run tells: every mailbox in a line, failures with reason and remedy, and who is to fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.outcome import Outcome, Problem
from ansible_collections.mailops.migration.plugins.module_utils.core.provision_outcome import Platform
from ansible_collections.mailops.migration.plugins.module_utils.core.run_report import Run, report

KNOWN = Platform(known=True)


def outcome(name: str = "anna", *problems: Problem, **changes: Any) -> Outcome:
    values = {"text": "copied 5 messages", "counts": {"copied": 5, "bytes": 900, "already_there": 2}, **changes}
    address = f"{name}@example.com"
    return Outcome("sync", address, not problems, problems=problems, problem_count=len(problems), **values)


def run(*items: Outcome, **changes: Any) -> dict[str, Any]:
    return report(Run("123", {item.mailbox: [item] for item in items}, platform_hosts=["platform"], **changes))


def test_each_mailbox_has_a_line_and_the_end_has_the_totals() -> None:
    told = run(outcome("anna"), outcome("bert"))
    assert told["lines"] == [
        "anna@example.com: copied 5 messages",
        "bert@example.com: copied 5 messages",
        "Ticket 123: 2 mailboxes, 0 failed; 10 messages copied (1.8 kB), 4 there already.",
    ]
    assert (told["bad"], told["summary"]["good"]) == ({}, True)


def test_failed_mailboxes_come_last_with_reason_and_remedy_below() -> None:
    told = run(outcome("anna", Problem("login refused", "Correct it"), text=""), outcome("bert"))
    assert told["lines"][:3] == [
        "bert@example.com: copied 5 messages",
        "anna@example.com: FAILED",
        "    login refused. Correct it.",
    ]
    assert told["bad"] == {"anna@example.com": "login refused. Correct it."}
    assert (told["summary"]["good"], told["summary"]["totals"]["bad"]) == (False, 1)


def test_both_steps_of_a_mailbox_share_its_line() -> None:
    verdict = Outcome("verify", "anna@example.com", True, "PASS")
    told = report(Run("123", {"anna": [outcome(), verdict]}))
    assert told["lines"][0] == "anna@example.com: copied 5 messages; PASS"
    assert set(told["summary"]["mailboxes"][0]) == {"host", "mailbox", "good", "sync", "verify"}


def test_many_problems_are_cut_short_with_their_number() -> None:
    many = tuple(Problem(f"reason {number}") for number in range(9))
    told = run(outcome("anna", *many))
    assert told["lines"][1:7] == [*(f"    reason {number}." for number in range(5)), "    And 4 more."]


def test_names_and_reasons_of_strangers_cannot_drive_the_terminal() -> None:
    told = run(outcome("anna\x1b[2J", Problem("INBOX\n\u202e: bad")), errors=["a.csv:1: \x07"])
    assert all(line.isprintable() for line in told["lines"])
    assert all(text.isprintable() for text in told["bad"].values())


# The destination opened no such mailbox


def missing(planned: bool) -> Outcome:
    return outcome("anna", planned=planned, destination_found=False)


@pytest.mark.parametrize(
    ("platform", "users"),
    [
        (Platform(known=True, planned=True, created=("Anna@example.com",)), ["Anna@example.com"]),
        (Platform(), ["Anna@example.com"]),
    ],
    ids=["provisioning would create it", "nobody asked the platform, but users.csv has it"],
)
def test_plan_for_a_mailbox_that_will_be_created_is_in_order(platform: Platform, users: list[str]) -> None:
    told = run(missing(planned=True), platform=platform, users=users)
    assert told["bad"] == {}
    assert told["lines"][0].endswith("; its mailbox is created from users.csv first")


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("platform", [KNOWN, Platform()], ids=["platform asked", "platform not asked"])
def test_mailbox_that_nobody_creates_is_a_finding(platform: Platform, planned: bool) -> None:
    told = run(missing(planned), platform=platform)
    assert "the admin panel or add it to users.csv" in told["bad"]["anna@example.com"]


def test_mailbox_that_exists_and_does_not_open_points_at_the_master_login() -> None:
    told = run(missing(planned=False), platform=KNOWN, users=["anna@example.com"])
    assert "refused the master login" in told["bad"]["anna@example.com"]
    assert "mailops_destination" in told["bad"]["anna@example.com"]


def test_pass_before_provisioning_says_to_provision() -> None:
    told = run(missing(planned=False), users=["anna@example.com"])
    assert "Provision first" in told["bad"]["anna@example.com"]


def test_mailbox_of_a_missing_domain_waits_for_it() -> None:
    platform = Platform(known=True, awaiting=("anna@example.com",), problems=(Problem("no domain"),))
    told = run(missing(planned=False), platform=platform, users=["anna@example.com"])
    assert "its domain is not on the platform yet" in told["bad"]["anna@example.com"]


def test_mailbox_that_could_not_be_created_points_at_the_platform() -> None:
    platform = Platform(known=True, problems=(Problem("is an alias"),), failed_items=("anna@example.com",))
    told = run(missing(planned=False), platform=platform, users=["anna@example.com"])
    assert "could not be created" in told["bad"]["anna@example.com"]


# What no mailbox stands for


def test_problems_of_the_platform_and_rows_that_were_not_usable_fail_the_platform() -> None:
    told = run(outcome(), platform=Platform(known=True, problems=(Problem("no domain"),)), errors=["a.csv:3: bad"])
    assert set(told["bad"]) == {"platform"}
    assert told["bad"]["platform"].startswith("no domain. 1 error in the customer's files")
    assert "Platform: no domain." in told["lines"]
    assert "Not usable: a.csv:3: bad" in told["lines"]
    assert told["summary"]["good"] is False


def test_what_the_platform_got_is_told() -> None:
    made = Platform(known=True, created_domains=("a.example",), created=("x@a.example", "y@a.example"))
    assert "Platform: 1 domain created, 2 mailboxes created." in run(platform=made)["lines"]
    planned = Platform(known=True, planned=True, created=("x@a.example",))
    assert "Platform: 1 mailbox would be created." in run(platform=planned)["lines"]


def test_mailbox_that_left_no_outcome_is_not_forgotten() -> None:
    told = run(outcome(), silent=["bert@example.com"])
    assert "bert@example.com" in told["bad"]
    assert told["summary"]["unfinished"] == ["bert@example.com"]
    assert told["lines"][-1].startswith("Ticket 123: 2 mailboxes, 1 failed")


def test_run_without_mailboxes_says_so() -> None:
    assert run()["lines"] == ["Ticket 123: no mailbox was worked on."]


WINDOW = {"deadline": "2027-03-27T06:00:00+01:00", "opens": "2027-03-27T22:00:00+01:00"}


def test_what_the_windows_end_left_undone_is_told_with_the_time_at_which_it_goes_on() -> None:
    cut = outcome("anna", Problem("the deadline is reached"), complete=False)
    told = run(cut, outcome("bert"), window=WINDOW, ended=True)
    assert told["lines"][-2] == (
        "Work ended at 2027-03-27T06:00:00+01:00; 1 of 2 mailboxes left: "
        "run again when the window opens at 2027-03-27T22:00:00+01:00."
    )
    assert (told["summary"]["left"], told["summary"]["good"]) == (["anna@example.com"], False)
    assert "run again to go on from there." in run(cut, window={**WINDOW, "opens": ""}, ended=True)["lines"][-2]


def test_window_that_ended_when_all_was_done_is_not_told() -> None:
    told = run(outcome("anna"), window=WINDOW, ended=True)
    assert (len(told["lines"]), told["summary"]["left"], told["summary"]["good"]) == (2, [], True)


def test_run_that_was_refused_has_a_summary_that_is_not_good() -> None:
    told = run(window={"bound": True, "open": False, "refusal": "The ticket's window is closed."})
    assert told["summary"]["good"] is False
    assert told["summary"]["window"]["refusal"] == "The ticket's window is closed."


def test_summaries_are_as_their_schema_says() -> None:
    schema = json.loads((Path(__file__).parents[3] / "docs" / "summary.schema.json").read_text("utf-8"))
    facts = {"phase": "final", "check": False, "limit": ""}
    cut = outcome("anna", Problem("reason", "remedy"), complete=False)
    verdict = Outcome("verify", "anna@example.com", True, "PASS", counts={"same": 4})
    for told in (
        report(Run("123", {}, facts=facts)),
        run(cut, outcome("bert"), facts=facts, window=WINDOW, ended=True, errors=["mailboxes.csv:4: error"]),
        report(Run("123", {"anna": [outcome(), verdict]}, facts=facts, platform=KNOWN, silent=["zoe"])),
    ):
        jsonschema.validate(told["summary"], schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**told["summary"], "good": "yes"}, schema)


def test_facts_of_the_run_stand_in_its_summary() -> None:
    assert run(facts={"phase": "first"})["summary"]["phase"] == "first"
