# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local Delivery "No" with old providers that are down, slow, or send mail back; what lies in the queue meanwhile."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql
from ansible_collections.mailops.migration.plugins.module_utils.support.local_delivery_task import LocalDeliveryTask

from tests.support.mail_platform import OLD_ADDRESS, MailPlatform, OldPostfix
from tests.support.module_runs import run_command
from tests.support.old_provider import OldProvider
from tests.support.postfix import wait_for


@pytest.fixture
def no(platform: MailPlatform, domain: str) -> MailPlatform:
    """A domain with one mailbox here; each test switches it to its own old provider."""
    platform.add_domain(domain)
    platform.add_mailbox(f"anna@{domain}")
    return platform


def test_who_is_not_here_is_put_off_while_the_old_provider_is_down(no: MailPlatform, domain: str) -> None:
    with OldProvider(set()) as gone:
        next_hop = gone.next_hop
    no.switch(domain, enabled=False, old_mx=next_hop)
    assert no.offer(f"stays@{domain}")[0] == 450
    assert no.offer(f"anna@{domain}", "here")[0] == 250
    assert no.subjects(f"anna@{domain}") == ["here"]


def test_who_is_not_here_is_put_off_until_a_slow_old_provider_has_answered(no: MailPlatform, domain: str) -> None:
    known = f"stays@{domain}"
    with OldProvider({known}, delay=4) as slow:
        no.switch(domain, enabled=False, old_mx=slow.next_hop)
        assert no.offer(known)[0] == 450
        slow.delay = 0
        wait_for(lambda: no.offer(known)[0] == 250, "the second try", no.postfix.log)
        wait_for(lambda: slow.received == [known], "the message", no.postfix.log)


def test_mail_that_waits_for_the_old_provider_goes_there_after_yes_and_bounces_never(
    no: MailPlatform, domain: str
) -> None:
    known = f"stays@{domain}"
    with OldProvider({known}) as old:
        port = int(old.next_hop.rpartition(":")[2])
        no.switch(domain, enabled=False, old_mx=old.next_hop)
        assert no.offer(known)[0] == 250
        wait_for(lambda: old.received == [known], "the first message", no.postfix.log)
    assert no.offer(known, "waits")[0] == 250
    wait_for(lambda: bool(no.postfix.queue()), "the queue", no.postfix.log)
    wait_for(lambda: no.postfix.queue()[0]["queue_name"] == "deferred", "the first try", no.postfix.log)
    # The queue manager keeps the way of the last recipient for half a minute.
    assert no.offer(f"anna@{domain}", "in between")[0] == 250
    wait_for(lambda: len(no.inbox(f"anna@{domain}")) == 1, "the message in between", no.postfix.log)
    with OldProvider({known}, port=port) as old:
        concluded = switched_on(no, domain)
        assert (concluded["flushed"], concluded["flush_failure"]) == (1, "")
        assert no.offer(known)[0] == 550
        wait_for(lambda: old.received == [known], "the message that waited", no.postfix.log)
    no.postfix.wait_until_idle()
    assert no.postfix.bounced(domain) == 0


def switched_on(platform: MailPlatform, domain: str) -> dict[str, Any]:
    """The module's work for "Yes", on the operator's word, for no DNS answers here; what it says of the queue."""
    options = {"enabled": True, "ticket": None, "force_reason": "test", "mx_hosts": ["mx.platform.example"],
               "required_addresses": None, "probe": True, "nameservers": ["127.0.0.97:9"], "authoritative_port": 9,
               "postfix_config_directory": str(platform.postfix.folder / "config"),
               "domains": [{"name": domain, "old_mx": None, "expires": None}]}  # fmt: skip
    task = LocalDeliveryTask(options, check_mode=False, run_command=run_command)
    driver = PostfixSql(platform.database.dsn)
    plan = task.plan(driver)
    driver.apply(plan.steps)
    return task.conclude(plan)


# --- Loops ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def forwarding(platform: MailPlatform) -> Iterator[OldPostfix]:
    """An old provider that accepts everybody and sends mail for who is unknown to it back to us."""
    with OldPostfix(forward_to=f"[127.0.0.1]:{platform.port}") as made:
        yield made


def test_mail_that_the_old_provider_sends_back_is_refused_at_its_first_return(
    no: MailPlatform, domain: str, forwarding: OldPostfix
) -> None:
    no.switch(domain, enabled=False, old_mx=forwarding.next_hop)
    assert no.offer(f"moved@{domain}")[0] == 250
    no.postfix.wait_until_idle()
    forwarding.postfix.wait_until_idle()
    assert no.postfix.bounced(domain) == 0
    assert no.postfix.log().count(f"to=<moved@{domain}>, relay={OLD_ADDRESS}") == 2, "the question and the message"
    assert forwarding.postfix.log().count("none at the provider that sent this") == 1


def test_mail_that_the_old_provider_sends_on_for_who_is_here_arrives(
    no: MailPlatform, domain: str, forwarding: OldPostfix
) -> None:
    no.switch(domain, enabled=False, old_mx=forwarding.next_hop)
    assert forwarding.offer(f"anna@{domain}", "through the old one")[0] == 250
    forwarding.postfix.wait_until_idle()
    assert no.subjects(f"anna@{domain}") == ["through the old one"]


def test_old_provider_that_is_ourselves_makes_no_loop(no: MailPlatform, domain: str) -> None:
    no.switch(domain, enabled=False, old_mx=f"[{no.address}]:{no.port}")
    began = time.monotonic()
    assert no.offer(f"stays@{domain}")[0] == 550
    assert time.monotonic() - began < 30
    assert no.offer(f"anna@{domain}", "here")[0] == 250
    assert no.subjects(f"anna@{domain}") == ["here"]
    assert no.postfix.bounced(domain) == 0
