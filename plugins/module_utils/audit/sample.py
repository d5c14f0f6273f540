# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How fast a source gives out mail: the newest messages of its largest folder are read, and nothing of them is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from ..core.errors import MigrationError
from ..imap.fetch import fetch_digests, groups_of, list_messages
from ..imap.session import Session
from .survey import FolderContent

# Of a smaller mailbox the time for the sample would be a large part of its pass.
WORTH_OCTETS = 50_000_000
MOST_MESSAGES, MOST_OCTETS, MOST_SECONDS = 500, 8_000_000, 5.0
_ASKED_AT_ONCE = 20
Sample = tuple[float, int, int]
NO_SAMPLE: Sample = (0.0, 0, 0)


def read_sample(
    session: Session, folders: Sequence[FolderContent], clock: Callable[[], float] = time.monotonic
) -> Sample:
    """Seconds, messages and octets; zeros where the mailbox is small, or where its server does not take part.

    The connection is good for nothing else afterwards. The folder is opened for reading only (EXAMINE, BODY.PEEK).
    """
    known = [each for each in folders if each.copied and each.octets]
    if sum(each.octets or 0 for each in known) < WORTH_OCTETS:
        return NO_SAMPLE
    largest = max(known, key=lambda each: each.octets or 0)
    try:
        opened = session.examine(largest.folder.name)
        uids = [listed.uid for listed in list_messages(session, first=max(opened.uidnext - MOST_MESSAGES, 1))]
        return _timed(session, uids[-MOST_MESSAGES:], clock)
    except MigrationError:
        return NO_SAMPLE


def _timed(session: Session, uids: Sequence[int], clock: Callable[[], float]) -> Sample:
    began = clock()
    messages = octets = 0

    def groups() -> Iterator[Sequence[int]]:
        """Ends early, so that all that was asked for is read."""
        for group in groups_of(uids, _ASKED_AT_ONCE):
            if octets >= MOST_OCTETS or clock() - began >= MOST_SECONDS:
                return
            yield group

    for _uid, body in fetch_digests(session, groups()):
        messages += 1
        octets += len(body)
    return clock() - began, messages, octets
