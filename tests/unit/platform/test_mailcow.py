# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver mailcow against a fake over HTTPS that keeps state."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    PlatformError,
    Unsupported,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailcow import Mailcow
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    Update,
)

from tests.support.certificates import session_authority
from tests.support.mailcow_fake import KEY, MIB, mailcow_fake

HOME = Domain("example.com", "Ticket 123", max_mailboxes=9, max_aliases=8, max_mailbox_quota_mb=700, quota_mb=6000)
ANNA = Mailbox("anna@example.com", "Anna Größer", 500 * MIB, password_hash="a secret + word")
SALES = Alias("sales@example.com", ("anna@example.com", "x@elsewhere.example"))


@pytest.fixture
def fake():
    with mailcow_fake() as served:
        yield served


@pytest.fixture
def driver(fake):
    return opened(fake)


def opened(fake, **options):
    ca_file = str(session_authority().ca_file)
    return Mailcow.opened({"api_url": fake.url, "api_key": KEY, "ca_file": ca_file, **options})


def filled(driver):
    driver.apply([Create(ANNA), Create(HOME)])
    return driver


def seen(mailbox):
    """The mailbox as mailcow shows it, without its password."""
    return replace(mailbox, password_hash="hidden by mailcow")


def test_new_platform_is_empty(driver):
    state = driver.read({"example.com"})
    assert (state.domains, state.mailboxes, state.aliases, state.domain_aliases) == ({}, {}, {}, {})


def test_created_items_are_read_back_as_they_were(driver, fake):
    state = filled(driver).read({"example.com"})
    assert state.domains == {"example.com": HOME}
    assert state.mailboxes == {"anna@example.com": seen(ANNA)}
    assert fake.passwords == {"anna@example.com": "a secret + word"}


def test_mailbox_has_an_alias_to_itself_that_mailcow_does_not_show(driver, fake):
    assert filled(driver).read({"example.com"}).aliases == {ANNA.key: Alias(ANNA.address, (ANNA.address,))}
    assert fake.aliases == {}


def test_only_domains_asked_for_are_read(driver):
    other = replace(HOME, name="example.org")
    bert = Mailbox("bert@example.org", "Bert", password_hash="x")
    filled(driver).apply([Create(other), Create(bert), Create(Alias("b@example.org", ("bert@example.org",)))])
    state = driver.read({"example.org"})
    assert (state.domains.keys(), state.mailboxes.keys()) == ({"example.org"}, {"bert@example.org"})
    assert state.aliases.keys() == {"bert@example.org", "b@example.org"}


def test_update_changes_only_what_it_names(driver, fake):
    changes = (("active", False), ("name", "A"))
    filled(driver).apply([Update(ANNA, changes), Update(HOME, (("quota_mb", 9000),))])
    state = driver.read({"example.com"})
    assert state.mailboxes["anna@example.com"] == replace(seen(ANNA), active=False, name="A")
    assert state.domains["example.com"] == replace(HOME, quota_mb=9000)
    assert fake.passwords == {"anna@example.com": "a secret + word"}


def test_empty_description_of_a_domain_is_its_name_in_mailcow(driver, fake):
    driver.apply([Create(replace(HOME, description=""))])
    assert fake.domains["example.com"]["description"] == "example.com"
    assert driver.read({"example.com"}).domains["example.com"].description == ""


def test_aliases_come_change_and_go(driver):
    filled(driver).apply([Create(SALES)])
    assert driver.read({"example.com"}).aliases["sales@example.com"] == SALES
    driver.apply([Update(SALES, (("targets", ("anna@example.com",)),))])
    changed = driver.read({"example.com"}).aliases["sales@example.com"]
    assert changed.targets == ("anna@example.com",)
    driver.apply([Remove(changed)])
    assert driver.read({"example.com"}).aliases.keys() == {"anna@example.com"}


def test_removed_domain_is_gone(driver):
    driver.apply([Create(HOME)])
    driver.apply([Remove(HOME)])
    assert driver.read({"example.com"}).domains == {}


def test_alias_domains_are_read(driver, fake):
    fake.alias_domains.append({"alias_domain": "example.net", "target_domain": "example.com", "active": 1})
    assert driver.read({"example.net"}).domain_aliases == {"example.net": "example.com"}


def test_mailbox_that_gets_mail_but_no_login_is_not_active(driver, fake):
    filled(driver)
    fake.mailboxes["anna@example.com"]["active"] = 2
    assert not driver.read({"example.com"}).mailboxes["anna@example.com"].active


@pytest.mark.parametrize("kind", [Create, Remove, lambda item: Update(item, (("targets", ("y@else.example",)),))])
def test_alias_that_somebody_else_wrote_meanwhile_stops_before_anything_is_written(driver, fake, kind):
    filled(driver).apply([Create(replace(SALES, targets=("theirs@elsewhere.example",)))])
    before = list(fake.posts)
    with pytest.raises(PlatformError, match="Nothing was written"):
        driver.apply([Create(Mailbox("bert@example.com", password_hash="x")), kind(SALES)])
    assert fake.posts == before


def test_refusal_of_one_item_is_its_finding_and_the_others_go_on(driver, fake):
    boxes = [Mailbox(f"user{number}@example.com", password_hash="geheim") for number in range(3)]
    driver.apply([Create(HOME)])
    fake.refuse["add/mailbox", "user1@example.com"] = "password_complexity"
    outcomes = driver.apply([Create(box) for box in boxes])
    assert (outcomes[0], outcomes[2]) == (Create(boxes[0]), Create(boxes[2]))
    assert (outcomes[1].item, "mailcow refused: password_complexity" in outcomes[1].reason) == (boxes[1].key, True)
    assert fake.mailboxes.keys() == {"user0@example.com", "user2@example.com"}
    assert "geheim" not in repr(outcomes)


def test_step_of_which_mailcow_did_a_part_is_a_finding_that_says_so(driver, fake):
    filled(driver).apply([Create(SALES)])
    fake.partly["edit/alias"] = "goto_invalid"
    (outcome,) = driver.apply([Update(SALES, (("targets", ("anna@example.com", "bad@@x")),))])
    assert "goto_invalid 1, and did a part of this step" in outcome.reason


def test_lost_answer_stops_and_says_what_is_unknown_and_what_was_not_tried(driver, fake):
    fake.close_on = "add/mailbox"
    bert = Mailbox("bert@example.com", "Bert", password_hash="geheim")
    done, unknown, untried = driver.apply([Create(HOME), Create(ANNA), Create(bert)])
    assert done == Create(HOME)
    assert (unknown.item, "may have been done or not" in unknown.reason) == ("anna@example.com", True)
    assert (untried.item, "was not tried" in untried.reason) == ("bert@example.com", True)
    assert driver.read({"example.com"}).mailboxes.keys() == {"anna@example.com"}


@pytest.mark.parametrize(
    ("options", "words"),
    [({"api_key": "another-key"}, "authentication failed"), ({"ca_file": None}, "certificate could not be verified")],
)
def test_mailcow_that_is_not_reached_is_said_without_the_key(fake, options, words):
    with pytest.raises(PlatformError, match=words) as caught:
        opened(fake, **options).read({"example.com"})
    assert options["api_key"] not in str(caught.value) if options.get("api_key") else KEY not in str(caught.value)


def test_key_that_may_only_read_is_refused_with_the_remedy(fake, driver):
    fake.read_only = True
    (outcome,) = driver.apply([Create(HOME)])
    assert "access denied" in outcome.reason and "Use a key that may write" in outcome.remedy


def test_key_is_in_no_url(fake, driver):
    filled(driver).read({"example.com"})
    assert fake.paths and not any(KEY in path for path in fake.paths)


@pytest.mark.parametrize(
    "options",
    [
        {"api_url": "http://localhost"},
        {"api_url": "https://user:pass@localhost"},
        {"api_url": "https://localhost/?key=1"},
        {"api_url": "mail.example.com"},
        {"api_key": "two\nlines"},
        {"api_key": ""},
    ],
)
def test_options_that_would_show_secrets_or_lead_nowhere_are_refused(fake, options):
    with pytest.raises(ConfigurationError) as caught:
        opened(fake, **options)
    assert "pass" not in str(caught.value).replace("password", "")


def test_answer_that_is_not_mailcow_s_is_said(fake, driver):
    fake.domains["example.com"] = {"name": "example.com"}
    with pytest.raises(PlatformError, match="domain_name"):
        driver.read({"example.com"})


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (Create(replace(HOME, max_mailboxes=0)), "no unlimited"),
        (Update(HOME, (("quota_mb", 0),)), "no unlimited"),
        (Update(HOME, (("max_aliases", -1),)), "ignores"),
        (Create(replace(HOME, quota_mb=-1)), "ignores"),
        (Create(ANNA), "hashes itself"),
        (Update(ANNA, (("quota_bytes", 1_024_000),)), "whole MiB"),
        (Update(ANNA, (("name", ""),)), "ignores"),
        (Update(ANNA, (("name", "<A>"),)), "takes off"),
        (Update(SALES, (("targets", ("sales@example.com", "anna@example.com")),)), "itself"),
    ],
)
def test_what_mailcow_has_no_way_to_take_is_a_finding(driver, step, reason):
    assert reason in driver.refusal(step).reason


@pytest.mark.parametrize(
    "step", [Create(HOME), Create(replace(ANNA, password_hash="")), Create(SALES), Remove(HOME), Update(ANNA, ())]
)
def test_what_mailcow_takes_is_no_finding(driver, step):
    assert driver.refusal(step) is None


@pytest.mark.parametrize("ability", ABILITIES)
def test_every_ability_is_there_or_refused_with_its_reason(driver, ability):
    if ability in Mailcow.abilities:
        driver.require(ability)
    else:
        with pytest.raises(Unsupported, match="because mailcow"):
            driver.require(ability)
