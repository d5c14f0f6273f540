# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Aliases, forwards and members of lists: what is done, and which rows are findings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_aliases import (
    plan_alias_removals,
    plan_aliases,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_forwards import (
    ForwardRow,
    plan_forward_removals,
    plan_forwards,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_lists import (
    plan_member_removals,
    plan_members,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import Route, RouteRules
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    Update,
)

from tests.unit.platform.makers import state

ANNA, BERT = "anna@example.com", "bert@example.com"
OUTSIDE = "x@elsewhere.example"
TICKET = RouteRules(frozenset({"example.com", "xn--mller-kva.example"}))
ALL = replace(TICKET, exclusive=True)


def alias(address, *targets, active=True):
    return Alias(address, targets, active)


def platform(*more, aliases=None):
    own = [item for name in (ANNA, BERT) for item in (Mailbox(name), alias(name, name))]
    homes = [Domain(name) for name in ("example.com", "other.example", "xn--mller-kva.example", *(aliases or {}))]
    return state(*homes, *own, *more, domain_aliases=aliases)


def made(plan, *pairs, here=None, rules=TICKET):
    return plan([Route(*pair) for pair in pairs], here or platform(), rules)


def reasons(plan):
    return {failure.item: failure.reason for failure in plan.failures}


def only_reason(plan):
    assert (plan.steps, len(plan.failures)) == ((), 1), plan
    assert plan.failures[0].remedy
    return plan.failures[0].reason


class TestEveryRow:
    @pytest.mark.parametrize(
        ("address", "target", "said"),
        [
            ("sales@other.example", ANNA, "not among the allowed domains"),
            ("sales@unknown.example", ANNA, "not among the allowed domains"),
            ("sales", ANNA, "not an e-mail address"),
            ("sales@example.com", "anna", "leads to anna, which is not"),
            ("sales@example.com", "a b@example.com", "leads to a b@example.com, which is not"),
            ("sales@example.com", '"|rm"@example.com', "which is not"),
            ("sales@example.com", "anna,bert@example.com", "which is not"),
            ("sales@example.com", "anna@-bad.example", "which is not a domain name"),
            ("@example.com", ANNA, "not an e-mail address"),
            ("sales@example.com", "nobody@example.com", "leads to nobody@example.com, which does not exist"),
            ("sales@example.com", "nobody@other.example", "does not exist on the platform"),
            ("sales@example.com", "sales@example.com", "leads to itself"),
            ("sales@example.com", "", "has no target"),
            (ANNA, BERT, "is a mailbox and cannot be an alias too"),
        ],
    )
    def test_row_that_cannot_be_an_alias_is_a_finding(self, address, target, said):
        assert said in only_reason(made(plan_aliases, (address, target)))

    def test_finding_names_the_row_s_place_and_good_rows_go_on(self):
        plan = made(plan_aliases, ("a@example.com", ANNA), ("b@example.com", "no@example.com", "aliases.csv:3"))
        assert plan.keys(Create) == ["a@example.com"]
        assert plan.failures[0].as_dict() == {
            "item": "b@example.com",
            "reason": "leads to no@example.com, which does not exist on the platform",
            "remedy": "Create that mailbox first, or correct the address",
            "where": "aliases.csv:3",
        }

    def test_case_and_international_domains_name_one_address(self):
        plan = made(plan_aliases, ("Info@Müller.example", "ANNA@Example.com"), ("info@xn--mller-kva.example", ANNA))
        assert plan.steps == (Create(alias("info@xn--mller-kva.example", ANNA)),)

    @pytest.mark.parametrize("target", [OUTSIDE, "x/y%z@elsewhere.example", "anna+shop@example.com"])
    def test_target_elsewhere_or_with_an_extension_is_taken(self, target):
        assert made(plan_aliases, ("a@example.com", target)).steps == (Create(alias("a@example.com", target)),)

    def test_target_may_come_with_another_row(self):
        plan = made(plan_aliases, ("a@example.com", "b@example.com"), ("b@example.com", ANNA))
        assert plan.keys(Create) == ["a@example.com", "b@example.com"]

    def test_row_whose_target_is_a_finding_is_one_too(self):
        plan = made(plan_aliases, ("a@example.com", "b@example.com"), ("b@example.com", "c@example.com"))
        assert reasons(plan).keys() == {"a@example.com", "b@example.com"}

    def test_target_that_an_alias_domain_stands_for_exists(self):
        here = platform(aliases={"alias.example": "example.com"})
        plan = made(
            plan_aliases, ("a@example.com", "anna@alias.example"), ("b@example.com", "no@alias.example"), here=here
        )
        assert (plan.keys(Create), reasons(plan).keys()) == (["a@example.com"], {"b@example.com"})

    def test_target_that_a_catch_all_takes_exists(self):
        here = platform(alias("@other.example", OUTSIDE))
        assert made(plan_aliases, ("a@example.com", "anybody@other.example"), here=here).failures == ()

    @pytest.mark.parametrize("hops", [2, 3, 50])
    def test_loop_over_any_number_of_rows_is_a_finding_in_each_of_them(self, hops):
        names = [f"a{number}@example.com" for number in range(hops)]
        plan = made(plan_aliases, *zip(names, [*names[1:], names[0]], strict=True), ("good@example.com", ANNA))
        assert (reasons(plan).keys(), plan.keys(Create)) == (set(names), ["good@example.com"])
        assert "come back" in plan.failures[0].reason

    def test_row_that_only_leads_to_a_loop_of_others_is_none(self):
        here = platform(alias("p@other.example", "q@other.example"), alias("q@other.example", "p@other.example"))
        assert made(plan_aliases, ("a@example.com", "p@other.example"), here=here).failures == ()

    @pytest.mark.parametrize(
        "way",
        [
            [alias("b@other.example", "a@example.com")],
            [alias("b@other.example", "c@other.example"), alias("c@other.example", OUTSIDE, "a@example.com")],
            [alias("@other.example", "a@example.com")],
            [Mailbox("b@other.example"), alias("b@other.example", "b@other.example", "a@example.com")],
        ],
    )
    def test_loop_through_what_the_platform_has_is_a_finding(self, way):
        here = platform(*way)
        assert "come back" in only_reason(made(plan_aliases, ("a@example.com", "b@other.example"), here=here))

    def test_loop_through_an_alias_domain_is_a_finding(self):
        here = platform(aliases={"alias.example": "example.com"})
        assert "come back" in only_reason(made(plan_aliases, ("a@example.com", "a@alias.example"), here=here))

    def test_alias_that_is_not_active_closes_no_loop(self):
        here = platform(alias("b@other.example", "a@example.com", active=False))
        assert made(plan_aliases, ("a@example.com", "b@other.example"), here=here).failures == ()


class TestAliases:
    def test_again_is_no_change(self):
        here = platform(alias("Sales@example.com", "Anna@Example.com"))
        plan = made(plan_aliases, ("sales@example.com", ANNA), here=here)
        assert (plan.steps, plan.unchanged, plan.failures) == ((), 1, ())

    def test_alias_that_leads_elsewhere_is_changed_only_when_told(self):
        theirs = alias("sales@example.com", BERT)
        assert f"leads to {BERT}" in only_reason(made(plan_aliases, (theirs.address, ANNA), here=platform(theirs)))
        told = made(plan_aliases, (theirs.address, ANNA), here=platform(theirs), rules=ALL)
        assert told.steps == (Update(theirs, (("targets", (ANNA,)),)),)

    def test_replaced_alias_closes_no_loop_by_where_it_led_before(self):
        theirs = [alias("a@example.com", "b@example.com"), alias("c@example.com", ANNA)]
        plan = made(plan_aliases, ("b@example.com", "a@example.com"), ("a@example.com", ANNA), here=platform(*theirs),
                    rules=ALL)  # fmt: skip
        assert (len(plan.steps), plan.failures) == (2, ())

    @pytest.mark.parametrize("rules", [TICKET, ALL])
    def test_list_never_becomes_an_alias(self, rules):
        here = platform(alias("team@example.com", ANNA, BERT))
        assert "is a list of 2 members" in only_reason(
            made(plan_aliases, ("team@example.com", ANNA), here=here, rules=rules)
        )

    def test_address_for_several_targets_is_a_finding_in_each_row(self):
        plan = made(plan_aliases, ("sales@example.com", ANNA), ("sales@example.com", BERT))
        assert (plan.steps, len(plan.failures)) == ((), 2)

    def test_limit_of_the_domain_holds_without_counting_mailboxes(self):
        here = platform(alias("one@example.com", ANNA))
        here = replace(here, domains={**here.domains, "example.com": Domain("example.com", max_aliases=2)})
        plan = made(plan_aliases, ("two@example.com", ANNA), ("three@example.com", ANNA), here=here)
        assert (plan.keys(Create), reasons(plan).keys()) == (["two@example.com"], {"three@example.com"})

    def test_alias_that_is_not_active_stays_so_with_a_warning(self):
        here = platform(alias("sales@example.com", ANNA, active=False))
        plan = made(plan_aliases, ("sales@example.com", ANNA), here=here)
        assert (plan.steps, len(plan.warnings)) == ((), 1)

    def test_removal_takes_only_what_the_row_says(self):
        theirs = alias("sales@example.com", BERT)
        here = platform(theirs, alias("team@example.com", ANNA, BERT), alias("big@example.com", "sales@example.com"))
        gone = made(plan_alias_removals, ("sales@example.com", BERT), ("big@example.com",), here=here)
        assert gone.keys(Remove) == ["big@example.com", "sales@example.com"]
        kept = made(plan_alias_removals, ("sales@example.com", ANNA), (ANNA,), ("team@example.com",), here=here)
        assert (kept.steps, len(kept.failures)) == ((), 3)
        assert "where mail for big@example.com goes" in only_reason(
            made(plan_alias_removals, ("sales@example.com",), here=here)
        )

    def test_removal_of_what_is_not_there_is_no_change(self):
        plan = made(plan_alias_removals, ("sales@example.com", ANNA))
        assert (plan.steps, plan.unchanged) == ((), 1)


def forwards(*rows, here=None, rules=TICKET):
    return plan_forwards([ForwardRow(Route(*row[:2]), *row[2:]) for row in rows], here or platform(), rules)


def targets(plan):
    return {step.item.key: dict(step.changes)["targets"] for step in plan.steps}


class TestForwards:
    def test_new_forward_keeps_a_copy_unless_told_otherwise(self):
        plan = forwards((ANNA, OUTSIDE), (BERT, OUTSIDE, False))
        assert targets(plan) == {ANNA: (ANNA, OUTSIDE), BERT: (OUTSIDE,)}

    def test_mailbox_may_have_many_and_its_own_address_means_a_copy(self):
        plan = forwards((ANNA, OUTSIDE), (ANNA, "Y@elsewhere.example"), (ANNA, ANNA), (ANNA, OUTSIDE))
        assert targets(plan) == {ANNA: (ANNA, OUTSIDE, "y@elsewhere.example")}

    def test_again_is_no_change(self):
        here = platform(alias(ANNA, OUTSIDE, "Anna@example.com"))
        plan = forwards((ANNA, OUTSIDE, True), here=here)
        assert (plan.steps, plan.unchanged, plan.warnings) == ((), 1, ())

    def test_what_was_set_by_hand_stays_unless_told(self):
        absence = "anna#example.com@autoreply.example"
        here = platform(alias(ANNA, absence, "theirs@elsewhere.example"))
        plan = forwards((ANNA, OUTSIDE, True), here=here)
        assert targets(plan) == {ANNA: (absence, "theirs@elsewhere.example", OUTSIDE)}
        assert "keeps no copy" in plan.warnings[0]
        assert targets(forwards((ANNA, OUTSIDE, True), here=here, rules=ALL)) == {ANNA: (ANNA, absence, OUTSIDE)}

    def test_nothing_goes_away_while_a_row_of_the_mailbox_is_a_finding(self):
        here = platform(alias(ANNA, "theirs@elsewhere.example"))
        for bad in ((ANNA, "no@example.com"), (ANNA.upper(), "no address")):
            plan = forwards((ANNA, OUTSIDE), bad, here=here, rules=ALL)
            assert targets(plan) == {ANNA: ("theirs@elsewhere.example", OUTSIDE)}
            assert len(plan.failures) == 1

    def test_answers_that_contradict_each_other_are_findings(self):
        plan = forwards(
            (ANNA, OUTSIDE, False), (ANNA, "y@elsewhere.example", True), (BERT, OUTSIDE, False), (BERT, BERT)
        )
        assert (plan.steps, len(plan.failures)) == ((), 4)

    def test_mailbox_without_its_alias_gets_one(self):
        plan = forwards((ANNA, OUTSIDE), here=state(Domain("example.com"), Mailbox(ANNA)))
        assert plan.steps == (Create(alias(ANNA, ANNA, OUTSIDE)),)

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("sales@example.com", "is an alias to"),
            ("team@example.com", "is a list of 2 members"),
            ("nobody@example.com", "has no mailbox here"),
            ("anna@other.example", "not among the allowed domains"),
        ],
    )
    def test_only_mailboxes_of_the_ticket_s_domains_forward(self, address, said):
        here = platform(alias("sales@example.com", ANNA), alias("team@example.com", ANNA, BERT))
        assert said in only_reason(forwards((address, OUTSIDE), here=here))

    def test_two_that_forward_to_each_other_are_findings(self):
        plan = forwards((ANNA, BERT), (BERT, ANNA))
        assert (plan.steps, len(plan.failures)) == ((), 2)

    def test_removal_leaves_the_rest_and_never_nothing(self):
        here = platform(alias(ANNA, OUTSIDE, "y@elsewhere.example"), alias(BERT, BERT, OUTSIDE))
        gone = made(plan_forward_removals, (ANNA, OUTSIDE), (BERT, OUTSIDE), here=here)
        assert targets(gone) == {ANNA: ("y@elsewhere.example",), BERT: (BERT,)}
        assert targets(made(plan_forward_removals, (ANNA,), here=here)) == {ANNA: (ANNA,)}
        assert made(plan_forward_removals, (ANNA, "z@elsewhere.example"), here=here).unchanged == 1


TEAM = alias("team@example.com", ANNA)


class TestLists:
    def test_members_are_added_and_nobody_is_removed(self):
        plan = made(plan_members, (TEAM.address, OUTSIDE), (TEAM.address, "ANNA@example.com"), here=platform(TEAM))
        assert targets(plan) == {TEAM.address: (ANNA, OUTSIDE)}

    def test_again_is_no_change(self):
        plan = made(plan_members, (TEAM.address, ANNA), here=platform(TEAM))
        assert (plan.steps, plan.unchanged) == ((), 1)

    @pytest.mark.parametrize(
        ("address", "said"),
        [
            ("nolist@example.com", "is no list on the platform"),
            (ANNA, "is a mailbox and no list"),
            ("list@other.example", "not among the allowed domains"),
        ],
    )
    def test_list_must_exist_in_the_ticket_s_domains(self, address, said):
        here = platform(TEAM, alias("list@other.example", OUTSIDE))
        assert said in only_reason(made(plan_members, (address, OUTSIDE), here=here))

    def test_missing_list_says_where_it_is_created(self):
        assert (
            made(plan_members, ("no@example.com", ANNA)).failures[0].remedy
            == "Create the list in the admin panel first"
        )

    @pytest.mark.parametrize(
        ("member", "said"), [(TEAM.address, "member of itself"), ("no@example.com", "does not exist")]
    )
    def test_member_that_gets_no_mail_is_a_finding(self, member, said):
        assert said in only_reason(made(plan_members, (TEAM.address, member), here=platform(TEAM)))

    def test_lists_within_lists_are_taken_and_circles_are_not(self):
        other = alias("all@example.com", TEAM.address)
        assert made(plan_members, ("all@example.com", OUTSIDE), here=platform(TEAM, other)).failures == ()
        assert "come back" in only_reason(
            made(plan_members, (TEAM.address, "all@example.com"), here=platform(TEAM, other))
        )

    def test_exclusive_removes_the_others_of_lists_whose_rows_are_all_good(self):
        here = platform(alias("a@example.com", ANNA, BERT), alias("b@example.com", ANNA, BERT), TEAM)
        rows = [("a@example.com", BERT), ("b@example.com", BERT), ("b@example.com", "no@example.com")]
        plan = made(plan_members, *rows, here=here, rules=ALL)
        assert targets(plan) == {"a@example.com": (BERT,)}

    def test_list_that_the_database_cannot_hold_is_a_finding(self):
        here = replace(platform(TEAM), target_space=100)
        rows = [(TEAM.address, f"member{number}@elsewhere.example") for number in range(5)]
        assert "characters" in only_reason(made(plan_members, *rows, here=here))

    def test_last_member_stays(self):
        here = platform(alias("a@example.com", ANNA, BERT), TEAM)
        gone = made(plan_member_removals, ("a@example.com", ANNA), (TEAM.address, BERT), here=here)
        assert (targets(gone), gone.unchanged) == ({"a@example.com": (BERT,)}, 1)
        assert "without members" in only_reason(made(plan_member_removals, (TEAM.address, ANNA), here=here))

    def test_last_member_goes_where_lists_may_be_empty(self):
        here = replace(platform(TEAM), empty_lists=True)
        assert targets(made(plan_member_removals, (TEAM.address, ANNA), here=here)) == {TEAM.address: ()}
