# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import time
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import Stopped
from ansible_collections.mailops.migration.plugins.module_utils.sync.limits import Gate, Limits

from tests.unit.sync.makers import opened

DAY = 86400.0


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 20000 * DAY

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def gate(tmp_path: Path, limits: Limits, clock: Clock, *, stopped: bool = False) -> Gate:
    return Gate(limits, opened(tmp_path / "journal.sqlite"), lambda: stopped, clock)


def is_open(gate: Gate) -> bool:
    try:
        gate.check()
    except Stopped:
        return False
    return True


def test_without_limits_the_gate_is_open(tmp_path: Path, clock: Clock) -> None:
    free = gate(tmp_path, Limits(), clock)
    free.fetched(10**12)
    began = time.monotonic()
    free.admit(10**6)
    assert is_open(free)
    assert time.monotonic() - began < 60


def test_gate_closes_when_the_run_is_gone(tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(Stopped, match="the run that wanted this work is gone"):
        gate(tmp_path, Limits(), clock, stopped=True).check()


def test_gate_closes_at_the_deadline(tmp_path: Path, clock: Clock) -> None:
    timed = gate(tmp_path, Limits(deadline=clock.now + 10), clock)
    clock.now += 9.9
    assert is_open(timed)
    clock.now += 0.1
    with pytest.raises(Stopped, match="deadline"):
        timed.check()


def test_budget_of_a_day_is_used_up_and_new_on_the_next(tmp_path: Path, clock: Clock) -> None:
    budget = gate(tmp_path, Limits(bytes_per_day=100), clock)
    assert budget.promise(60)
    budget.fetched(60)
    budget.release(60)
    assert not budget.promise(41)
    assert budget.promise(40)
    clock.now += DAY
    assert budget.promise(60)


def test_budget_counts_what_an_earlier_run_fetched(tmp_path: Path, clock: Clock) -> None:
    earlier = gate(tmp_path, Limits(bytes_per_day=100), clock)
    earlier.fetched(100)
    earlier.save()
    assert not gate(tmp_path, Limits(bytes_per_day=100), clock).promise(1)


def test_what_is_promised_to_one_is_not_promised_to_another(tmp_path: Path, clock: Clock) -> None:
    budget = gate(tmp_path, Limits(bytes_per_day=100), clock)
    assert budget.promise(70)
    assert not budget.promise(31)
    budget.release(70)
    assert budget.promise(31)


def test_only_a_message_above_the_whole_budget_exceeds_it(tmp_path: Path, clock: Clock) -> None:
    budget = gate(tmp_path, Limits(bytes_per_day=100), clock)
    budget.fetched(90)
    assert (budget.exceeds(100), budget.exceeds(101)) == (False, True)
    assert not gate(tmp_path, Limits(), clock).exceeds(10**15)


def test_wait_beyond_the_deadline_is_not_begun(tmp_path: Path, clock: Clock) -> None:
    timed = gate(tmp_path, Limits(deadline=clock.now + 60), clock)
    began = time.monotonic()
    with pytest.raises(Stopped, match=r"the deadline comes before .* 300 s \(slow down\)"):
        timed.wait(300, "slow down")
    assert time.monotonic() - began < 60


def test_limits_tell_what_is_left_of_them(tmp_path: Path, clock: Clock) -> None:
    timed = gate(tmp_path, Limits(3, 2, 1.5, 100, clock.now + 60), clock)
    timed.fetched(30)
    assert timed.as_result() == {
        "connections": 3, "server_connections": 2, "messages_per_second": 1.5, "bytes_per_day": 100,
        "bytes_today": 30, "bytes_left": 70, "seconds_left": 60,
    }
    assert gate(tmp_path, Limits(), clock).as_result() == {"connections": 2}


def test_rate_spreads_messages_over_time(tmp_path: Path, clock: Clock) -> None:
    slow = gate(tmp_path, Limits(messages_per_second=50), clock)
    began = time.monotonic()
    for _unused in range(4):
        slow.admit(5)
    # The first five pass at once, fifteen more take 0.3 seconds.
    assert 0.29 <= time.monotonic() - began < 30


def test_wait_for_the_rate_ends_when_the_gate_closes(tmp_path: Path, clock: Clock) -> None:
    slow = gate(tmp_path, Limits(messages_per_second=0.01, deadline=clock.now + 1), clock)
    slow.admit(1)
    clock.now += 1
    began = time.monotonic()
    with pytest.raises(Stopped):
        slow.admit(1)
    assert time.monotonic() - began < 30
