# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying the new messages of one folder as they come: made ready, sent in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from ..core.digest import Digest
from ..core.errors import MigrationError
from ..core.internaldate import choose_date
from ..core.messages import Entry, Place
from ..core.sync_plan import FolderWork
from ..imap.append import AppendItem
from ..imap.body import Body
from ..imap.fetch import Fetched
from .caution import Company
from .feed import OVERHEAD
from .flights import Flights, Ready
from .identify import take_copy
from .kept_flags import Admission
from .openings import Opening
from .sending import Sender
from .tally import Failure
from .tools import Tools

BATCH_BYTES = 4 * 1024 * 1024


class FolderCopy:
    """The copying of one folder, whose state before is ``opening``."""

    def __init__(self, flights: Flights, tools: Tools, work: FolderWork, opening: Opening) -> None:
        self._tools = tools
        self._pair = work.pair
        self._uidvalidity = work.uidvalidity
        self._new = work.new
        self._limit = opening.limit
        self._flights = flights
        self._sender = Sender(flights, tools, work, opening.before)

    def run(self, messages: Iterable[Fetched | None]) -> None:
        """Send the messages as they come; the last answers are read later (:class:`Flights`).

        Where a None comes instead, there is time to read answers. Raises what ends the pass or the reading; what
        concerns one message goes into the tally.
        """
        for batch, company in self._batches(messages):
            if batch:
                self._copy_batch(batch, company)
            else:
                self._flights.keep_up()
                self._flights.enter()
            if self._sender.has_ended:
                return

    def _batches(self, messages: Iterable[Fetched | None]) -> Iterator[tuple[list[Fetched], Company]]:
        """Batches to be sent; what came before an error of the source is one more, and then the error is raised.

        An empty one while no message comes.
        """
        batch: list[Fetched] = []
        octets, company = 0, Company.ANY
        try:
            for message in messages:
                if message is None:
                    yield [], company
                    continue
                size, mine = _weight(message), self._company(message.uid)
                large = size - OVERHEAD >= self._tools.learned.ask_from
                full = len(batch) >= self._sender.most(company) or octets + size > BATCH_BYTES
                if batch and (full or large or mine is not company):
                    yield batch, company
                    batch, octets = [], 0
                company = mine
                batch.append(message)
                octets += BATCH_BYTES if large else size
        except MigrationError:
            if batch:
                yield batch, company
            raise
        if batch:
            yield batch, company

    def _copy_batch(self, batch: Sequence[Fetched], company: Company) -> None:
        self._tools.gate.check()
        if self._tools.gate.has_rate():
            # Nothing is gained by sending ahead of the answers, and the journal knows what is there.
            self._flights.settle()
        self._tools.gate.admit(len(batch))
        now = datetime.fromtimestamp(self._tools.now(), UTC)
        admitted = self._tools.kept.of(self._pair.destination)
        ready = (self._prepare(message, now, admitted) for message in batch)
        self._sender.send([each for each in ready if each is not None], company)

    def _prepare(self, message: Fetched, now: datetime, admitted: Admission) -> Ready | None:
        """The message ready to be sent, or None when there is nothing to send."""
        if message.body is None:
            self._fail(message.uid, message.reason, "Look at it by web mail, then run again")
            return None
        flags, dropped = admitted.permitted(message.flags)
        listed, body, folder = self._new.by_uid(message.uid), message.body, self._pair.destination
        entry = Entry(self._place(message.uid), listed.size, listed.internaldate, body.digest, folder, flags)
        copy = take_copy(entry.digest, folder, self._tools.journal, self._tools.index)
        if copy is not None:
            self._tools.journal.match([(entry, copy.place)], self._tools.now())
            self._tools.tally.add(self._pair.source, matched=1, left=-1)
            return None
        if self._limit and len(body) > self._limit:
            reason = f"it has {len(body)} bytes, the destination takes {self._limit} at most"
            self._sender.refuse(entry._replace(flags=None), reason)
            return None
        if dropped:
            self._tools.learned.unagreed.add(entry.source)
            self._sender.warn_of_keywords(sorted(dropped))
        date = choose_date(message.internaldate, _head(body), now)
        return Ready(entry, AppendItem(_in_order(flags), date.value or b"", body))

    def _company(self, uid: int) -> Company:
        return Company.ANY if self._tools.doubts.is_calm() else self._tools.doubts.company(self._place(uid))

    def _place(self, uid: int) -> Place:
        return Place(self._pair.source, self._uidvalidity, uid)

    def _fail(self, uid: int, reason: str, remedy: str) -> None:
        self._tools.tally.fail(Failure(self._pair.source, uid, "failed", reason, remedy))
        self._tools.tally.add(self._pair.source, left=-1)


def give_up_culprits(tools: Tools, work: FolderWork) -> FolderWork:
    """Report the messages that break connections; the work with the others."""
    if not (tools.doubts.reading.has_convicted() or tools.doubts.sending.has_convicted()):
        return work
    culprits: set[int] = set()
    for message in work.new:
        place = Place(work.pair.source, work.uidvalidity, message.uid)
        reason = tools.doubts.verdict(place)
        if reason is None:
            continue
        culprits.add(message.uid)
        digest = tools.doubts.digests.get(place, Digest(b"", b"", 0, 0))
        entry = Entry(place, message.size, message.internaldate, digest, work.pair.destination, None)
        tools.journal.give_up(entry, reason, tools.now())
        remedy = "Look at it by web mail, mend or remove it there; the next run tries it last"
        tools.tally.fail(Failure(place.folder, place.uid, "failed", reason, remedy, digest.raw.hex()))
        tools.tally.add(place.folder, left=-1)
    return replace(work, new=work.new.without(culprits))


def _weight(message: Fetched) -> int:
    return OVERHEAD + (len(message.body) if message.body is not None else 0)


@lru_cache(maxsize=4096)
def _in_order(flags: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(flags))


def _head(body: Body) -> bytes:
    return next(iter(body.pieces()), b"")[:65536]
