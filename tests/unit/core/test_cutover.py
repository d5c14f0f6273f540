# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Local Delivery of a domain should be by its MX records, and what became of a switch in words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.cutover import became, told, wish

STAND = {
    "domain": "a.example",
    "phase": "first",
    "why": "it has its MX elsewhere: mx.old.example",
    "next": "Waiting for the DNS.",
    "mx": "elsewhere",
    "mx_text": "has its MX elsewhere: mx.old.example",
    "mx_hosts": ["mx.old.example", "backup.old.example"],
    "mx_ttl": 300,
    "resolver_text": "says the same",
    "mailboxes": 3,
    "behind": 1,
    "passes": "none yet",
    "overrides": [],
}
SWITCH = {
    "domain": "a.example",
    "enabled": True,
    "old_mx": "",
    "expires": 0,
    "reason": "",
    "exists": True,
    "expected": 3,
    "missing": [],
    "queued": 0,
}
RESULT = {"created": [], "updated": [], "failures": [], "flushed": 0, "flush_failure": ""}
REFUSAL = {"item": "a.example", "reason": "has its MX elsewhere: mx.old.example", "remedy": 'Switch to "Yes" later'}


def stand(**changes: Any) -> dict[str, Any]:
    return {**STAND, **changes}


def switch(**changes: Any) -> dict[str, Any]:
    return {**SWITCH, **changes}


def test_no_while_the_mx_is_elsewhere_by_the_preferred_server_that_the_records_name() -> None:
    found = wish([STAND], [SWITCH], {})
    assert (found.off, found.on) == (({"name": "a.example", "old_mx": "[mx.old.example]:25"},), ())


def test_old_provider_that_was_said_or_is_set_comes_before_the_records() -> None:
    assert wish([STAND], [switch(old_mx="[x]:25")], {}).off == ({"name": "a.example"},)
    said = wish([STAND], [switch(old_mx="[x]:25")], {"a.example": "[y]:26"})
    assert said.off == ({"name": "a.example", "old_mx": "[y]:26"},)


@pytest.mark.parametrize("mx", ["ours", "mixed"])
def test_yes_as_soon_as_any_name_server_names_us(mx: str) -> None:
    found = wish([stand(mx=mx)], [switch(enabled=False)], {})
    assert (found.off, found.on) == ((), ({"name": "a.example"},))


@pytest.mark.parametrize("mx", ["unknown", "nowhere"])
def test_nothing_is_switched_where_dns_does_not_tell(mx: str) -> None:
    found = wish([stand(mx=mx, mx_text="does not exist in DNS")], [SWITCH], {})
    assert (found.off, found.on) == ((), ())
    assert found.notes == ("a.example: Local Delivery stays as it is, for the domain does not exist in DNS",)


def test_what_somebody_switched_against_the_guards_stays_until_somebody_asks() -> None:
    forced = switch(reason="CHG-77: a gateway of the customer stays the MX")
    found = wish([STAND], [forced], {})
    assert (found.off, found.on) == ((), ())
    assert found.notes[0].endswith(
        'stays "Yes", as somebody switched it against the guards: CHG-77: a gateway of the customer stays the MX'
    )
    assert wish([STAND], [forced], {}, False).off != ()


@pytest.mark.parametrize(("enabled", "mx"), [(True, "ours"), (True, "mixed"), (False, "elsewhere")])
def test_override_that_the_mx_agrees_with_by_now_is_none_any_more(enabled: bool, mx: str) -> None:
    here, forced = stand(mx=mx), switch(enabled=enabled, old_mx="[x]:25", reason="CHG-77")
    found = wish([here], [forced], {})
    assert ([row["name"] for row in (found.on if enabled else found.off)], found.notes) == (["a.example"], ())
    assert "against the guards" not in "\n".join(told([here], [forced], UTC))
    assert "against the guards: CHG-77" in "\n".join(told([here], [{**forced, "enabled": not enabled}], UTC))
    lacking = "\n".join(told([here], [{**forced, "missing": ["bert@a.example"]}], UTC))
    assert ("against the guards: CHG-77" in lacking) is enabled


def test_what_is_asked_for_goes_before_the_records() -> None:
    found = wish([stand(mx="unknown"), stand(domain="b.example")], [SWITCH, switch(domain="b.example")], {}, True)
    assert [row["name"] for row in found.on] == ["a.example", "b.example"]


def test_domain_that_is_not_on_the_platform_yet_is_left() -> None:
    found = wish([STAND], [switch(exists=False)], {})
    assert (found.off, found.on) == ((), ())
    assert "once the domain is on the platform" in found.notes[0]


def test_refusal_names_the_reason_the_remedy_and_the_way_out() -> None:
    found = became({**RESULT, "failures": [REFUSAL]}, enabled=True, planned=False, reason="")
    assert found["problems"] == [
        {
            "reason": 'Local Delivery of a.example is not switched to "Yes": it has its MX elsewhere: mx.old.example',
            "remedy": 'Switch to "Yes" later. Or cutover.yml -e local_delivery=yes -e force=true '
            '-e \'{"reason": "…"}\' does it all the same',
        }
    ]
    assert found["lines"] == []


def test_refusal_for_the_old_providers_server_says_where_it_is_written() -> None:
    refusal = {**REFUSAL, "remedy": "Correct old_mx, or have the old provider take mail from our servers"}
    found = became({**RESULT, "failures": [refusal]}, enabled=False, planned=False, reason="CHG-77")
    assert found["problems"][0]["remedy"] == (
        "Correct old_mx, or have the old provider take mail from our servers. In ticket.yml:"
        ' old_mx: {a.example: "[mail-server.of.the.old.provider]:25"}'
    )


def test_switch_is_told_with_the_queue_and_kept_as_an_override_where_there_was_a_reason() -> None:
    switched = {"created": ["b.example"], "updated": ["a.example"]}
    result = {**RESULT, **switched, "flushed": 2}
    found = became(result, enabled=True, planned=False, reason="CHG-77")
    assert found["lines"] == [
        'Local Delivery of a.example, b.example is "Yes" now.',
        "Delivery of 2 messages that waited for the old provider is tried again now.",
    ]
    assert found["overrides"][0] == {"domain": "a.example", "action": 'Local Delivery "Yes"', "reason": "CHG-77"}
    planned = became(result, enabled=False, planned=True, reason="")
    assert planned["lines"][0] == 'Local Delivery of a.example, b.example would be "No" now.'
    assert planned["overrides"] == []


def test_task_that_failed_as_a_whole_is_a_problem_and_one_that_was_skipped_is_nothing() -> None:
    failed = became({"failed": True, "msg": "no table"}, enabled=False, planned=False, reason="")
    assert failed["problems"][0]["reason"] == 'Local Delivery could not be switched to "No": no table'
    assert became({"skipped": True}, enabled=False, planned=False, reason="") == {
        "lines": [],
        "problems": [],
        "overrides": [],
    }


def test_stand_shows_dns_switch_missing_mailboxes_queue_passes_and_what_is_waited_for() -> None:
    until = {"old_mx": "[mx.old.example]:25", "expires": 1_795_000_000}
    off = switch(enabled=False, **until, missing=["bert@a.example"], queued=1)
    assert told([STAND], [off], UTC) == [
        "a.example is in phase first, for it has its MX elsewhere: mx.old.example.",
        "    DNS: by its own name servers it has its MX elsewhere: mx.old.example (TTL 300 seconds); a resolver says"
        " the same.",
        '    Local Delivery: "No" until 2026-11-18 11:06:40 UTC, names without a mailbox here are asked for at'
        " [mx.old.example]:25.",
        "    Missing here: 1 of 3 addresses of its open tickets: bert@a.example.",
        "    Queue: 1 message waits here for its people.",
        "    Mailboxes: 3, 1 of them without a complete pass. Passes: none yet.",
        "    Waiting for the DNS.",
    ]
