# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one server's answer is worth, kind by kind."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import AnswerState
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_match import Facts, Fit, Host, Match, match
from ansible_collections.mailops.migration.plugins.module_utils.dns.spf import SpfReading

from tests.unit.dns.makers import FIRST, KEY, answer, wanted

OURS = "192.0.2.80"
MX = wanted(mx=["10 mx1.platform.example", "20 mx2.platform.example"])
HOSTS = {
    "mx1.platform.example": Host(addresses=(OURS,)),
    "mx2.platform.example": Host(addresses=("192.0.2.81",)),
    "mail.customer.example": Host(addresses=(OURS,)),
    "alias.customer.example": Host(("mx1.platform.example",), (OURS,)),
    "webmail.platform.example": Host(addresses=(OURS,)),
}
FACTS = Facts(HOSTS, frozenset({OURS, "192.0.2.81"}))
BOTH = ("10 mx1.platform.example", "20 mx2.platform.example")
DKIM = wanted(dkim=[{"selector": "s", "key": KEY}])
DMARC = wanted(dmarc="v=DMARC1; p=quarantine")
WEBMAIL = wanted(webmail="webmail.platform.example")


def judged(expected: Any, *records: str, facts: Facts = FACTS) -> Match:
    return match(expected, answer(*records), facts)


@pytest.mark.parametrize(
    ("records", "fit", "words"),
    [
        (BOTH, Fit.RIGHT, ""),
        (("5 mx1.platform.example", "6 mx2.platform.example"), Fit.RIGHT, ""),
        (("20 mx1.platform.example", "10 mx2.platform.example"), Fit.RIGHT, "another order"),
        (("10 mail.customer.example",), Fit.RIGHT, "another name"),
        ((), Fit.MISSING, "no MX"),
        (("0 .",), Fit.WRONG, "7505"),
        (("10 mx.old.example",), Fit.WRONG, "elsewhere: mx.old.example"),
        ((*BOTH, "99 mx.old.example"), Fit.WRONG, "beside ours: mx.old.example"),
        (BOTH[:1], Fit.WRONG, "lacks the MX mx2"),
        ((*BOTH, "30 alias.customer.example"), Fit.WRONG, "alias (CNAME)"),
    ],
)
def test_mx(records: tuple[str, ...], fit: Fit, words: str) -> None:
    found = judged(MX, *records)
    assert found.fit is fit
    assert words in " ".join([found.reason, *found.notes])
    assert bool(words) == bool(found.reason or found.notes)


@pytest.mark.parametrize(
    ("records", "reading", "fit", "words"),
    [
        (["v=spf1 x"], SpfReading(["include:ours"]), Fit.RIGHT, ""),
        (["v=spf1 x"], SpfReading(["include:ours", "all"]), Fit.RIGHT, "+all"),
        (["v=spf1 x"], SpfReading(["include:ours"], unknown=["s.example"]), Fit.RIGHT, "s.example"),
        (["v=spf1 x"], SpfReading(["mx"]), Fit.WRONG, "without include:ours"),
        (["v=spf1 x"], SpfReading(["include:ours"], problems=["needs 11 DNS lookups"]), Fit.WRONG, "11 DNS lookups"),
        (["v=spf1 x", "v=spf1 y"], SpfReading(["include:ours"]), Fit.WRONG, "2 SPF records"),
        (["some other text"], SpfReading(), Fit.MISSING, "no SPF"),
    ],
)
def test_spf(records: list[str], reading: SpfReading, fit: Fit, words: str) -> None:
    found = judged(wanted(spf=["include:ours"]), *records, facts=Facts(readings={"v=spf1 x": reading}))
    assert found.fit is fit
    assert words in " ".join([found.reason, *found.notes])


@pytest.mark.parametrize(
    ("records", "fit", "words"),
    [
        ([f"v=DKIM1; k=ed25519; p={KEY}"], Fit.RIGHT, ""),
        ([f"k=ed25519;p={KEY[:20]} {KEY[20:]}"], Fit.RIGHT, ""),
        ([f"v=DKIM1; t=y:s; k=ed25519; p={KEY}"], Fit.RIGHT, "test"),
        (["v=spf1 -all"], Fit.MISSING, "no DKIM"),
        (["v=DKIM1; p="], Fit.WRONG, "withdrawn"),
        (["v=DKIM1; k=ed25519; p=AAAA"], Fit.WRONG, "another DKIM key"),
        ([f"v=DKIM1; k=ed25519; p={KEY[:20]}"], Fit.WRONG, "beginning"),
        ([f"v=DKIM1; p={KEY}"], Fit.WRONG, "type rsa"),
        ([f"v=DKIM1; k=ed25519; p={KEY}", "v=DKIM1; p=AAAA"], Fit.WRONG, "2 DKIM keys"),
    ],
)
def test_dkim(records: list[str], fit: Fit, words: str) -> None:
    found = judged(DKIM, *records)
    assert (found.fit, words in " ".join([found.reason, *found.notes])) == (fit, True)


@pytest.mark.parametrize(
    ("records", "fit", "words"),
    [
        (["v=DMARC1; p=quarantine; rua=mailto:x@y.example"], Fit.RIGHT, ""),
        (["v=DMARC1;p=REJECT"], Fit.RIGHT, ""),
        (["v=DMARC1; p=none"], Fit.WRONG, "weaker"),
        (["v=DMARC1; rua=mailto:x@y.example"], Fit.WRONG, "without a policy"),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], Fit.WRONG, "2 DMARC"),
        (["v=spf1 -all"], Fit.MISSING, "no DMARC"),
    ],
)
def test_dmarc(records: list[str], fit: Fit, words: str) -> None:
    found = judged(DMARC, *records)
    assert (found.fit, words in found.reason) == (fit, True)


def test_alias() -> None:
    assert judged(WEBMAIL, "webmail.platform.example").fit is Fit.RIGHT
    assert judged(WEBMAIL, "webmail.old.example").fit is Fit.WRONG
    assert judged(WEBMAIL).fit is Fit.MISSING


def test_alias_that_leads_to_ours_by_way_of_another_is_right_with_a_note() -> None:
    facts = Facts({"step.customer.example": Host(("webmail.platform.example",), (OURS,))})
    found = judged(WEBMAIL, "step.customer.example", facts=facts)
    assert (found.fit, len(found.notes)) == (Fit.RIGHT, 1)


@pytest.mark.parametrize(("address", "fit"), [(OURS, Fit.RIGHT), ("192.0.2.9", Fit.WRONG)])
def test_addresses_in_place_of_an_alias_are_right_when_they_are_ours(address: str, fit: Fit) -> None:
    facts = Facts(HOSTS, flat={FIRST: (address,)})
    assert judged(WEBMAIL, facts=facts).fit is fit


@pytest.mark.parametrize(
    ("records", "fit"),
    [
        (["0 1 993 imap.platform.example"], Fit.RIGHT),
        (["5 9 993 imap.platform.example"], Fit.RIGHT),
        (["0 1 143 imap.platform.example"], Fit.WRONG),
        (["0 1 993 imap.platform.example", "0 1 993 imap.old.example"], Fit.WRONG),
        (["0 0 0 ."], Fit.WRONG),
        ([], Fit.MISSING),
    ],
)
def test_srv(records: list[str], fit: Fit) -> None:
    assert judged(wanted(srv={"imaps": "imap.platform.example:993"}), *records).fit is fit


@pytest.mark.parametrize(
    ("template", "record", "fit"),
    [
        ({"mta_sts": {"host": "h.example", "id": "7"}}, "v=STSv1; id=7;", Fit.RIGHT),
        ({"mta_sts": {"host": "h.example", "id": "7"}}, "v=STSv1; id=6", Fit.WRONG),
        ({"tls_rpt": "mailto:a@b.example"}, "v=TLSRPTv1; rua=mailto:x@y.example,mailto:a@b.example", Fit.RIGHT),
        ({"tls_rpt": "mailto:a@b.example"}, "v=TLSRPTv1; rua=mailto:x@y.example", Fit.WRONG),
        ({"ownership": "ours=abc"}, '"ours=abc"', Fit.RIGHT),
        ({"ownership": "ours=abc"}, "ours=def", Fit.WRONG),
        ({"ownership": "ours=abc"}, "v=spf1 -all", Fit.MISSING),
        ({"absent": ["mta_sts"]}, "v=STSv1; id=6", Fit.WRONG),
        ({"absent": ["mta_sts"]}, "another text", Fit.RIGHT),
        ({"absent": ["autodiscover"]}, "autodiscover.old.example", Fit.WRONG),
    ],
)
def test_other_texts_and_leftovers(template: dict[str, Any], record: str, fit: Fit) -> None:
    assert judged(wanted(**template), record).fit is fit


def test_leftover_address_is_seen_too() -> None:
    assert judged(wanted(absent=["autodiscover"]), facts=Facts(flat={FIRST: ("192.0.2.9",)})).fit is Fit.WRONG


def test_wildcard_is_named() -> None:
    found = judged(WEBMAIL, "any.customer.example", facts=Facts(wildcard=("any.customer.example",)))
    assert "wildcard" in found.reason


@pytest.mark.parametrize("state", [AnswerState.TIMEOUT, AnswerState.LAME, AnswerState.SERVER_FAILURE, AnswerState.LOOP])
def test_server_that_does_not_tell_is_unknown(state: AnswerState) -> None:
    found = match(MX, answer(state=state), FACTS)
    assert (found.fit, state.value in found.reason) == (Fit.UNKNOWN, True)
