# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bounds of a pass: it stops cleanly, says what is left, and the same call goes on."""

from __future__ import annotations

import datetime
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import compare_spec, run_compare
from ansible_collections.mailops.migration.plugins.module_utils.support.preflight_task import (
    preflight_spec,
    run_preflight,
)
from ansible_collections.mailops.migration.plugins.module_utils.sync import slots
from ansible_collections.mailops.migration.plugins.module_utils.sync.slots import ServerSlots

from tests.support.compare_runner import compare
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import MEGABYTE, FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import answer
from tests.support.sync_runner import Migration, counts, total, validated

SPEC = MailboxSpec((make_folder(("INBOX",), 150, "limits", size=1000),
                    make_folder(("Work",), 150, "limits", size=1000)))
FOLDERS = MailboxSpec((FolderSpec(("INBOX",)),
                       *(make_folder((f"F{n}",), 60, "slots", size=500) for n in range(4))))
DAY = 86400.0


@pytest.fixture(scope="module")
def narrow_server() -> Iterator[DovecotServer]:
    """A destination that takes messages up to 50 kB and 400 kB for each mailbox."""
    with DovecotServer(DovecotShape(quota="400k", largest_message="50k", fsync="never")) as server:
        yield server


@pytest.fixture
def narrow(migration: Migration, narrow_server: DovecotServer) -> Migration:
    return Migration(migration.source, narrow_server, migration.user, migration.state_dir)


def in_seconds(seconds: float) -> str:
    return (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)).isoformat()


def test_deadline_stops_between_batches_and_the_next_run_goes_on(migration: Migration) -> None:
    migration.fill(SPEC)
    limits = {"deadline": in_seconds(1.5), "messages_per_second": 100, "connections": 1}

    result = migration.run(limits=limits)
    copied = total(migration.at_destination())

    assert result["failed"] and not result["complete"]
    assert "deadline" in result["msg"] and "Run again" in result["msg"]
    assert 0 < copied < 300
    assert result["counts"]["copied"] == copied
    assert result["counts"]["left"] == 300 - copied
    assert set(migration.journal_states()) == {"confirmed"}
    assert counts(migration.run()) == {"copied": 300 - copied, "already_there": copied}
    assert migration.at_destination() == migration.expected(SPEC)


def test_deadline_that_has_passed_copies_nothing(migration: Migration) -> None:
    migration.fill(SPEC)

    result = migration.run(limits={"deadline": in_seconds(-1)})

    assert result["failed"]
    assert "copied" not in counts(result)


def test_daily_budget_stops_and_goes_on_the_next_day(migration: Migration) -> None:
    migration.fill(SPEC)
    limits = {"bytes_per_day": 150_000, "connections": 1}
    today = time.time()

    first = migration.attempt(lambda: today, limits=limits)
    same_day = migration.attempt(lambda: today, limits=limits)
    next_days = [migration.attempt(partial(float, today + day * DAY), limits=limits) for day in (1, 2)]

    assert first["failed"] and "daily budget" in first["msg"]
    assert 120_000 <= first["counts"]["bytes"] <= 150_000
    assert first["limits"]["bytes_left"] == 150_000 - first["counts"]["bytes"]
    assert "copied" not in counts(same_day)
    assert next_days[-1]["complete"]
    assert migration.at_destination() == migration.expected(SPEC)


def test_mailbox_that_is_known_again_by_content_gets_on_day_by_day(migration: Migration) -> None:
    """Without a journal everything is read again, more than a day's budget. What no day's budget holds is held back."""
    large = make_message("large", "attachment", 200_000)
    migration.fill(MailboxSpec((*SPEC.folders, FolderSpec(("Big",), (large,)))))
    migration.run()
    migration.lose_journal()
    there, today = migration.at_destination(), time.time()
    limits = {"bytes_per_day": 150_000, "connections": 1}

    days = [migration.attempt(partial(float, today + day * DAY), limits=limits) for day in range(5)]

    assert [day["complete"] for day in days][-2:] == [True, True]
    assert not days[0]["complete"] and "daily budget" in days[0]["msg"]
    assert counts(days[-1]) == {"already_there": 300, "held": 1}
    assert sum(day["counts"]["matched"] for day in days) == 300
    assert sum(day["counts"]["copied"] for day in days) == 0
    assert migration.at_destination() == there


def test_message_larger_than_a_day_s_budget_is_told_and_holds_up_no_other(migration: Migration) -> None:
    large = make_message("large", "attachment", 300_000)
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), (make_message("a"), large, make_message("b"))),)))

    result = migration.run(limits={"bytes_per_day": 100_000})

    assert counts(result) == {"copied": 2, "failed": 1}
    [failure] = result["failures"]
    assert failure["uid"] == 2 and "budget of a whole day" in failure["reason"] and "Raise" in failure["remedy"]
    assert counts(migration.run())["copied"] == 1


def test_folder_that_may_not_be_written_is_told_once_and_the_others_arrive(migration: Migration) -> None:
    large = make_folder(("Work",), 500, "closed", size=300)
    migration.fill(MailboxSpec((make_folder(("INBOX",), 60, "closed"), large)))
    fault = answer(b"NO [NOPERM] Permission denied", "APPEND", times=1000, mark=b"Work")
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port), fault) as proxy:
        result = migration.through(destination=proxy).attempt(limits={"connections": 1})

    [failure] = result["failures"]
    assert (failure["folder"], failure["uid"]) == ("Work", 0)
    assert "Permission denied" in failure["reason"] and "right to write" in failure["remedy"]
    assert (result["counts"]["copied"], result["counts"]["left"]) == (60, 500)
    assert counts(migration.attempt()) == {"already_there": 60, "copied": 500}


def test_rate_is_kept(migration: Migration) -> None:
    migration.fill(SPEC)
    began = time.monotonic()

    migration.run(limits={"messages_per_second": 150})

    assert time.monotonic() - began > 1.0
    assert migration.at_destination() == migration.expected(SPEC)


def test_connections_to_the_source_keep_within_their_number(migration: Migration) -> None:
    # More than one lane may read ahead, so that each has something to do however late it begins.
    folders = MailboxSpec((FolderSpec(("INBOX",)),
                           *(make_folder((f"F{n}",), 40, "slots", size=100_000) for n in range(4))))
    migration.fill(folders)
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port)) as proxy:
        through = migration.through(source=proxy)
        most = watch(proxy, lambda: through.run(limits={"connections": 3, "messages_per_second": 40}))

    assert most == 3
    assert migration.at_destination() == migration.expected(folders)


def test_slots_of_a_source_server_hold_across_mailboxes_processes_and_tickets(migration: Migration) -> None:
    others = [Migration(migration.source, migration.destination, f"{n}-{migration.user}",
                        migration.state_dir.with_name(f"ticket{n % 2}")) for n in range(4)]
    for other in others:
        other.fill(FOLDERS)
    limits = {"connections": 2, "server_connections": 2, "messages_per_second": 150}
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port)) as proxy:

        def run_all() -> None:
            engines = [other.through(source=proxy).start(limits=limits, slots_dir=f"{migration.state_dir}/slots")
                       for other in others]
            assert all(engine.wait()["complete"] for engine in engines)

        most = watch(proxy, run_all)

    assert most == 2
    assert all(other.at_destination() == other.expected(FOLDERS) for other in others)


@pytest.mark.parametrize(("look", "spec", "settled"), [
    (run_preflight, preflight_spec, "already_there"), (run_compare, compare_spec, "identical")])
def test_preflight_and_proof_wait_for_a_slot_of_the_source_server_too(
        migration: Migration, monkeypatch: pytest.MonkeyPatch, look: Callable[..., dict[str, Any]],
        spec: Callable[[], dict[str, Any]], settled: str) -> None:
    migration.fill(FOLDERS)
    migration.run()
    arguments = migration.arguments(slots_dir=f"{migration.state_dir}/slots", limits={"server_connections": 1})
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port)) as proxy, ExitStack() as others:
        arguments["source"] |= {"port": proxy.port}
        held = ServerSlots(arguments["slots_dir"], arguments["source"]["host"], proxy.port, 1)
        others.enter_context(held.one(wait=0))
        connected: list[int] = []

        def another_ends(_seconds: float) -> None:
            connected.append(proxy.open_connections())
            others.close()

        monkeypatch.setattr(slots, "time", SimpleNamespace(monotonic=time.monotonic, sleep=another_ends))
        result = look(validated(arguments, spec()), check=False)

    assert not result.get("failed") and connected[0] == 0
    assert result["counts"][settled] == 240


def test_destination_that_refuses_more_connections_is_worked_with_fewer(migration: Migration) -> None:
    migration.fill(FOLDERS)
    with DovecotServer(DovecotShape(user_connections=2, fsync="never")) as closed:
        narrow = Migration(migration.source, closed, migration.user, migration.state_dir)

        result = narrow.run(limits={"connections": 5})

        assert (counts(result), result["failures"]) == ({"copied": 240}, [])
        assert narrow.at_destination() == narrow.expected(FOLDERS)
        assert result["interruptions"]["times"] == 0


def watch(proxy: FaultProxy, work: Callable[[], object]) -> int:
    """The most connections that there were for at least 50 ms at a time while ``work`` was done."""
    thread = threading.Thread(target=work)
    thread.start()
    window: deque[int] = deque([0], maxlen=10)
    most = 0
    while thread.is_alive():
        window.append(proxy.open_connections())
        most = max(most, min(window))
        time.sleep(0.005)
    return most


def test_message_too_large_is_refused_and_the_rest_arrives(narrow: Migration) -> None:
    large = make_message("large", "attachment", 60_000)
    folder = FolderSpec(("INBOX",), (make_message("a"), large, make_message("b")))
    narrow.fill(MailboxSpec((folder, make_folder(("Work",), 2, "work"))))

    result, again = narrow.run(), narrow.run()

    assert counts(result) == {"copied": 4, "refused": 1}
    assert counts(again) == {"already_there": 4, "refused": 1}
    assert result["failed"] and result["complete"]
    [failure] = result["failures"]
    assert (failure["folder"], failure["uid"], failure["kind"]) == ("INBOX", 2, "refused")
    assert failure["digest"] == large.expected().digest


def test_refused_message_that_is_accepted_no_longer_fails_the_pass(narrow: Migration) -> None:
    large = make_message("large", "attachment", 60_000)
    narrow.fill(MailboxSpec((FolderSpec(("INBOX",), (make_message("a"), large)),)))
    [failure] = narrow.run()["failures"]

    result = narrow.run(accepted=[failure["digest"].upper()])

    assert "failed" not in result
    assert counts(result) == {"already_there": 1, "accepted": 1}


def test_full_mailbox_takes_what_fits_says_so_and_goes_on_when_there_is_room(narrow: Migration) -> None:
    narrow.fill(MailboxSpec((make_folder(("INBOX",), 30, "full", size=20_000),)))

    result = narrow.run()
    copied = total(narrow.at_destination())
    states, verdict = narrow.journal_states(), compare(narrow)
    narrow.destination.expunge(narrow.user, "mailbox", "INBOX", "all")
    again = narrow.run()

    assert result["failed"] and not result["complete"]
    assert "full" in result["msg"] and "quota" in result["msg"]
    assert copied * 20_000 > 0.3 * MEGABYTE
    assert (result["counts"]["copied"], result["counts"]["left"]) == (copied, 30 - copied)
    assert states == {"confirmed": copied}
    reasons = {item["reason"] for item in verdict["differences"] if item["kind"] == "missing"}
    assert reasons == {"the last pass stopped before its end; run the sync again"}
    assert counts(again) == {"already_there": copied, "copied": 30 - copied}
