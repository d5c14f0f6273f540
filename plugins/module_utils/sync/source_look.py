# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One source folder held against the journal: what changed since a pass worked it off, or all of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..core.message_list import MessageList
from ..core.messages import CONFIRMED, INTENDED, Listed, Row
from ..core.sync_plan import is_another
from ..core.uids import LONGEST_SET, UidSet, split_sets
from ..imap.fetch import Listing, PresentUids
from ..imap.listing import Selected, Status
from ..imap.session import Session
from ..imap.visits import Ask, Visit
from .journal import Journal, Seen

# Known messages whose dates show that a folder is still the one that it was.
_SAMPLE = 8
# A set longer than this many commands can name is asked for with all others.
_MOST_SETS = 4


@dataclass(frozen=True)
class View:
    """What a folder shows. ``rows`` are those of the messages ``listed``, and those that are no longer ``present``, by
    ascending uid; they are read from the journal as they are taken.

    Beside the listed ones there are ``known`` messages as they were, and ``excluded`` ones marked as deleted.
    """

    listed: MessageList
    rows: Iterable[Row]
    present: int
    known: int = 0
    excluded: int = 0


class WholeLook:
    """Asks for all messages; they are ``listed`` already where something else needed them before."""

    def __init__(self, session: Session, journal: Journal, folder: str, *, listed: MessageList | None = None) -> None:
        self._journal = journal
        self._listed = listed
        self._listing = Listing(session)
        self.visit = Visit(folder, (self._listing.ask(b"1:*"),) if listed is None else ())

    def view(self, selected: Selected) -> View | None:
        """The folder as it was found; None when it is no longer empty as it was."""
        listed = self._listing.messages() if self._listed is None else self._listed
        if self._listed is not None and not self._listed and selected.exists:
            return None
        rows = self._journal.rows_in(self.visit.folder, selected.uidvalidity)
        return View(listed if selected.exists else MessageList(), rows, len(listed))


class ChangesLook:
    """Asks which messages are there, and for those that are new or changed since ``seen`` (RFC 7162 section 3.1).

    Everything else has a confirmed row or was left out. What does not agree with that is looked at as a whole.
    """

    def __init__(self, session: Session, journal: Journal, folder: str, seen: Seen) -> None:
        self._journal = journal
        self._seen = seen
        self._listing, self._uids = Listing(session), PresentUids()
        self._sample = journal.sample(folder, seen.uidvalidity, _SAMPLE)
        self.visit = Visit(folder, tuple(self._asks()))

    def _asks(self) -> list[Ask]:
        more = UidSet.parse(self._seen.unagreed) if self._seen.unagreed else UidSet()
        for uid in self._sample:
            more.add(uid)
        # Uids come first: what arrives in between is listed then, and its uid is taken from there.
        asks = [self._uids.ask, self._listing.ask(b"1:*", since=self._seen.highestmodseq)]
        return asks + [self._listing.ask(uid_set.encode()) for uid_set in split_sets(more)]

    def view(self, selected: Selected) -> View | None:
        """The folder as it was found; None when all of it is to be looked at."""
        seen, listed = self._seen, self._listing.messages()
        present = self._uids.uids
        told = UidSet(listed.uids())
        if (
            not self._uids.told
            or selected.uidvalidity != seen.uidvalidity
            or selected.highestmodseq < seen.highestmodseq
            or any(uid in present and uid not in told for uid in self._sample)
        ):
            return None
        for uid in told:
            present.add(uid)
        if any(message and is_another(row, message) for row, message in self._told_and_known(listed)):
            return None
        known, asked = 0, UidSet(told)
        for uid, state in self._journal.states(self.visit.folder, seen.uidvalidity):
            if uid not in present:
                asked.add(uid if state != INTENDED else 0)
            elif uid not in told:
                known += state == CONFIRMED
        before = len(present) - present.count_from(seen.uidnext)
        excluded = before - (len(told) - told.count_from(seen.uidnext)) - known
        if not 0 <= excluded <= seen.excluded:
            return None
        return View(listed, self._rows(asked), len(present), known, excluded)

    def _told_and_known(self, listed: MessageList) -> Iterator[tuple[Row, Listed | None]]:
        return ((row, listed.find(row.source.uid)) for row in self._rows(listed.uids()))

    def _rows(self, uids: Iterable[int]) -> Iterator[Row]:
        return self._journal.rows_at(self.visit.folder, self._seen.uidvalidity, uids)


def look_at(
    session: Session,
    journal: Journal,
    folder: str,
    status: Status | None,
    seen: Seen | None,
    listed: MessageList | None,
) -> WholeLook | ChangesLook:
    """The cheapest look that shows what there is to do in a folder. Without ``seen`` all of it is looked at."""
    if status is not None and not status.messages:
        listed = MessageList()
    if listed is None and status is not None and seen is not None and _is_traceable(session, status, seen):
        return ChangesLook(session, journal, folder, seen)
    return WholeLook(session, journal, folder, listed=listed)


def _is_traceable(session: Session, status: Status, seen: Seen) -> bool:
    """Whether the server can tell what changed since then, in few words."""
    return (
        session.has("CONDSTORE")
        and session.has("ESEARCH")
        and status.uidvalidity == seen.uidvalidity
        and status.highestmodseq >= seen.highestmodseq > 0
        and seen.unagreed is not None
        and len(seen.unagreed) <= LONGEST_SET * _MOST_SETS
    )
