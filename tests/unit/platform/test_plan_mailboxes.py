# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_mailboxes import (
    MailboxRow,
    MailboxRules,
    plan_mailbox_removals,
    plan_mailboxes,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    Update,
)

from tests.unit.platform.makers import STORED, state

HOME = Domain("example.com")
ANNA = Mailbox("anna@example.com", name="Anna", quota_bytes=1024, password_hash=STORED)
RULES = MailboxRules()


def row(address="anna@example.com", password="geheim", **attributes):
    return MailboxRow(address, password, **attributes)


def only_failure(plan):
    assert plan.steps == ()
    (failure,) = plan.failures
    assert failure.remedy
    return failure


def test_missing_mailbox_is_created_and_its_password_is_to_be_hashed():
    plan = plan_mailboxes([row("Anna@Example.com", name="Anna", quota_bytes=5)], state(HOME), RULES)
    assert plan.steps == (Create(Mailbox("anna@example.com", "Anna", 5)),)
    assert plan.passwords == {"anna@example.com": "geheim"}


def test_hashes_are_filled_into_the_steps():
    plan = plan_mailboxes([row()], state(HOME), RULES)
    assert plan.with_hashes({"anna@example.com": STORED}) == (
        Create(Mailbox("anna@example.com", password_hash=STORED)),
    )


def test_given_hash_is_taken_as_it_is():
    plan = plan_mailboxes([row(password=None, password_hash=STORED)], state(HOME), RULES)
    assert plan.steps == (Create(Mailbox("anna@example.com", password_hash=STORED)),)
    assert plan.passwords == {}


def test_existing_mailbox_keeps_password_and_everything_not_given():
    plan = plan_mailboxes([row(name="Anna B", quota_bytes=1024)], state(HOME, ANNA), RULES)
    assert plan.steps == (Update(ANNA, (("name", "Anna B"),)),)
    assert plan.passwords == {}


def test_second_run_finds_nothing_to_do():
    plan = plan_mailboxes([row(name="Anna", quota_bytes=1024, active=True)], state(HOME, ANNA), RULES)
    assert (plan.steps, plan.counts()["unchanged"]) == ((), 1)


def test_renewed_password_is_hashed_and_updated():
    plan = plan_mailboxes([row()], state(HOME, ANNA), MailboxRules(renewed=frozenset({"anna@example.com"})))
    assert plan.with_hashes({"anna@example.com": "{X}new"}) == (Update(ANNA, (("password_hash", "{X}new"),)),)
    assert plan.passwords == {"anna@example.com": "geheim"}


def test_unusable_password_of_an_existing_mailbox_does_not_matter():
    assert plan_mailboxes([row(password="x" * 100)], state(HOME, ANNA), RULES).failures == ()


def test_mailbox_that_a_catch_all_could_swallow_is_repaired():
    lost = Mailbox("anna@example.com", routed=False)
    assert plan_mailboxes([row()], state(HOME, lost), RULES).steps == (Update(lost, (("routed", True),)),)


def test_missing_domain_is_a_finding():
    assert "does not have" in only_failure(plan_mailboxes([row()], state(), RULES)).reason


def test_domain_that_is_not_allowed_is_a_finding_even_where_the_mailbox_exists():
    rules = MailboxRules(domains=frozenset({"example.org"}))
    assert "not among the allowed" in only_failure(plan_mailboxes([row(name="X")], state(HOME, ANNA), rules)).reason
    assert (
        "not among the allowed" in only_failure(plan_mailbox_removals([ANNA.address], state(HOME, ANNA), rules)).reason
    )


def test_alias_of_the_same_address_is_in_the_way():
    alias = Alias("anna@example.com", ("bert@example.com",))
    assert "alias to bert@example.com" in only_failure(plan_mailboxes([row()], state(HOME, alias), RULES)).reason


def test_alias_that_also_leads_to_its_own_address_is_not_in_the_way():
    alias = Alias("anna@example.com", ("Anna@example.com", "bert@example.com"))
    assert plan_mailboxes([row()], state(HOME, alias), RULES).keys(Create) == ["anna@example.com"]


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"password": None}, "no password"),
        ({"password": "x" * 73}, "73 bytes"),
        ({"password": "a\0b"}, "NUL"),
        ({"password_hash": STORED}, "both"),
        ({"password": None, "password_hash": "{PLAIN}geheim"}, "form {SCHEME}hash"),
        ({"address": "no address"}, "is not an e-mail address"),
    ],
)
def test_row_that_cannot_be_created_is_a_finding(attributes, reason):
    failure = only_failure(plan_mailboxes([row(**attributes)], state(HOME), RULES))
    assert reason in failure.reason
    assert "geheim" not in failure.reason


def test_conflicting_rows_are_a_finding_and_equal_rows_merge():
    rows = [row(), row("ANNA@example.com", password="other"), row("bert@example.com"), row("Bert@example.com")]
    plan = plan_mailboxes(rows, state(HOME), RULES)
    assert plan.keys(Create) == ["bert@example.com"]
    assert [failure.item for failure in plan.failures] == ["anna@example.com"]


def test_rows_beyond_the_domains_limit_are_findings_in_their_order():
    home = Domain("example.com", max_mailboxes=2)
    plan = plan_mailboxes([row("z@example.com"), row("a@example.com")], state(home, ANNA), RULES)
    assert plan.keys(Create) == ["z@example.com"]
    assert [failure.item for failure in plan.failures] == ["a@example.com"]
    assert plan.passwords.keys() == {"z@example.com"}


def test_domain_without_any_mailboxes_allowed_takes_none():
    plan = plan_mailboxes([row()], state(Domain("example.com", max_mailboxes=-1)), RULES)
    assert "more than the 0" in only_failure(plan).reason


@pytest.mark.parametrize(
    ("items", "text"),
    [
        ((HOME, Alias("@example.com", ("all@example.com",))), "catch-all leads to all@example.com"),
        ((Domain("example.com", active=False),), "not active"),
        ((Domain("example.com", backup_mx=True),), "backup MX"),
    ],
)
def test_circumstances_that_keep_mail_away_are_warned_of(items, text):
    plan = plan_mailboxes([row()], state(*items), RULES)
    assert plan.keys(Create) == ["anna@example.com"]
    assert [text in warning for warning in plan.warnings] == [True]


def test_address_that_cannot_log_in_by_default_is_warned_of():
    (warning,) = plan_mailboxes([row("o'brien@example.com")], state(HOME), RULES).warnings
    assert "auth_username_chars" in warning


def test_removal_of_a_missing_mailbox_is_no_change():
    assert plan_mailbox_removals(["anna@example.com", "x@elsewhere.org"], state(HOME), RULES).counts()["unchanged"] == 2


def test_existing_mailbox_is_removed():
    own = Alias("anna@example.com", ("anna@example.com",))
    assert plan_mailbox_removals(["anna@example.com"], state(HOME, ANNA, own), RULES).steps == (Remove(ANNA),)


@pytest.mark.parametrize(
    "alias",
    [
        Alias("anna@example.com", ("anna@example.com", "private@elsewhere.org")),
        Alias("sales@example.com", ("Anna@example.com",)),
    ],
)
def test_mailbox_that_mail_passes_through_is_not_removed(alias):
    assert only_failure(plan_mailbox_removals(["anna@example.com"], state(HOME, ANNA, alias), RULES))


def test_secrets_are_in_no_representation():
    plan = plan_mailboxes([row(password="geheim")], state(HOME), RULES)
    assert "geheim" not in repr((plan, row(password="geheim"), row(password_hash="{X}geheim")))
