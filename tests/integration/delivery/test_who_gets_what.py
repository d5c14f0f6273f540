# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail by SMTP under Local Delivery "Yes" and "No": who gets it, who is refused, on every kind of database."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.mail_platform import OLD_ADDRESS, MailPlatform, OldPostfix

PAGE_WORDS = "sorry, no mailbox here by that name"


def offer_all(platform: MailPlatform, *recipients: str, client: str = "") -> dict[str, tuple[int, str]]:
    """The answers about each, a message to each with the recipient as its subject."""
    options = {"client": client} if client else {}
    with ThreadPoolExecutor(max_workers=len(recipients)) as pool:
        answers = pool.map(lambda recipient: platform.offer(recipient, recipient, **options), recipients)
        return dict(zip(recipients, answers, strict=True))


def codes(platform: MailPlatform, *recipients: str, client: str = "") -> dict[str, int]:
    return {recipient: code for recipient, (code, _text) in offer_all(platform, *recipients, client=client).items()}


@pytest.fixture
def people(any_platform: MailPlatform, domain: str) -> MailPlatform:
    """A domain with mailboxes, an alias, a forward that keeps a copy, a list, and an alias domain."""
    any_platform.add_domain(domain)
    any_platform.add_alias_domain(f"alias.{domain}", domain)
    for name in ("anna", "bert", "carl"):
        any_platform.add_mailbox(f"{name}@{domain}")
    any_platform.add_alias(f"sales@{domain}", f"anna@{domain}")
    any_platform.add_alias(f"bert@{domain}", f"bert@{domain}", f"carl@{domain}")
    any_platform.add_alias(f"team@{domain}", f"anna@{domain}", f"sales@{domain}", f"carl@{domain}")
    return any_platform


HERE = ("anna@{0}", "ANNA@{0}", "anna+news@{0}", "sales@{0}", "sales+x@{0}", "bert@{0}", "team@{0}", "anna@alias.{0}",
        "anna+y@alias.{0}", "sales@alias.{0}")  # fmt: skip
ARRIVES = {
    "anna": ["anna@{0}", "ANNA@{0}", "anna+news@{0}", "sales@{0}", "sales+x@{0}", "team@{0}", "anna@alias.{0}",
             "anna+y@alias.{0}", "sales@alias.{0}"],
    "bert": ["bert@{0}"],
    "carl": ["bert@{0}", "team@{0}"],
}  # fmt: skip


def arrived(platform: MailPlatform, domain: str) -> dict[str, list[str]]:
    return {name: platform.subjects(f"{name}@{domain}") for name in ARRIVES}


def expected(domain: str) -> dict[str, list[str]]:
    return {name: sorted(subject.format(domain) for subject in subjects) for name, subjects in ARRIVES.items()}


@pytest.mark.parametrize("word", ["yes", "no"])
def test_everybody_who_is_here_gets_mail_once_whatever_the_switch_says(
    people: MailPlatform, domain: str, old_provider: OldPostfix, word: str
) -> None:
    if word == "no":
        for name in (domain, f"alias.{domain}"):
            people.switch(name, enabled=False, old_mx=old_provider.next_hop)
    recipients = [recipient.format(domain) for recipient in HERE]
    assert codes(people, *recipients) == dict.fromkeys(recipients, 250)
    assert arrived(people, domain) == expected(domain)


def test_yes_refuses_who_is_not_here_in_the_words_of_the_page(people: MailPlatform, domain: str) -> None:
    answers = offer_all(people, f"stays@{domain}", f"stays@alias.{domain}", f"nobody+anna@{domain}")
    assert {code for code, _text in answers.values()} == {550}
    assert all(PAGE_WORDS in text for _code, text in answers.values())
    assert people.postfix.bounced(domain) == 0


def test_no_asks_the_old_provider_for_who_is_not_here(
    people: MailPlatform, domain: str, old_provider: OldPostfix
) -> None:
    people.switch(domain, enabled=False, old_mx=old_provider.next_hop)
    known = [f"stays@{domain}", f"stays+tag@{domain}", f"old1@{domain}"]
    unknown = [f"nobody@{domain}", f"annas@{domain}", f"stays@alias.{domain}"]
    answers = offer_all(people, *known, *unknown)
    assert {recipient: code for recipient, (code, _text) in answers.items()} == {
        **dict.fromkeys(known, 250), **dict.fromkeys(unknown, 550)
    }  # fmt: skip
    assert all(PAGE_WORDS in answers[recipient][1] for recipient in unknown)
    people.postfix.wait_until_idle()
    assert {recipient: old_provider.subjects(recipient) for recipient in known} == {
        recipient: [recipient] for recipient in known
    }
    assert people.postfix.bounced(domain) == 0


def test_alias_domain_is_switched_by_itself(people: MailPlatform, domain: str, old_provider: OldPostfix) -> None:
    alias = f"alias.{domain}"
    people.switch(alias, enabled=False, old_mx=old_provider.next_hop)
    assert codes(people, f"stays@{alias}", f"stays@{domain}") == {f"stays@{alias}": 250, f"stays@{domain}": 550}
    people.postfix.wait_until_idle()
    assert old_provider.subjects(f"stays@{alias}") == [f"stays@{alias}"]


def test_no_ends_when_it_expires_and_who_is_here_does_not_notice(
    people: MailPlatform, domain: str, old_provider: OldPostfix
) -> None:
    recipients = (f"stays@{domain}", f"anna@{domain}")
    now = int(time.time())
    people.switch(domain, enabled=False, old_mx=old_provider.next_hop, expires=now + 3600)
    assert codes(people, *recipients) == {f"stays@{domain}": 250, f"anna@{domain}": 250}
    people.switch(domain, enabled=False, old_mx=old_provider.next_hop, expires=now - 1)
    assert codes(people, *recipients) == {f"stays@{domain}": 450, f"anna@{domain}": 250}


def test_switch_is_in_force_at_once_in_both_directions(
    people: MailPlatform, domain: str, old_provider: OldPostfix
) -> None:
    for _again in range(2):
        assert people.offer(f"stays@{domain}")[0] == 550
        people.switch(domain, enabled=False, old_mx=old_provider.next_hop)
        assert people.offer(f"stays@{domain}")[0] == 250
        people.switch(domain, enabled=True, old_mx=old_provider.next_hop)
    people.add_mailbox(f"stays@{domain}")
    # The queue manager keeps the way of the last recipient of the same sender for half a minute.
    assert people.offer(f"stays@{domain}", "now here", sender="bob@partner.example")[0] == 250
    assert people.subjects(f"stays@{domain}") == ["now here"]
    people.postfix.wait_until_idle()
    assert len(old_provider.subjects(f"stays@{domain}")) == 2


def test_catch_all_takes_everybody_s_mail_also_under_no(
    people: MailPlatform, domain: str, old_provider: OldPostfix
) -> None:
    people.add_alias(f"@{domain}", f"carl@{domain}")
    people.switch(domain, enabled=False, old_mx=old_provider.next_hop)
    assert codes(people, f"stays@{domain}", f"anna@{domain}") == {f"stays@{domain}": 250, f"anna@{domain}": 250}
    assert arrived(people, domain) == {"anna": [f"anna@{domain}"], "bert": [], "carl": [f"stays@{domain}"]}


def test_mail_from_the_old_provider_itself_is_taken_for_who_is_here_only(
    people: MailPlatform, domain: str, old_provider: OldPostfix
) -> None:
    people.switch(domain, enabled=False, old_mx=old_provider.next_hop)
    found = codes(people, f"stays@{domain}", f"anna@{domain}", client=OLD_ADDRESS)
    assert found == {f"stays@{domain}": 554, f"anna@{domain}": 250}
