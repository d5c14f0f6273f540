# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""dns_record_check against real name servers and a real resolver, and against servers that misbehave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Server
from ansible_collections.mailops.migration.plugins.module_utils.support.dns_check_task import check
from ansible_collections.mailops.migration.plugins.modules.dns_record_check import argument_spec

from tests.support import odd_name_server as odd
from tests.support.dovecot import free_ports
from tests.support.knot import KnotServer, Record
from tests.support.module_runs import run_module
from tests.support.odd_name_server import OddNameServer, Reply
from tests.support.unbound import unbound

FIRST, SECOND, ODD = "127.0.0.1", "127.0.0.2", "127.0.0.6"
KEY = "M" * 700
TEMPLATE: dict[str, Any] = {
    "mx": ["10 mx1.platform.example", "20 mx2.platform.example"],
    "spf": ["include:spf.platform.example"],
    "dkim": [{"selector": "mailops", "key": KEY}],
    "dmarc": "v=DMARC1; p=none",
    "webmail": "webmail.platform.example",
    "srv": {"imaps": "imap.platform.example:993"},
}
OURS: list[Record] = [
    ("@", "MX", "10 mx1.platform.example."), ("@", "MX", "20 mx2.platform.example."),
    ("@", "TXT", '"v=spf1 include:spf.platform.example -all"'), ("@", "TXT", f'"{"x" * 250}" "{"y" * 250}"'),
    ("mailops._domainkey", "TXT", f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:400]}" "{KEY[400:]}"'),
    ("_dmarc", "TXT", '"v=DMARC1; p=reject"'), ("webmail", "CNAME", "webmail.platform.example."),
    ("_imaps._tcp", "SRV", "0 1 993 imap.platform.example."),
]  # fmt: skip
PLATFORM: list[Record] = [
    ("mx1", "A", "192.0.2.80"), ("mx2", "A", "192.0.2.81"), ("spf", "TXT", '"v=spf1 ip4:192.0.2.80 -all"'),
    ("webmail", "A", "192.0.2.80"), ("imap", "A", "192.0.2.80"),
]  # fmt: skip
OLD_MX = "10 mx.old.example."


@dataclass(frozen=True)
class Net:
    """Two name servers that hold the same zones, at first."""

    first: KnotServer
    second: KnotServer

    def check(self, domain: str, *, resolvers: tuple[Server, ...] = (), **options: Any) -> dict[str, Any]:
        arguments = self.arguments(domain, resolvers=resolvers, **options)
        validated = ArgumentSpecValidator(argument_spec()).validate(arguments)
        assert not validated.error_messages
        return check(validated.validated_parameters)

    def arguments(self, domain: str, *, resolvers: tuple[Server, ...] = (), **options: Any) -> dict[str, Any]:
        """The module's options, with this net's servers."""
        servers = [f"{server.address}:{server.port}" for server in resolvers or (self.first.server,)]
        return {"domains": [domain], "records": TEMPLATE, "nameservers": servers, "timeout": 1,
                "authoritative_port": self.first.server.port, **options}  # fmt: skip

    def one(self, domain: str, kind: str, **options: Any) -> dict[str, Any]:
        """The first record of a kind."""
        return dict(self.check(domain, kinds=[kind], **options)["records"][0])

    def set_mx(self, domain: str, *values: str) -> None:
        for server in (self.first, self.second):
            server.replace(domain, "@", "MX", *values)


def zones() -> dict[str, list[Record]]:
    names = ("good", "stale", "moving", "bogus", "xn--bcher-kva")
    reverse: list[Record] = [("80", "PTR", "mx1.platform.example."), ("81", "PTR", "host81.example.")]
    odd_zone: list[Record] = [
        ("loop", "CNAME", "pool"), ("pool", "CNAME", "loop"), ("*", "CNAME", "www"), ("www", "A", "192.0.2.9"),
        ("webmail", "CNAME", "other"), ("null", "MX", "0 ."), ("alias", "MX", "10 mx1"),
        ("mx1", "CNAME", "mx1.platform.example."),
        ("far", "CNAME", "good.example."), ("@", "MX", OLD_MX), ("@", "MX", "10 mx1.platform.example."),
        ("@", "TXT", '"v=spf1 mx -all"'), ("@", "TXT", '"v=spf1 include:spf.platform.example -all"'),
    ]  # fmt: skip
    made = {f"{name}.example": OURS for name in names}
    return {**made, "platform.example": PLATFORM, "odd.example": odd_zone, "2.0.192.in-addr.arpa": reverse}


@pytest.fixture(scope="module")
def net() -> Iterator[Net]:
    port = free_ports(1)[0]
    speakers = (FIRST, SECOND)
    with (
        KnotServer(zones(), address=FIRST, port=port, speakers=speakers) as first,
        KnotServer(zones(), address=SECOND, port=port, speakers=speakers) as second,
    ):
        yield Net(first, second)


# --- The states -----------------------------------------------------------------------------------------------------


def test_domain_with_all_records_is_ok_at_every_server_long_texts_too(net: Net) -> None:
    found = net.check("good.example")
    assert (found["ok"], found["counts"], found["domains"][0]["findings"]) == (True, {"ok": 6}, [])
    for record in found["records"]:
        assert [answer["server"].split()[0] for answer in record["authoritative"]] == [
            "ns1.good.example", "ns2.good.example",
        ]  # fmt: skip
        assert {answer["ttl"] for answer in record["authoritative"]} == {60}


def test_old_mx_beside_ours_is_wrong_and_is_to_be_removed(net: Net) -> None:
    found = net.one("odd.example", "mx")
    assert (found["state"], found["todo"]["remove"]) == ("wrong", ["10 mx.old.example"])
    assert "beside ours" in found["reason"]


def test_two_spf_records_are_wrong_and_come_back_as_one(net: Net) -> None:
    found = net.one("odd.example", "spf")
    assert found["state"] == "wrong"
    assert found["todo"]["values"] == ["v=spf1 include:spf.platform.example mx -all"]
    assert found["todo"]["bind"][0].startswith('odd.example. 3600 IN TXT "v=spf1 include:')


def test_server_with_an_old_zone_is_stale_and_named(net: Net) -> None:
    net.second.replace("stale.example", "@", "MX", OLD_MX)
    found = net.one("stale.example", "mx")
    assert (found["state"], "ns2.stale.example" in found["reason"]) == ("stale", True)


def test_resolver_that_remembers_the_old_mx_is_propagating_for_its_ttl(net: Net) -> None:
    net.set_mx("moving.example", OLD_MX)
    with unbound({"moving.example": net.first.server, "platform.example": net.first.server}) as resolver:
        options: dict[str, Any] = {"resolvers": (net.first.server, resolver)}
        assert net.one("moving.example", "mx", **options)["state"] == "wrong"
        net.set_mx("moving.example", *(value for _owner, kind, value in OURS if kind == "MX"))
        found = net.one("moving.example", "mx", **options)
    assert found["state"] == "propagating"
    assert 0 < found["seconds_left"] <= 60
    assert found["todo"] == {}


def test_record_that_fails_dnssec_is_wrong_although_its_servers_have_it(net: Net) -> None:
    anchor = {"bogus.example": f"12345 13 2 {'ab' * 32}"}
    with unbound({"bogus.example": net.first.server, "platform.example": net.first.server}, anchors=anchor) as resolver:
        found = net.one("bogus.example", "mx", resolvers=(net.first.server, resolver))
    assert (found["state"], "DNSSEC" in found["reason"]) == ("wrong", True)
    assert [answer["state"] for answer in found["resolvers"]] == ["ok", "bogus"]


# --- Names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "state", "words"),
    [
        ("absent.good.example", "missing", "no MX"),
        ("null.odd.example", "wrong", "7505"),
        ("alias.odd.example", "wrong", "alias (CNAME)"),
        ("far.odd.example", "ok", ""),
        ("loop.odd.example", "unknown", "circle"),
    ],
)
def test_mx_of_odd_names(net: Net, name: str, state: str, words: str) -> None:
    found = net.one(name, "mx")
    assert (found["state"], words in found["reason"]) == (state, True)


def test_wildcard_is_told(net: Net) -> None:
    records = {"autoconfig": "autoconfig.platform.example"}
    found = net.one("odd.example", "autoconfig", records=records)
    assert (found["state"], "wildcard" in found["reason"]) == ("wrong", True)
    assert "wildcard" not in net.one("odd.example", "webmail")["reason"]


def test_international_domain_is_taken_in_both_forms_and_shown_in_both(net: Net) -> None:
    found = [net.check(name, kinds=["mx"])["domains"][0] for name in ("Bücher.example", "xn--bcher-kva.example")]
    assert found[0] == found[1]
    assert (found[0]["shown"], found[0]["state"]) == ("bücher.example (xn--bcher-kva.example)", "ok")


def test_addresses_of_our_mail_servers_lead_back_where_it_is_asked(net: Net) -> None:
    found = net.check("good.example", kinds=["mx", "ptr"], records={**TEMPLATE, "ptr": True})
    assert [(row["name"], row["state"]) for row in found["records"] if row["kind"] == "ptr"] == [
        ("80.2.0.192.in-addr.arpa", "ok"),
        ("81.2.0.192.in-addr.arpa", "wrong"),
    ]


# --- Servers that misbehave -----------------------------------------------------------------------------------------

CASES = [
    (odd.failing, "server_failure"), (odd.lame, "lame"), (odd.silent, "timeout"), (odd.garbled, "nonsense"),
    (odd.late(1.6, odd.failing), "timeout"),
]  # fmt: skip


@pytest.fixture(scope="module")
def half(net: Net) -> Iterator[Net]:
    """A zone with one good server and one whose behaviour the test chooses."""
    port = net.first.server.port
    with KnotServer({"half.example": OURS, "platform.example": PLATFORM}, address="127.0.0.5", port=port,
                    speakers=("127.0.0.5", ODD)) as good:  # fmt: skip
        yield Net(good, good)


@pytest.mark.parametrize(("reply", "state"), CASES)
def test_server_that_does_not_tell_is_a_note_beside_one_that_does(half: Net, reply: Reply, state: str) -> None:
    with OddNameServer(Server(ODD, half.first.server.port), reply):
        found = half.one("half.example", "mx")
    assert found["state"] == "ok"
    assert {answer["state"] for answer in found["authoritative"]} == {"ok", state}
    assert "ns2.half.example" in found["notes"][0]


def test_server_that_still_tells_of_the_old_mx_is_stale(half: Net) -> None:
    with OddNameServer(Server(ODD, half.first.server.port), odd.lying("MX", OLD_MX)):
        found = half.one("half.example", "mx")
    assert (found["state"], "mx.old.example" in found["reason"]) == ("stale", True)


def test_nobody_who_tells_is_unknown_with_the_reason(net: Net) -> None:
    odd_resolver = Server(ODD, net.first.server.port)
    with OddNameServer(odd_resolver, odd.failing):
        found = net.one("good.example", "mx", resolvers=(odd_resolver,))
    assert (found["state"], "SERVFAIL" in found["reason"]) == ("unknown", True)


# --- Waiting, options -----------------------------------------------------------------------------------------------


def test_wait_ends_as_soon_as_all_is_there(half: Net) -> None:
    ours = [value for _owner, kind, value in OURS if kind == "MX"]
    reply = odd.after(2, odd.lying("MX", OLD_MX), odd.lying("MX", *ours))
    with OddNameServer(Server(ODD, half.first.server.port), reply):
        found = half.check("half.example", kinds=["mx"], wait=True, wait_timeout=60, wait_pause=1)
    assert (found["ok"], found["counts"]) == (True, {"ok": 1})
    assert 2 <= found["waited"] < 60


def test_wait_that_was_in_vain_fails_with_what_is_left(net: Net) -> None:
    options = {"kinds": ["mx"], "wait": True, "wait_timeout": 1, "wait_pause": 1}
    found = run_module("dns_record_check", net.arguments("odd.example", **options)).result
    assert (found["failed"], found["changed"], "mx.old.example" in found["msg"]) == (True, False, True)


def test_check_mode_tells_the_same_and_nothing_is_ever_changed(net: Net) -> None:
    found = [run_module("dns_record_check", net.arguments("good.example"), check=mode).result for mode in (True, False)]
    assert [(row["changed"], row["ok"]) for row in found] == [(False, True), (False, True)]
    assert found[0]["domains"] == found[1]["domains"]


def test_dkim_key_is_read_from_the_file_that_the_platform_keeps_for_the_domain(net: Net, tmp_path: Path) -> None:
    (tmp_path / "good.example.txt").write_text(f'mailops._domainkey IN TXT ( "v=DKIM1; k=rsa; " "p={KEY}" )\n')
    records = {"dkim": [{"selector": "mailops", "key_file": f"{tmp_path}/{{domain}}.txt"}]}
    assert net.one("good.example", "dkim", records=records)["state"] == "ok"
    with pytest.raises(ConfigurationError, match=r"stale\.example\.txt"):
        net.one("stale.example", "dkim", records=records)
    (tmp_path / "good.example.txt").write_text("-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(ConfigurationError, match="private key"):
        net.one("good.example", "dkim", records=records)


def test_a_domain_has_values_of_its_own_and_null_takes_the_templates_away(net: Net) -> None:
    own = {"good.example": {"mx": ["10 mx.other.example"], "dkim": None}}
    found = net.check("good.example", domain_records=own)
    assert {row["kind"]: row["state"] for row in found["records"]} == {
        "mx": "wrong", "spf": "ok", "dmarc": "ok", "webmail": "ok", "srv": "ok",
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="mxx"):
        net.check("good.example", domain_records={"good.example": {"mxx": []}})
