# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every driver must do. A test module has a class of its own of it, and a fixture ``driver``."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError, Unsupported
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    LocalDelivery,
    Mailbox,
    Remove,
    Update,
)

from tests.unit.platform.makers import STORED

HOME = Domain("example.com", "Ticket 123", max_mailboxes=9, max_aliases=8, max_mailbox_quota_mb=7, quota_mb=6)
SWITCH = LocalDelivery("example.com", False, "[mx.old.example]:25", 1_800_000_000, "123", "early")
SALES = Alias("sales@example.com", ("anna@example.com", "x@elsewhere.example"))
ANNA = Mailbox("anna@example.com", "Anna Größer", 5_000_000_000, password_hash=STORED)


def filled(driver):
    driver.apply([Create(HOME), Create(ANNA)])
    return driver


class DriverContract:
    """What every driver must do; a subclass gives the fixture ``driver``."""

    def test_new_platform_is_empty(self, driver):
        state = driver.read({"example.com"})
        assert (state.domains, state.mailboxes, state.aliases) == ({}, {}, {})

    def test_created_items_are_read_back_as_they_were(self, driver):
        state = filled(driver).read({"example.com"})
        assert state.domains == {"example.com": HOME}
        assert state.mailboxes == {"anna@example.com": ANNA}

    def test_steps_may_come_in_any_order(self, driver):
        driver.apply([Create(ANNA), Create(HOME)])
        assert driver.read({"example.com"}).mailboxes.keys() == {"anna@example.com"}

    def test_mailbox_gets_an_alias_to_itself(self, driver):
        assert filled(driver).read({"example.com"}).aliases["anna@example.com"].others == ()

    def test_only_domains_asked_for_are_read(self, driver):
        filled(driver).apply([Create(Domain("example.org")), Create(Mailbox("anna@example.org"))])
        state = driver.read({"example.org"})
        assert (state.domains.keys(), state.mailboxes.keys()) == ({"example.org"}, {"anna@example.org"})

    def test_update_changes_only_what_it_names(self, driver):
        filled(driver).apply([Update(ANNA, (("active", False), ("name", "A"))), Update(HOME, (("quota_mb", 1),))])
        state = driver.read({"example.com"})
        assert state.mailboxes["anna@example.com"] == replace(ANNA, active=False, name="A")
        assert state.domains["example.com"] == replace(HOME, quota_mb=1)

    def test_removed_mailbox_takes_its_own_alias_along(self, driver):
        filled(driver).apply([Remove(ANNA)])
        state = driver.read({"example.com"})
        assert (state.mailboxes, state.aliases, state.domains) == ({}, {}, {"example.com": HOME})

    def test_removed_domain_is_gone(self, driver):
        filled(driver).apply([Remove(HOME), Remove(ANNA)])
        assert driver.read({"example.com"}).domains == {}

    def test_alias_is_read_back_with_its_targets_in_order(self, driver):
        filled(driver).apply([Create(SALES)])
        assert driver.read({"example.com"}).aliases["sales@example.com"] == SALES

    def test_targets_of_many_aliases_are_changed_at_once(self, driver):
        lists = [Alias(f"list{number}@example.com", ("a@elsewhere.example",)) for number in range(600)]
        filled(driver).apply([Create(each) for each in lists])
        driver.apply([Update(each, (("targets", ("b@elsewhere.example", "c@elsewhere.example")),)) for each in lists])
        aliases = driver.read({"example.com"}).aliases
        assert {aliases[each.key].targets for each in lists} == {("b@elsewhere.example", "c@elsewhere.example")}

    def test_forward_is_the_mailbox_s_own_alias_with_more_targets(self, driver):
        own = filled(driver).read({"example.com"}).aliases["anna@example.com"]
        driver.apply([Update(own, (("targets", ("anna@example.com", "x@elsewhere.example")),))])
        state = driver.read({"example.com"})
        assert state.aliases["anna@example.com"].forwards == ("x@elsewhere.example",)
        assert state.mailboxes == {"anna@example.com": ANNA}

    def test_removed_alias_is_gone(self, driver):
        filled(driver).apply([Create(SALES)])
        driver.apply([Remove(SALES)])
        assert driver.read({"example.com"}).aliases.keys() == {"anna@example.com"}

    @pytest.mark.parametrize("kind", [Create, Remove, lambda item: Update(item, (("targets", ("y@else.example",)),))])
    def test_alias_that_somebody_else_wrote_meanwhile_is_left_alone(self, driver, kind):
        theirs = replace(SALES, targets=("theirs@elsewhere.example",))
        filled(driver).apply([Create(theirs)])
        with pytest.raises(PlatformError):
            driver.apply([Create(Mailbox("bert@example.com")), kind(SALES)])
        state = driver.read({"example.com"})
        assert (state.aliases["sales@example.com"], len(state.mailboxes)) == (theirs, 1)

    def test_many_items_are_read_back(self, driver):
        boxes = [Mailbox(f"user{number}@example.com") for number in range(1200)]
        driver.apply([Create(HOME), *map(Create, boxes)])
        assert driver.read({"example.com"}).mailboxes.keys() == {box.address for box in boxes}

    def test_creation_of_what_somebody_else_made_meanwhile_writes_nothing(self, driver):
        with pytest.raises(PlatformError):
            filled(driver).apply([Create(Mailbox("bert@example.com")), Create(ANNA)])
        assert driver.read({"example.com"}).mailboxes.keys() == {"anna@example.com"}

    def test_update_of_what_somebody_else_removed_meanwhile_writes_nothing(self, driver):
        filled(driver).apply([Remove(ANNA)])
        with pytest.raises(PlatformError):
            driver.apply([Create(Mailbox("bert@example.com")), Update(ANNA, (("name", "A"),))])
        assert driver.read({"example.com"}).mailboxes == {}

    def test_local_delivery_is_read_back_as_it_was(self, driver):
        driver.apply([Create(SWITCH), Create(HOME), Create(LocalDelivery("example.org"))])
        assert driver.read({"example.com"}).local_delivery == {"example.com": SWITCH}

    def test_local_delivery_is_switched_by_one_update(self, driver):
        driver.apply([Create(HOME), Create(SWITCH)])
        driver.apply([Update(SWITCH, (("enabled", True), ("expires", 0)))])
        assert driver.read({"example.com"}).local_delivery == {"example.com": replace(SWITCH, enabled=True, expires=0)}

    def test_local_delivery_that_somebody_else_wrote_meanwhile_writes_nothing(self, driver):
        driver.apply([Create(SWITCH)])
        with pytest.raises(PlatformError):
            driver.apply([Create(HOME), Create(SWITCH)])
        assert driver.read({"example.com"}).domains == {}

    def test_local_delivery_can_be_taken_away(self, driver):
        driver.apply([Create(SWITCH)])
        driver.apply([Remove(SWITCH)])
        assert driver.read({"example.com"}).local_delivery == {}

    def test_active_mailboxes_of_all_domains_are_listed(self, driver):
        away = Mailbox("zoe@example.org", active=False)
        filled(driver).apply([Create(Domain("example.org")), Create(away), Create(Mailbox("bert@example.org"))])
        assert driver.addresses() == ["anna@example.com", "bert@example.org"]

    def test_every_ability_is_declared_or_refused_with_a_reason(self, driver):
        assert driver.abilities <= ABILITIES.keys()
        assert driver.lacking.keys() == ABILITIES.keys() - driver.abilities
        for ability in driver.lacking:
            with pytest.raises(Unsupported, match=driver.lacking[ability]):
                driver.require(ability)
        for ability in driver.abilities:
            driver.require(ability)
