# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both sides of one mailbox before a pass: logins, folders, sizes, limits and speed; read-only."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from ..core.errors import ConnectionLost, LoginRefused, MigrationError, Unreachable
from ..core.folder_plan import plan_folders
from ..core.folders import FolderPlan, Side
from ..imap.append import append_limits
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..imap.session import Session
from ..imap.sizes import LargeMessages, larger_than
from ..imap.usage import Quota, quota
from ..sync.account import choose_account
from ..sync.journal import Journal, journal_path
from ..sync.journal_file import file_to_read, readable
from ..sync.request import SyncRequest
from .sample import NO_SAMPLE, Sample, read_sample
from .survey import FolderContent, Survey, survey_session

ATTEMPTS = 3
_LONGEST_PAUSE = 30.0
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Destination:
    """The destination's mailbox. ``message_limit`` in octets, 0 where the server names none."""

    side: Side
    quota: Quota | None
    message_limit: int
    capabilities: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """What the journal says of earlier passes: messages and octets that are settled, by source folder, and the speed.

    ``speed`` is seconds, messages and octets of the passes that brought any.
    """

    settled: dict[str, tuple[int, int]]
    speed: tuple[float, int, int] = (0.0, 0, 0)


@dataclass(frozen=True)
class Preflight:
    """What was seen. A side that could not be opened is None, and its error says why.

    ``plan`` is against an empty destination where that could not be opened; None without a source.
    """

    source: Survey | None
    destination: Destination | None
    source_error: MigrationError | None
    destination_error: MigrationError | None
    plan: FolderPlan | None
    known: Known
    large: tuple[LargeMessages, ...]
    message_limit: int
    journal_error: MigrationError | None = None
    sample: Sample = NO_SAMPLE

    @property
    def destination_found(self) -> bool:
        """False where the destination was reached and opened no such mailbox."""
        return not isinstance(self.destination_error, LoginRefused)


def look_at_both(request: SyncRequest, message_limit: int = 0) -> Preflight:
    """Look at both sides at the same time. Writes nothing anywhere; what goes wrong is in what is returned.

    :param message_limit: octets of the largest message that the destination takes, where its server does not tell.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="destination") as other:
        opening = other.submit(_tried, lambda: _look_at_destination(request.destination))
        found, source_error = _tried(lambda: _look_at_source(request, opening, message_limit))
        destination, destination_error = opening.result()
    survey, large, sample = found or (None, (), NO_SAMPLE)
    there = destination.side if destination else Side((), "/")
    known, journal_error = _tried(lambda: _known(request, survey)) if survey else (None, None)
    return Preflight(
        source=survey,
        destination=destination,
        source_error=source_error,
        destination_error=destination_error,
        plan=plan_folders(survey.side, there, request.rules) if survey else None,
        known=known or Known({}),
        large=large,
        message_limit=_limit(destination, message_limit),
        journal_error=journal_error,
        sample=sample,
    )


def _tried(work: Callable[[], _Value]) -> tuple[_Value | None, MigrationError | None]:
    """What ``work`` returns, or why it cannot; a connection that breaks or that the server puts off is tried again."""
    for attempt in range(ATTEMPTS):
        try:
            return work(), None
        except ConnectionLost as error:
            if attempt + 1 == ATTEMPTS or isinstance(error, Unreachable):
                return None, error
            pause = getattr(error, "wait", 0.0) or 2.0**attempt
            time.sleep(min(pause, _LONGEST_PAUSE) * random.uniform(1.0, 1.25))
        except MigrationError as error:
            return None, error
    return None, None


def _look_at_destination(endpoint: Endpoint) -> Destination:
    with closing(connect(endpoint)) as session:
        side, _statuses = session.list_side()
        (limit,) = append_limits(session, ["INBOX"])
        return Destination(side, quota(session), limit, tuple(sorted(session.capabilities)))


def _look_at_source(
    request: SyncRequest, opening: Future[tuple[Destination | None, MigrationError | None]], message_limit: int
) -> tuple[Survey, tuple[LargeMessages, ...], Sample]:
    with closing(connect(request.source)) as session:
        survey = survey_session(session, request.rules, with_sizes=True)
        limit = _limit(opening.result()[0], message_limit)
        large = tuple(_large(session, survey, limit)) if limit else ()
        begun = file_to_read(journal_path(request.state_dir, request.mailbox)) is not None
        return survey, large, NO_SAMPLE if begun else read_sample(session, survey.folders)


def _limit(destination: Destination | None, configured: int) -> int:
    """The smaller of the limits that are known, 0 where none is."""
    told = destination.message_limit if destination else 0
    return min(filter(None, (told, configured)), default=0)


def _large(session: Session, survey: Survey, limit: int) -> list[LargeMessages]:
    """Asked only where a folder holds so much that one message of it may be so large. A message is told once."""
    worth = [item for item in survey.folders if item.copied and (item.octets is None or item.octets > limit)]
    return list(larger_than(session, [item.folder.name for item in worth], limit))


def _known(request: SyncRequest, survey: Survey) -> Known:
    path = journal_path(request.state_dir, request.mailbox)
    if file_to_read(path) is None:
        return Known({})
    with readable(path), closing(Journal.open_copy(path, request.mailbox)) as journal:
        choose_account(journal, request, survey.statuses)
        return Known({item.folder.name: _settled(journal, item) for item in survey.folders}, journal.speed())


def _settled(journal: Journal, item: FolderContent) -> tuple[int, int]:
    return journal.settled_in(item.folder.name, item.uidvalidity)
