# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of source and destination on plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.compare import (
    ALL_GONE,
    Comparison,
    Difference,
    Facts,
    compare,
    lacks_flags,
    message_id,
    with_absurd_dates,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.internaldate import ChosenDate
from ansible_collections.mailops.migration.plugins.module_utils.core.matching import (
    Knowledge,
    Matching,
    Message,
    match,
    pair_altered,
    without_place,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    CONFIRMED,
    HELD,
    INTENDED,
    MATCHED,
    REFUSED,
    Place,
    Row,
)
from hypothesis import given
from hypothesis import strategies as st

SEEN = frozenset({"\\Seen"})
NONE = frozenset[str]()
DATE = b"01-Feb-2024 10:00:00 +0100"
FOLDERS = {"INBOX": "INBOX", "Leads": "Leads"}
NOW = datetime(2025, 6, 1, tzinfo=UTC)
EMPTY = Digest(b"", b"", 0, 0)


def digest(content: str) -> bytes:
    return sha256(content.encode()).digest()


def at_source(
    uid: int, content: str, folder: str = "INBOX", flags: frozenset[str] = NONE, date: bytes = DATE
) -> Message:
    return Message(Place(folder, 1, uid), flags, date, digest(content), digest(content))


def there(uid: int, content: str, folder: str = "INBOX", flags: frozenset[str] = NONE, date: bytes = DATE) -> Message:
    return Message(Place(folder, 9, uid), flags, date, digest(content), digest(content))


def row_of(message: Message, copy: Message | None, **changes: object) -> Row:
    """The journal's row of a message that was copied to where ``copy`` lies (or lay)."""
    known = Digest(message.raw, message.canonical, 1, 1)
    place = copy.place if copy else Place(message.place.folder, 0, 0)
    row = Row(
        message.place.uid, message.place, 1, message.internaldate, known, place, 0, message.flags, APPENDED, CONFIRMED,
        "", NOW.timestamp(),
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


def matched(
    source: Sequence[Message], copies: Sequence[Message], rows: Sequence[Row] | None, **knowledge: object
) -> tuple[Matching, Facts]:
    known = None if rows is None else Knowledge(tuple(rows), **knowledge)  # type: ignore[arg-type]
    return match(source, copies, FOLDERS, known), Facts(known)


def compared(
    source: Sequence[Message], copies: Sequence[Message], rows: Sequence[Row] | None = None, **knowledge: object
) -> Comparison:
    return compare(*matched(source, copies, rows, **knowledge))


def kinds(comparison: Comparison) -> list[str]:
    """Kinds of the differences that are not explained."""
    return sorted(item.kind for item in comparison.differences if not item.explained)


def only(comparison: Comparison) -> Difference:
    (difference,) = comparison.differences
    return difference


# Without a journal


def test_equal_sides_have_no_difference() -> None:
    result = compared([at_source(1, "a"), at_source(2, "b")], [there(8, "b"), there(9, "a")])
    assert result.differences == ()
    assert len(result.identical) == 2


def test_message_without_copy_is_missing() -> None:
    difference = only(compared([at_source(1, "a"), at_source(2, "b")], [there(9, "a")]))
    assert (difference.kind, difference.folder, difference.uid, difference.explained) == ("missing", "INBOX", 2, False)
    assert difference.digest == digest("b")


def test_copy_in_another_folder_is_elsewhere_and_not_missing() -> None:
    difference = only(compared([at_source(1, "a")], [there(9, "a", "Trash")]))
    assert (difference.kind, difference.explained) == ("elsewhere", False)
    assert difference.copy == Place("Trash", 9, 9)


def test_second_copy_is_duplicated_in_whatever_folder() -> None:
    for folder in ("INBOX", "Leads", "Trash"):
        result = compared([at_source(1, "a")], [there(8, "a"), there(9, "a", folder)])
        assert [(d.kind, d.uid, d.copy) for d in result.differences] == [("duplicated", 1, Place(folder, 9, 9))]


def test_copy_that_was_archived_and_copied_again_is_duplicated() -> None:
    result = compared([at_source(1, "a")], [there(3, "a", "Archive/INBOX/2019"), there(9, "a")])
    assert [(d.kind, d.copy) for d in result.differences] == [("duplicated", Place("Archive/INBOX/2019", 9, 3))]


def test_mail_that_is_not_of_the_source_is_extra_and_no_difference() -> None:
    result = compared([at_source(1, "a")], [there(8, "a"), there(9, "own")])
    assert result.differences == ()
    assert [message.place.uid for message in result.extra] == [9]


def test_content_that_the_server_normalised_is_counted_and_no_difference() -> None:
    copy = replace(there(9, "a"), raw=digest("a with other line ends"))
    result = compared([at_source(1, "a")], [copy])
    assert result.differences == ()
    assert (len(result.identical), len(result.normalised)) == (0, 1)


def test_twins_are_paired_with_the_copy_of_their_own_flags_and_date() -> None:
    early, late = DATE, b"02-Feb-2024 10:00:00 +0100"
    source = [at_source(1, "a", flags=SEEN, date=early), at_source(2, "a", date=late)]
    copies = [there(7, "a", date=late), there(8, "a", flags=SEEN, date=early)]
    assert compared(source, copies).differences == ()


def test_date_in_another_zone_is_the_same_instant() -> None:
    assert compared([at_source(1, "a")], [there(9, "a", date=b" 1-Feb-2024 09:00:00 +0000")]).differences == ()


def test_another_instant_differs() -> None:
    result = compared([at_source(1, "a")], [there(9, "a", date=b"01-Feb-2024 10:00:00 +0000")])
    assert kinds(result) == ["dates_differ"]


def test_flags_of_the_server_itself_and_deleted_are_no_difference() -> None:
    copy = there(9, "a", flags=frozenset({"\\Recent", "$HasNoAttachment", "\\seen"}))
    assert compared([at_source(1, "a", flags=frozenset({"\\Seen", "\\Deleted"}))], [copy]).differences == ()


def test_flags_that_differ_are_told_with_both_sides() -> None:
    difference = only(compared([at_source(1, "a", flags=SEEN)], [there(9, "a")]))
    assert difference.reason == "\\Seen at the source, no flags at the destination"


def test_keyword_that_the_destination_does_not_keep_is_no_difference() -> None:
    matching, facts = matched(
        [at_source(1, "a", flags=frozenset({"\\Seen", "$Odd"}))], [there(9, "a", flags=SEEN)], None
    )
    assert lacks_flags(matching)
    assert kinds(compare(matching, facts)) == ["flags_differ"]
    assert compare(matching, replace(facts, permanent=frozenset({"\\Seen"}))).differences == ()


def test_deleted_message_that_was_never_copied_is_excluded() -> None:
    result = compared([at_source(1, "a", flags=frozenset({"\\Deleted"}))], [])
    assert result.differences == ()
    assert [message.place.uid for message in result.excluded] == [1]


def test_deleted_twin_leaves_the_only_copy_to_the_other() -> None:
    deleted = at_source(1, "a", flags=frozenset({"\\Deleted"}))
    result = compared([deleted, at_source(2, "a", flags=SEEN)], [there(9, "a")])
    assert kinds(result) == ["flags_differ"]
    assert result.excluded == (deleted,)


def test_accepted_message_may_be_missing() -> None:
    matching, facts = matched([at_source(1, "a")], [], None)
    accepted = replace(facts, accepted=frozenset({digest("a").hex()}))
    assert only(compare(matching, accepted)).explained


def test_same_message_id_in_the_folder_with_other_content_is_altered() -> None:
    matching, facts = matched([at_source(1, "a"), at_source(2, "b")], [there(8, "changed"), there(9, "own")], None)
    assert [message.place.uid for message in without_place(matching)] == [1, 2]
    ids = {Place("INBOX", 1, 1): b"<a@x>", Place("INBOX", 1, 2): b""}
    copy_ids = {Place("INBOX", 9, 8): b"<a@x>", Place("INBOX", 9, 9): b""}
    result = compare(pair_altered(matching, ids, copy_ids), facts)
    assert kinds(result) == ["altered", "missing"]
    assert [message.place.uid for message in result.extra] == [9]


def test_same_message_id_in_another_folder_is_missing() -> None:
    matching, facts = matched([at_source(1, "a")], [there(8, "changed", "Leads")], None)
    same = pair_altered(matching, {Place("INBOX", 1, 1): b"<a@x>"}, {Place("Leads", 9, 8): b"<a@x>"})
    assert kinds(compare(same, facts)) == ["missing"]


def test_folder_that_could_not_be_read_is_not_told_message_by_message() -> None:
    matching, facts = matched([at_source(1, "a"), at_source(2, "b", "Leads")], [], None)
    assert [d.folder for d in compare(matching, replace(facts, unreadable=frozenset({"INBOX"}))).differences] == [
        "Leads"
    ]


# Dates that no message can have


@pytest.mark.parametrize("date", [b"01-Jan-1970 00:00:00 +0000", b"", b"30-Dec-1899 00:00:00 +0000"])
def test_date_that_stands_in_for_an_absurd_one_is_explained(date: bytes) -> None:
    matching, facts = matched([at_source(1, "a", date=date)], [there(9, "a")], None)
    assert [message.place.uid for message, _ in with_absurd_dates(matching, NOW)] == [1]
    chosen = {Place("INBOX", 1, 1): ChosenDate(b"01-Feb-2024 09:00:00 +0000", "date_header")}
    assert only(compare(matching, replace(facts, dates=chosen))).explained


def test_other_date_than_the_one_that_stands_in_is_a_difference() -> None:
    matching, facts = matched([at_source(1, "a", date=b"01-Jan-1970 00:00:00 +0000")], [there(9, "a")], None)
    chosen = {Place("INBOX", 1, 1): ChosenDate(b"01-Feb-2023 09:00:00 +0000", "date_header")}
    assert kinds(compare(matching, replace(facts, dates=chosen))) == ["dates_differ"]


def test_future_date_is_judged_by_the_time_of_the_copy() -> None:
    soon = b"20-May-2025 00:00:00 +0000"
    source, copy = at_source(1, "a", date=soon), there(9, "a")
    copied = row_of(source, copy, time=datetime(2025, 5, 1, tzinfo=UTC).timestamp())
    assert with_absurd_dates(matched([source], [copy], [copied])[0], NOW)
    assert not with_absurd_dates(matched([source], [copy], None)[0], NOW)


# With a journal


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


def test_message_id_is_read_over_folded_lines() -> None:
    assert message_id(b"Subject: x\r\nMessage-ID:\r\n <a@x>\r\nTo: y\r\n") == b"<a@x>"
    assert message_id(b"Subject: x\r\nX-Message-ID: <a@x>\r\n") == b""


# Any mailbox

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
