# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_domains import (
    DomainRow,
    plan_domain_removals,
    plan_domains,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    State,
    Update,
)

from tests.unit.platform.makers import state


def test_missing_domain_is_created_with_what_is_given():
    plan = plan_domains([DomainRow("Example.com", description="Ticket 123", max_mailboxes=5)], state())
    assert plan.steps == (Create(Domain("example.com", "Ticket 123", max_mailboxes=5)),)


def test_only_given_attributes_that_differ_are_changed():
    current = Domain("example.com", description="by hand", max_mailboxes=5, quota_mb=100)
    plan = plan_domains([DomainRow("example.com", max_mailboxes=7, quota_mb=100)], state(current))
    assert plan.steps == (Update(current, (("max_mailboxes", 7),)),)


def test_false_and_zero_are_given_values():
    current = Domain("example.com", quota_mb=100)
    plan = plan_domains([DomainRow("example.com", active=False, quota_mb=0)], state(current))
    assert plan.steps == (Update(current, (("active", False), ("quota_mb", 0))),)


def test_domain_as_it_is_needs_nothing():
    plan = plan_domains([DomainRow("example.com")], state(Domain("example.com", "by hand")))
    assert (plan.steps, plan.counts()["unchanged"]) == ((), 1)


def test_bad_names_are_findings_and_good_rows_go_on():
    plan = plan_domains([DomainRow("nodots"), DomainRow("example.com")], state())
    assert plan.keys(Create) == ["example.com"]
    assert [failure.item for failure in plan.failures] == ["nodots"]


def test_equal_rows_merge_and_conflicting_rows_are_a_finding():
    rows = [DomainRow("a.com"), DomainRow("A.com"), DomainRow("b.com", active=True), DomainRow("b.com", active=False)]
    plan = plan_domains(rows, state())
    assert plan.keys(Create) == ["a.com"]
    assert [(f.item, f.reason) for f in plan.failures] == [("b.com", "is given 2 times with different values")]


def test_alias_domain_is_not_made_a_domain():
    plan = plan_domains([DomainRow("alias.com")], State(domain_aliases={"alias.com": "example.com"}))
    assert "alias of the domain example.com" in plan.failures[0].reason


def test_empty_domain_is_removed():
    current = Domain("Example.com")
    assert plan_domain_removals(["example.com"], state(current)).steps == (Remove(current),)


def test_removal_of_a_missing_domain_is_no_change():
    assert plan_domain_removals(["example.com"], state()).counts()["unchanged"] == 1


def test_inhabited_domains_are_not_removed():
    full = state(Domain("a.com"), Domain("b.com"), Mailbox("x@a.com"), Alias("@b.com", ("x@a.com",)))
    plan = plan_domain_removals(["a.com", "b.com"], full)
    assert plan.steps == ()
    assert [failure.item for failure in plan.failures] == ["a.com", "b.com"]


def test_target_of_an_alias_domain_is_not_removed():
    plan = plan_domain_removals(["a.com"], State({"a.com": Domain("a.com")}, domain_aliases={"b.com": "a.com"}))
    assert plan.counts()["failed"] == 1
