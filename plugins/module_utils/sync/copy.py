# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying the new messages of one folder: fetched ahead by a thread, made ready, sent in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from ..core.digest import Digest
from ..core.errors import ConnectionLost, MigrationError
from ..core.internaldate import choose_date
from ..core.messages import Entry, Listed, Place
from ..core.sync_plan import FolderWork
from ..core.uids import UidSet
from ..imap.append import AppendItem, append_limit
from ..imap.body import Body
from ..imap.fetch import Fetched, fetch_flags
from ..imap.session import Session
from .caution import Company
from .identify import take_copy
from .sending import Ready, Sender, Tools
from .source_reader import SourceReader
from .stream import Stream
from .tally import Failure

BATCH_BYTES = 4 * 1024 * 1024
QUEUE_BYTES = 4 * 1024 * 1024
# Overhead of one message beside its octets; keeps a queue of tiny messages short.
_OVERHEAD = 1024


class FolderCopy:
    """The copying of one folder over one pair of sessions."""

    def __init__(self, source: Session, destination: Session, tools: Tools, work: FolderWork) -> None:
        self._source = source
        self._destination = destination
        self._tools = tools
        self._pair = work.pair
        self._uidvalidity = work.uidvalidity
        self._new = work.new
        self._doubtful = work.doubtful
        self._limit = 0

    def run(self) -> None:
        """Copy the messages. Raises what ends the pass; what concerns one message goes into the tally."""
        reader = SourceReader(self._source, self._tools.doubts.reading, self._tools.gate, self._tools.journal)
        fetched = reader.bodies(
            self._pair.source, self._uidvalidity, self._new, self._in_order(), self._tools.spool_folder
        )
        came = UidSet()
        # The source is asked first: the first messages are on their way while the destination answers.
        with Stream(fetched, _weight, QUEUE_BYTES, self._source.drop) as stream:
            sender = self._open_destination()
            try:
                for batch, company in self._batches(stream, sender):
                    for message in batch:
                        came.add(message.uid)
                    self._copy_batch(batch, company, sender)
                sender.settle()
            except MigrationError:
                with suppress(ConnectionLost):
                    sender.drain()
                raise
        self._report_missing(uid for uid in self._new.without(came).uids() if uid not in reader.unaffordable)
        self._report_unaffordable([self._new.by_uid(uid) for uid in sorted(reader.unaffordable)])

    def _in_order(self) -> Iterator[int]:
        """Uids; what was refused before comes last, so that it holds up nothing."""
        yield from self._new.without(self._doubtful).uids()
        yield from sorted(uid for uid in self._doubtful if self._new.find(uid))

    def _open_destination(self) -> Sender:
        """Learn what the folder takes, and its state before the first message."""
        folder = self._pair.destination
        self._tools.kept.ask(self._destination, folder, self._new.flags())
        self._limit = append_limit(self._destination, folder)
        return Sender(self._destination, self._tools, self._pair, self._destination.status(folder))

    def _batches(self, messages: Iterable[Fetched], sender: Sender) -> Iterator[tuple[list[Fetched], Company]]:
        """Batches to be sent; what came before an error of the source is one more, and then the error is raised."""
        batch: list[Fetched] = []
        octets, company = 0, Company.ANY
        try:
            for message in messages:
                size, mine = _weight(message), self._company(message.uid)
                large = size - _OVERHEAD >= self._tools.learned.ask_from
                full = len(batch) >= sender.most(company) or octets + size > BATCH_BYTES
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

    def _copy_batch(self, batch: Sequence[Fetched], company: Company, sender: Sender) -> None:
        self._tools.gate.check()
        self._tools.gate.admit(len(batch))
        now = datetime.fromtimestamp(self._tools.now(), UTC)
        sender.send([ready for message in batch if (ready := self._prepare(message, sender, now))], company)

    def _prepare(self, message: Fetched, sender: Sender, now: datetime) -> Ready | None:
        """The message ready to be sent, or None when there is nothing to send."""
        if message.body is None:
            self._fail(message.uid, message.reason, "Look at it by web mail, then run again")
            return None
        entry = self._entry(self._new.by_uid(message.uid), message.body)
        copy = take_copy(entry.digest, self._pair.destination, self._tools.journal, self._tools.index)
        if copy is not None:
            self._tools.journal.match([(entry, copy.place)], self._tools.now())
            self._tools.tally.add(self._pair.source, matched=1, left=-1)
            return None
        if self._limit and len(message.body) > self._limit:
            sender.refuse(entry, f"it has {len(message.body)} bytes, the destination takes {self._limit} at most")
            return None
        flags, dropped = self._tools.kept.of(self._pair.destination).permitted(message.flags)
        if dropped:
            self._tools.learned.unagreed.add(entry.source)
            sender.warn_of_keywords(sorted(dropped))
        date = choose_date(message.internaldate, _head(message.body), now)
        item = AppendItem(tuple(sorted(flags)), date.value or b"", message.body)
        sent = Entry(entry.source, entry.listed_size, entry.internaldate, entry.digest, entry.destination, flags)
        return Ready(sent, item)

    def _entry(self, listed: Listed, body: Body) -> Entry:
        place, folder = self._place(listed.uid), self._pair.destination
        return Entry(place, listed.size, listed.internaldate, body.digest, folder, None)

    def _company(self, uid: int) -> Company:
        return Company.ANY if self._tools.doubts.is_calm() else self._tools.doubts.company(self._place(uid))

    def _place(self, uid: int) -> Place:
        return Place(self._pair.source, self._uidvalidity, uid)

    def _report_missing(self, uids: Iterable[int]) -> None:
        """Messages that were listed and did not come: gone meanwhile, or withheld by the server."""
        gone = sorted(uids)
        if not gone:
            return
        self._source.examine(self._pair.source)
        withheld = sorted(fetch_flags(self._source, gone).keys() & set(gone))
        self._tools.tally.add(self._pair.source, left=len(withheld) - len(gone))
        for uid in withheld:
            self._fail(uid, "the source lists this message and does not send it", "Look at it by web mail")

    def _report_unaffordable(self, messages: Sequence[Listed]) -> None:
        """A message that no day's budget can hold is told; others wait for tomorrow."""
        for message in messages:
            if self._tools.gate.exceeds(message.size):
                reason = f"it has {message.size} bytes, more than the budget of a whole day"
                self._fail(message.uid, reason, "Raise limits.bytes_per_day for this mailbox, then run again")
        if any(not self._tools.gate.exceeds(message.size) for message in messages):
            raise self._tools.gate.spent()

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
    return _OVERHEAD + (len(message.body) if message.body is not None else 0)


def _head(body: Body) -> bytes:
    return next(iter(body.pieces()), b"")[:65536]
