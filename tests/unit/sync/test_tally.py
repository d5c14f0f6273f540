# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import COUNTS, Failure, Tally


def test_counts_add_up_per_folder_and_in_all() -> None:
    tally = Tally()
    tally.add("INBOX", copied=2, bytes=20)
    tally.add("INBOX", copied=1)
    tally.add("Sent", copied=4)
    assert (tally.of("INBOX")["copied"], tally.of("INBOX")["bytes"], tally.of("Sent")["copied"]) == (3, 20, 4)
    assert (tally.totals()["copied"], tally.totals()["bytes"]) == (7, 20)


def test_every_count_is_there_from_the_beginning() -> None:
    assert Tally().of("INBOX") == Tally().totals() == dict.fromkeys(COUNTS, 0)


def test_failure_of_a_message_is_counted_by_its_kind() -> None:
    tally = Tally()
    failures = [Failure("INBOX", 1, "failed", "why"), Failure("INBOX", 2, "refused", "too big", digest="ab")]
    for failure in failures:
        tally.fail(failure)
    assert tally.failures() == failures
    assert (tally.totals()["failed"], tally.totals()["refused"]) == (1, 1)


def test_failure_of_a_folder_is_told_and_counts_no_message() -> None:
    tally = Tally()
    tally.fail(Failure("INBOX", 0, "failed", "cannot be opened"))
    assert (len(tally.failures()), tally.totals()["failed"]) == (1, 0)


def test_warning_is_told_once() -> None:
    tally = Tally()
    for text in ("one", "two", "one"):
        tally.warn(text)
    assert tally.warnings() == ["one", "two"]


def test_another_attempt_counts_anew_what_it_sees_and_keeps_what_was_done() -> None:
    tally = Tally()
    tally.add("INBOX", **dict.fromkeys(COUNTS, 1))
    tally.fail(Failure("INBOX", 1, "failed", "why"))
    tally.wrote(3)
    tally.restart()
    done = {"copied", "bytes", "flags_updated", "moved"}
    assert tally.of("INBOX") == {name: int(name in done) for name in COUNTS}
    assert (tally.failures(), tally.writes) == ([], 3)


def test_what_is_returned_is_not_what_is_counted_in() -> None:
    tally = Tally()
    tally.of("INBOX")["copied"] = 9
    tally.failures().append(Failure("INBOX", 1, "failed", "why"))
    assert (tally.totals()["copied"], tally.failures()) == (0, [])


def test_threads_count_together() -> None:
    tally = Tally()
    with ThreadPoolExecutor(8) as pool:
        for lane in range(8):
            pool.submit(lambda lane: [tally.add(f"lane {lane % 2}", copied=1) for _unused in range(500)], lane)
            pool.submit(lambda: [tally.wrote() for _unused in range(500)])
    assert (tally.totals()["copied"], tally.writes) == (4000, 4000)
