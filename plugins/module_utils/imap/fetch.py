# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH: lists of messages, and their bodies one by one as they arrive."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from ..core.errors import ConnectionLost, MigrationError
from ..core.message_list import MessageList
from ..core.messages import Listed
from ..core.uids import LONGEST_SET, SET_PATTERN, UidSet, format_uids, split_sets
from . import diagnose
from .body import SPOOL_ABOVE, Body, DigestOnly, DigestSink, MemoryBody, MemorySink, SpooledBody, SpoolSink
from .fetch_items import FlagWords, Items, is_whole, parse_items
from .labels import LabelNames
from .refusal import refusal
from .session import Session
from .visits import Ask, run_ask
from .wire import LiteralSink, Response, SinkMaker, Tagged

# Messages asked for in one command.
GROUP = 350
# Refusals in a row after which it is the folder that the server refuses, and not one message after the other.
_PATIENCE = 100
_ESEARCH = re.compile(rb"\* ESEARCH(?: \(TAG [^)]*\))? UID(?: ALL (%b))?\s*\Z" % SET_PATTERN.encode(), re.IGNORECASE)
_NO_CONTENT = "the source gives no content for this message"


class Fetched(NamedTuple):
    """One message with its octets. ``body`` is None when the server gave none; ``reason`` says why."""

    uid: int
    flags: frozenset[str]
    internaldate: bytes
    body: Body | None
    reason: str = ""


class Listing:
    """Collects what FETCH lists of the messages of a folder, from one command or more. See :mod:`.visits`.

    ``refusal`` says what it is that a server refuses.
    """

    refusal = "the server refuses FETCH"

    def __init__(self, session: Session) -> None:
        self._flag_words, self._label_names = FlagWords(), LabelNames(session.names)
        labels = b" X-GM-MSGID X-GM-LABELS" if session.has("X-GM-EXT-1") else b""
        self._items = b" (UID FLAGS INTERNALDATE RFC822.SIZE" + labels + b")"
        self._found = MessageList()
        # What comes out of order, or once more.
        self._late: dict[int, Listed] = {}
        self._last = 0

    def ask(self, uid_set: bytes, *, since: int = 0, first: int = 1) -> Ask:
        """The command for the messages that ``uid_set`` names, with uid >= ``first``.

        ``since`` leaves only those that are new or changed since the folder had this HIGHESTMODSEQ (RFC 7162).
        """
        changed = b" (CHANGEDSINCE %d)" % since if since else b""

        def take(response: Response) -> None:
            items = parse_items(response, self._flag_words)
            # ``n:*`` names the last message even when its uid is below n (RFC 9051 section 9, seq-range).
            if items and items.uid >= first:
                self._enter(items)

        return Ask(b"UID FETCH " + uid_set + self._items + changed, take, self.refusal)

    def messages(self) -> MessageList:
        """What was listed."""
        return self._found.updated(self._late.values())

    def _enter(self, items: Items) -> None:
        if items.uid > self._last:
            self._found.append(_listed(None, items, self._label_names))
            self._last = items.uid
        else:
            before = self._late.get(items.uid) or self._found.find(items.uid)
            self._late[items.uid] = _listed(before, items, self._label_names)


class PresentUids:
    """Collects the uids of all messages of a folder, as ranges; the server has ESEARCH (RFC 4731)."""

    def __init__(self) -> None:
        self.uids = UidSet()
        self.told = False
        self.ask = Ask(b"UID SEARCH RETURN (ALL) ALL", self._take, "the server refuses SEARCH")

    def _take(self, response: Response) -> None:
        match = _ESEARCH.match(response.text)
        if match:
            self.told = True
            self.uids = UidSet.parse(match[1].decode()) if match[1] else UidSet()


class PresentFlags:
    """Collects the present flags of messages by uid; those that are gone are left out."""

    def __init__(self) -> None:
        self.by_uid: dict[int, frozenset[str]] = {}
        self._flag_words = FlagWords()

    def asks(self, uids: Iterable[int]) -> Iterator[Ask]:
        """The commands for these messages."""
        for uid_set in split_sets(uids):
            yield Ask(b"UID FETCH " + uid_set.encode() + b" (UID FLAGS)", self._take, Listing.refusal)

    def _take(self, response: Response) -> None:
        items = parse_items(response, self._flag_words)
        if items and items.uid and items.flags is not None:
            self.by_uid[items.uid] = items.flags


def list_messages(session: Session, *, first: int = 1) -> MessageList:
    """The messages of the opened folder with uid >= ``first``, by ascending uid."""
    listing = Listing(session)
    run_ask(session, listing.ask(b"%d:*" % first, first=first))
    return listing.messages()


def _listed(before: Listed | None, items: Items, label_names: LabelNames) -> Listed:
    """A server may tell about a message in several responses, some of them unasked (flags that change meanwhile)."""
    if before is None:
        flags = items.flags or frozenset()
        return Listed(items.uid, flags, items.internaldate, items.size, items.msgid, label_names(items.labels))
    flags = before.flags if items.flags is None else items.flags
    labels = label_names(items.labels) if items.msgid else before.labels
    date, size = items.internaldate or before.internaldate, items.size or before.size
    return Listed(items.uid, flags, date, size, items.msgid or before.msgid, labels)


def fetch_flags(session: Session, uids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The present flags of these messages of the opened folder; those that are gone are left out."""
    flags = PresentFlags()
    for ask in flags.asks(uids):
        run_ask(session, ask)
    return flags.by_uid


def is_open() -> None:
    """The folder was opened before; see :func:`fetch_bodies`."""


def groups_of(uids: Iterable[int], most: int = GROUP) -> Iterator[Sequence[int]]:
    """Ascending ``uids`` in groups that one command can name; taken as they are needed."""
    waiting = iter(uids)
    group: list[int] = []
    while group := group + list(islice(waiting, most - len(group))):
        some = group
        while len(format_uids(some)) > LONGEST_SET:
            some = some[: len(some) * 3 // 4]
        yield some
        group = group[len(some) :]


def fetch_digests(
    session: Session, groups: Iterable[Sequence[int]], opened: Callable[[], None] = is_open
) -> Iterator[tuple[int, DigestOnly]]:
    """Uid and digest of these messages of the opened folder; nothing of them is kept. See :func:`fetch_bodies`."""
    for items in fetch_each(session, groups, b"(UID " + session.whole_message + b")", DigestSink, opened):
        if isinstance(items, Items) and isinstance(items.body, DigestOnly | MemoryBody):
            yield items.uid, DigestOnly(items.body.digest)


def fetch_bodies(
    session: Session, groups: Iterable[Sequence[int]], spool_folder: str, opened: Callable[[], None] = is_open
) -> Iterator[Fetched]:
    """These messages of the opened folder, as they arrive; one command for each group.

    ``opened`` is called when the first of them is asked for, and raises where the folder was not opened. The next group
    is asked for while one arrives, but nothing beyond a group of one. What is gone is left out. What the server refuses
    to send even when it is asked for alone comes without body. Raises :class:`FolderRefused` when the server refuses
    one after the other; a :class:`ConnectionLost` names the uids that were due.
    """

    def sink(size: int) -> LiteralSink:
        return SpoolSink(spool_folder) if size > SPOOL_ABOVE else MemorySink(size)

    attributes = b"(UID FLAGS INTERNALDATE " + session.whole_message + b")"
    for items in fetch_each(session, groups, attributes, sink, opened):
        if isinstance(items, Withheld):
            yield Fetched(items.uid, frozenset(), b"", None, items.reason)
            continue
        body = items.body if isinstance(items.body, MemoryBody | SpooledBody) else None
        yield Fetched(
            items.uid, items.flags or frozenset(), items.internaldate, body, _NO_CONTENT if body is None else ""
        )


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message that the server does not send, and why."""

    uid: int
    reason: str


def fetch_each(
    session: Session,
    groups: Iterable[Sequence[int]],
    attributes: bytes,
    sink: SinkMaker,
    opened: Callable[[], None],
) -> Iterator[Items | Withheld]:
    """These messages of the opened folder with ``attributes``, their octets given to sinks; see :func:`fetch_bodies`.

    What the refusal of a group leaves out is asked for again by halves: a message that the server cannot send costs
    itself and no other. What an answered group leaves out is asked for once more.
    """
    wire, flag_words = session.wire, FlagWords()
    waiting, again = iter(groups), deque[Sequence[int]]()
    asked: deque[tuple[Sequence[int], bytes]] = deque()
    asked_again: set[int] = set()
    refusals = 0
    _ask_ahead(session, again, waiting, asked, attributes)
    try:
        opened()
    except MigrationError:
        if not wire.broken:
            _skip(session, (tag for _unused, tag in asked))
        raise
    while True:
        _ask_ahead(session, again, waiting, asked, attributes)
        if not asked:
            return
        group, tag = asked.popleft()
        missing = dict.fromkeys(group)
        try:
            for response in wire.untagged(tag, sink):
                if response.literals and not is_whole(response):
                    raise wire.lost("what the server sends of a message does not have its announced length")
                items = parse_items(response, flag_words)
                if items is None or not items.uid or not items.has_body:
                    continue
                refusals = 0
                missing.pop(items.uid, None)
                yield items
            tagged = wire.answered.pop(tag)
            if not tagged.ok:
                refusals += 1
                if refusals > _PATIENCE or diagnose.is_throttle(tagged.words(), reading=True):
                    _skip(session, (tag for _unused, tag in asked))
                    _check(session, tagged)
        except ConnectionLost as error:
            error.waiting = tuple(missing)
            raise
        if tagged.ok:
            late = [uid for uid in missing if uid not in asked_again]
            asked_again.update(late)
            again.extendleft([late] if late else [])
        elif len(group) > 1:
            again.extendleft(_halves(list(missing)))
        else:
            yield from (Withheld(uid, f"the source does not send it: {tagged.words()}") for uid in missing)


def _ask_ahead(
    session: Session,
    again: deque[Sequence[int]],
    groups: Iterator[Sequence[int]],
    asked: deque[tuple[Sequence[int], bytes]],
    attributes: bytes,
) -> None:
    """Ask for the next group while one arrives; what a single message does to the connection is waited for."""
    while not asked or (len(asked) < 2 and len(asked[-1][0]) > 1):
        group = again.popleft() if again else next(groups, None)
        if group is None:
            return
        line = b"UID FETCH " + format_uids(group).encode() + b" " + attributes
        asked.append((group, session.wire.command(line)))


def _halves(uids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The later half first: they are put in front one by one."""
    middle = (len(uids) + 1) // 2
    yield from (half for half in (uids[middle:], uids[:middle]) if half)


def _skip(session: Session, tags: Iterable[bytes]) -> None:
    """Read the answers to commands whose messages are no longer wanted, and keep none."""
    for tag in tags:
        for _unused in session.wire.untagged(tag, DigestSink):
            pass
        session.wire.answered.pop(tag)


def _check(session: Session, tagged: Tagged) -> None:
    if not tagged.ok:
        raise refusal(tagged, "the server refuses FETCH", session.where)
