# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to real name servers: what the zones' own servers say, and every way of not saying it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import AnswerState, Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns
from ansible_collections.mailops.migration.plugins.module_utils.dns.mx import mx_verdict
from ansible_collections.mailops.migration.plugins.module_utils.dns.ownership import (
    OwnershipState,
    ownership,
    ownership_record,
)

from tests.support.dovecot import free_ports
from tests.support.knot import KnotServer

FIRST, SECOND = "127.0.0.1", "127.0.0.2"
OUR_NAME, OUR_ADDRESS = "mx.platform.example", "192.0.2.80"
OURS = frozenset({OUR_NAME, OUR_ADDRESS})
LONG = " ".join('"' + str(number) * 200 + '"' for number in range(9))
TOP = [("lame", "NS", "ns1.other"), ("dead", "NS", "ns.dead"), ("ns.dead", "A", "127.0.0.99"),
       ("platform", "NS", "ns1"), ("mx.platform", "A", OUR_ADDRESS), ("other", "NS", "ns1.other"),
       ("ns1.other", "A", FIRST)]  # fmt: skip
PLATFORM = [("mx", "A", OUR_ADDRESS)]
CUSTOMER = [("@", "MX", "10 MX.Old.example."), ("@", "TXT", '"v=spf1 -all"'), ("@", "TXT", LONG),
            ("null", "MX", "0 ."), ("bare", "A", "192.0.2.9"), ("vanity", "MX", "5 mail.vanity"),
            ("mail.vanity", "A", OUR_ADDRESS), ("alias", "CNAME", "bare"), ("apex", "CNAME", "platform.example."),
            ("none", "TXT", '"nothing"'),
            ("ours", "MX", f"10 {OUR_NAME}."), ("both", "MX", f"10 {OUR_NAME}."), ("both", "MX", "20 mx.old.example.")]


@dataclass(frozen=True)
class Net:
    """Two name servers that hold the same zones, at first."""

    first: KnotServer
    second: KnotServer

    def dns(self, *nameservers: Server) -> Dns:
        resolvers = nameservers or (self.first.server,)
        return Dns(resolvers, authoritative_port=self.first.server.port, timeout=2)

    def mx(self, domain: str) -> MxPlace:
        return mx_verdict(self.dns(), domain, OURS).place


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    port = free_ports(1)[0]
    zones = {"customer.example": CUSTOMER, "platform.example": PLATFORM}
    speakers = (FIRST, SECOND)
    with (
        KnotServer({**zones, "example": TOP}, address=FIRST, port=port, speakers=speakers) as first,
        KnotServer(zones, address=SECOND, port=port, speakers=speakers) as second,
    ):
        yield Net(first, second)


def states(net: Net, name: str, kind: str) -> list[AnswerState]:
    return [answer.state for answer in net.dns().authoritative(name, kind)]


def test_every_server_of_the_zone_is_asked_by_its_name(net: Net) -> None:
    answers = net.dns().authoritative("customer.example", "MX")
    assert [answer.server.name for answer in answers] == ["ns1.customer.example", "ns2.customer.example"]
    assert {answer.records for answer in answers} == {("10 mx.old.example",)}
    assert {answer.ttl for answer in answers} == {60}


def test_name_below_a_zone_is_asked_of_that_zone(net: Net) -> None:
    assert [answer.records for answer in net.dns().authoritative("bare.customer.example", "A")] == [("192.0.2.9",)] * 2


def test_zone_of_an_alias_is_the_one_that_holds_it_and_not_the_one_it_leads_to(net: Net) -> None:
    assert net.dns().zone("apex.customer.example").name == "customer.example"


def test_long_text_records_come_whole_and_joined(net: Net) -> None:
    long = "".join(str(number) * 200 for number in range(9))
    for answer in net.dns().authoritative("customer.example", "TXT"):
        assert sorted(answer.records) == sorted([long, "v=spf1 -all"])


def test_addresses_of_a_host_and_of_an_address(net: Net) -> None:
    assert net.dns().addresses("alias.customer.example") == ("192.0.2.9",)
    assert net.dns(Server("127.0.0.98", 9)).addresses("2001:DB8::0:1") == ("2001:db8::1",)
    assert net.dns().addresses("none.customer.example") == ()


def test_alias_is_followed(net: Net) -> None:
    assert net.dns().resolve("alias.customer.example", "A").records == ("192.0.2.9",)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("none.customer.example", AnswerState.NO_DATA),
        ("absent.customer.example", AnswerState.NO_NAME),
        ("lame.example", AnswerState.LAME),
    ],
)
def test_every_way_to_have_no_record_is_told_apart(net: Net, name: str, state: AnswerState) -> None:
    assert set(states(net, name, "MX")) == {state}


def test_server_that_is_down_is_told_and_the_other_answers(net: Net) -> None:
    with KnotServer(
        {"half.example": [("@", "MX", "10 mx.old.example.")]}, port=net.first.server.port, address="127.0.0.3",
        speakers=("127.0.0.3", "127.0.0.4"),
    ) as half:  # fmt: skip
        dns = Dns([half.server], authoritative_port=net.first.server.port, timeout=1)
        found = {answer.server.address: answer.state for answer in dns.authoritative("half.example", "MX")}
        verdict = mx_verdict(dns, "half.example", OURS)
    assert found["127.0.0.3"] is AnswerState.OK
    assert found["127.0.0.4"] in (AnswerState.TIMEOUT, AnswerState.UNREACHABLE)
    assert verdict.place is MxPlace.ELSEWHERE


def test_resolver_that_refuses_is_passed_over(net: Net) -> None:
    # The second server doesn't hold the zone "example".
    assert net.dns(net.second.server).resolve("example", "NS").state is AnswerState.REFUSED
    assert net.dns(net.second.server, net.first.server).resolve("example", "NS").state is AnswerState.OK


def test_nobody_who_answers_is_unknown_and_says_why(net: Net) -> None:
    silent = Server("127.0.0.98", net.first.server.port)
    verdict = mx_verdict(net.dns(silent), "customer.example", OURS)
    assert (verdict.place, "127.0.0.98" in verdict.text) == (MxPlace.UNKNOWN, True)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("customer.example", MxPlace.ELSEWHERE),
        ("ours.customer.example", MxPlace.OURS),
        ("vanity.customer.example", MxPlace.OURS),
        ("both.customer.example", MxPlace.MIXED),
        ("null.customer.example", MxPlace.NOWHERE),
        ("none.customer.example", MxPlace.NOWHERE),
        ("bare.customer.example", MxPlace.ELSEWHERE),
        ("absent.customer.example", MxPlace.UNKNOWN),
        ("lame.example", MxPlace.UNKNOWN),
    ],
)
def test_whose_mail_exchangers_a_domain_names(net: Net, name: str, place: MxPlace) -> None:
    assert net.mx(name) is place


def test_servers_that_disagree_make_the_verdict_mixed(net: Net) -> None:
    net.first.replace("customer.example", "moving", "MX", f"10 {OUR_NAME}.")
    net.second.replace("customer.example", "moving", "MX", "10 mx.old.example.")
    assert net.mx("moving.customer.example") is MxPlace.MIXED
    net.second.replace("customer.example", "moving", "MX", f"10 {OUR_NAME}.")
    assert net.mx("moving.customer.example") is MxPlace.OURS


def test_domain_is_owned_once_its_record_is_there(net: Net) -> None:
    record = ownership_record("our secret", "customer.example")
    assert record != ownership_record("our secret", "other.example") != ownership_record("x", "other.example")
    before = ownership(net.dns(), "customer.example", record)
    assert (before.state, record in before.remedy) == (OwnershipState.MISSING, True)
    net.second.replace("customer.example", "@", "TXT", f'"{record}"')
    assert ownership(net.dns(), "customer.example", record).state is OwnershipState.VERIFIED
    net.second.replace("customer.example", "@", "TXT", '"mailops-verification=of-another"')
    other = ownership(net.dns(), "customer.example", record)
    assert (other.state, "of-another" in other.reason) == (OwnershipState.MISSING, True)


def test_ownership_is_unknown_while_dns_does_not_answer(net: Net) -> None:
    assert ownership(net.dns(), "lame.example", "mailops-verification=x").state is OwnershipState.UNKNOWN
