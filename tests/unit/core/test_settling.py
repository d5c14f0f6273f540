# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is settled early makes no difference: the comparison says the same as one that looks at every pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby

from ansible_collections.mailops.migration.plugins.module_utils.core.compare import (
    ALL_GONE,
    Comparison,
    compare,
    lacking_flags,
    with_absurd_dates,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.difference import Facts
from ansible_collections.mailops.migration.plugins.module_utils.core.essence import Rewriting
from ansible_collections.mailops.migration.plugins.module_utils.core.matching import (
    Knowledge,
    Matching,
    match,
    match_rest,
    pair_altered,
    with_rewriting,
    without_place,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    INTENDED,
    MATCHED,
    REFUSED,
    Listed,
    Message,
    Place,
    Row,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.readings import Digests, Messages, Shelf
from ansible_collections.mailops.migration.plugins.module_utils.core.settling import settle
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.core.compare_makers import DATE, FOLDERS, NONE, NOW, SEEN, at_source, digest, row_of, there

FLAGS = st.sampled_from([NONE, SEEN, frozenset({"Work"}), frozenset({"\\Seen", "work"}), frozenset({"\\Deleted"})])
DATES = st.sampled_from([DATE, DATE, b"01-Feb-2024 09:00:00 +0000", b"02-Feb-2024 10:00:00 +0100", b""])
# Mostly contents of their own.
CONTENTS = st.sampled_from(["", "", "", "a", "b"])
NAMES = st.sampled_from(["INBOX", "Leads"])
PRESENT = ["message copy row"] * 5 + ["message copy", "message row", "copy row", "message", "copy"]
PERMANENT = st.sampled_from([None, NONE, SEEN, frozenset({"\\Seen", "\\*"})])


def as_read(messages: Iterable[Message]) -> Messages:
    """As a side is read: folder by folder, by uid."""
    found = Messages()
    ordered = sorted(messages, key=lambda message: (message.place.folder != "Leads", message.place))
    for (folder, uidvalidity), group in groupby(ordered, lambda message: message.place[:2]):
        some, digests = list(group), Digests()
        for message in some:
            digests.add(message.place.uid, message.raw, message.canonical, message.size)
        listed = MessageList.of(Listed(m.place.uid, m.flags, m.internaldate, 1) for m in some)
        found.add(Shelf(folder, uidvalidity, listed, digests))
    return found


@st.composite
def sides(draw: st.DrawFn) -> tuple[list[Message], list[Message], list[Row]]:
    """Mostly what a pass leaves behind, with anything that may have happened to it."""
    source: list[Message] = []
    copies: list[Message] = []
    rows: list[Row] = []
    for uid in range(1, draw(st.integers(1, 12)) + 1):
        message = at_source(uid, draw(CONTENTS) or f"m{uid}", draw(NAMES), draw(FLAGS), draw(DATES))
        copy = there(100 - uid, "", message.place.folder, message.flags, message.internaldate)
        copy = replace(copy, raw=message.raw, canonical=message.canonical)
        row = row_of(message, copy, id=uid, provenance=draw(st.sampled_from([APPENDED, APPENDED, MATCHED])))
        for change in draw(st.lists(st.sampled_from(CHANGES), max_size=2)) if draw(st.booleans()) else ():
            message, copy, row = change(draw, message, copy, row)
        present = draw(st.sampled_from(PRESENT))
        source += [message] if "message" in present else []
        copies += [copy] if "copy" in present else []
        rows += [row] if "row" in present else []
    return _unique(source), _unique(copies), list({row.source: row for row in rows}.values())


def _unique(messages: Iterable[Message]) -> list[Message]:
    return list({message.place: message for message in messages}.values())


Three = tuple[Message, Message, Row]


def _other_flags(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return replace(message, flags=draw(FLAGS)), replace(copy, flags=draw(FLAGS)), row


def _other_base(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, copy, replace(row, flags=draw(st.none() | FLAGS))


def _other_date(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, replace(copy, internaldate=draw(DATES)), row


def _other_content(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    other = digest(draw(CONTENTS) or "c")
    return message, replace(copy, raw=other, canonical=other), row


def _normalised(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, replace(copy, raw=digest("another form")), row


def _other_source(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    other = digest(draw(CONTENTS) or "c")
    return replace(message, raw=other, canonical=other), copy, row


def _moved(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, replace(copy, place=Place(draw(st.sampled_from(["INBOX", "Trash"])), 9, copy.place.uid + 200)), row


def _moved_with_row(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    place = Place("Archive", 9, copy.place.uid)
    return message, replace(copy, place=place), replace(row, destination=place)


def _moved_at_source(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return replace(message, place=Place(draw(NAMES), 1, message.place.uid + 50)), copy, row


def _other_home(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    """Perhaps that of another message, too."""
    return message, copy, replace(row, destination=Place("INBOX", 9, draw(st.integers(88, 99))))


def _no_home(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, copy, replace(row, destination=row.destination._replace(uid=0))


def _other_state(draw: st.DrawFn, message: Message, copy: Message, row: Row) -> Three:
    return message, copy, replace(row, state=draw(st.sampled_from([INTENDED, REFUSED])))


CHANGES = [
    _other_flags, _other_base, _other_date, _other_content, _normalised, _other_source, _moved, _moved_with_row,
    _moved_at_source, _other_home, _no_home, _other_state,
]  # fmt: skip


def where(comparison: Comparison) -> dict[Place, Place]:
    """The copy of each message that is here."""
    both = (*comparison.identical, *comparison.normalised)
    found = {pair.expected.source.place: pair.copy.place for pair in both if pair.expected.source}
    settled = comparison.settled
    for number, message in settled.source.by_place():
        copy = settled.copy_of(number)
        if copy is not None:
            assert message.place not in found
            found[message.place] = copy
    return found


def both_ways(source: Messages, copies: Messages, knowledge: Knowledge | None) -> tuple[Matching, Matching]:
    """With nothing settled, and with all that can be."""
    known = knowledge or Knowledge()
    settled = settle(source, copies, FOLDERS, known.rows, known.foreign)
    general = match(list(source), list(copies), FOLDERS, knowledge)
    return general, match_rest(settled, list(settled.other_copies()), FOLDERS, knowledge)


def assert_same(general: Matching, with_settled: Matching, facts: Facts) -> None:
    left, right = compare(general, facts), compare(with_settled, facts)
    assert right.differences == left.differences
    assert (right.excluded, right.extra) == (left.excluded, left.extra)
    assert right.paired() == left.paired()
    assert where(right) == where(left)
    assert lacking_flags(with_settled) == lacking_flags(general)
    assert without_place(with_settled) == without_place(general)
    assert with_absurd_dates(with_settled, NOW) == with_absurd_dates(general, NOW)


@settings(max_examples=200)
@given(sides(), st.sets(st.integers(88, 99), max_size=2), PERMANENT, st.booleans(), st.booleans())
def test_what_is_settled_makes_no_difference(
    drawn: tuple[list[Message], list[Message], list[Row]],
    others: set[int],
    permanent: frozenset[str] | None,
    refused: bool,
    by_place: bool,
) -> None:
    source, copies, rows = as_read(drawn[0]), as_read(drawn[1]), drawn[2]
    rows = sorted(rows, key=lambda row: row.source) if by_place else rows
    known = Knowledge(
        tuple(rows),
        frozenset(Place("INBOX", 9, uid) for uid in others),
        {"INBOX": (1, 5)},
        refused_keywords={"INBOX": frozenset({"work"})} if refused else {},
    )
    facts = Facts(known, {"INBOX": permanent})
    assert_same_either_way(source, copies, known, facts)
    without_rows = replace(known, rows=())
    assert_same_either_way(source, copies, without_rows, replace(facts, knowledge=without_rows))
    assert_same_either_way(source, copies, None, replace(facts, knowledge=None))


def assert_same_either_way(source: Messages, copies: Messages, known: Knowledge | None, facts: Facts) -> None:
    general, with_settled = both_ways(source, copies, known)
    assert_same(general, with_settled, facts)
    ids = [{message.place: message.canonical[:1] for message in side} for side in (source, copies)]
    general, with_settled = (pair_altered(matching, *ids) for matching in (general, with_settled))
    mere = {pair.copy.place: Rewriting("other", is_mere=pair.copy.place.uid % 3 > 0) for pair in general.altered}
    assert_same(with_rewriting(general, mere), with_rewriting(with_settled, mere), facts)


def pass_left(count: int) -> tuple[list[Message], list[Message], list[Row]]:
    source = [at_source(uid, f"m{uid}") for uid in range(1, count + 1)]
    copies = [there(uid, f"m{uid}") for uid in range(1, count + 1)]
    return source, copies, [row_of(message, copy) for message, copy in zip(source, copies, strict=True)]


def test_without_a_journal_what_is_there_once_is_settled() -> None:
    source, copies, _rows = pass_left(9)
    assert settled_of(source, copies, []) == (0, 0, 0)
    assert settled_of(source[2:], copies, []) == (0, 2, 0)
    assert settled_of(source, [*copies, there(90, "m3")], []) == (1, 2, 0)
    assert settled_of(source, [replace(copies[0], flags=SEEN), *copies[1:]], []) == (1, 1, 0)


def test_order_of_differences_is_that_of_the_pairs() -> None:
    """Twins are never settled, and a message marked as deleted gets its copy last."""
    contents = ["m1", "a", "a", "m4", "m5"]
    marks = [SEEN, SEEN, SEEN, SEEN | {"\\Deleted"}, SEEN]
    pairs = enumerate(zip(contents, marks, strict=True), 1)
    source = [at_source(uid, content, flags=flags) for uid, (content, flags) in pairs]
    copies = as_read(there(uid, content, flags=SEEN) for uid, content in enumerate(contents, 1))
    for matching in both_ways(as_read(source), copies, None):
        comparison = compare(matching, Facts(None, {"INBOX": NONE}))
        assert [item.uid for item in comparison.differences] == [1, 2, 3, 5, 4]


def settled_of(source: Sequence[Message], copies: Sequence[Message], rows: Sequence[Row]) -> tuple[int, int, int]:
    """How many messages, copies and rows are left."""
    settled = settle(as_read(source), as_read(copies), FOLDERS, rows)
    return len(list(settled.other_messages())), len(list(settled.other_copies())), len(settled.rows)


def test_nothing_is_left_of_what_a_pass_brought() -> None:
    source, copies, rows = pass_left(9)
    assert settled_of(source, copies, rows) == (0, 0, 0)
    assert settled_of(source[4:], copies, rows) == (0, 0, 0)
    assert settled_of(source, [replace(copy, flags=SEEN) for copy in copies], rows) == (0, 0, 0)
    assert settled_of(source, [replace(copy, raw=b"-" * 32) for copy in copies], rows) == (0, 0, 0)


def test_only_what_needs_a_look_is_left() -> None:
    source, copies, rows = pass_left(9)
    assert settled_of(source, copies[1:], rows) == (1, 0, 1)
    assert settled_of(source, [*copies, there(90, "m3")], rows) == (1, 2, 1)
    assert settled_of([*source, at_source(90, "m3")], copies, rows) == (2, 1, 1)
    assert settled_of(source, copies, [replace(row, state=INTENDED) for row in rows]) == (9, 9, 9)


def test_copy_that_two_rows_have_goes_to_the_first_message() -> None:
    source, copies, rows = pass_left(2)
    rows[0] = replace(rows[0], destination=copies[1].place)
    assert settled_of(source, copies, rows) == settled_of(source, copies, rows[::-1]) == (2, 2, 2)


def test_no_copy_left_beside_the_settled_ones_is_no_loss_of_all() -> None:
    source, copies, rows = pass_left(ALL_GONE + 1)
    for left, gone in ((copies[:1], True), ([], False)):
        known = Knowledge(tuple(rows))
        comparison = compare(both_ways(as_read(source), as_read(left), known)[1], Facts(known))
        assert {item.explained for item in comparison.differences} == {gone}
