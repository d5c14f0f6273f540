# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace, MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.platform.old_provider import ProbeResult, ProbeState
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_local_delivery import (
    Facts,
    LocalDeliveryRow,
    Surroundings,
    plan_local_delivery,
    switched_domains,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    LocalDelivery,
    Mailbox,
    State,
    Update,
)

from tests.unit.platform.makers import state

NAME = "example.com"
OLD = "[mx.old.example]:25"
NO = LocalDelivery(NAME, enabled=False, old_mx=OLD, ticket="123")
TO_NO = LocalDeliveryRow(NAME, enabled=False, old_mx="mx.old.example", ticket="123")
TO_YES = LocalDeliveryRow(NAME, enabled=True)
NOW = 1_800_000_000
ELSEWHERE = MxVerdict(MxPlace.ELSEWHERE, "has its MX at mx.old.example")
OURS = MxVerdict(MxPlace.OURS, "has its MX here")
MIXED = MxVerdict(MxPlace.MIXED, "has MX here and elsewhere")
UNKNOWN = MxVerdict(MxPlace.UNKNOWN, "has no DNS answer")


def plan(row, *items, mx=None, probe=None, queued=0, expected=(), aliases=None, ours=()):
    facts = {NAME: Facts(mx, probe and ProbeResult(probe, "the server says so"), queued)}
    here = state(Domain(NAME), *items, domain_aliases=aliases)
    rows = row if isinstance(row, list) else [row]
    return plan_local_delivery(rows, here, Surroundings(NOW, frozenset(ours), frozenset(expected), facts))


def refusal(made):
    assert (made.steps, len(made.failures)) == ((), 1)
    return made.failures[0].reason


class TestSwitchingOff:
    def test_domain_gets_a_row_with_the_next_hop_as_postfix_reads_it(self):
        assert plan(TO_NO, mx=ELSEWHERE, probe=ProbeState.ANSWERS).steps == (Create(NO),)

    def test_again_is_no_change(self):
        made = plan(TO_NO, NO, mx=ELSEWHERE, probe=ProbeState.ANSWERS)
        assert (made.steps, made.unchanged, made.warnings) == ((), 1, ())

    def test_old_provider_s_server_is_kept_when_not_given(self):
        before = replace(NO, enabled=True)
        made = plan(replace(TO_NO, old_mx=None), before)
        assert made.steps == (Update(before, (("enabled", False),)),)

    @pytest.mark.parametrize("mx", [OURS, MIXED, UNKNOWN])
    def test_is_refused_while_mail_comes_here_or_dns_does_not_say(self, mx):
        assert mx.text in refusal(plan(TO_NO, mx=mx))

    @pytest.mark.parametrize("probe", [ProbeState.UNREACHABLE, ProbeState.REFUSES_US])
    def test_is_refused_when_the_old_provider_cannot_be_asked(self, probe):
        assert "the server says so" in refusal(plan(TO_NO, mx=ELSEWHERE, probe=probe))

    def test_is_refused_when_the_old_provider_s_server_is_our_own(self):
        assert "our own server" in refusal(plan(TO_NO, mx=ELSEWHERE, ours=["mx.old.example"]))

    def test_all_that_speaks_against_it_is_told_at_once(self):
        reason = refusal(plan(TO_NO, mx=OURS, probe=ProbeState.UNREACHABLE))
        assert OURS.text in reason and "the server says so" in reason

    def test_needs_the_old_provider_s_server(self):
        assert "old provider's server" in refusal(plan(replace(TO_NO, old_mx=None)))

    def test_time_that_has_passed_is_refused_whatever_the_reason(self):
        assert "has passed" in refusal(plan(replace(TO_NO, expires=NOW, reason="because")))

    def test_later_end_of_a_running_no_is_written_though_the_old_provider_is_down(self):
        made = plan(replace(TO_NO, expires=NOW + 60), NO, mx=ELSEWHERE, probe=ProbeState.UNREACHABLE)
        assert made.steps == (Update(NO, (("expires", NOW + 60),)),)
        assert "so already" in made.warnings[0]

    @pytest.mark.parametrize("here", [True, False])
    @pytest.mark.parametrize("enabled", [True, False])
    def test_refusal_with_the_mx_here_says_only_what_is_left_to_do(self, enabled, here):
        before = replace(NO, enabled=enabled, old_mx="[192.0.2.9]:25")
        expected = () if here else (f"anna@{NAME}",)
        made = plan(TO_NO, before, mx=OURS, probe=ProbeState.ANSWERS, expected=expected)
        assert made.failures[0].remedy.removeprefix('With the MX here Local Delivery must be "Yes"') == {
            (True, True): ", as it is",
            (True, False): "; create the missing mailboxes",
            (False, True): "; switch it on",
            (False, False): "; create the missing mailboxes and switch it on",
        }[enabled, here]

    def test_no_that_stayed_after_the_mx_came_here_is_reported(self):
        made = plan(TO_NO, NO, mx=OURS)
        assert (made.steps, made.failures) == ((), ())
        assert 'must be "Yes"' in made.warnings[0]

    @pytest.mark.parametrize("probe", [ProbeState.ACCEPTS_EVERYBODY, ProbeState.UNSURE])
    def test_server_whose_answers_say_little_is_a_warning(self, probe):
        made = plan(TO_NO, mx=ELSEWHERE, probe=probe)
        assert (len(made.steps), len(made.warnings), made.failures) == (1, 1, ())

    def test_no_that_has_expired_is_told(self):
        expired = replace(NO, expires=NOW)
        assert "has expired" in plan(TO_NO, expired, mx=ELSEWHERE).warnings[0]
        assert plan(replace(TO_NO, expires=NOW + 1), expired, mx=ELSEWHERE).warnings == ()
        assert plan(TO_NO, replace(NO, expires=NOW + 1), mx=ELSEWHERE).warnings == ()

    def test_other_server_of_the_old_provider_is_written_and_what_is_remembered_is_told(self):
        made = plan(replace(TO_NO, old_mx="[192.0.2.9]:25"), NO, mx=ELSEWHERE, probe=ProbeState.ANSWERS)
        assert made.steps == (Update(NO, (("old_mx", "[192.0.2.9]:25"),)),)
        assert "17 minutes" in made.warnings[0]

    def test_catch_all_is_a_warning(self):
        assert "catch-all" in plan(TO_NO, Alias(f"@{NAME}", ("anna@example.com",))).warnings[0]
        assert plan(TO_NO, Alias(f"@{NAME}", ("anna@example.com",), active=False)).warnings == ()

    def test_alias_domain_without_a_switch_of_its_own_is_a_warning(self):
        aliases = {"alias.example": NAME}
        assert "alias.example" in plan(TO_NO, aliases=aliases).warnings[0]
        assert plan([TO_NO, replace(TO_NO, domain="alias.example")], aliases=aliases).warnings == ()
        assert plan(TO_NO, LocalDelivery("alias.example", False, OLD), aliases=aliases).warnings == ()


class TestSwitchingOn:
    def test_the_way_to_the_old_provider_stays_for_mail_that_was_accepted_before(self):
        before = replace(NO, expires=NOW + 60)
        made = plan(TO_YES, before, mx=OURS)
        assert made.steps == (Update(before, (("enabled", True), ("expires", 0))),)
        assert made.steps[0].result().old_mx == OLD

    def test_domain_that_was_never_switched_off_is_no_change(self):
        assert (plan(TO_YES, mx=OURS).steps, plan(TO_YES, mx=OURS).unchanged) == ((), 1)

    @pytest.mark.parametrize("mx", [ELSEWHERE, UNKNOWN])
    def test_is_refused_while_the_mx_is_elsewhere_or_unknown(self, mx):
        assert mx.text in refusal(plan(TO_YES, NO, mx=mx))

    def test_servers_that_disagree_count_as_ours(self):
        assert len(plan(TO_YES, NO, mx=MIXED).steps) == 1

    def test_is_refused_while_addresses_of_the_ticket_are_missing(self):
        here = (
            Mailbox("anna@example.com"),
            Mailbox("off@example.com", active=False),
            Alias("sales@example.com", ("x@y.z",)),
        )
        names = ["anna", "sales", "bert", "off"]
        expected = [*(f"{name}@{NAME}" for name in names), "carl@elsewhere.example"]
        reason = refusal(plan(TO_YES, NO, *here, mx=OURS, expected=expected))
        assert "lacks 2 of" in reason and "bert@example.com, off@example.com" in reason

    def test_addresses_of_an_alias_domain_are_found_in_its_target(self):
        row = replace(TO_YES, domain="alias.example")
        switch = replace(NO, domain="alias.example")
        made = plan(
            row, switch, Mailbox("anna@example.com"), expected=["anna@alias.example"], aliases={"alias.example": NAME}
        )
        assert len(made.steps) == 1

    def test_mail_that_waits_for_the_old_provider_is_told(self):
        assert "7 messages in the queue" in plan(TO_YES, NO, mx=OURS, queued=7).warnings[0]


class TestOverride:
    def test_reason_overrides_the_guards_and_is_kept(self):
        made = plan(replace(TO_YES, reason="early cutover, CHG-7"), NO, mx=ELSEWHERE, expected=["bert@example.com"])
        assert dict(made.steps[0].changes) == {"enabled": True, "reason": "early cutover, CHG-7"}
        assert [text for text in made.warnings if "overridden" in text] == list(made.warnings)
        assert len(made.warnings) == 2

    def test_reason_that_was_not_needed_is_not_kept(self):
        made = plan(replace(TO_YES, reason="just in case"), NO, mx=OURS)
        assert made.steps[0].changes == (("enabled", True),)

    def test_next_switch_without_need_clears_the_reason(self):
        before = replace(NO, reason="early")
        assert plan(TO_YES, before, mx=OURS).steps[0].changes == (("enabled", True), ("reason", ""))

    def test_same_override_again_is_no_change(self):
        row = replace(TO_NO, reason="early")
        made = plan(row, replace(NO, reason="early"), mx=OURS)
        assert (made.steps, made.failures) == ((), ())

    def test_reason_that_does_not_fit_is_a_finding(self):
        assert "256 characters" in refusal(plan(replace(TO_NO, reason="x" * 256)))


def test_domain_that_is_not_on_the_platform_is_a_finding():
    assert "does not exist" in refusal(plan(replace(TO_NO, domain="other.example", reason="because")))


def test_platform_without_the_table_is_a_finding():
    made = plan_local_delivery([TO_NO], State({NAME: Domain(NAME)}), Surroundings(NOW))
    assert "local_delivery" in refusal(made)


def test_bad_rows_hold_up_no_good_ones():
    made = plan([TO_NO, LocalDeliveryRow("nonsense", True), replace(TO_NO, domain="other.example")])
    assert (len(made.steps), len(made.failures)) == (1, 2)


def test_only_switches_are_worth_questions_to_the_world():
    rows = [TO_NO, replace(TO_YES, domain="on.example"), replace(TO_NO, domain="other.example", ticket="124")]
    here = state(LocalDelivery("other.example", False, OLD, ticket="123"))
    assert switched_domains(rows, here) == {NAME}
