# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.run_progress import (
    WINDOW,
    Live,
    RunProgress,
    live_from,
)

FOUND = {"mailbox": "anna@example.com", "stage": "copying", "folders": ["INBOX"], "copied": 4, "bytes": 400, "left": 6,
         "bytes_left": 600, "waiting": ""}


def copying(mailbox: str, copied: int, left: int, octets: int = 0, octets_left: int = 0) -> Live:
    return Live(mailbox, "copying", (), copied, octets, left, octets_left)


def test_file_of_a_mailbox_is_read() -> None:
    assert live_from(FOUND) == Live("anna@example.com", "copying", ("INBOX",), 4, 400, 6, 600)


@pytest.mark.parametrize("found", [None, 3, [], {}, {"mailbox": 7}])
def test_what_is_no_such_file_is_none(found: Any) -> None:
    assert live_from(found) is None


def test_odd_values_are_taken_for_nothing() -> None:
    odd = {"mailbox": "a", "folders": "INBOX", "copied": "4", "bytes": None, "left": -3}
    assert live_from(odd) == Live("a")


def test_mailboxes_that_are_through_and_at_work_add_up() -> None:
    run = RunProgress("sync", 4, 0.0)
    for host in "abc":
        run.start(host)
    run.end("a", good=True, messages=10, octets=1000)
    run.end("b", good=False, messages=1, octets=100)
    run.look("c", copying("c", 5, 5, 500, 500))
    view = run.view(10.0)
    assert (view.total, view.done, view.failed, view.messages, view.octets) == (4, 2, 1, 16, 1600)
    assert [live.mailbox for live in view.active] == ["c"]
    assert (view.messages_per_second, view.octets_per_second) == (1.6, 160.0)


def test_word_of_a_mailbox_that_is_through_is_not_counted_again() -> None:
    run = RunProgress("sync", 1, 0.0)
    run.start("a")
    run.end("a", good=True, messages=10)
    run.look("a", copying("a", 9, 1))
    run.end("a", good=False, messages=10)
    view = run.view(1.0)
    assert (view.messages, view.done, view.failed, view.active) == (10, 1, 0, ())


def test_mailbox_with_nothing_to_do_is_none_of_them() -> None:
    run = RunProgress("sync", 2, 0.0)
    run.start("a")
    run.start("b")
    run.skip("a")
    run.end("b", good=True)
    assert (run.view(1.0).total, run.view(1.0).seconds_left) == (1, 0.0)


def test_more_mailboxes_than_were_told_make_the_total() -> None:
    run = RunProgress("sync", 0, 0.0)
    run.start("a")
    run.end("a", good=True)
    run.start("b")
    assert run.view(1.0).total == 2


def test_rate_is_that_of_the_last_minute() -> None:
    run = RunProgress("sync", 2, 0.0)
    run.start("a")
    for second in range(0, 100):
        run.look("a", copying("a", second, 1000, 1000 * second))
        run.view(float(second))
    for second in range(100, 301):
        view = run.view(float(second))
    assert (view.messages_per_second, view.octets_per_second) == (0, 0)
    run.look("a", copying("a", 99 + int(WINDOW), 1))
    assert run.view(301.0).messages_per_second == pytest.approx(1.0, rel=0.02)


def test_time_left_is_not_told_before_anything_is_known() -> None:
    run = RunProgress("sync", 10, 0.0)
    run.start("a")
    assert run.view(100.0).seconds_left is None
    run.end("a", good=True)
    assert run.view(100.0).seconds_left == 900.0
    early = RunProgress("sync", 2, 0.0)
    early.start("a")
    early.end("a", good=True)
    assert early.view(9.0).seconds_left is None


def test_one_large_mailbox_at_the_end_is_foretold_by_its_octets() -> None:
    run = RunProgress("sync", 2, 0.0)
    run.start("a")
    run.start("b")
    run.end("a", good=True, messages=10, octets=1000)
    run.look("b", copying("b", 90, 910, 9000, 91_000))
    assert run.view(10.0).seconds_left == pytest.approx(91.0)


def test_mailboxes_not_begun_are_taken_to_be_like_those_known() -> None:
    run = RunProgress("sync", 4, 0.0)
    run.start("a")
    run.end("a", good=True, octets=500)
    run.start("b")
    run.look("b", copying("b", 50, 50, 500, 500))
    # 500 octets left here and two more mailboxes of 750 each, at 100 in a second.
    assert run.view(10.0).seconds_left == pytest.approx(20.0)


def test_pass_with_nothing_new_is_foretold_by_mailboxes() -> None:
    run = RunProgress("sync", 100, 0.0)
    for number in range(20):
        run.start(str(number))
        run.end(str(number), good=True)
    assert run.view(20.0).seconds_left == pytest.approx(80.0)
