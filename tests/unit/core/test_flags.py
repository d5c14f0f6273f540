# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.flags import (
    FlagChange,
    has_keyword,
    merge_flags,
    permitted,
    same_flags,
)
from hypothesis import given
from hypothesis import strategies as st

SYSTEM = frozenset({"\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen"})
FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Forwarded", "work"]))


def set_of(*flags: str) -> frozenset[str]:
    return frozenset(flags)


def test_system_flags_get_the_spelling_of_the_rfc() -> None:
    assert permitted(["\\SEEN", "\\flagged"], SYSTEM) == (set_of("\\Seen", "\\Flagged"), set_of())


@pytest.mark.parametrize("permanent", [None, SYSTEM | {"\\*", "\\Recent"}])
def test_recent_and_deleted_never_travel_and_are_not_reported(permanent: frozenset[str] | None) -> None:
    assert permitted(["\\Recent", "\\Deleted", "\\RECENT", "\\Seen"], permanent) == (set_of("\\Seen"), set_of())


def test_keywords_travel_where_new_ones_are_allowed() -> None:
    assert permitted(["$Forwarded", "Label1"], SYSTEM | {"\\*"}) == (set_of("$Forwarded", "Label1"), set_of())


def test_keyword_that_the_destination_does_not_admit_is_dropped_and_named() -> None:
    assert permitted(["\\Seen", "Label1"], SYSTEM) == (set_of("\\Seen"), set_of("Label1"))


def test_listed_keyword_takes_the_spelling_of_the_destination() -> None:
    assert permitted(["$forwarded"], SYSTEM | {"$Forwarded"}) == (set_of("$Forwarded"), set_of())


def test_keyword_in_two_spellings_travels_once() -> None:
    assert permitted(["Work", "work"], None) == (set_of("Work"), set_of())


def test_system_flag_that_is_not_permanent_is_dropped() -> None:
    assert permitted(["\\Seen", "\\Draft"], set_of("\\Seen")) == (set_of("\\Seen"), set_of("\\Draft"))


def test_all_known_flags_travel_when_the_server_names_none() -> None:
    assert permitted(["\\Seen", "$MDNSent"], None) == (set_of("\\Seen", "$MDNSent"), set_of())


def test_nothing_travels_when_the_server_keeps_no_flags() -> None:
    assert permitted(["\\Seen", "x"], set_of()) == (set_of(), set_of("\\Seen", "x"))


def test_unknown_system_flag_travels_only_when_listed() -> None:
    assert permitted(["\\Important"], SYSTEM | {"\\*"}) == (set_of(), set_of("\\Important"))
    assert permitted(["\\important"], set_of("\\Important")) == (set_of("\\Important"), set_of())


@pytest.mark.parametrize(
    "keyword", ["two words", "a)b", 'q"', "a\\b", "grün", "x\r\nA1 LOGOUT", "{3}", "per%cent", "a]"]
)
def test_keyword_that_is_no_atom_is_dropped(keyword: str) -> None:
    assert permitted([keyword], None) == (set_of(), {keyword})


def test_read_mark_at_the_source_is_carried_over() -> None:
    assert merge_flags([], ["\\Seen"], []) == FlagChange(add=set_of("\\Seen"), remove=set_of())


def test_mark_taken_away_at_the_source_is_taken_away() -> None:
    change = merge_flags(["\\Seen", "\\Flagged"], ["\\Seen"], ["\\Flagged", "\\Seen"])
    assert change == FlagChange(add=set_of(), remove=set_of("\\Flagged"))


def test_message_touched_at_the_destination_is_left_alone() -> None:
    assert merge_flags(["\\Seen"], ["\\Seen", "\\Answered"], []) is None


def test_message_without_a_base_is_left_alone() -> None:
    assert merge_flags(None, ["\\Seen"], []) is None


def test_deleted_mark_at_the_source_changes_nothing() -> None:
    assert merge_flags(["\\Seen"], ["\\Seen", "\\Deleted", "\\Recent"], ["\\Seen"]) is None


def test_keyword_that_the_destination_refuses_is_not_asked_for_again() -> None:
    assert merge_flags([], ["Label1"], [], SYSTEM) is None


def test_other_case_of_a_keyword_is_no_change() -> None:
    assert merge_flags(["$Forwarded"], ["$FORWARDED"], ["$forwarded"]) is None


def test_keyword_set_by_the_destination_server_does_not_count_as_touched() -> None:
    change = merge_flags([], ["\\Seen"], ["$HasNoAttachment"])
    assert change == FlagChange(add=set_of("\\Seen"), remove=set_of())


def test_same_flags_ignores_case_and_recent() -> None:
    assert same_flags(["\\seen", "\\Recent"], ["\\Seen"])
    assert not same_flags(["\\Seen"], ["\\Seen", "\\Flagged"])


@given(base=FLAGS, source=FLAGS)
def test_applied_change_leaves_nothing_to_do(base: frozenset[str], source: frozenset[str]) -> None:
    change = merge_flags(base, source, base)
    after = base if change is None else (base | change.add) - change.remove
    assert after == source
    assert merge_flags(after, source, after) is None


@given(base=FLAGS, source=FLAGS, destination=FLAGS)
def test_write_happens_only_where_the_destination_has_the_base_or_what_a_pass_left_half_written(
    base: frozenset[str], source: frozenset[str], destination: frozenset[str]
) -> None:
    is_half_written = destination == base | source and bool(base - source)
    assert (merge_flags(base, source, destination) is not None) == (destination == base != source or is_half_written)


def test_change_that_broke_off_after_its_additions_is_completed() -> None:
    change = merge_flags(["\\Seen"], ["\\Flagged"], ["\\Flagged", "\\Seen"])
    assert change == FlagChange(add=set_of(), remove=set_of("\\Seen"))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [((), False), (("\\SEEN", "\\Draft"), False), (("\\Recent", "\\Deleted"), False), (("\\Seen", "work"), True),
     (("$Forwarded",), True)],
)  # fmt: skip
def test_keyword_is_what_is_no_system_flag(flags: tuple[str, ...], expected: bool) -> None:
    assert has_keyword(flags) is expected
