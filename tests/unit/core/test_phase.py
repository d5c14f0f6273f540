# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which phase a domain is, by what can be seen, and when nothing is left to be done for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass, domain_passes
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace, MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.core.phase import (
    DomainFacts,
    DomainPhase,
    Phase,
    decide,
    obstacles,
    whole,
)

NOW = 1_795_000_000.0
DAY = 86400
ELSEWHERE = MxVerdict(MxPlace.ELSEWHERE, "has its MX elsewhere: mx.old.example")
HERE = MxVerdict(MxPlace.OURS, "has its MX here: mx.platform.example")
PARTLY = MxVerdict(MxPlace.MIXED, "has its MX here for a part of the world")
NOWHERE = MxVerdict(MxPlace.NOWHERE, "has no MX record and no address that takes mail")
UNKNOWN = MxVerdict(MxPlace.UNKNOWN, "has MX records that cannot be read: ns1 does not answer in time")


def seen(place: MxPlace, ago: float, ttl: int = 300) -> MxSeen:
    return MxSeen("a.example", place, ("mx.example",), ttl, NOW - ago, NOW - ago)


def facts(mx: MxVerdict, *history: MxSeen, **more: Any) -> DomainFacts:
    return DomainFacts("a.example", mx, NOW, history, **more)


def decided(given: DomainFacts, wanted: str = "") -> DomainPhase:
    return decide(given, "mx.platform.example", UTC, wanted)


@pytest.mark.parametrize("mx", [ELSEWHERE, NOWHERE])
def test_first_phase_lasts_while_the_mail_goes_elsewhere_whatever_has_been_copied(mx: MxVerdict) -> None:
    found = decided(facts(mx, seen(mx.place, 0), mailboxes=3, behind=0))
    assert (found.phase, found.old_end) == (Phase.FIRST, None)
    assert found.why == f"it {mx.text}"
    assert found.next.startswith("Waiting for the DNS: the customer has to set the MX records to mx.platform.example.")


def test_mailboxes_without_a_pass_are_told_with_the_phase() -> None:
    found = decided(facts(ELSEWHERE, seen(MxPlace.ELSEWHERE, 0), mailboxes=3, behind=2))
    assert found.why.endswith("; 2 of 3 mailboxes have no complete pass yet")


def test_dns_that_does_not_answer_leaves_the_domain_in_the_safe_phase_with_a_remedy() -> None:
    found = decided(facts(UNKNOWN, seen(MxPlace.ELSEWHERE, 500), seen(MxPlace.OURS, 400)))
    assert (found.phase, found.old_end) == (Phase.FIRST, None)
    assert "cannot be read: ns1 does not answer in time" in found.why
    for words in ("it named us (since 2026-", "Local Delivery stays as it is", "nothing is closed", "Correct the"):
        assert words in found.next


def test_any_name_server_that_names_us_begins_the_final_phase_and_the_old_records_live_on() -> None:
    found = decided(facts(PARTLY, seen(MxPlace.ELSEWHERE, 100), seen(MxPlace.MIXED, 0)))
    assert (found.phase, found.old_end, found.ours_since) == (Phase.FINAL, None, NOW)
    assert found.next == "Waiting until all of its name servers name nobody but us."


def test_final_phase_tells_for_how_long_the_old_records_may_be_believed() -> None:
    found = decided(facts(HERE, seen(MxPlace.ELSEWHERE, 900), seen(MxPlace.OURS, 100)))
    assert (found.phase, found.old_end) == (Phase.FINAL, NOW + 200)
    assert "may be believed until 2026-11-18 11:10:00 UTC, for 0:03:20 more." in found.next


def test_final_phase_tells_that_the_old_records_have_run_out() -> None:
    found = decided(facts(HERE, seen(MxPlace.ELSEWHERE, 900), seen(MxPlace.OURS, 400)))
    assert (found.phase, found.old_end) == (Phase.FINAL, NOW - 100)
    assert "This pass is the last one when it finds nothing new and verify passes." in found.next


def test_resolver_that_still_knows_the_old_records_counts_for_as_long_as_it_keeps_them() -> None:
    switched = facts(HERE, seen(MxPlace.ELSEWHERE, 900), seen(MxPlace.OURS, 400))
    late = replace(switched, resolver=ELSEWHERE, resolver_ttl=7200)
    assert decided(late).old_end == NOW + 7200
    assert decided(replace(switched, resolver=HERE, resolver_ttl=7200)).old_end == NOW - 100


def test_closed_domain_stays_closed_and_a_way_back_is_told() -> None:
    shut = facts(HERE, seen(MxPlace.OURS, 0), closed=NOW - DAY, mailboxes=2, behind=1)
    assert decided(shut).phase is Phase.CLOSED
    assert decided(shut).why == "it was closed on 2026-11-17 11:06:40 UTC"
    assert "look at that" in decided(replace(shut, mx=ELSEWHERE)).next
    assert decided(replace(shut, mx=UNKNOWN)).phase is Phase.CLOSED


@pytest.mark.parametrize("wanted", ["first", "final"])
@pytest.mark.parametrize("mx", [ELSEWHERE, HERE, UNKNOWN])
def test_phase_that_was_given_holds_and_the_facts_are_told_all_the_same(mx: MxVerdict, wanted: str) -> None:
    found = decided(facts(mx, closed=NOW if mx is HERE else None), wanted)
    assert found.phase is Phase(wanted)
    assert found.why.startswith("it was given; by itself it is ")


def test_ticket_is_final_as_soon_as_one_of_its_domains_is_and_closed_with_the_last() -> None:
    first, final, closed = (DomainPhase("a.example", phase, "", "") for phase in Phase)
    assert whole([first, first]) is Phase.FIRST
    assert whole([first, final, closed]) is Phase.FINAL
    assert whole([first, closed]) is Phase.FIRST
    assert whole([closed, closed]) is Phase.CLOSED


DONE = DomainPass("a.example", "final", NOW, NOW + 60, mailboxes=3, worked=3, complete=3, copied=0, verified=3)


def test_domain_is_through_after_a_whole_verified_pass_that_began_after_the_old_records_and_found_nothing() -> None:
    assert obstacles(DONE, NOW, 0, UTC) == []
    assert obstacles(replace(DONE, mailboxes=0, worked=0, complete=0, verified=0), NOW, 0, UTC) == []


@pytest.mark.parametrize(
    ("done", "old_end", "queued", "told"),
    [
        (replace(DONE, complete=2), NOW, 0, "only 2 of 3 mailboxes were brought to an end"),
        (replace(DONE, copied=1), NOW, 0, "this pass still found 1 new message"),
        (replace(DONE, verified=2), NOW, 0, "verify passed for 2 of 3 mailboxes"),
        (DONE, NOW, 4, "4 messages waited here for the old provider"),
        (DONE, None, 0, "the old MX records are still handed out, or DNS was not seen"),
        # The pass ended after the old records did, but mail may have come behind its back.
        (DONE, NOW + 30, 0, "the old MX records may be believed until 2026-11-18 11:07:10 UTC"),
    ],
)
def test_anything_left_keeps_the_domain_open(done: DomainPass, old_end: float | None, queued: int, told: str) -> None:
    assert obstacles(done, old_end, queued, UTC) == [told]


def mailbox(
    address: str, *, copied: int = 0, complete: bool = True, good: bool = True, verified: bool = True
) -> dict[str, Any]:
    sync = {"complete": complete, "good": good, "counts": {"copied": copied}}
    return {"mailbox": address, "sync": sync, "verify": {"good": verified}}


def test_run_is_counted_by_domain_and_a_mailbox_of_two_accounts_once() -> None:
    run = [
        mailbox("anna@a.example", copied=2),
        mailbox("Bert@A.example", complete=False),
        mailbox("bert@a.example", verified=False),
        mailbox("cora@a.example", good=False),
        mailbox("dora@b.example"),
    ]
    stands = [{"domain": name, "phase": "final", "old_end": 7.0} for name in ("a.example", "b.example", "c.example")]
    names = ("anna@a", "bert@a", "cora@a", "emil@a", "dora@b", "fritz@c")
    people = [f"{name}.example" for name in names]
    counts = {"domain": "a.example", "phase": "final", "old_end": 7.0}
    assert domain_passes(run, stands, people) == [
        {**counts, "mailboxes": 4, "worked": 3, "complete": 1, "copied": 2, "verified": 2},
        {**counts, "domain": "b.example", "mailboxes": 1, "worked": 1, "complete": 1, "copied": 0, "verified": 1},
    ]


def test_plan_is_no_pass() -> None:
    planned = {"complete": True, "good": True, "planned": True, "counts": {"copied": 3}}
    run = [{"mailbox": "anna@a.example", "sync": planned}]
    assert domain_passes(run, [{"domain": "a.example", "phase": "first"}], ["anna@a.example"]) == []
