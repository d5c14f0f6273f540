# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mail that goes on to an old provider that checks SPF, with senders rewritten (SRS) and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns

from tests.support.databases import Databases
from tests.support.knot import KnotServer
from tests.support.mail_platform import WORLD, MailPlatform
from tests.support.old_provider import OldProvider
from tests.support.postfix import wait_for
from tests.support.srs import SenderRewriter, spf_passes

SRS = "srs.platform.example"
SENDER = "ann@partner.example"
ZONES = {
    "partner.example": [("@", "TXT", f'"v=spf1 ip4:{WORLD} -all"')],
    "platform.example": [("srs", "TXT", '"v=spf1 ip4:127.0.0.1 -all"'), ("mx", "TXT", '"v=spf1 ip4:127.0.0.1 -all"')],
}


@pytest.fixture(scope="module")
def strict() -> Iterator[Callable[[str, str], bool]]:
    """What a receiver that checks SPF takes: ``strict(sender, client)``."""
    with KnotServer(ZONES) as knot:
        yield spf_passes(Dns([knot.server]))


@pytest.fixture(scope="module")
def world() -> Iterator[OldProvider]:
    """Where mail that leaves the platform for anybody else arrives."""
    with OldProvider({SENDER}) as server:
        yield server


@pytest.fixture(scope="module")
def rewriting(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, world: OldProvider
) -> Iterator[MailPlatform]:
    """Our platform with SRS."""
    database = databases.new("sqlite", tmp_path_factory.mktemp("database"))
    with (
        SenderRewriter(SRS) as rewriter,
        MailPlatform(
            database, mail_platform_default_transport=f"smtp:{world.next_hop}", mail_platform_patience=3,
            **rewriter.variables,
        ) as made,
    ):  # fmt: skip
        yield made


def customer(platform: MailPlatform, domain: str, old_mx: str) -> None:
    platform.add_domain(domain)
    platform.add_mailbox(f"anna@{domain}")
    platform.switch(domain, enabled=False, old_mx=old_mx)


def test_spf_check_of_the_tests_tells_senders_apart(strict: Callable[[str, str], bool]) -> None:
    assert strict(SENDER, WORLD) and strict("", WORLD) and strict("x@no-record.example", WORLD)
    assert not strict(SENDER, "127.0.0.1")


def test_without_rewriting_an_old_provider_that_checks_spf_refuses_what_was_accepted(
    platform: MailPlatform, domain: str, strict: Callable[[str, str], bool]
) -> None:
    known = f"stays@{domain}"
    with OldProvider({known}, takes_from=strict) as old:
        customer(platform, domain, old.next_hop)
        assert platform.offer(known, sender=SENDER)[0] == 250
        wait_for(lambda: platform.postfix.bounced(domain) == 1, "the bounce", platform.postfix.log)
        assert old.received == []


def test_rewritten_sender_passes_spf_and_a_bounce_to_it_finds_back(
    rewriting: MailPlatform, domain: str, strict: Callable[[str, str], bool], world: OldProvider
) -> None:
    known = f"stays@{domain}"
    with OldProvider({known}, takes_from=strict) as old:
        customer(rewriting, domain, old.next_hop)
        assert rewriting.offer(known, sender=SENDER)[0] == 250
        wait_for(lambda: old.received == [known], "the message", rewriting.postfix.log)
        (rewritten,) = old.senders
    assert rewritten.startswith("SRS0=") and rewritten.endswith(f"@{SRS}")
    assert rewriting.offer(rewritten, "a bounce", sender="")[0] == 250
    wait_for(lambda: world.received == [SENDER], "the bounce", rewriting.postfix.log)
    forged = rewritten.replace("partner", "victim")
    assert rewriting.offer(forged, sender="")[0] == 550
    assert rewriting.offer(f"anybody@{SRS}", sender="")[0] == 550
    assert rewriting.postfix.bounced(domain) == 0


def test_mail_for_who_is_here_keeps_its_sender(rewriting: MailPlatform, domain: str) -> None:
    customer(rewriting, domain, "[192.0.2.1]:25")
    assert rewriting.offer(f"anna@{domain}", "mine", sender=SENDER)[0] == 250
    assert rewriting.subjects(f"anna@{domain}") == ["mine"]
    assert [message["Return-Path"] for message in rewriting.inbox(f"anna@{domain}")] == [f"<{SENDER}>"]


def test_mail_that_comes_back_with_a_sender_of_ours_is_refused_from_wherever_it_comes(
    rewriting: MailPlatform, domain: str
) -> None:
    known = f"stays@{domain}"
    with OldProvider({known}) as old:
        customer(rewriting, domain, old.next_hop)
        assert rewriting.offer(known, sender=SENDER)[0] == 250
        wait_for(lambda: old.received == [known], "the message", rewriting.postfix.log)
        (rewritten,) = old.senders
        once_more = f"SRS1=XyZw={SRS}={rewritten.partition('@')[0][4:]}@old-provider.example"
        assert rewriting.offer(known, client="127.0.0.44", sender=rewritten)[0] == 554
        assert rewriting.offer(known, client="127.0.0.44", sender=once_more)[0] == 554
        assert rewriting.offer(f"anna@{domain}", client="127.0.0.44", sender=rewritten)[0] == 250


def test_senders_of_our_own_domains_stay_once_local_delivery_is_yes(
    rewriting: MailPlatform, domain: str, world: OldProvider
) -> None:
    rewriting.add_domain(domain)
    rewriting.add_mailbox(f"anna@{domain}")
    rewriting.add_alias(f"out@{domain}", SENDER)
    for enabled, kept in ((False, False), (True, True)):
        rewriting.switch(domain, enabled=enabled, old_mx="[192.0.2.1]:25")
        before = len(world.senders)
        assert rewriting.offer(f"out@{domain}", sender=f"anna@{domain}")[0] == 250
        wait_for(lambda count=before: len(world.senders) == count + 1, "the message", rewriting.postfix.log)
        assert (world.senders[-1] == f"anna@{domain}") is kept
