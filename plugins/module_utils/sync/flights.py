# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands on their way to the destination over one session, for one folder after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..core.errors import FolderRefused, Throttled
from ..core.messages import Entry
from ..core.sync_plan import FolderWork
from ..imap.append import AppendItem, Sent
from ..imap.session import Session
from .journal import Journal

# Commands on their way: few until the server has taken one, lest much is sent in vain.
MOST, _FEW = 8, 2
# Octets on their way above which the next command waits.
_MOST_OCTETS = 4 * 1024 * 1024


class Ready(NamedTuple):
    """One message about to be sent; ``row`` is its id in the journal once the intent is durable.

    ``refused`` is in which words it was refused with its keywords.
    """

    entry: Entry
    item: AppendItem
    row: int = 0
    refused: str = ""


class Owner(Protocol):
    """Who sent a command. After ``has_ended`` it sends no more."""

    work: FolderWork
    has_ended: bool

    def settle(self, flight: Flight) -> None:
        """Read the answer and act on it."""

    def close(self, flight: Flight) -> None:
        """Read the answer and enter what became of the messages; what was not taken is copied another time."""


@dataclass(frozen=True)
class Flight:
    """One command that was sent."""

    owner: Owner
    sent: Sent
    batch: Sequence[Ready]
    octets: int


class Flights:
    """The commands on their way over ``session``. ``ended`` is told what ends a folder while the others go on.

    What was answered well is entered in ``journal`` together with the next intents, for each transaction waits for the
    disk; by itself where no message comes, or the server is waited for.
    """

    def __init__(
        self, session: Session, journal: Journal, ended: Callable[[FolderWork, FolderRefused | Throttled], None]
    ) -> None:
        self.session = session
        self._journal = journal
        self._ended = ended
        self._flying: deque[Flight] = deque()
        self._taken: list[tuple[Sequence[int], int, Sequence[int]]] = []
        self._most = _FEW

    def add(self, flight: Flight) -> None:
        """It was sent."""
        self._flying.append(flight)

    def messages(self) -> Iterator[Ready]:
        """All that is on its way."""
        return (ready for flight in self._flying for ready in flight.batch)

    def taken(self, rows: Sequence[int], uidvalidity: int, uids: Sequence[int]) -> None:
        """The server has the messages of these rows, as :meth:`Journal.confirm` takes them."""
        self._taken.append((rows, uidvalidity, uids))

    def enter(self) -> None:
        """Enter what was taken; durable on return, or with the transaction that is open."""
        taken, self._taken = self._taken, []
        if taken:
            with self._journal.together():
                for each in taken:
                    self._journal.confirm(*each)

    def answered(self, *, well: bool) -> None:
        """The server took what it was sent, or did not."""
        self._most = min(self._most * 2, MOST) if well else _FEW

    def keep_up(self) -> None:
        """Read the answers that are there, and wait for others until another command may be sent."""
        while self._flying and (self._is_much() or self.session.wire.has_input()):
            self._settle_oldest()

    def settle(self) -> None:
        """Read the answers to all that was sent, and enter them."""
        while self._flying:
            self._settle_oldest()
        self.enter()

    def drain(self) -> None:
        """The same when nothing more is to be sent; raises ConnectionLost alone."""
        try:
            while self._flying and not self.session.wire.broken:
                flight = self._flying.popleft()
                flight.owner.close(flight)
        finally:
            self.enter()

    def _is_much(self) -> bool:
        return len(self._flying) >= self._most or sum(flight.octets for flight in self._flying) > _MOST_OCTETS

    def _settle_oldest(self) -> None:
        if self._taken and not self.session.wire.has_input():
            self.enter()
        flight = self._flying.popleft()
        try:
            flight.owner.settle(flight)
        except (FolderRefused, Throttled) as error:
            flight.owner.has_ended = True
            # Those of one folder follow each other.
            while self._flying and self._flying[0].owner is flight.owner and not self.session.wire.broken:
                other = self._flying.popleft()
                other.owner.close(other)
            self._ended(flight.owner.work, error)
            if self.session.wire.broken:
                raise
