# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One mailbox from source to destination: attempts of a pass until it is through, under the mailbox's lock."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from ..core.errors import ConnectionLost, JournalError, MigrationError, Throttled, Unreachable
from .caution import Doubts
from .journal import Journal, journal_path
from .journal_file import readable
from .limits import Gate
from .lock import mailbox_lock
from .made_folders import note_made
from .passes import SyncPass
from .request import SyncRequest, SyncResult
from .slots import ServerSlots, slots_of
from .tally import Failure, Tally

ATTEMPTS = 5
# A server that has taken no connection yet is misnamed or shut off rather than restarting.
ATTEMPTS_TO_REACH = 2
_LONGEST_PAUSE = 60.0


def sync_mailbox(
    request: SyncRequest,
    *,
    stopped: Callable[[], bool] = lambda: False,
    now: Callable[[], float] = time.time,
    tally: Tally | None = None,
) -> SyncResult:
    """Run a pass. What goes wrong is in the result; raises nothing but what is a defect of this program.

    ``tally`` is what the pass counts in, for those who want to look on; its log is told what happens.
    """
    result = SyncResult(tally=tally or Tally())
    began = time.monotonic()
    result.tally.log.note("pass_begin", source=request.source.where(), destination=request.destination.where())
    _run(request, result, stopped, now)
    outcome = "complete" if result.complete else "incomplete"
    seconds = round(time.monotonic() - began, 3)
    counts = {name: count for name, count in result.tally.totals().items() if count}
    result.tally.log.note("pass_end", outcome=outcome, seconds=seconds, **counts)
    return result


def _run(request: SyncRequest, result: SyncResult, stopped: Callable[[], bool], now: Callable[[], float]) -> None:
    path = journal_path(request.state_dir, request.mailbox)
    try:
        with _journal(request, path, now()) as journal:
            if journal.note:
                result.tally.warn(journal.note)
            _refuse_half_undone(journal, path)
            gate = Gate(request.limits, journal, stopped, now)
            journal.begin_pass(now())
            try:
                _attempts(request, journal, gate, result, now)
            finally:
                gate.save()
                result.limits = gate.as_result()
                journal.end_pass(now(), "complete" if result.complete else "incomplete")
                if not request.check:
                    note_made(journal, result.folders_created)
                if not request.check and (result.changed or journal.note):
                    journal.snapshot()
    except OSError as error:
        result.complete = False
        remedy = "Make room or mend the rights of the folder of the journals, then run again"
        result.tally.fail(Failure("", 0, "failed", f"{path}: {error.strerror or error}", remedy))
    except MigrationError as error:
        result.complete = False
        result.tally.fail(Failure("", 0, "failed", _sentence(error), error.remedy))


@contextmanager
def _journal(request: SyncRequest, path: str, now: float) -> Iterator[Journal]:
    if request.check:
        journal = Journal.open_copy(path, request.mailbox)
        try:
            with readable(path):
                yield journal
        finally:
            journal.close()
        return
    os.makedirs(request.state_dir, mode=0o700, exist_ok=True)
    with mailbox_lock(path, request.mailbox, wait=request.lock_wait, now=now):
        journal = Journal.open(path, request.mailbox)
        try:
            with readable(path):
                yield journal
        finally:
            journal.close()


def _refuse_half_undone(journal: Journal, path: str) -> None:
    if journal.is_withdrawing():
        raise JournalError(
            "an undo of this mailbox was cut off, and some of its copies may be there still",
            where=path,
            remedy="Run undo.yml again, which completes it, then the sync",
        )


def _attempts(request: SyncRequest, journal: Journal, gate: Gate, result: SyncResult, now: Callable[[], float]) -> None:
    """Try until the pass is through; a lost connection begins again with what the journal knows."""
    if not request.check:
        gate.check()
    slots = slots_of(request)
    doubts = Doubts()
    outage = _Outage(request.patience, now)
    while True:
        before = _done(result, doubts)
        try:
            with _slot(request, slots, gate, result):
                SyncPass(request, journal, gate, result, slots, doubts, now).run()
            return
        except ConnectionLost as error:
            result.interruptions.note(_sentence(error))
            outage.note(error, gone_on=_done(result, doubts) > before)
            if outage.is_over(error) or doubts.is_at_a_loss():
                _name_suspects(doubts, result)
                raise
            gate.check()
            _pause(error, outage.failures, gate, result)


@contextmanager
def _slot(request: SyncRequest, slots: ServerSlots, gate: Gate, result: SyncResult) -> Iterator[None]:
    """Hold a slot of the source server; wait for one as long as other runs have them all."""

    def wait() -> None:
        if not result.tally.waiting:
            cap, host = request.limits.server_connections, request.source.host
            result.tally.waiting = f"all {cap} connections that this server may have are in use: {host}"
            result.tally.log.note("slot_wait", reason=result.tally.waiting)
        if not request.check:
            gate.check()

    with ExitStack() as stack:
        try:
            stack.enter_context(slots.one(check=wait))
        finally:
            result.tally.waiting = ""
        yield


def _done(result: SyncResult, doubts: Doubts) -> int:
    """Grows with what attempts bring: messages copied or given up, changes at the destination."""
    return result.tally.totals()["copied"] + result.tally.writes + doubts.convictions()


class _Outage:
    """Attempts in a row that brought nothing, and when they are too many."""

    def __init__(self, patience: float, now: Callable[[], float]) -> None:
        self.failures = 0
        self._patience = patience
        self._now = now
        self._until = 0.0
        self._reached = False

    def note(self, error: ConnectionLost, *, gone_on: bool) -> None:
        """An attempt ended so."""
        self.failures = 1 if gone_on else self.failures + 1
        self._reached = self._reached or not isinstance(error, Unreachable)
        if self.failures == 1:
            self._until = self._now() + self._patience

    def is_over(self, error: ConnectionLost) -> bool:
        """Whether another attempt would help no more: a server that asks to wait is given the time of patience."""
        if isinstance(error, Throttled):
            return self._now() + error.wait >= self._until
        return self.failures >= (ATTEMPTS if self._reached else ATTEMPTS_TO_REACH)


def _name_suspects(doubts: Doubts, result: SyncResult) -> None:
    """A message that the last attempts broke at is told, though it may not be the reason."""
    for place, words in doubts.suspects().items():
        result.tally.fail(Failure(place.folder, place.uid, "failed", f"the connection broke at it: {words}"))


def _pause(error: ConnectionLost, failures: int, gate: Gate, result: SyncResult) -> None:
    """As long as the server says, else doubling from one second, with jitter."""
    named = error.wait if isinstance(error, Throttled) else 0.0
    pause = (named or min(2.0 ** (failures - 1), _LONGEST_PAUSE)) * random.uniform(1.0, 1.25)
    began = time.monotonic()
    kind = "throttled" if isinstance(error, Throttled) else "retry"
    result.tally.log.note(kind, reason=_sentence(error), seconds=round(pause, 3), failures=failures)
    result.tally.waiting = error.what
    try:
        gate.wait(pause, error.what)
    finally:
        result.tally.waiting = ""
        result.interruptions.wait(_sentence(error), time.monotonic() - began)


def _sentence(error: MigrationError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what
