# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long a ticket takes: within budgets, connections, windows, and beside other tickets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.estimate import (
    Booking,
    Speed,
    Terms,
    Work,
    estimate,
    measured_speed,
    sampled_speed,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Opening, Window
from hypothesis import given
from hypothesis import strategies as st

GB = 1_000_000_000
MONDAY = datetime(2027, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAST = Speed(10_000_000, 1000)


def work(octets: int, name: str = "anna", server: str = "imap.old.example", bytes_per_day: int = 0) -> Work:
    return Work(f"{name}@example.com", server, octets, octets // 100_000, octets, bytes_per_day)


def test_a_daily_budget_makes_thirteen_days_of_thirty_gigabytes() -> None:
    found = estimate([work(32 * GB, bytes_per_day=2_500_000_000)], FAST, Terms(MONDAY))
    assert found.begins == MONDAY
    assert found.ends is not None
    assert (found.ends - MONDAY).days == 11
    assert found.ends.date().isoformat() == "2027-03-13"
    assert found.decides is not None
    assert (found.decides.kind, found.decides.name) == ("budget", "anna@example.com")
    assert found.exceeds_promise


def test_the_budget_is_each_accounts_own() -> None:
    one = estimate([work(5 * GB, bytes_per_day=2_500_000_000)], FAST, Terms(MONDAY, parallel=9))
    many = [work(5 * GB, str(number), bytes_per_day=2_500_000_000) for number in range(9)]
    assert estimate(many, FAST, Terms(MONDAY, parallel=9)).ends == one.ends


@pytest.mark.parametrize(("parallel", "lanes", "hours"), [(10, 0, 1), (5, 0, 2), (10, 2, 5), (1, 4, 10)])
def test_mailboxes_share_what_is_allowed_at_once(parallel: int, lanes: int, hours: int) -> None:
    todo = [work(36 * GB, str(number)) for number in range(10)]
    limits = {"imap.old.example": lanes} if lanes else {}
    found = estimate(todo, FAST, Terms(MONDAY, parallel=parallel, lanes=limits))
    assert found.duration == hours * HOUR
    assert found.decides is not None
    assert found.decides.kind == ("server" if lanes == 2 else "parallel")


def test_one_large_mailbox_takes_its_time_however_many_are_worked_on() -> None:
    found = estimate([work(72 * GB), work(GB, "bert")], FAST, Terms(MONDAY, parallel=50))
    assert found.duration == 2 * HOUR
    assert found.decides is not None
    assert (found.decides.kind, found.decides.name) == ("mailbox", "anna@example.com")


def test_many_small_messages_are_counted_one_by_one() -> None:
    small = Work("anna@example.com", "imap.old.example", 1000, 72_000, 1000)
    assert estimate([small], Speed(1_000_000, 20), Terms(MONDAY)).duration == HOUR


def test_work_stands_still_while_the_window_is_closed() -> None:
    nights = (Window(start="22:00", end="06:00"),)
    found = estimate([work(360 * GB)], FAST, Terms(MONDAY, "Europe/Berlin", nights))
    assert found.begins == datetime(2027, 3, 1, 21, tzinfo=UTC)
    assert found.ends == datetime(2027, 3, 2, 23, tzinfo=UTC)
    assert found.exceeds_promise


def test_another_ticket_at_the_same_server_takes_its_part_of_it() -> None:
    busy = Opening(MONDAY, MONDAY + 2 * HOUR)
    other = Booking("130", frozenset({"imap.old.example"}), (busy,))
    elsewhere = Booking("131", frozenset({"imap.elsewhere.example"}), (busy,))
    found = estimate([work(72 * GB)], FAST, Terms(MONDAY, bookings=(other, elsewhere)))
    assert (found.duration, found.shared) == (3 * HOUR, ("130",))
    later = Booking("132", frozenset({"imap.old.example"}), (Opening(MONDAY + 9 * HOUR, MONDAY + 10 * HOUR),))
    assert estimate([work(72 * GB)], FAST, Terms(MONDAY, bookings=(later,))).shared == ()


def test_the_deadline_says_when_to_begin_at_the_latest() -> None:
    budget = work(10 * GB, bytes_per_day=2_500_000_000)
    deadline = datetime(2027, 3, 13, 12, tzinfo=UTC)
    found = estimate([budget], FAST, Terms(MONDAY, deadline=deadline))
    assert found.latest_start == datetime(2027, 3, 10, tzinfo=UTC)
    assert not found.misses_deadline
    late = estimate([budget], FAST, Terms(MONDAY, deadline=MONDAY + timedelta(days=2)))
    assert (late.latest_start, late.misses_deadline) == (None, True)


def test_work_that_would_not_end_within_the_year_is_not_begun_that_late() -> None:
    budget = work(10 * GB, bytes_per_day=2_500_000_000)
    found = estimate([budget], FAST, Terms(MONDAY, deadline=MONDAY + timedelta(days=400)))
    assert found.latest_start is not None
    assert MONDAY + timedelta(days=360) < found.latest_start < MONDAY + timedelta(days=364)


def test_no_window_left_and_more_than_a_year_have_no_end() -> None:
    over = (Window(start="2027-01-01 00:00", end="2027-01-02 00:00"),)
    none = estimate([work(GB)], FAST, Terms(MONDAY, windows=over))
    assert (none.begins, none.ends, none.exceeds_promise) == (None, None, True)
    endless = estimate([work(3000 * GB, bytes_per_day=1_000_000)], FAST, Terms(MONDAY))
    assert (endless.ends, endless.exceeds_promise) == (None, True)


def test_nothing_to_copy_takes_no_time() -> None:
    found = estimate([work(0)], FAST, Terms(MONDAY))
    assert (found.ends, found.duration, found.exceeds_promise) == (MONDAY, timedelta(), False)
    assert estimate([], FAST, Terms(MONDAY)).mailboxes == 0


def test_speed_is_measured_only_where_enough_was_copied() -> None:
    assumed = Speed(1_000_000, 20)
    assert measured_speed([(2.0, 10, 5000)], assumed) == assumed
    assert measured_speed([], assumed) == assumed
    assert measured_speed([(100.0, 4000, 300_000_000), (50.0, 2000, 0), (0.0, 0, 0)], assumed) == Speed(
        2_000_000, 40, measured=True
    )


amounts = st.lists(st.integers(0, 400 * GB), min_size=1, max_size=6)


def test_sample_of_enough_messages_counts_until_passes_tell_more() -> None:
    assumed = Speed()
    assert sampled_speed([(2.0, 5, 5000), (0.0, 0, 0)], assumed) == assumed
    sampled = sampled_speed([(2.0, 300, 4_000_000), (3.0, 200, 6_000_000)], assumed)
    assert sampled == Speed(2_000_000, 100, sampled=500)
    assert measured_speed([(100.0, 4000, 300_000_000)], sampled).measured


@given(amounts, st.integers(0, 5 * GB), st.integers(1, 9), st.booleans())
def test_more_never_ends_earlier(sizes: list[int], more: int, parallel: int, windowed: bool) -> None:
    windows = (Window(start="20:00", end="04:00", days=("friday", "sunday")),) if windowed else ()
    terms = Terms(MONDAY, "Europe/Berlin", windows, parallel=parallel)
    less = estimate([work(size, str(size), bytes_per_day=3 * GB) for size in sizes], FAST, terms)
    sizes = [sizes[0] + more, *sizes[1:]]
    later = estimate([work(size, str(size), bytes_per_day=3 * GB) for size in sizes], FAST, terms)
    assert less.ends is None or later.ends is None or less.ends <= later.ends
    assert less.ends is not None or later.ends is None
