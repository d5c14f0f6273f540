# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One mailbox archived, or brought back: attempts until it is through, under the locks of the mailbox."""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator, Sequence

from ..core.errors import ConnectionLost, MigrationError, Stopped, Throttled
from ..imap.connection import connect
from ..sync.journal import Journal
from .record import Record
from .request import ArchiveRequest, ArchiveResult, Failed
from .tickets import locked_journals
from .work import ArchiveWork

ATTEMPTS = 5
_LONGEST_PAUSE = 60.0


def archive_mailbox(
    request: ArchiveRequest, *, stopped: Callable[[], bool] = lambda: False, now: Callable[[], float] = time.time
) -> ArchiveResult:
    """Archive, or bring back. What goes wrong is in the result; raises nothing but what is a defect of this program."""
    result = ArchiveResult()
    try:
        with _state(request, now()) as (record, journals):
            try:
                _attempts(request, record, journals, result, now, _checker(request, stopped, now))
            finally:
                if result.changed and not request.check:
                    for journal in journals:
                        journal.snapshot()
        result.complete = True
    except OSError as error:
        reason = f"{request.state_dir}: {error.strerror or error}"
        result.failures.append(Failed("", reason, "Make room or mend the rights of that folder, then run again"))
    except MigrationError as error:
        where = f"{error.where}: " if error.where else ""
        result.failures.append(Failed("", f"{where}{error.what}", error.remedy))
    return result


@contextlib.contextmanager
def _state(request: ArchiveRequest, now: float) -> Iterator[tuple[Record, Sequence[Journal]]]:
    path = Record.path(request.state_dir, request.mailbox)
    if request.check:
        with contextlib.closing(Record.open_copy(path, request.mailbox)) as record:
            yield record, ()
        return
    with (
        locked_journals(request.state_dir, request.mailbox, wait=request.lock_wait, now=now) as journals,
        contextlib.closing(Record.open(path, request.mailbox)) as record,
    ):
        yield record, journals


def _attempts(
    request: ArchiveRequest,
    record: Record,
    journals: Sequence[Journal],
    result: ArchiveResult,
    now: Callable[[], float],
    check: Callable[[float], None],
) -> None:
    """Try until it is through; a lost connection begins again with what the record knows."""
    failures, until = 0, now() + request.patience
    while True:
        before = result.moved + result.recovered
        try:
            session = connect(request.server)
            try:
                _restart(result)
                ArchiveWork(request, session, record, journals, result, now, functools.partial(check, 0.0)).run()
            finally:
                session.close()
            return
        except ConnectionLost as error:
            result.interruptions += 1
            went_on = result.moved + result.recovered > before
            failures = 1 if went_on else failures + 1
            pause = error.wait if isinstance(error, Throttled) else 0.0
            if went_on:
                until = now() + request.patience
            if (now() + pause >= until) if isinstance(error, Throttled) else failures >= ATTEMPTS:
                raise
            pause = (pause or min(2.0 ** (failures - 1), _LONGEST_PAUSE)) * random.uniform(1.0, 1.25)
            check(pause)
            time.sleep(pause)


def _restart(result: ArchiveResult) -> None:
    """An attempt sees again what the one before only saw; what was moved stays counted."""
    result.over.clear()
    result.failures.clear()
    result.folders[:] = [folder for folder in result.folders if folder.moved]


def _checker(request: ArchiveRequest, stopped: Callable[[], bool], now: Callable[[], float]) -> Callable[[float], None]:
    """Raises :class:`Stopped` when nothing more may begin ``ahead`` seconds from now. A mere plan knows no deadline."""
    deadline = None if request.check else request.deadline

    def check(ahead: float) -> None:
        if stopped():
            raise Stopped("the run that wanted this work is gone", remedy="Run again; it goes on where it stopped")
        if deadline is not None and now() + ahead >= deadline:
            raise Stopped(
                "the deadline is reached", remedy="Run archive.yml in the next window: it goes on where it stopped"
            )

    return check
