# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync.lock import mailbox_lock

from tests.unit.sync.processes import MODULE_UTILS, line_of, python

HOLD_LOCK = f"""
import sys, time
from {MODULE_UTILS}.sync.lock import mailbox_lock
with mailbox_lock(sys.argv[1], "jo@example.net", wait=0, now=1.7e9):
    print("held", flush=True)
    sys.stdin.readline()
print("free", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def journal(tmp_path: Path) -> str:
    return str(tmp_path / "state" / "journal.sqlite")


def locked(journal: str, *, wait: float = 0.0) -> bool:
    """Whether the lock could be had."""
    try:
        with mailbox_lock(journal, "jo@example.net", wait=wait, now=1.7e9):
            return True
    except JournalError:
        return False


def test_second_process_is_told_who_holds_the_mailbox(journal: str) -> None:
    with python(HOLD_LOCK, journal) as holder:
        assert line_of(holder) == "held"
        with pytest.raises(JournalError) as error, mailbox_lock(journal, "jo@example.net", wait=0, now=1.7e9):
            pass
    assert error.value.what == (
        f"another run works on this mailbox (process {holder.pid} on {socket.gethostname()}, ticket state, since"
        " 2023-11-14 22:13 UTC)"
    )
    assert error.value.where == "jo@example.net"


def test_lock_is_free_at_once_after_its_holder_was_killed(journal: str) -> None:
    with python(HOLD_LOCK, journal) as holder:
        assert line_of(holder) == "held"
        assert not locked(journal)
        holder.kill()
        holder.wait()
        assert locked(journal)


def test_lock_is_free_for_others_as_soon_as_its_holder_leaves_it(journal: str) -> None:
    with python(HOLD_LOCK, journal) as holder:
        assert line_of(holder) == "held"
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert line_of(holder) == "free"
        assert locked(journal)


def test_lock_is_waited_for(journal: str) -> None:
    with python(HOLD_LOCK, journal) as holder:
        assert line_of(holder) == "held"
        timer = threading.Timer(0.4, holder.kill)
        timer.start()
        began = time.monotonic()
        assert locked(journal, wait=20)
        assert time.monotonic() - began >= 0.3


def test_lock_is_waited_for_no_longer_than_told(journal: str) -> None:
    with mailbox_lock(journal, "jo@example.net", wait=0, now=1.7e9):
        began = time.monotonic()
        assert not locked(journal, wait=0.3)
        assert 0.3 <= time.monotonic() - began < 30


def test_lock_is_free_after_an_error_within(journal: str) -> None:
    with pytest.raises(KeyError), mailbox_lock(journal, "jo@example.net", wait=0, now=1.7e9):
        raise KeyError
    assert locked(journal)


def test_other_mailboxes_are_not_locked(journal: str) -> None:
    with mailbox_lock(journal, "jo@example.net", wait=0, now=1.7e9):
        assert locked(journal.replace("journal", "other"))


def test_lock_file_tells_nothing_to_others(journal: str) -> None:
    with mailbox_lock(journal, "jo@example.net", wait=0, now=1.7e9):
        assert Path(f"{journal}.lock").stat().st_mode & 0o777 == 0o600
