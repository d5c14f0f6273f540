# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plan, apply, plan again is empty."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ChangedMeanwhile, Unsupported
from ansible_collections.mailops.migration.plugins.module_utils.platform.diff import plan_diff
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    PasswordScheme,
    hash_password,
    matches,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_domains import DomainRow
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_mailboxes import MailboxRow, MailboxRules
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    apply_plan,
    carried_out,
    planned_domain_removals,
    planned_domains,
    planned_mailbox_removals,
    planned_mailboxes,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.registry import open_driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Alias, Create
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.platform.makers import dsn, new_database
from tests.unit.platform.memory_driver import MemoryPlatform

CHEAP = PasswordScheme("BLF-CRYPT", 4)
RULES = MailboxRules(scheme=CHEAP)
NAMES = st.sampled_from(["example.com", "Example.COM", "example.org", "xn--mller-kva.de", "müller.de", "bad", ""])
LOCAL_PARTS = st.sampled_from(["anna", "Anna", "bert", "o'brien", "a/b", ""])
MAYBE_BOOL = st.none() | st.booleans()
LIMIT = st.none() | st.integers(-1, 3)

domain_rows = st.lists(
    st.builds(DomainRow, NAMES, st.none() | st.just("text"), MAYBE_BOOL, LIMIT, LIMIT, LIMIT, LIMIT), max_size=6
)
mailbox_rows = st.lists(
    st.builds(
        MailboxRow,
        st.builds("{}@{}".format, LOCAL_PARTS, NAMES),
        password=st.sampled_from([None, "", "geheim", "x" * 80]),
        name=st.none() | st.sampled_from(["Anna", ""]),
        quota_bytes=st.none() | st.integers(0, 9),
        active=MAYBE_BOOL,
    ),
    max_size=8,
)
platforms = st.sampled_from(
    [(), (Alias("anna@example.com", ("x@example.org",)),), (Alias("@example.com", ("y@z.org",)),)]
)


def provided(aliases, domains):
    driver = MemoryPlatform(aliases)
    apply_plan(driver, planned_domains(driver, domains), CHEAP)
    return driver


@settings(max_examples=60, deadline=None)
@given(platforms, domain_rows)
def test_domains_planned_again_need_nothing(aliases, rows):
    driver = MemoryPlatform(aliases)
    first = planned_domains(driver, rows)
    apply_plan(driver, first, CHEAP)
    again = planned_domains(driver, rows)
    assert again.steps == ()
    assert again.failures == first.failures


@settings(max_examples=60, deadline=None)
@given(platforms, domain_rows, mailbox_rows, st.sampled_from(["on_create", "always"]))
def test_mailboxes_planned_again_need_nothing(aliases, domains, rows, update_password):
    driver = provided(aliases, domains)
    first = planned_mailboxes(driver, rows, RULES, update_password)
    apply_plan(driver, first, CHEAP)
    again = planned_mailboxes(driver, rows, RULES, update_password)
    assert again.steps == ()
    assert again.failures == first.failures
    assert again.unchanged == first.unchanged + len(first.steps)


@settings(max_examples=30, deadline=None)
@given(domain_rows, mailbox_rows)
def test_every_row_is_accounted_for_once(domains, rows):
    driver = provided((), domains)
    plan = planned_mailboxes(driver, rows, RULES, "on_create")
    assert sum(plan.counts().values()) <= len(rows)
    assert {step.item.key for step in plan.steps}.isdisjoint({failure.item for failure in plan.failures})


@settings(max_examples=30, deadline=None)
@given(domain_rows, mailbox_rows)
def test_removal_undoes_provision_and_again_needs_nothing(domains, rows):
    driver = provided((), domains)
    apply_plan(driver, planned_mailboxes(driver, rows, RULES, "on_create"), CHEAP)
    addresses, names = [row.address for row in rows], [row.name for row in domains]
    apply_plan(driver, planned_mailbox_removals(driver, addresses, RULES), CHEAP)
    apply_plan(driver, planned_domain_removals(driver, names), CHEAP)
    left = driver.read({"example.com", "example.org", "xn--mller-kva.de"})
    assert (left.domains, left.mailboxes, left.aliases) == ({}, {}, {})
    assert planned_mailbox_removals(driver, addresses, RULES).steps == ()
    assert planned_domain_removals(driver, names).steps == ()


def stored_password(driver):
    return driver.read({"example.com"}).mailboxes["anna@example.com"].password_hash


def with_password(driver, update_password, **secret):
    plan = planned_mailboxes(driver, [MailboxRow("anna@example.com", **secret)], RULES, update_password)
    apply_plan(driver, plan, CHEAP)
    return plan


def test_plan_shows_the_mailboxes_of_a_domain_that_is_only_expected(tmp_path: Path) -> None:
    driver = open_driver("postfix_sql", {"dsn": dsn(new_database(tmp_path))})
    rows = [MailboxRow("anna@new.example", password="x", quota_bytes=1_000_000)]
    alone = planned_mailboxes(driver, rows, RULES, "on_create")
    assert [failure.item for failure in alone.failures] == ["anna@new.example"]
    plan = planned_mailboxes(driver, rows, RULES, "on_create", ["New.example"])
    assert plan.failures == () and "+anna@new.example: " in f"+{plan_diff(plan)['after']}"


def test_password_is_set_on_creation_only_unless_always():
    driver = provided((), [DomainRow("example.com")])
    with_password(driver, "on_create", password="first")
    assert with_password(driver, "on_create", password="second").steps == ()
    assert matches("first", stored_password(driver))
    assert with_password(driver, "always", password="second").counts()["updated"] == 1
    assert matches("second", stored_password(driver))
    assert with_password(driver, "always", password="second").steps == ()


def test_given_hash_replaces_a_different_one_only_when_always():
    driver = provided((), [DomainRow("example.com")])
    with_password(driver, "on_create", password="first")
    given_hash = hash_password("other", CHEAP)
    assert with_password(driver, "on_create", password_hash=given_hash).steps == ()
    with_password(driver, "always", password_hash=given_hash)
    assert stored_password(driver) == given_hash
    assert with_password(driver, "always", password_hash=given_hash).steps == ()


def test_bad_password_of_an_existing_mailbox_is_a_finding_when_always():
    driver = provided((), [DomainRow("example.com")])
    with_password(driver, "on_create", password="first")
    assert with_password(driver, "always", password="x" * 80).counts()["failed"] == 1
    assert matches("first", stored_password(driver))


def test_driver_that_cannot_make_mailboxes_is_not_asked_to():
    class Lists(MemoryPlatform):
        abilities: ClassVar[frozenset[str]] = frozenset({"lists"})
        lacking: ClassVar[Mapping[str, str]] = {"domains": "it has lists only", "mailboxes": "it has lists only"}

    with pytest.raises(Unsupported, match="create and change mailboxes, because it has lists only"):
        planned_mailboxes(Lists(), [], RULES, "on_create")


def test_what_a_platform_without_transactions_did_not_do_is_a_finding():
    class Partly(MemoryPlatform):
        def apply(self, steps):
            done = super().apply(steps[:1])
            return [*done, None, *(Failure(step.item.key, "was not begun", "Run again") for step in steps[2:])]

    driver = Partly()
    plan = planned_domains(driver, [DomainRow(f"{name}.example") for name in "abcd"])
    done = apply_plan(driver, plan, CHEAP)
    assert done.counts() == {"created": 1, "updated": 0, "removed": 0, "unchanged": 1, "failed": 2}
    assert [failure.item for failure in done.failures] == ["c.example", "d.example"]


class Race:
    """Two runs on one database: the other one writes the same domains whenever this one has made its plan."""

    def __init__(self, folder: Path, others: list[list[str]]) -> None:
        platform = {"dsn": dsn(new_database(folder))}
        self.driver, self._other = (open_driver("postfix_sql", platform) for _run in range(2))
        self._others = others
        self.plans = 0

    def run(self) -> Plan:
        return carried_out(self.driver, self._plan, lambda plan: apply_plan(self.driver, plan, CHEAP))

    def _plan(self, driver: Driver) -> Plan:
        plan = planned_domains(driver, [DomainRow(f"{name}.example") for name in "abcde"])
        self.plans += 1
        if self._others:
            rows = [DomainRow(f"{name}.example") for name in self._others.pop(0)]
            apply_plan(self._other, planned_domains(self._other, rows), CHEAP)
        return plan


def test_what_another_run_wrote_in_between_is_planned_anew(tmp_path: Path) -> None:
    race = Race(tmp_path, [["a", "c"]])
    assert race.run().keys(Create) == ["b.example", "d.example", "e.example"]
    assert race.plans == 2


def test_it_is_not_planned_anew_for_ever(tmp_path: Path) -> None:
    race = Race(tmp_path, [[name] for name in "abcde"])
    with pytest.raises(ChangedMeanwhile, match="somebody else changed the same items meanwhile"):
        race.run()
    assert race.plans == 4
