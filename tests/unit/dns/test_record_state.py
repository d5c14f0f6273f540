# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a record stands, and what its owner has to type."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState
from ansible_collections.mailops.migration.plugins.module_utils.dns.entry import entry, kept, shown_domain, table
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_match import Facts
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_state import (
    Finding,
    RecordState,
    judge_record,
)

from tests.unit.dns.makers import DOMAIN, FIRST, RESOLVER, SECOND, answer, wanted

MX = wanted(mx=["10 mx.platform.example"])
OURS, OLD = "10 mx.platform.example", "10 mx.old.example"
DOWN = AnswerState.TIMEOUT


def stands(first: Answer, second: Answer, *resolvers: Answer) -> Finding:
    return judge_record(MX, [first, second], resolvers, Facts())


def first(*records: str, state: AnswerState | None = None) -> Answer:
    return answer(*records, server=FIRST, state=state)


def second(*records: str, state: AnswerState | None = None) -> Answer:
    return answer(*records, server=SECOND, state=state)


def resolver(*records: str, state: AnswerState | None = None, ttl: int = 60) -> Answer:
    return answer(*records, server=RESOLVER, state=state, ttl=ttl)


def test_ok_when_all_servers_and_resolvers_have_it() -> None:
    found = stands(first(OURS), second(OURS), resolver(OURS))
    assert found == Finding(MX, RecordState.OK)


def test_propagating_while_a_resolver_remembers_the_old_one_for_the_longest_of_their_times() -> None:
    found = stands(first(OURS), second(OURS), resolver(OLD, ttl=40), resolver(ttl=90), resolver(OURS, ttl=300))
    assert (found.state, found.seconds_left, "192.0.2.53" in found.reason) == (RecordState.PROPAGATING, 90, True)


def test_stale_when_one_server_of_the_zone_is_old_whatever_resolvers_say() -> None:
    for second_answer in (second(OLD), second()):
        found = stands(first(OURS), second_answer, resolver(OURS))
        assert (found.state, "ns2" in found.reason, "ns1" in found.reason) == (RecordState.STALE, True, False)


def test_wrong_and_missing_by_the_word_of_the_zone_alone() -> None:
    assert stands(first(OLD), second(OLD), resolver(OURS)).state is RecordState.WRONG
    assert stands(first(OLD), second(), resolver(OURS)).state is RecordState.WRONG
    assert stands(first(), second(state=AnswerState.NO_NAME), resolver(OURS)).state is RecordState.MISSING


def test_server_that_is_down_is_a_note_as_long_as_another_one_answers() -> None:
    found = stands(first(OURS), second(state=DOWN), resolver(state=AnswerState.REFUSED))
    assert found.state is RecordState.OK
    assert ["ns2" in note or "192.0.2.53" in note for note in found.notes] == [True, True]


def test_unknown_when_no_server_of_the_zone_tells() -> None:
    found = stands(first(state=DOWN), second(state=AnswerState.LAME), resolver(OURS))
    assert (found.state, "ns1" in found.reason, "lame" in found.reason) == (RecordState.UNKNOWN, True, True)


def test_record_that_fails_dnssec_is_wrong_although_the_zone_has_it() -> None:
    found = stands(first(OURS), second(OURS), resolver(state=AnswerState.BOGUS))
    assert (found.state, "DNSSEC" in found.reason) == (RecordState.WRONG, True)


def test_entry_says_what_to_add_and_what_to_remove() -> None:
    made = entry(MX, [OLD, OURS], DOMAIN, 300)
    assert (made.name, made.values, made.remove) == ("@", (OURS,), (OLD,))
    assert made.bind == (f"{DOMAIN}. 300 IN MX 10 mx.platform.example.",)
    assert "mx.old.example" in made.text and "priority" not in made.text
    assert 'priority 10, value "mx.platform.example"' in entry(MX, [OLD], DOMAIN, 300).text


def test_name_is_relative_to_the_zone_that_really_holds_it() -> None:
    assert entry(MX, [], "example", 300).name == "customer"
    assert entry(wanted(dmarc="v=DMARC1; p=none"), [], DOMAIN, 300).name == "_dmarc"


def test_spf_is_merged_with_what_is_there() -> None:
    made = entry(wanted(spf=["include:ours"]), ["v=spf1 mx -all", "v=spf1 a ~all"], DOMAIN, 300)
    assert made.values == ("v=spf1 mx a include:ours -all",)
    assert set(made.remove) == {"v=spf1 mx -all", "v=spf1 a ~all"}


def test_long_text_is_cut_into_strings_that_dns_takes() -> None:
    row = wanted(dkim=[{"selector": "s", "key": "M" * 400}])
    line = entry(row, [], DOMAIN, 300).bind[0]
    parts = line.partition(" TXT ")[2][1:-1].split('" "')
    assert (max(map(len, parts)) <= 255, "".join(parts)) == (True, row.values[0])


def test_what_is_right_stays() -> None:
    row = wanted(dmarc="v=DMARC1; p=none")
    assert kept(row, ["v=DMARC1; p=reject"], DOMAIN, 300).values == ("v=DMARC1; p=reject",)


def test_what_shall_not_be_there_is_removed() -> None:
    made = entry(wanted(absent=["autodiscover"]), ["autodiscover.old.example"], DOMAIN, 300)
    assert (made.values, made.remove, made.bind) == ((), ("autodiscover.old.example",), ())


def test_international_domain_is_shown_in_both_forms() -> None:
    assert shown_domain("xn--bcher-kva.example") == "bücher.example (xn--bcher-kva.example)"
    assert shown_domain(DOMAIN) == DOMAIN


def test_table_is_markdown_with_a_row_for_each_value_and_for_each_that_must_go() -> None:
    made = [(entry(row, [OLD], DOMAIN, 300), "wrong") for row in (MX, wanted(absent=["autodiscover"]))]
    lines = table(made).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    assert cells == [
        ["@", "MX", OURS, "wrong"],
        ["@", "MX", f"(remove) {OLD}", "wrong"],
        ["autodiscover", "CNAME", f"(remove) {OLD}", "wrong"],
    ]
    assert all(line.startswith("|") and line.endswith("|") for line in lines)
