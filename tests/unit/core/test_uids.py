# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import (
    UidSet,
    format_uids,
    parse_uids,
    split_sets,
)
from hypothesis import given
from hypothesis import strategies as st

UIDS = st.sets(st.integers(1, 60) | st.integers(1, 2**32 - 1)).map(sorted)


@given(UIDS)
def test_a_set_reads_back_as_it_was_written(uids: list[int]) -> None:
    assert (list(parse_uids(format_uids(uids))) if uids else []) == uids


@given(UIDS, st.integers(25, 200))
def test_split_sets_name_every_uid_once_and_stay_short(uids: list[int], longest: int) -> None:
    sets = list(split_sets(uids, longest=longest))
    assert [uid for text in sets for uid in parse_uids(text)] == uids
    assert all(0 < len(text) <= longest for text in sets)


def test_neighbours_become_ranges() -> None:
    assert format_uids([1, 2, 3, 7, 9, 10]) == "1:3,7,9:10"


@pytest.mark.parametrize(
    "text, uids", [("7", [7]), ("4,2,3", [4, 2, 3]), ("5:3", [5, 4, 3]), ("1:2,2:1", [1, 2, 2, 1])]
)
def test_order_of_a_set_is_kept_as_written(text: str, uids: list[int]) -> None:
    assert list(parse_uids(text)) == uids


def test_no_uids_make_no_set() -> None:
    assert format_uids([]) == ""
    assert list(split_sets([])) == []


def test_uids_without_neighbours_are_split_at_the_length_asked_for() -> None:
    assert list(split_sets(range(2, 2000, 2), longest=10))[:2] == ["2,4,6,8", "10,12,14"]


def test_a_huge_range_is_read_no_further_than_asked() -> None:
    uids = iter(parse_uids("1:4294967295"))
    assert [next(uids), next(uids)] == [1, 2]


@given(st.lists(st.integers(1, 40)), st.lists(st.integers(1, 40)), st.integers(1, 41))
def test_a_set_of_ranges_is_a_set(uids: list[int], others: list[int], floor: int) -> None:
    found = UidSet(uids)
    assert (list(found), len(found), found.last) == (sorted(set(uids)), len(set(uids)), max(uids, default=0))
    assert found.without(UidSet(others)) == sorted(set(uids) - set(others))
    assert found.count_from(floor) == sum(uid >= floor for uid in set(uids))
    assert [uid in found for uid in range(42)] == [uid in set(uids) for uid in range(42)]


def test_a_set_of_ranges_is_read_whatever_order_they_have() -> None:
    assert list(UidSet.parse("9:7,1,2:3,3:4")) == [1, 2, 3, 4, 7, 8, 9]
