# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal explains when source and destination differ."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.compare import (
    ALL_GONE,
    compare,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.difference import Facts
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.essence import Rewriting
from ansible_collections.mailops.migration.plugins.module_utils.core.internaldate import ChosenDate
from ansible_collections.mailops.migration.plugins.module_utils.core.matching import (
    Matching,
    with_rewriting,
    without_place,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    HELD,
    INTENDED,
    MATCHED,
    REFUSED,
    Place,
)

from tests.unit.core.compare_makers import (
    EMPTY,
    NONE,
    SEEN,
    at_source,
    compared,
    kinds,
    matched,
    only,
    row_of,
    there,
)


def test_copy_that_is_gone_was_deleted_by_its_user() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    difference = only(compared([source], [], [row_of(source, copy)]))
    assert (difference.kind, difference.explained) == ("missing", True)


def test_copy_in_another_folder_was_moved_by_its_user() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    difference = only(compared([source], [there(3, "a", "Trash")], [row_of(source, copy)]))
    assert (difference.kind, difference.explained, difference.copy) == ("elsewhere", True, Place("Trash", 9, 3))


def test_no_copy_left_of_very_many_is_a_loss() -> None:
    source = [at_source(uid, f"m{uid}") for uid in range(1, ALL_GONE + 1)]
    rows = [row_of(message, there(message.place.uid, "x")) for message in source]
    assert kinds(compared(source, [], rows)) == ["missing"] * ALL_GONE
    assert kinds(compared(source, [there(1, "m1")], rows)) == []
    assert kinds(compared(source[1:], [], rows[1:])) == []


def test_copy_with_other_content_at_its_place_is_altered() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    difference = only(compared([source], [there(9, "damaged")], [row_of(source, copy)]))
    assert (difference.kind, difference.explained, difference.copy) == ("altered", False, copy.place)


def test_damaged_copy_is_told_even_when_the_source_has_let_go_of_the_message() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    assert kinds(compared([at_source(2, "b")], [there(9, "damaged"), there(8, "b")], [row_of(source, copy)])) == [
        "altered"
    ]


def test_source_that_reads_otherwise_now_is_not_explained() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    assert kinds(compared([at_source(1, "other")], [copy], [row_of(source, copy)])) == ["altered"]
    assert kinds(compared([at_source(1, "other")], [], [row_of(source, copy)])) == ["missing"]


def test_message_that_vanished_at_the_source_is_no_difference() -> None:
    gone, copy = at_source(1, "a"), there(9, "a")
    result = compared([at_source(2, "b")], [copy, there(8, "b")], [row_of(gone, copy)])
    assert result.differences == ()
    assert result.extra == ()


def test_copy_of_a_vanished_message_is_not_taken_for_its_twin() -> None:
    gone, kept = at_source(1, "a"), at_source(2, "a")
    first, second = there(8, "a"), there(9, "a")
    result = compared([kept], [first], [row_of(gone, first), row_of(kept, second)])
    assert [(d.kind, d.uid, d.explained) for d in result.differences] == [("missing", 2, True)]


def test_second_copy_that_the_journal_does_not_know_is_duplicated() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    difference = only(compared([source], [copy, there(10, "a")], [row_of(source, copy)]))
    assert (difference.kind, difference.copy) == ("duplicated", Place("INBOX", 9, 10))


def test_copy_of_another_account_is_its_own() -> None:
    source, copy, other = at_source(1, "a"), there(9, "a"), there(10, "a")
    result = compared([source], [copy, other], [row_of(source, copy)], foreign=frozenset({other.place}))
    assert result.differences == ()
    assert result.extra == (other,)


@pytest.mark.parametrize(
    ("source", "base", "copy", "explained"),
    [
        (NONE, NONE, SEEN, True),
        (SEEN, NONE, NONE, False),
        (SEEN, NONE, frozenset({"\\Flagged"}), True),
        (SEEN, None, NONE, True),
    ],
    ids=["read-there", "read-at-the-source", "changed-on-both", "was-there-before"],
)
def test_flags_are_explained_where_the_next_pass_leaves_them(
    source: frozenset[str], base: frozenset[str] | None, copy: frozenset[str], explained: bool
) -> None:
    message, placed = at_source(1, "a", flags=source), there(9, "a", flags=copy)
    difference = only(compared([message], [placed], [row_of(message, placed, flags=base)]))
    assert (difference.kind, difference.explained) == ("flags_differ", explained)


@pytest.mark.parametrize(
    ("state", "reason"), [(REFUSED, "refused and not accepted: too large"), (HELD, "held back: too large"),
                          (INTENDED, "its sending was cut off; run the sync again")]
)  # fmt: skip
def test_message_that_no_pass_brought_is_missing_with_its_reason(state: str, reason: str) -> None:
    source = at_source(1, "a")
    known = EMPTY if state == HELD else Digest(source.raw, source.canonical, 1, 1)
    row = row_of(source, None, state=state, reason="too large", digest=known)
    difference = only(compared([source], [], [row]))
    assert (difference.kind, difference.explained, difference.reason) == ("missing", False, reason)


def test_refused_message_that_is_accepted_is_explained() -> None:
    source = at_source(1, "a")
    matching, facts = matched([source], [], [row_of(source, None, state=REFUSED)])
    assert only(compare(matching, replace(facts, accepted=frozenset({source.raw.hex()})))).explained


def test_newer_message_is_missing_because_it_arrived_later() -> None:
    difference = only(compared([at_source(5, "a")], [], [], worked_off={"INBOX": (1, 5)}))
    assert (difference.explained, difference.reason) == (False, "arrived at the source after the last pass")


def test_message_that_a_stopped_pass_did_not_get_to_is_told_as_such() -> None:
    difference = only(compared([at_source(5, "a")], [], [], worked_off={"INBOX": (1, 5)}, is_through=False))
    assert (difference.explained, difference.reason) == (
        False, "the last pass stopped before its end; run the sync again"
    )  # fmt: skip


def test_older_message_that_the_journal_does_not_know_is_told_apart() -> None:
    difference = only(compared([at_source(4, "a")], [], [], worked_off={"INBOX": (1, 5)}))
    assert (difference.explained, difference.reason) == (
        False, "the passes so far went past it, and the journal does not know it"
    )  # fmt: skip


def test_new_uidvalidity_at_the_source_is_no_difference() -> None:
    old, copy = at_source(1, "a"), there(9, "a")
    renumbered = replace(old, place=Place("INBOX", 2, 7))
    assert compared([renumbered], [copy], [row_of(old, copy)]).differences == ()


def test_message_that_moved_at_the_source_waits_for_the_next_pass() -> None:
    old, copy = at_source(1, "a"), there(9, "a")
    difference = only(compared([at_source(4, "a", "Leads")], [copy], [row_of(old, copy)]))
    assert (difference.kind, difference.explained) == ("elsewhere", False)
    settled = row_of(at_source(4, "a", "Leads"), copy)
    assert only(compared([at_source(4, "a", "Leads")], [copy], [settled])).explained


def test_second_copy_of_a_message_that_moved_at_the_source_is_duplicated() -> None:
    old, copy = at_source(1, "a"), there(9, "a")
    result = compared([at_source(4, "a", "Leads")], [copy, there(10, "a")], [row_of(old, copy)])
    assert sorted(kinds(result)) == ["duplicated", "elsewhere"]


def test_new_twin_is_missing_though_the_folder_of_the_other_was_not_read() -> None:
    unread, copy = at_source(1, "a", "Old"), there(9, "a")
    result = compared([at_source(4, "a")], [copy], [row_of(unread, copy)], not_read=frozenset({"Old"}))
    assert kinds(result) == ["missing"]


def test_new_uidvalidity_at_the_destination_is_no_difference() -> None:
    source, copy = at_source(1, "a"), there(9, "a")
    renumbered = replace(copy, place=Place("INBOX", 10, 1))
    assert compared([source], [renumbered], [row_of(source, copy)]).differences == ()


def test_copy_whose_uid_the_server_never_told_is_found_by_content() -> None:
    source, copy = at_source(1, "a"), there(9, "a", flags=SEEN)
    difference = only(compared([source], [copy], [row_of(source, None, destination=Place("INBOX", 9, 0))]))
    assert (difference.kind, difference.explained) == ("flags_differ", True)


def test_date_of_what_was_there_before_is_explained() -> None:
    source, copy = at_source(1, "a"), there(9, "a", date=b"01-Mar-2024 10:00:00 +0000")
    row = row_of(source, copy)
    assert kinds(compared([source], [copy], [row])) == ["dates_differ"]
    assert only(compared([source], [copy], [replace(row, provenance=MATCHED)])).explained


def rewritten(count: int, untouched: int, *, mere: bool = True) -> Matching:
    """``count`` copies that differ from their messages, beside ``untouched`` ones; two of them are gone there."""
    source = [at_source(uid, f"m{uid}") for uid in range(1, count + untouched + 1)]
    copies = [there(m.place.uid, f"m{m.place.uid}" + ("" if m.place.uid > count else " rewritten")) for m in source]
    rows = [row_of(message, copy) for message, copy in zip(source, copies, strict=True)]
    gone = [(at_source(900 + uid, f"gone {uid}"), there(900 + uid, "other")) for uid in range(2)]
    rows += [row_of(message, copy, id=message.place.uid) for message, copy in gone]
    matching, _facts = matched(source, [*copies, *(copy for _unused, copy in gone)], rows)
    found = {copy.place: Rewriting("header fields added: x", mere) for copy in copies[:count]}
    return with_rewriting(matching, found)


def test_server_that_rewrites_most_of_its_mail_is_no_difference_and_is_told() -> None:
    comparison = compare(rewritten(3, 3), Facts())
    assert kinds(comparison) == []
    assert [item.reason for item in comparison.differences] == [
        "rewritten by the destination's server while storing: header fields added: x"
    ] * 3
    assert (len(comparison.identical), len(comparison.normalised)) == (3, 3)


def test_few_rewritten_copies_among_others_are_altered() -> None:
    comparison = compare(rewritten(3, 4), Facts())
    assert kinds(comparison) == ["altered"] * 5
    assert comparison.differences[0].reason == (
        "the copy holds other content than was sent (header fields added: x)"
    )


def test_changes_that_are_no_rewriting_are_altered_however_many() -> None:
    assert kinds(compare(rewritten(9, 0, mere=False), Facts())) == ["altered"] * 11


def test_flags_of_a_rewritten_copy_are_judged_too() -> None:
    message, copy = at_source(1, "m", flags=SEEN), there(1, "rewritten")
    matching, _unused = matched([message], [copy], [row_of(message, copy, flags=None, provenance="matched")])
    comparison = compare(with_rewriting(matching, {copy.place: Rewriting("x", is_mere=True)}), Facts())
    assert [item.kind for item in comparison.differences] == ["altered", "flags_differ"]


def test_new_keyword_at_the_source_may_be_one_that_the_destination_refuses() -> None:
    message, copy = at_source(1, "m", flags=frozenset({"Work", "\\Seen"})), there(1, "m", flags=SEEN)
    difference = only(compared([message], [copy], [row_of(message, copy, flags=SEEN)]))
    assert not difference.explained
    assert "or the destination refuses a keyword" in difference.reason
    system = only(compared([at_source(1, "m", flags=SEEN)], [there(1, "m")], [row_of(message, copy, flags=NONE)]))
    assert (system.explained, "refuses" in system.reason) == (False, False)


def test_keyword_that_the_journal_knows_as_refused_is_named_and_explained() -> None:
    message, copy = at_source(1, "m", flags=frozenset({"Work", "\\Seen"})), there(1, "m", flags=SEEN)
    refused = {"INBOX": frozenset({"work"})}
    difference = only(compared([message], [copy], [row_of(message, copy, flags=SEEN)], refused_keywords=refused))
    assert (difference.reason, difference.explained) == ("the destination does not take Work", True)
    unread = there(1, "m", flags=NONE)
    lacking = only(compared([message], [unread], [row_of(message, copy, flags=NONE)], refused_keywords=refused))
    assert not lacking.explained


def test_copy_that_its_user_moved_keeps_its_flags_and_may_have_another_date() -> None:
    message = at_source(1, "m", flags=SEEN)
    moved = there(5, "m", folder="Leads", date=b"02-Feb-2024 10:00:00 +0100")
    comparison = compared([message], [moved], [row_of(message, there(1, "m"), flags=NONE)])
    assert {(item.kind, item.explained) for item in comparison.differences} == {
        ("elsewhere", True), ("flags_differ", True), ("dates_differ", True)
    }  # fmt: skip
    home = there(1, "m", date=b"02-Feb-2024 10:00:00 +0100")
    assert kinds(compared([message], [home], [row_of(message, home)])) == ["dates_differ"]


def test_message_without_any_date_took_the_time_of_the_copying() -> None:
    message, copy = at_source(1, "m", date=b""), there(1, "m")
    matching, facts = matched([message], [copy], None)
    chosen = {message.place: ChosenDate(None, "none")}
    difference = only(compare(matching, replace(facts, dates=chosen)))
    assert difference.explained
    assert "nor in the header" in difference.reason


def test_state_that_this_release_does_not_know_is_told_as_it_is() -> None:
    message = at_source(1, "m")
    assert only(compared([message], [], [row_of(message, None, state="odd")])).reason == "the journal has it as odd"


def test_twin_that_left_the_source_keeps_the_copy_with_its_own_date_and_flags() -> None:
    """A row says of a message that is gone there which of two equal copies was its."""
    other = b"03-Mar-2023 10:00:00 +0000"
    gone = at_source(1, "m", flags=SEEN, date=other)
    rows = [row_of(gone, None, id=1, flags=SEEN)]
    source = [at_source(2, "m")]
    copies = [there(1, "m", flags=SEEN, date=other), there(2, "m")]
    rows.append(row_of(source[0], None, id=2))
    comparison = compared(source, copies, rows)
    assert comparison.differences == ()
    assert [pair.copy.place.uid for pair in comparison.identical] == [2]


def test_only_a_loss_whose_place_no_journal_knows_may_be_altered_elsewhere() -> None:
    unknown, placed, deleted = at_source(1, "a"), at_source(2, "b"), at_source(3, "c", flags=frozenset({"\\Deleted"}))
    vanished = at_source(4, "d")
    rows = [row_of(placed, there(2, "b")), row_of(vanished, there(4, "d"))]
    assert without_place(matched([unknown, placed, deleted], [], rows)[0]) == [unknown]


def test_missing_message_is_told_with_the_folder_where_it_should_lie() -> None:
    assert only(compared([at_source(1, "a")], [])).copy == Place("INBOX", 0, 0)
