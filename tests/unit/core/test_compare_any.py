# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of any two sides."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    Message,
    Place,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.compare_makers import (
    NONE,
    SEEN,
    at_source,
    compared,
    kinds,
    row_of,
    there,
)

contents = st.sampled_from(["a", "b", "c", ""])
message_lists = st.lists(
    st.tuples(contents, st.sampled_from(["INBOX", "Leads"]), st.sampled_from([NONE, SEEN])), min_size=1, max_size=12
)


def both_sides(messages: list[tuple[str, str, frozenset[str]]]) -> tuple[list[Message], list[Message]]:
    source = [at_source(uid, content, folder, flags) for uid, (content, folder, flags) in enumerate(messages, 1)]
    copies = [there(50 - uid, content, folder, flags) for uid, (content, folder, flags) in enumerate(messages, 1)]
    return source, copies


@given(message_lists, st.booleans(), st.randoms(use_true_random=False))
def test_exact_copies_in_any_order_pass(messages: list, journal: bool, random: object) -> None:
    source, copies = both_sides(messages)
    rows = [row_of(message, copy) for message, copy in zip(source, copies, strict=True)] if journal else None
    random.shuffle(copies)  # type: ignore[attr-defined]
    result = compared(source, copies, rows)
    assert result.differences == ()
    assert result.extra == ()
    assert len(result.identical) == len(messages)


@given(message_lists, st.data())
def test_any_copy_that_is_taken_away_is_missing(messages: list, data: st.DataObject) -> None:
    source, copies = both_sides(messages)
    lost = copies.pop(data.draw(st.integers(0, len(copies) - 1)))
    result = compared(source, copies)
    kind, *rest = [d.kind for d in result.differences if d.kind not in ("flags_differ", "elsewhere")]
    assert (kind, rest) == ("missing", [])
    assert {d.digest for d in result.differences if d.kind == "missing"} == {lost.raw}


@given(message_lists, st.data(), st.booleans(), st.sampled_from(["INBOX", "Leads", "Archive"]))
def test_any_copy_that_is_there_twice_is_duplicated(
    messages: list, data: st.DataObject, journal: bool, folder: str
) -> None:
    source, copies = both_sides(messages)
    rows = [row_of(message, copy) for message, copy in zip(source, copies, strict=True)] if journal else None
    twice = data.draw(st.sampled_from(copies))
    result = compared(source, [*copies, replace(twice, place=Place(folder, 9, 90))], rows)
    assert [(d.kind, d.digest) for d in result.differences] == [("duplicated", twice.raw)]


@given(message_lists, st.data())
def test_whatever_the_user_does_with_the_copies_is_explained(messages: list, data: st.DataObject) -> None:
    source, copies = both_sides(messages)
    source.append(at_source(40, "kept"))
    copies.append(there(60, "kept"))
    rows = [row_of(message, copy) for message, copy in zip(source, copies, strict=True)]
    left = [copies[-1], there(99, "own")]
    for copy in copies[:-1]:
        deed = data.draw(st.sampled_from(["leave", "delete", "move", "flag"]))
        if deed == "move":
            left.append(replace(copy, place=Place("Trash", 9, copy.place.uid)))
        elif deed != "delete":
            left.append(replace(copy, flags=frozenset({"\\Flagged"})) if deed == "flag" else copy)
    result = compared(source, left, rows)
    assert kinds(result) == []
    assert [message.place.uid for message in result.extra] == [99]


@given(message_lists, message_lists)
def test_each_message_is_told_once_whatever_the_two_sides_hold(here: list, other: list) -> None:
    source, copies = both_sides(here)[0], both_sides(other)[1]
    result = compared(source, copies)
    paired = len(result.identical) + len(result.normalised)
    assert paired + kinds(result).count("missing") == len(source)
    assert paired + kinds(result).count("duplicated") + len(result.extra) == len(copies)
