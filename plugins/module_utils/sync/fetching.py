# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The thread that fetches for an appender, and for others when its own has no more folders."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice

from ..core.errors import FolderRefused, MigrationError, Throttled
from ..core.sync_plan import FolderWork
from ..imap.fetch import Fetched, fetch_flags
from ..imap.session import Session
from .careful_reader import groups_by_company
from .feed import Abandoned, Feed, Part, Reading
from .source_reader import SourceReader
from .tally import Failure
from .tools import Tools

# What one command asks for; large messages come one by one, so that many readers can share a folder.
_GROUP_BYTES = 4 * 1024 * 1024
# Messages that must be left of a folder for another reader to open it.
_WORTH_HELP = 100


def reading_of(work: FolderWork, tools: Tools) -> Reading:
    """The folder as it is to be read: its messages in their order, what was refused before last."""
    doubtful = sorted(uid for uid in work.doubtful if work.new.find(uid))
    uids = chain(work.new.without(work.doubtful).uids(), doubtful)
    groups = groups_by_company(tools.doubts.reading, work.pair.source, work.uidvalidity, uids)
    return Reading(work, _by_octets(groups, work.new.size_of))


def _by_octets(groups: Iterable[Sequence[int]], size_of: Callable[[int], int]) -> Iterator[Sequence[int]]:
    """The groups, cut where they are larger than one command should ask for."""
    for group in groups:
        start = octets = 0
        for end, size in enumerate(map(size_of, group)):
            if end > start and octets + size > _GROUP_BYTES:
                yield group[start:end]
                start, octets = end, 0
            octets += size
        yield group[start:]


@contextmanager
def fetching(source: Session, tools: Tools, feed: Feed, to_help: Callable[[], Sequence[Feed]]) -> Iterator[None]:
    """Fetch into ``feed`` while the block runs, then into the others as long as they have work.

    Leaving the block by an error ends it.
    """
    fetcher = _Fetcher(source, tools, feed, to_help)
    thread = threading.Thread(target=fetcher.run, name="fetch", daemon=True)
    thread.start()
    try:
        yield
    finally:
        feed.close()
        thread.join()


class _Fetcher:
    def __init__(self, source: Session, tools: Tools, feed: Feed, to_help: Callable[[], Sequence[Feed]]) -> None:
        self._source = source
        self._tools = tools
        self._feed = feed
        self._to_help = to_help

    def run(self) -> None:
        """Raises nothing; what ends the reading is raised in the appender."""
        try:
            while (reading := self._feed.next()) is not None:
                try:
                    self._bring(self._feed, reading, self._reader())
                except (FolderRefused, Throttled):
                    # The others go on unless the appender, who is told, ends it all.
                    if self._source.wire.broken:
                        break
            self._feed.end_all()
        except (Abandoned, MigrationError):
            self._feed.end_all()
            return
        except BaseException as error:
            self._feed.end_all(error)
            return
        # What concerns the others was told to them.
        with suppress(Exception):
            self._help()

    def _help(self) -> None:
        """Read what others have not asked for yet. What is refused here is left to them."""
        while True:
            behind = [(feed, reading) for feed in self._to_help() if (reading := feed.most_behind(_WORTH_HELP))]
            if not behind:
                return
            feed, reading = max(behind, key=lambda each: each[1].left)
            reader = self._reader()
            reader.is_hasty = False
            self._bring(feed, reading, reader)

    def _reader(self) -> SourceReader:
        return SourceReader(self._source, self._tools.doubts.reading, self._tools.gate, self._tools.journal)

    def _bring(self, feed: Feed, reading: Reading, reader: SourceReader) -> None:
        """Read parts of a folder until none is left. The appender is told what ended it; so is the caller."""
        taken: deque[Part] = deque()
        with feed.reader(self._source.drop):
            try:
                for message in self._messages(feed, reading, reader, taken):
                    feed.put(taken[0], message)
                for part in taken:
                    feed.end(part)
            except BaseException as error:
                left_to_others = isinstance(error, MigrationError | Abandoned) and feed is not self._feed
                if taken or not left_to_others:
                    feed.fail(reading, taken[0] if taken else None, error)
                raise

    def _messages(self, feed: Feed, reading: Reading, reader: SourceReader, taken: deque[Part]) -> Iterator[Fetched]:
        """What comes, with the first of ``taken`` as the part that it belongs to."""
        work = reading.work

        def parts() -> Iterator[Sequence[int]]:
            while (part := feed.take(reading)) is not None:
                # What is asked for at most one part ahead was answered before.
                while len(taken) > 1:
                    feed.end(taken.popleft())
                taken.append(part)
                yield part.uids

        due: set[int] = set()
        bodies = reader.bodies(work.pair.source, work.uidvalidity, parts(), work.new.size_of, self._tools.spool_folder)
        for message in bodies:
            if message.uid not in due:
                # What comes late, asked for again, comes with what is arriving now.
                if any(message.uid in part.uids for part in islice(taken, 1, None)):
                    while message.uid not in taken[0].uids:
                        feed.end(taken.popleft())
                due = set(taken[0].uids)
            yield message
        if not reading.is_given_up:
            yield from self._withheld(work, reader.missing)
            self._report_unaffordable(work, {uid: work.new.size_of(uid) for uid in sorted(reader.unaffordable)})

    def _withheld(self, work: FolderWork, missing: set[int]) -> Iterator[Fetched]:
        """Messages that were listed and did not come: gone meanwhile, or withheld by the server."""
        if not missing:
            return
        withheld = sorted(fetch_flags(self._source, sorted(missing)).keys() & missing)
        self._tools.tally.add(work.pair.source, left=len(withheld) - len(missing))
        for uid in withheld:
            yield Fetched(uid, frozenset(), b"", None, "the source lists this message and does not send it")

    def _report_unaffordable(self, work: FolderWork, sizes: Mapping[int, int]) -> None:
        """A message that no day's budget can hold is told; others wait for tomorrow."""
        for uid, size in sizes.items():
            if self._tools.gate.exceeds(size):
                reason = f"it has {size} bytes, more than the budget of a whole day"
                remedy = "Raise limits.bytes_per_day for this mailbox, then run again"
                self._tools.tally.fail(Failure(work.pair.source, uid, "failed", reason, remedy))
                self._tools.tally.add(work.pair.source, left=-1)
        if not all(map(self._tools.gate.exceeds, sizes.values())):
            raise self._tools.gate.spent()
