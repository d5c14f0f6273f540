# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConnectionLost, Throttled
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Place
from ansible_collections.mailops.migration.plugins.module_utils.sync.caution import FEW, Caution, Company, Doubts
from hypothesis import given
from hypothesis import strategies as st

LOSS = ConnectionLost("the server hung up")


def place(uid: int) -> Place:
    return Place("INBOX", 7, uid)


def attempt(caution: Caution, todo: list[int], culprits: set[int], error: ConnectionLost = LOSS) -> list[int]:
    """One attempt to bring these over in batches as caution allows; what is left after it."""
    left = [uid for uid in todo if caution.verdict(place(uid)) is None]
    left.sort(key=lambda uid: caution.company(place(uid)) is Company.NONE)
    while left:
        company = caution.company(place(left[0]))
        most = {Company.ANY: 100, Company.FEW: FEW, Company.NONE: 1}[company]
        batch = [uid for uid in left[:most] if caution.company(place(uid)) is company]
        if culprits & set(batch):
            caution.lost([place(uid) for uid in batch], error)
            return left
        caution.passed([place(uid) for uid in batch])
        left = left[len(batch) :]
    return left


@given(st.integers(2, 300), st.sets(st.integers(1, 300), max_size=4))
def test_culprits_are_found_in_few_attempts_and_nobody_else(count: int, culprits: set[int]) -> None:
    caution, left = Caution(), list(range(1, count + 1))
    here = culprits & set(left)
    attempts = 0
    while left and not caution.is_at_a_loss():
        left = attempt(caution, left, here)
        attempts += 1
    assert {uid for uid in range(1, count + 1) if caution.verdict(place(uid))} == here
    assert attempts <= 1 + 6 * len(here)


def test_one_loss_convicts_nobody() -> None:
    caution = Caution()
    caution.lost([place(1)], LOSS)
    assert caution.verdict(place(1)) is None
    assert caution.suspects() == {place(1): "the server hung up"}


def test_message_that_got_through_is_free_of_suspicion() -> None:
    caution = Caution()
    caution.lost([place(1), place(2)], LOSS)
    assert caution.company(place(1)) is Company.FEW
    caution.passed([place(1)])
    assert (caution.company(place(1)), caution.company(place(2))) == (Company.ANY, Company.FEW)


def test_message_that_was_due_comes_alone_next_time() -> None:
    caution = Caution()
    caution.lost([place(1), place(2)], LOSS, first=place(1))
    assert (caution.company(place(1)), caution.company(place(2))) == (Company.NONE, Company.FEW)


def test_without_others_that_passed_more_losses_are_needed() -> None:
    caution = Caution()
    for verdict in (None, None, "the server hung up"):
        caution.lost([place(1)], LOSS)
        assert caution.verdict(place(1)) == verdict


def test_request_to_wait_is_held_against_a_message_only_when_others_pass_meanwhile() -> None:
    busy = Throttled("come back later")
    caution = Caution()
    for _unused in range(20):
        caution.lost([place(1)], busy)
    assert caution.verdict(place(1)) is None
    for uid in range(2, 6):
        caution.passed([place(uid)])
        caution.lost([place(1)], busy)
    assert caution.verdict(place(1)) == "come back later"
    for _unused in range(20):
        caution.lost([place(9)], busy)
    assert caution.verdict(place(9)) is None


def test_server_that_fails_whatever_it_is_asked_for_is_told_from_messages() -> None:
    caution, left = Caution(), list(range(1, 100))
    attempts = 0
    while not caution.is_at_a_loss():
        left = attempt(caution, left, set(left))
        attempts += 1
    assert attempts < 30


def test_message_given_up_before_comes_alone_and_one_loss_is_enough() -> None:
    doubts = Doubts()
    doubts.recall([place(1)])
    assert doubts.company(place(1)) is Company.NONE
    assert doubts.reading.suspects() == {}
    doubts.sending.lost([place(1)], LOSS)
    assert doubts.verdict(place(1)) == "the destination breaks off when it is to take it: the server hung up"
    assert doubts.convictions() == 1


def test_folder_that_asks_to_wait_is_left_for_later_unless_another_asked_too() -> None:
    doubts = Doubts()
    assert doubts.may_be_its_own("A", another=False)
    assert not doubts.may_be_its_own("B", another=True)
    assert doubts.may_be_its_own("B", another=True)
