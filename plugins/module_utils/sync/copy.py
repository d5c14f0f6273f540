# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copying the new messages of one folder: fetched ahead, written to the journal, appended, confirmed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from ..core.errors import ConnectionLost, MigrationError, OverQuota, Throttled
from ..core.flags import permitted
from ..core.folders import FolderPair
from ..core.internaldate import choose_date
from ..core.messages import Entry, Listed, Place
from ..imap import diagnose
from ..imap.append import AppendAnswer, Appender, AppendItem, Sent
from ..imap.body import Body
from ..imap.fetch import Fetched, fetch_bodies, fetch_flags
from ..imap.listing import Status
from ..imap.session import Session
from .destination_index import DestinationIndex
from .identify import take_copy
from .journal import Journal
from .limits import Gate
from .stream import Stream
from .tally import Failure, Tally

BATCH_MESSAGES = 100
BATCH_BYTES = 4 * 1024 * 1024
QUEUE_BYTES = 8 * 1024 * 1024
IN_FLIGHT = 2
# Overhead of one message beside its octets; keeps a queue of tiny messages short.
_OVERHEAD = 1024
_WORTH_A_RETRY = frozenset({"SERVERBUG", "NOPERM", "CONTACTADMIN", "CORRUPTION", "EXPIRED", "INUSE"})


@dataclass(frozen=True)
class Tools:
    """What the copying of all folders of a pass shares."""

    journal: Journal
    index: DestinationIndex
    gate: Gate
    tally: Tally
    now: Callable[[], float]
    spool_folder: str
    permanent: frozenset[str] | None
    append_limit: int


@dataclass(frozen=True)
class _Ready:
    """One message about to be sent; ``row`` is its id in the journal once the intent is durable."""

    entry: Entry
    item: AppendItem
    row: int = 0


class FolderCopy:
    """The copying of one folder over one pair of sessions."""

    def __init__(self, source: Session, destination: Session, tools: Tools, pair: FolderPair, uidvalidity: int) -> None:
        self._source = source
        self._destination = destination
        self._tools = tools
        self._pair = pair
        self._uidvalidity = uidvalidity
        self._appender = Appender(destination)
        self._flying: deque[tuple[Sent, list[_Ready]]] = deque()
        self._before = Status(0, 0, 0)
        self._recreations = 0

    def run(self, messages: Sequence[Listed]) -> None:
        """Copy these messages. Raises what ends the pass; what concerns one message goes into the tally."""
        self._before = self._destination.status(self._pair.destination)
        self._source.examine(self._pair.source)
        listed = {message.uid: message for message in messages}
        fetched = fetch_bodies(self._source, sorted(listed), self._tools.spool_folder)
        came: set[int] = set()
        with Stream(fetched, _weight, QUEUE_BYTES, self._source.drop) as stream:
            try:
                for batch in _batches(_asked_for(stream, listed, came), self._batch_messages()):
                    self._copy_batch(batch, listed)
                while self._flying:
                    self._settle_oldest()
            except MigrationError:
                with suppress(ConnectionLost):
                    self._drain()
                raise
        self._report_missing(listed.keys() - came)

    def _copy_batch(self, batch: Sequence[Fetched], listed: Mapping[int, Listed]) -> None:
        self._tools.gate.check()
        self._tools.gate.admit(len(batch))
        self._tools.gate.fetched(sum(len(message.body) for message in batch if message.body))
        self._send([ready for message in batch if (ready := self._prepare(message, listed[message.uid]))])

    def _drain(self) -> None:
        """Learn what became of the batches that are on their way; what was not taken is copied another time."""
        while self._flying:
            sent, batch = self._flying.popleft()
            answer = self._appender.collect(sent)
            if answer.ok:
                self._confirm(answer, batch)
            else:
                self._tools.journal.forget(ready.row for ready in batch)

    def _batch_messages(self) -> int:
        return BATCH_MESSAGES if self._appender.several else 1

    def _prepare(self, message: Fetched, listed: Listed) -> _Ready | None:
        """The message ready to be sent, or None when there is nothing to send."""
        if message.body is None:
            self._fail(message.uid, "failed", "the source gives no content for this message", "Look at it by web mail")
            return None
        entry = self._entry(message.uid, listed, message.body)
        copy = take_copy(entry.digest, self._pair.destination, self._tools.journal, self._tools.index)
        if copy is not None:
            self._tools.journal.match([(entry, copy.place)], self._tools.now())
            self._tools.tally.add(self._pair.source, matched=1, left=-1)
            return None
        limit = self._tools.append_limit
        if limit and len(message.body) > limit:
            self._refuse(entry, f"it has {len(message.body)} bytes, the destination takes {limit} at most")
            return None
        flags, dropped = permitted(message.flags, self._tools.permanent)
        if dropped:
            words = ", ".join(sorted(dropped))
            self._tools.tally.warn(f"{self._pair.source}: the destination does not keep the keywords {words}")
        date = choose_date(message.internaldate, _head(message.body), datetime.fromtimestamp(self._tools.now(), UTC))
        item = AppendItem(tuple(sorted(flags)), date.value or b"", message.body)
        return _Ready(replace(entry, flags=flags), item)

    def _entry(self, uid: int, listed: Listed, body: Body) -> Entry:
        source = Place(self._pair.source, self._uidvalidity, uid)
        return Entry(source, listed.size, listed.internaldate, body.digest, self._pair.destination, None)

    def _send(self, batch: Sequence[_Ready]) -> None:
        if not batch:
            return
        before = self._before
        rows = self._tools.journal.intend(
            [ready.entry for ready in batch], before.uidnext, self._tools.now(), uidvalidity=before.uidvalidity
        )
        entered = [replace(ready, row=row) for ready, row in zip(batch, rows, strict=True)]
        sent = self._appender.send(self._pair.destination, [ready.item for ready in entered])
        self._flying.append((sent, entered))
        while len(self._flying) >= IN_FLIGHT:
            self._settle_oldest()

    def _settle_oldest(self) -> None:
        sent, batch = self._flying.popleft()
        self._settle(self._appender.collect(sent), batch)

    def _settle(self, answer: AppendAnswer, batch: Sequence[_Ready]) -> None:
        if answer.ok:
            self._confirm(answer, batch)
            return
        words = answer.tagged.words()
        self._raise_if_general(words, batch)
        # Each command that was on its way when the folder was found to be gone is answered so.
        if "TRYCREATE" in answer.tagged.code.upper() and self._recreations < IN_FLIGHT:
            self._recreations += 1
            self._destination.create(self._pair.destination)
            self._again(batch)
        elif len(batch) > 1:
            # All or nothing (RFC 3502): halves lead to the one that the server does not take.
            middle = len(batch) // 2
            with self._forgetting(batch[middle:]):
                self._again(batch[:middle])
            self._again(batch[middle:])
        else:
            self._settle_single(batch[0], answer, words)

    @contextmanager
    def _forgetting(self, refused: Sequence[_Ready]) -> Iterator[None]:
        """When the pass ends in here, what was refused before and not sent again is no longer under way."""
        try:
            yield
        except MigrationError:
            self._tools.journal.forget(ready.row for ready in refused)
            raise

    def _again(self, batch: Sequence[_Ready]) -> None:
        sent = self._appender.send(self._pair.destination, [ready.item for ready in batch])
        self._settle(self._appender.collect(sent), batch)

    def _settle_single(self, ready: _Ready, answer: AppendAnswer, words: str) -> None:
        plain = tuple(flag for flag in ready.item.flags if flag.startswith("\\"))
        if plain != ready.item.flags:
            self._tools.journal.agree_flags([(ready.row, frozenset(plain))])
            self._again([replace(ready, item=replace(ready.item, flags=plain))])
            return
        ready.item.body.close()
        code = answer.tagged.code.split(" ")[0].upper()
        if code in _WORTH_A_RETRY:
            self._tools.journal.forget([ready.row])
            self._fail(ready.entry.source.uid, "failed", f"the destination answers: {words}", "Run again")
        else:
            self._refuse(ready.entry, f"the destination refuses it: {words}")

    def _raise_if_general(self, words: str, batch: Sequence[_Ready]) -> None:
        """A full mailbox or a server that asks to wait concerns more than this batch.

        A mailbox is full when it does not take a message by itself: of a batch some may still fit.
        """
        where = f"{self._destination.where}, {self._pair.destination}"
        if diagnose.is_over_quota(words) and len(batch) == 1:
            self._tools.journal.forget(ready.row for ready in batch)
            raise OverQuota(
                f"the destination mailbox is full: {words}", where=where, remedy="Raise its quota and run again"
            )
        if diagnose.is_throttle(words):
            self._tools.journal.forget(ready.row for ready in batch)
            wait = diagnose.suggested_wait(words)
            raise Throttled(f"the destination asks to wait: {words}", where=where, wait=wait)

    def _confirm(self, answer: AppendAnswer, batch: Sequence[_Ready]) -> None:
        self._tools.journal.confirm([ready.row for ready in batch], answer.uidvalidity, answer.uids)
        self._tools.index.note(self._pair.destination, answer.uidvalidity, answer.uids)
        octets = sum(len(ready.item.body) for ready in batch)
        self._tools.tally.add(self._pair.source, copied=len(batch), bytes=octets, left=-len(batch))
        self._tools.tally.wrote()
        for ready in batch:
            ready.item.body.close()

    def _refuse(self, entry: Entry, reason: str) -> None:
        self._tools.journal.refuse(entry, reason, self._tools.now())
        remedy = "Mend the reason and run again, or accept its loss: add the digest to 'accepted' in ticket.yml"
        self._fail(entry.source.uid, "refused", reason, remedy, digest=entry.digest.raw.hex())

    def _fail(self, uid: int, kind: str, reason: str, remedy: str, *, digest: str = "") -> None:
        self._tools.tally.fail(Failure(self._pair.source, uid, kind, reason, remedy, digest))
        self._tools.tally.add(self._pair.source, left=-1)

    def _report_missing(self, uids: Iterable[int]) -> None:
        """Messages that were listed and did not come: gone meanwhile, or withheld by the server."""
        gone = sorted(uids)
        if not gone:
            return
        self._source.examine(self._pair.source)
        withheld = sorted(fetch_flags(self._source, gone))
        self._tools.tally.add(self._pair.source, left=len(withheld) - len(gone))
        for uid in withheld:
            self._fail(uid, "failed", "the source lists this message and does not send it", "Look at it by web mail")


def _asked_for(stream: Iterable[Fetched], listed: dict[int, Listed], came: set[int]) -> Iterator[Fetched]:
    """Each message that was asked for, once: servers may send others, or one twice."""
    for message in stream:
        if message.uid in listed and message.uid not in came:
            came.add(message.uid)
            yield message


def _batches(messages: Iterable[Fetched], longest: int) -> Iterator[list[Fetched]]:
    """Batches to be sent; what came before an error of the source is one more, and then the error is raised."""
    batch: list[Fetched] = []
    octets = 0
    try:
        for message in messages:
            size = _weight(message)
            if batch and (len(batch) >= longest or octets + size > BATCH_BYTES):
                yield batch
                batch, octets = [], 0
            batch.append(message)
            octets += size
    except MigrationError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _weight(message: Fetched) -> int:
    return _OVERHEAD + (len(message.body) if message.body else 0)


def _head(body: Body) -> bytes:
    return next(iter(body.pieces()), b"")[:65536]
