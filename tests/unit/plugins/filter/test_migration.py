# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters as Ansible finds them: documented, and clear when they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.mailops.migration.plugins.filter.migration import FilterModule
from ansible_collections.mailops.migration.plugins.module_utils.core.proof import Proof

FILTERS = FilterModule().filters()
FOLDER = Path(__file__).parents[4] / "plugins" / "filter"
PLANNED = {
    "counts": {
        name: 1 if name in ("copied", "folders") else 0
        for name in ("copied", "folders", "bytes", "flags_updated", "moved", "matched", "recovered", "already_there",
                     "excluded", "accepted")
    },
    "failures": [],
    "complete": True,
    "folders_created": [],
    "excluded": [],
}


def test_every_filter_has_its_documentation_and_the_other_way_round() -> None:
    assert {path.stem for path in FOLDER.glob("*.yml")} == set(FILTERS)


@pytest.mark.parametrize("name", FILTERS)
def test_documentation_names_the_filter_and_its_arguments(name: str) -> None:
    documentation = yaml.safe_load((FOLDER / f"{name}.yml").read_text("utf-8"))["DOCUMENTATION"]
    code = FILTERS[name].__code__
    arguments = code.co_varnames[1 : code.co_argcount]
    assert documentation["name"] == name
    assert set(documentation["options"]) == {"_input", *arguments}


def test_refusal_of_a_login_is_a_filter_error_with_its_remedy() -> None:
    with pytest.raises(AnsibleFilterError, match="host is missing"):
        FILTERS["destination_login"]({"master_user": "m"}, "a@b.c")


def test_refusal_of_a_deadline_is_a_filter_error_with_its_remedy() -> None:
    with pytest.raises(AnsibleFilterError, match="Write it as"):
        FILTERS["window_permission"]([], "UTC", "2027-01-01T00:00:00+00:00", deadline="soon")


def test_findings_are_told_by_level() -> None:
    finding = {"file": "a.csv", "line": 3, "column": "port", "level": "error", "message": "no port", "remedy": ""}
    findings = [finding, {**finding, "level": "notice"}]
    assert FILTERS["finding_lines"](findings, "error") == ["a.csv:3 (port): error: no port"]
    assert len(FILTERS["finding_lines"](findings)) == 2


def test_mailbox_that_could_not_be_verified_stands_in_the_ticket_s_page_as_such() -> None:
    proof = Proof("anna@a.example", "facts", True, 2, 2).as_dict()
    hostvars = {
        "anna": {"mailops_mailbox": "anna@a.example", "verify_result": {"proof": {**proof, "manifest": "x"}}},
        "bert": {"mailops_mailbox": "bert@a.example", "verify_result": {"msg": "no login", "proof": {}}},
        "carl": {"mailops_mailbox": "carl@a.example"},
    }
    page = FILTERS["ticket_page"](hostvars, list(hostvars), "123")["md"]
    assert "| anna@a.example | 2 | 2 |" in page
    for mailbox in ("bert@a.example", "carl@a.example"):
        assert f"| {mailbox} | not checked yet | not checked yet |" in page
        assert f"## {mailbox}\n\nThis mailbox could not be checked yet" in page
    only = FILTERS["ticket_page"](hostvars, ["bert"], "123", language="de")["md"]
    assert "noch nicht geprüft" in only
    assert FILTERS["ticket_page"](hostvars, ["carl"], "123") == {}


def test_report_leaves_mailboxes_outside_the_limit_in_peace() -> None:
    hostvars = {"anna": {"sync_pass": {"msg": "no"}}, "bert": {}}
    assert set(FILTERS["run_report"](hostvars, ["anna", "bert"], "1", limited=True)["bad"]) == {"anna"}
    assert set(FILTERS["run_report"](hostvars, ["anna", "bert"], "1")["bad"]) == {"anna", "bert"}


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ({"preflight_result": PLANNED}, "would copy"),
        ({"preflight_result": PLANNED, "sync_pass": {"skipped": True}}, "would copy"),
        ({"preflight_result": PLANNED, "sync_pass": PLANNED}, "copied"),
    ],
    ids=["plan only", "pass left out", "pass after the plan"],
)
def test_plan_is_told_where_no_pass_followed_it(results: dict[str, object], said: str) -> None:
    variables = {"mailops_mailbox": "anna@example.com", **results}
    assert FILTERS["run_report"]({"a": variables}, ["a"], "1")["lines"][0].startswith(f"anna@example.com: {said} 1")


def test_pass_of_a_check_is_told_as_a_plan() -> None:
    told = FILTERS["run_report"]({"a": {"sync_pass": PLANNED}}, ["a"], "1", planned=True)
    assert told["summary"]["mailboxes"][0]["sync"]["planned"] is True


def test_dns_lines_give_findings_and_the_table_where_something_is_to_be_typed() -> None:
    good = {"shown": "a.example", "state": "ok", "seconds_left": 0, "findings": [], "table": "| A |"}
    waits = {**good, "shown": "b.example", "state": "propagating", "seconds_left": 40, "findings": ["b.example: old"]}
    bad = {**good, "shown": "c.example", "state": "wrong", "findings": ["c.example (mx): has two"], "table": "| C |"}
    assert FILTERS["dns_lines"]([good, waits, bad]) == [
        "a.example: DNS records ok",
        "b.example: DNS records propagating, 40 seconds left",
        "  b.example: old",
        "c.example: DNS records wrong",
        "  c.example (mx): has two",
        "  What the domain shall have:",
        "  | C |",
    ]


def test_ownership_record_is_the_same_however_the_domain_is_written() -> None:
    record = FILTERS["ownership_record"]
    assert record("Bücher.Example.", "secret") == record("xn--bcher-kva.example", "secret")
    assert record("a.example", "secret", "ours=").startswith("ours=")
    with pytest.raises(AnsibleFilterError, match="not a domain name"):
        record("no domain", "secret")
