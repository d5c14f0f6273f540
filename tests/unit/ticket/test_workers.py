# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mailbox keeps its worker."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.workers import check_workers, share_of

WORKERS = ["w1", "w2", "w3", "w4"]
MAILBOXES = [f"user{number}@example.com" for number in range(2000)]


def placed(workers: list[str], cap: int = 0) -> dict[str, str]:
    return {mailbox: share_of(mailbox, "imap.example", cap, workers).worker for mailbox in MAILBOXES}


def test_each_worker_has_its_part() -> None:
    assert all(400 < number < 600 for number in Counter(placed(WORKERS).values()).values())


def test_mailbox_has_the_worker_that_it_had_with_every_earlier_release() -> None:
    # Another one here means: journals are rebuilt wherever this is updated.
    workers = placed(WORKERS)
    assert [workers[mailbox] for mailbox in MAILBOXES[:6]] == ["w3", "w4", "w1", "w1", "w4", "w2"]


def test_when_a_worker_is_lost_its_mailboxes_alone_move() -> None:
    before, after = placed(WORKERS), placed(["w1", "w2", "w4"])
    assert {before[mailbox] for mailbox in MAILBOXES if before[mailbox] != after[mailbox]} == {"w3"}


def test_when_one_is_added_mailboxes_move_to_it_alone() -> None:
    before, after = placed(WORKERS), placed([*WORKERS, "w5"])
    assert {after[mailbox] for mailbox in MAILBOXES if before[mailbox] != after[mailbox]} == {"w5"}


def test_neither_the_order_of_workers_nor_the_case_of_an_address_matters() -> None:
    assert placed(WORKERS) == placed(WORKERS[::-1])
    assert share_of("Anna@Example.com", "s", 0, WORKERS) == share_of("anna@example.com", "s", 0, WORKERS)


@pytest.mark.parametrize(("cap", "at_work", "each"), [(0, 4, 0), (10, 4, 2), (4, 4, 1), (3, 3, 1), (1, 1, 1)])
def test_workers_together_stay_within_what_a_server_allows(cap: int, at_work: int, each: int) -> None:
    shares = [share_of(mailbox, "imap.example", cap, WORKERS) for mailbox in MAILBOXES]
    assert len({share.worker for share in shares}) == at_work
    assert {share.server_connections for share in shares} == {each}
    assert at_work * each <= cap


@pytest.mark.parametrize("workers", [{"a b": {}}, {"": {}}, {"w": "x"}, {"{{ 1 }}": {}}, {"-o": None}])
def test_what_is_no_worker_is_refused(workers: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="is no worker"):
        check_workers(workers)
