# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.flags import permitted
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import FolderPair
from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    CONFIRMED,
    FAILED,
    HELD,
    INTENDED,
    REFUSED,
    Listed,
    Row,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.sync_plan import FolderWork, plan_folder
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.makers import digest, listed, row

PAIR = FolderPair("INBOX", "INBOX")
ACCEPTED = frozenset({digest("b").raw.hex()})
FLAGS = st.frozensets(st.sampled_from(["\\Seen", "\\Deleted", "\\Flagged", "\\Recent", "work", "$HasAttachment"]))
LISTED = st.lists(
    st.builds(lambda uid, flags: listed(uid, *flags), st.integers(1, 30), FLAGS), unique_by=lambda m: m.uid
)
ROWS = st.lists(
    st.builds(
        row,
        st.integers(1, 30),
        st.sampled_from(["a", "b"]),
        state=st.sampled_from([CONFIRMED, REFUSED, HELD, INTENDED]),
        flags=st.none() | FLAGS,
    ),
    unique_by=lambda row: row.id,
).map(lambda rows: {row.source.uid: row for row in rows})


def planned(messages: list[Listed], rows: Mapping[int, Row], *, recopy: bool = False) -> FolderWork:
    listing = MessageList.of(sorted(messages, key=lambda message: message.uid))
    known = (rows[uid] for uid in sorted(rows))
    return plan_folder(PAIR, 1, listing, known, accepted=ACCEPTED, recopy=recopy)


def after(work: FolderWork, rows: Mapping[int, Row]) -> dict[int, Row]:
    """The journal once all of ``work`` is done."""
    done = dict(rows)
    for message in work.new:
        done[message.uid] = row(message.uid, flags=permitted(message.flags, None)[0])
    for known, flags in work.reflag:
        done[known.source.uid] = replace(known, flags=permitted(flags, None)[0])
    return done


@given(LISTED, ROWS, st.booleans())
def test_every_listed_message_is_counted_in_one_place(
    messages: list[Listed], rows: dict[int, Row], recopy: bool
) -> None:
    work = planned(messages, rows, recopy=recopy)
    assert len(work.new) + work.known + work.deleted + work.accepted + work.held == len(messages)
    assert {message.uid for message in work.new} <= {message.uid for message in messages}
    assert len({message.uid for message in work.new}) == len(work.new)


@given(LISTED, ROWS)
def test_vanished_are_the_rows_that_the_source_no_longer_lists(
    messages: list[Listed], rows: dict[int, Row]
) -> None:
    present = {message.uid for message in messages}
    gone = {row.id for uid, row in rows.items() if uid not in present and row.state != INTENDED}
    assert {row.id for row in planned(messages, rows).vanished} == gone


@given(LISTED, ROWS)
def test_planning_again_after_the_work_finds_nothing_to_do(messages: list[Listed], rows: dict[int, Row]) -> None:
    work = planned(messages, rows)
    again = planned(messages, after(work, rows))
    assert (again.new, again.reflag) == ((), ())
    assert again.known == work.known + len(work.new)


def test_unknown_message_is_new() -> None:
    assert planned([listed(3)], {}).new == (listed(3),)


def test_confirmed_message_is_not_copied_again() -> None:
    work = planned([listed(3)], {3: row(3)})
    assert (work.new, work.known) == ((), 1)


@pytest.mark.parametrize("spelling", ["\\Deleted", "\\DELETED"])
def test_message_marked_deleted_is_left_out(spelling: str) -> None:
    work = planned([listed(3, spelling)], {})
    assert (work.new, work.deleted) == ((), 1)


def test_known_message_that_is_marked_deleted_now_stays_known() -> None:
    work = planned([listed(3, "\\Deleted")], {3: row(3)})
    assert (work.known, work.deleted, work.reflag) == (1, 0, ())


def test_refused_message_is_tried_again() -> None:
    assert planned([listed(3)], {3: row(3, "a", state=REFUSED)}).new == (listed(3),)


def test_refused_message_that_the_ticket_accepts_is_left_alone() -> None:
    work = planned([listed(3)], {3: row(3, "b", state=REFUSED)})
    assert (work.new, work.accepted) == ((), 1)


def test_acceptance_does_not_keep_a_message_from_being_copied_the_first_time() -> None:
    assert planned([listed(3)], {3: row(3, "b", state=INTENDED)}).new == (listed(3),)


def test_held_message_is_copied_only_when_told() -> None:
    rows = {3: row(3, state=HELD)}
    assert (planned([listed(3)], rows).new, planned([listed(3)], rows).held) == ((), 1)
    assert planned([listed(3)], rows, recopy=True).new == (listed(3),)


def test_changed_flags_are_followed() -> None:
    known = row(3, flags=frozenset())
    assert planned([listed(3, "\\Seen")], {3: known}).reflag == ((known, frozenset({"\\Seen"})),)


def test_flags_without_a_base_are_left_as_they_are() -> None:
    assert planned([listed(3, "\\Seen")], {3: row(3, flags=None)}).reflag == ()


def test_another_date_under_a_known_uid_is_another_message() -> None:
    known, other = row(1, "a"), listed(1)._replace(internaldate=b"17-Jul-2001 02:44:25 -0700")

    work = planned([other], {1: replace(known, internaldate=b"17-Jul-2001 02:44:26 -0700")})

    assert work.new == (other,)
    assert [each.id for each in work.vanished] == [known.id]


def test_one_date_in_two_zones_is_one_message() -> None:
    known, same = row(1, "a"), listed(1)._replace(internaldate=b"17-Jul-2001 02:44:25 -0700")

    work = planned([same], {1: replace(known, internaldate=b"17-Jul-2001 09:44:25 +0000")})

    assert (work.known, work.new, work.vanished) == (1, (), ())


def test_what_was_refused_or_failed_before_is_new_and_known_as_such() -> None:
    states = {1: CONFIRMED, 2: REFUSED, 3: FAILED, 4: HELD, 5: INTENDED}
    rows = {uid: row(uid, "a", state=state) for uid, state in states.items()}
    work = planned([listed(uid) for uid in (*states, 6)], rows)
    assert [message.uid for message in work.new] == [2, 3, 5, 6]
    assert (work.doubtful, work.given_up) == ({2, 3}, {3})


def test_work_without_anything_to_do_counts_nothing() -> None:
    work = FolderWork(PAIR, 1)
    assert (work.known, work.deleted, work.accepted, work.held) == (0, 0, 0, 0)


def test_refused_message_that_is_marked_as_deleted_by_now_is_left_out() -> None:
    work = planned([listed(1, "\\Deleted")], {1: row(1, "a", state=REFUSED)})

    assert (work.new, work.deleted) == ((), 1)


@pytest.mark.parametrize(
    ("now", "is_known"),
    [
        (b"01-Feb-2024 10:00:00 +0100", True),
        (b" 1-Feb-2024 09:00:00 +0000", True),
        (b"01-Feb-2024 10:00:01 +0100", False),
        (b"", True),
        (b"no date", True),
    ],
)
def test_message_of_another_date_is_another_message(now: bytes, is_known: bool) -> None:
    known = replace(row(7), internaldate=b"01-Feb-2024 10:00:00 +0100")
    work = planned([listed(7)._replace(internaldate=now)], {7: known})
    assert (work.known, len(work.new), work.vanished) == ((1, 0, ()) if is_known else (0, 1, (known,)))
