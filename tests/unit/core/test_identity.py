# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

from ansible_collections.mailops.migration.plugins.module_utils.core.identity import Likeness, claim, pair_up
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    CONFIRMED,
    INTENDED,
    Copy,
    Row,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.makers import copy, listed, row

FOLDERS = st.sampled_from(["INBOX", "Sent", "Archive/2023"])
CONTENTS = st.sampled_from(["a", "b", "c"])
EARLY, LATE = b"01-Jan-2024 10:00:00 +0000", b"02-Jan-2024 10:00:00 +0000"
DATES = st.sampled_from([EARLY, LATE])
# (content, folder, number): the number tells twins apart.
ITEMS = st.lists(st.tuples(CONTENTS, FOLDERS)).map(lambda items: [(*item, n) for n, item in enumerate(items)])
COPIES = st.lists(
    st.builds(copy, FOLDERS, st.integers(1, 30), CONTENTS, st.sampled_from([9, 10]), DATES),
    unique_by=lambda c: c.place,
)
ROWS = st.lists(
    st.builds(
        row,
        st.integers(1, 100),
        CONTENTS,
        folder=FOLDERS,
        uidnext=st.integers(1, 30),
        copy_uidvalidity=st.sampled_from([0, 9, 10]),
        state=st.sampled_from([INTENDED, CONFIRMED]),
        internaldate=DATES,
    ),
    unique_by=lambda row: row.id,
)
Item = tuple[str, str, int]


def key(item: Item) -> tuple[bytes, str]:
    return item[0].encode(), item[1]


def pairs_of(wanted: Sequence[Item], found: Sequence[Item]) -> list[tuple[Item, Item]]:
    return pair_up(wanted, found, key, key)


@given(ITEMS, ITEMS)
def test_as_many_pairs_as_both_sides_have_of_each_content(wanted: list[Item], found: list[Item]) -> None:
    pairs = pairs_of(wanted, found)
    assert Counter(want[0] for want, _unused in pairs) == Counter(w[0] for w in wanted) & Counter(f[0] for f in found)


@given(ITEMS, ITEMS)
def test_pairs_have_equal_content_and_use_each_side_once(wanted: list[Item], found: list[Item]) -> None:
    pairs = pairs_of(wanted, found)
    assert all(want[0] == other[0] for want, other in pairs)
    assert len({want[2] for want, _unused in pairs}) == len({other[2] for _unused, other in pairs}) == len(pairs)


@given(ITEMS, ITEMS)
def test_pairs_within_a_folder_come_before_pairs_across(wanted: list[Item], found: list[Item]) -> None:
    at_home = Counter(want[:2] for want, other in pairs_of(wanted, found) if want[1] == other[1])
    assert at_home == Counter(w[:2] for w in wanted) & Counter(f[:2] for f in found)


def test_order_given_counts_among_equals() -> None:
    wanted = [("a", "INBOX", 1), ("a", "INBOX", 2)]
    assert pairs_of(wanted, [("a", "INBOX", 7), ("a", "INBOX", 8)]) == [
        (wanted[0], ("a", "INBOX", 7)),
        (wanted[1], ("a", "INBOX", 8)),
    ]


def test_message_that_moved_is_paired_with_its_copy_elsewhere() -> None:
    assert pairs_of([("a", "INBOX", 1)], [("a", "Archive/2023", 2)]) == [(("a", "INBOX", 1), ("a", "Archive/2023", 2))]


@given(ROWS, COPIES)
def test_claim_gives_each_copy_once_and_only_for_its_content(rows: list[Row], copies: list[Copy]) -> None:
    pairs = claim(rows, copies)
    assert all(row.digest.canonical == copy.canonical for row, copy in pairs)
    assert len({copy.place for _unused, copy in pairs}) == len({row.id for row, _unused in pairs}) == len(pairs)


@given(ROWS, COPIES)
def test_claim_never_gives_a_copy_that_was_there_before_the_send(rows: list[Row], copies: list[Copy]) -> None:
    for claimant, found in claim(rows, copies):
        same_uids = claimant.destination.uidvalidity in (0, found.place.uidvalidity)
        at_home = claimant.destination.folder == found.place.folder
        assert not (at_home and same_uids and found.place.uid < claimant.uidnext)


@given(ROWS, COPIES)
def test_claim_leaves_no_row_and_copy_that_fit_each_other(rows: list[Row], copies: list[Copy]) -> None:
    pairs = claim(rows, copies)
    used_rows, used_copies = {pair[0].id for pair in pairs}, {pair[1].place for pair in pairs}
    left = [found for found in copies if found.place not in used_copies]
    assert all(claim([lonely], left) == [] for lonely in rows if lonely.id not in used_rows)


def test_copies_at_home_are_given_away_before_those_elsewhere() -> None:
    here, there = copy("INBOX", 5), copy("Archive/2023", 1)
    assert claim([row(1, uidnext=5)], [there, here]) == [(row(1, uidnext=5), here)]


def test_copy_elsewhere_goes_to_the_row_that_has_none_at_home() -> None:
    first, second = row(1, uidnext=5), row(2, folder="Sent", uidnext=1)
    here, there = copy("INBOX", 5), copy("Archive/2023", 1)
    expected = [(first, here), (second, there)]
    assert all(
        sorted(claim(rows, [there, here]), key=lambda p: p[0].id) == expected for rows in permutations([first, second])
    )


def test_copy_at_home_is_rather_that_of_an_intent_and_one_elsewhere_that_of_a_confirmed_twin() -> None:
    intent, twin = row(1, uidnext=5, state=INTENDED), row(2, uidnext=7, state=CONFIRMED)
    here, there = copy("INBOX", 8), copy("Archive/2023", 1)
    assert claim([intent, twin], [there]) == claim([twin, intent], [there]) == [(twin, there)]
    assert claim([twin, intent], [here]) == [(intent, here)]
    assert claim([twin, intent], [here, there]) == [(intent, here), (twin, there)]


def test_twin_that_its_user_moved_to_where_a_message_was_to_lie_is_told_from_it_by_its_date() -> None:
    intent = row(1, uidnext=5, state=INTENDED, internaldate=EARLY)
    twin = row(2, folder="Sent", uidnext=7, internaldate=LATE)
    moved = copy("INBOX", 8, internaldate=b" 2-Jan-2024 12:00:00 +0200")
    assert claim([intent, twin], [moved]) == claim([twin, intent], [moved]) == [(twin, moved)]
    stored = copy("INBOX", 9, internaldate=EARLY)
    assert sorted(claim([intent, twin], [moved, stored]), key=lambda p: p[0].id) == [(intent, stored), (twin, moved)]


def test_copy_with_a_date_of_the_servers_own_is_found_all_the_same() -> None:
    intent = row(1, uidnext=5, state=INTENDED, internaldate=EARLY)
    assert claim([intent], [copy("INBOX", 8, internaldate=LATE)]) == [(intent, copy("INBOX", 8, internaldate=LATE))]


def test_intent_is_not_found_elsewhere_by_its_date_before_it_is_found_at_home_by_its_content() -> None:
    intent = row(1, uidnext=5, state=INTENDED, internaldate=EARLY)
    here, there = copy("INBOX", 8, internaldate=LATE), copy("Sent", 1, internaldate=EARLY)
    assert claim([intent], [there, here]) == [(intent, here)]


def test_older_copy_of_the_same_content_is_not_taken_for_the_one_sent() -> None:
    assert claim([row(1, uidnext=6)], [copy("INBOX", 5)]) == []


def test_uidnext_says_nothing_once_the_folder_was_made_anew() -> None:
    lost = row(1, uidnext=6, copy_uidvalidity=9)
    assert claim([lost], [copy("INBOX", 2, uidvalidity=10)]) == [(lost, copy("INBOX", 2, uidvalidity=10))]


def test_thousands_of_twins_across_folders_are_paired_at_once() -> None:
    """Work grows with the number of messages, not with its square: ten thousand took minutes."""
    number = 10_000
    wanted = [("a", f"F{n % 7}", n) for n in range(number)]
    found = [("a", f"F{n % 5}", n) for n in range(number)]
    dates = [f"01-Jan-{1971 + n % 7000:04} 10:00:00 +0000".encode() for n in range(number)]
    rows = [row(n, folder=f"F{n % 7}", internaldate=dates[n]) for n in range(1, number)]
    copies = [copy(f"F{n % 5}", n, internaldate=dates[n]) for n in range(1, number)]
    began = time.process_time()
    assert len(pairs_of(wanted, found)) == number
    assert len(claim(rows, copies)) == number - 1
    assert time.process_time() - began < 5.0


def test_message_is_like_another_of_its_size_or_of_its_instant() -> None:
    likeness = Likeness.of_listed([listed(1, size=10)])
    assert likeness.fits(listed(2, size=10)._replace(internaldate=b""))
    assert likeness.fits(listed(3, size=99)._replace(internaldate=b"01-Jan-2024 11:00:00 +0100"))
    assert not likeness.fits(listed(4, size=99)._replace(internaldate=b"01-Jan-2024 11:00:01 +0100"))
    assert not likeness.fits(listed(5, size=99)._replace(internaldate=b""))


def test_message_may_be_a_known_one_by_any_size_that_it_had() -> None:
    likeness = Likeness.of_rows([replace(row(1, "content"), listed_size=3)])
    assert [size for size in (3, 7, 8) if likeness.fits(listed(1, size=size)._replace(internaldate=b""))] == [3, 7]


def test_either_of_two_likenesses_is_enough() -> None:
    likeness = Likeness.of_listed([listed(1, size=10)]) | Likeness(frozenset({20}), frozenset())
    stranger = listed(3, size=30)._replace(internaldate=LATE)
    assert likeness.fits(listed(2, size=10)) and likeness.fits(stranger._replace(size=20))
    assert not likeness.fits(stranger)
