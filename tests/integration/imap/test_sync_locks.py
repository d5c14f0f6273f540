# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One run at a time on a mailbox: the second waits, or says who holds it; a dead run holds nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sync_runner import EngineProcess, Migration, counts

SPEC = MailboxSpec((make_folder(("INBOX",), 210, "locks", size=600),))


@pytest.fixture
def working(migration: Migration) -> Iterator[EngineProcess]:
    """A run that holds the mailbox for some seconds."""
    migration.fill(SPEC)
    engine = migration.start(limits={"messages_per_second": 100})
    while not migration.journal_states():
        assert engine.is_alive()
        time.sleep(0.01)
    yield engine
    engine.kill()


def test_second_run_says_who_holds_the_mailbox(migration: Migration, working: EngineProcess) -> None:
    result = migration.attempt(lock_wait=0.2)

    assert result["failed"] and not result["changed"]
    assert f"process {working.pid} " in result["msg"]


def test_second_run_waits_for_the_first_and_copies_nothing_again(migration: Migration, working: EngineProcess) -> None:
    second = migration.run()

    assert counts(second) == {"already_there": 210}
    assert counts(working.wait()) == {"copied": 210}
    assert migration.at_destination() == migration.expected(SPEC)


def test_killed_run_holds_nothing(migration: Migration, working: EngineProcess) -> None:
    working.kill()

    result = migration.attempt(lock_wait=0.0)

    assert result["complete"]
    assert migration.at_destination() == migration.expected(SPEC)


def test_runs_on_different_mailboxes_do_not_wait(migration: Migration, working: EngineProcess) -> None:
    other = Migration(migration.source, migration.destination, f"other-{migration.user}", migration.state_dir)
    other.fill(MailboxSpec((make_folder(("INBOX",), 2, "other"),)))

    result = other.attempt(lock_wait=0.0)

    assert working.is_alive()
    assert counts(result) == {"copied": 2}


def test_address_in_another_case_is_the_same_mailbox(migration: Migration, working: EngineProcess) -> None:
    result = migration.attempt(lock_wait=0.2, mailbox=migration.user.upper())

    assert result["failed"] and f"process {working.pid} " in result["msg"]
