# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One mailbox from source to destination: attempts of a pass until it is through, under the mailbox's lock."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..core.errors import ConnectionLost, MigrationError, Throttled, Unreachable
from .journal import Journal, journal_path
from .journal_file import readable
from .limits import Gate
from .lock import ServerSlots, mailbox_lock, need_slot
from .passes import SyncPass
from .request import SyncRequest, SyncResult
from .tally import Failure

ATTEMPTS = 5
# A server that has taken no connection yet is misnamed or shut off rather than restarting.
ATTEMPTS_TO_REACH = 2
_LONGEST_PAUSE = 60.0


def sync_mailbox(
    request: SyncRequest, *, stopped: Callable[[], bool] = lambda: False, now: Callable[[], float] = time.time
) -> SyncResult:
    """Run a pass. What goes wrong is in the result; raises nothing but what is a defect of this program."""
    result = SyncResult()
    path = journal_path(request.state_dir, request.mailbox)
    try:
        with _journal(request, path) as journal:
            if journal.note:
                result.tally.warn(journal.note)
            gate = Gate(request.limits, journal, stopped, now)
            journal.begin_pass(now())
            try:
                _attempts(request, journal, gate, result, now)
            finally:
                journal.end_pass(now(), "complete" if result.complete else "incomplete")
                if not request.check and (result.changed or journal.note):
                    journal.snapshot()
    except OSError as error:
        result.complete = False
        remedy = "Make room or mend the rights of the folder of the journals, then run again"
        result.tally.fail(Failure("", 0, "failed", f"{path}: {error.strerror or error}", remedy))
    except MigrationError as error:
        result.complete = False
        result.tally.fail(Failure("", 0, "failed", _sentence(error), error.remedy))
    return result


@contextmanager
def _journal(request: SyncRequest, path: str) -> Iterator[Journal]:
    if request.check:
        journal = Journal.open_copy(path, request.mailbox)
        try:
            with readable(path):
                yield journal
        finally:
            journal.close()
        return
    os.makedirs(request.state_dir, mode=0o700, exist_ok=True)
    with mailbox_lock(path, request.mailbox, wait=request.lock_wait):
        journal = Journal.open(path, request.mailbox)
        try:
            with readable(path):
                yield journal
        finally:
            journal.close()


def _attempts(request: SyncRequest, journal: Journal, gate: Gate, result: SyncResult, now: Callable[[], float]) -> None:
    """Try until the pass is through; a lost connection begins again with what the journal knows."""
    host, port = request.source.address()
    slots = ServerSlots(request.state_dir, host, port, 0 if request.check else request.limits.server_connections)
    failures = 0
    patient_until = 0.0
    while True:
        before = result.tally.totals()["copied"]
        result.tally.restart()
        try:
            with slots.one(wait=request.patience) as granted:
                need_slot(granted, request.source.where())
                SyncPass(request, journal, gate, result, slots, now).run()
            return
        except ConnectionLost as error:
            failures = 1 if result.tally.totals()["copied"] > before else failures + 1
            if failures == 1:
                patient_until = now() + request.patience
            if _is_hopeless(error, failures, now() >= patient_until, begun=result.plan is not None):
                raise
            gate.check()
            _pause(error, failures, gate)


def _is_hopeless(error: ConnectionLost, failures: int, out_of_patience: bool, *, begun: bool) -> bool:
    if isinstance(error, Throttled):
        return out_of_patience
    return failures >= (ATTEMPTS_TO_REACH if isinstance(error, Unreachable) and not begun else ATTEMPTS)


def _pause(error: ConnectionLost, failures: int, gate: Gate) -> None:
    """As long as the server says, else doubling from one second, with jitter."""
    named = error.wait if isinstance(error, Throttled) else 0.0
    pause = named or min(2.0 ** (failures - 1), _LONGEST_PAUSE)
    until = time.monotonic() + pause * random.uniform(1.0, 1.25)
    while (left := until - time.monotonic()) > 0:
        gate.check()
        time.sleep(min(left, 0.5))


def _sentence(error: MigrationError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what
