# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SPF records: what is in force, what breaks them, and one record made of several."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dns.spf import SpfReading, is_spf, merged, read_spf

WORLD: dict[tuple[str, str], Sequence[str]] = {
    ("deep.example", "TXT"): ["other", "v=spf1 include:deeper.example -all"],
    ("deeper.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 include:ours.example ?all"],
    ("ours.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
    ("twice.example", "TXT"): ["v=spf1 -all", "v=spf1 +all"],
    ("none.example", "TXT"): ["other"],
    ("loop.example", "TXT"): ["v=spf1 include:loop.example -all"],
    ("open.example", "TXT"): ["v=spf1 +all"],
    ("host.example", "A"): ["192.0.2.1"],
    ("host.example", "MX"): ["10 host.example"],
    **{(f"n{number}.example", "TXT"): ["v=spf1 a:host.example -all"] for number in range(9)},
}


def read(record: str) -> SpfReading:
    def ask(name: str, kind: str) -> Sequence[str] | None:
        return None if name == "silent.example" else WORLD.get((name, kind), ())

    return read_spf(record, "host.example", ask)


def test_terms_of_included_and_redirected_records_are_in_force() -> None:
    assert "include:ours.example" in read("v=spf1 include:deep.example ~all").terms
    assert "ip4:192.0.2.1" in read("v=spf1 redirect=ours.example").terms


def test_terms_behind_all_and_a_redirect_beside_it_are_not_in_force() -> None:
    reading = read("v=spf1 -all include:ours.example redirect=ours.example")
    assert (reading.terms, reading.lookups) == (["-all"], 0)


def test_a_term_that_does_not_pass_is_not_ours() -> None:
    assert "include:ours.example" not in read("v=spf1 ~include:ours.example -all").terms
    assert "include:ours.example" in read("v=spf1 +INCLUDE:ours.example -all").terms


@pytest.mark.parametrize(
    ("record", "lookups"),
    [
        ("v=spf1 ip4:192.0.2.1 ip6:2001:db8::/32 -all", 0),
        ("v=spf1 a mx ptr exists:%{i}.host.example a:host.example/24 -all", 5),
        ("v=spf1 include:deep.example -all", 3),
        ("v=spf1 " + " ".join(f"include:n{number}.example" for number in range(5)) + " -all", 10),
    ],
)
def test_lookups_are_counted_through_all_includes(record: str, lookups: int) -> None:
    reading = read(record)
    assert (reading.lookups, reading.problems) == (lookups, [])


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("v=spf1 a " + " ".join(f"include:n{number}.example" for number in range(5)) + " -all", "11 DNS lookups"),
        ("v=spf1 a:x.example a:y.example mx:z.example -all", "3 hosts that do not exist"),
        ("v=spf1 include:twice.example -all", "2 SPF records"),
        ("v=spf1 include:none.example -all", "no SPF record"),
        ("v=spf1 include:loop.example -all", "includes itself"),
        ("v=spf1 ipv4:192.0.2.1 -all", "ipv4:192.0.2.1"),
    ],
)
def test_what_makes_receivers_give_up_is_a_problem(record: str, problem: str) -> None:
    assert problem in " ".join(read(record).problems)


def test_server_that_does_not_answer_is_no_problem_of_the_record() -> None:
    reading = read("v=spf1 include:silent.example a:silent.example -all")
    assert (reading.unknown, reading.problems, reading.void_lookups) == (["silent.example"], [], 0)


def test_record_that_lets_everybody_send_is_seen_through_an_include() -> None:
    assert "all" in read("v=spf1 include:open.example -all").terms
    assert "all" not in read("v=spf1 include:deep.example -all").terms


@pytest.mark.parametrize(
    ("records", "one"),
    [
        ([], "v=spf1 include:ours ~all"),
        (["v=spf1 include:old -all"], "v=spf1 include:old include:ours -all"),
        (["v=spf1 include:old ?all", "v=spf1 mx include:OLD -all"], "v=spf1 include:old mx include:ours ?all"),
        (["v=spf1 +include:OURS redirect=other"], "v=spf1 +include:OURS redirect=other"),
        (["v=spf1"], "v=spf1 include:ours ~all"),
    ],
)
def test_records_are_merged_into_one_and_ours_comes_before_its_end(records: list[str], one: str) -> None:
    assert merged(records, ["include:ours"], "~all") == one


def test_only_the_version_makes_an_spf_record() -> None:
    texts = {"v=spf1": True, "V=SPF1 -all": True, "v=spf10 -all": False, "x v=spf1": False}
    assert {text: is_spf(text) for text in texts} == texts
