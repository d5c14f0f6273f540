# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH: lists of messages, and their bodies one by one as they arrive."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import FolderRefused, Throttled
from ..core.messages import Listed
from ..core.uids import format_uids, split_sets
from . import diagnose
from .body import SPOOL_ABOVE, Body, DigestOnly, DigestSink, MemoryBody, MemorySink, SpooledBody, SpoolSink
from .labels import LabelNames, parse_labels
from .session import Session
from .wire import Literal, LiteralSink, Response, SinkMaker, Tagged

# So many uids without neighbours still make a line that every server takes.
GROUP = 350
# Refusals in a row after which it is the folder that the server refuses, and not one message after the other.
_PATIENCE = 100
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_ITEM = re.compile(
    # The first one: what stands between quotes in a label is no item.
    rb'X-GM-LABELS \((?P<labels>(?:"(?:[^"\\]|\\.)*"|[^()"])*)\)|X-GM-MSGID (?P<msgid>\d{1,20})'
    rb'|UID (?P<uid>\d{1,10})|FLAGS \((?P<flags>[^)]*)\)|INTERNALDATE (?:"(?P<date>[^"]*)"|NIL)'
    rb'|RFC822\.SIZE (?P<size>\d{1,18})|BODY\[\] (?P<body>NIL|"(?:[^"\\]|\\.)*"|~?\{\d+\})',
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message with its octets. ``body`` is None when the server gave none (NIL)."""

    uid: int
    flags: frozenset[str]
    internaldate: bytes
    body: Body | None


@dataclass(frozen=True, slots=True)
class _Items:
    uid: int
    flags: frozenset[str] | None
    internaldate: bytes
    size: int
    body: Literal | None
    has_body: bool
    msgid: int = 0
    labels: frozenset[bytes] = frozenset()


class FlagWords:
    """Turns the octets of FLAGS into one shared frozenset per combination."""

    def __init__(self) -> None:
        self._known: dict[bytes, frozenset[str]] = {}

    def __call__(self, raw: bytes) -> frozenset[str]:
        flags = self._known.get(raw)
        if flags is None:
            flags = frozenset(raw.decode("latin-1").split())
            self._known[raw] = flags
        return flags


def list_messages(session: Session, *, first: int = 1) -> list[Listed]:
    """The messages of the opened folder with uid >= ``first``, by ascending uid."""
    flag_words, label_names = FlagWords(), LabelNames(session.names)
    labels = b" X-GM-MSGID X-GM-LABELS" if session.has("X-GM-EXT-1") else b""
    tag = session.wire.command(b"UID FETCH %d:* (UID FLAGS INTERNALDATE RFC822.SIZE%b)" % (first, labels))
    found: dict[int, Listed] = {}
    for response in session.wire.untagged(tag):
        items = _parse(response, flag_words)
        # ``n:*`` names the last message even when its uid is below n (RFC 9051 section 9, seq-range).
        if items and items.uid >= first:
            found[items.uid] = _listed(found.get(items.uid), items, label_names)
    _check(session, session.wire.answered.pop(tag))
    return [found[uid] for uid in sorted(found)]


def _listed(before: Listed | None, items: _Items, label_names: LabelNames) -> Listed:
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
    flag_words = FlagWords()
    found: dict[int, frozenset[str]] = {}
    for uid_set in split_sets(uids):
        tag = session.wire.command(b"UID FETCH " + uid_set.encode() + b" (UID FLAGS)")
        for response in session.wire.untagged(tag):
            items = _parse(response, flag_words)
            if items and items.uid and items.flags is not None:
                found[items.uid] = items.flags
        _check(session, session.wire.answered.pop(tag))
    return found


def fetch_digests(session: Session, uids: Sequence[int]) -> Iterator[tuple[int, DigestOnly]]:
    """Uid and digest of these messages of the opened folder; nothing of them is kept. See :func:`fetch_bodies`."""
    for items in _fetch_each(session, uids, b"(UID BODY.PEEK[])", DigestSink):
        if isinstance(items.body, DigestOnly | MemoryBody):
            yield items.uid, DigestOnly(items.body.digest)


def fetch_bodies(session: Session, uids: Sequence[int], spool_folder: str) -> Iterator[Fetched]:
    """These messages of the opened folder, as they arrive.

    What is gone, and what the server refuses to send even when it is asked for alone, is left out. Raises
    :class:`FolderRefused` when the server refuses one after the other.
    """

    def sink(size: int) -> LiteralSink:
        return SpoolSink(spool_folder) if size > SPOOL_ABOVE else MemorySink(size)

    for items in _fetch_each(session, uids, b"(UID FLAGS INTERNALDATE BODY.PEEK[])", sink):
        body = items.body if isinstance(items.body, MemoryBody | SpooledBody) else None
        yield Fetched(items.uid, items.flags or frozenset(), items.internaldate, body)


def _fetch_each(session: Session, uids: Sequence[int], attributes: bytes, sink: SinkMaker) -> Iterator[_Items]:
    """The messages asked for in groups, one group ahead of the one that is read.

    What the refusal of a group leaves out is asked for again by halves: a message that the server cannot send costs
    itself and no other.
    """
    wire, flag_words = session.wire, FlagWords()
    groups = deque(uids[start : start + GROUP] for start in range(0, len(uids), GROUP))
    asked: deque[tuple[Sequence[int], bytes]] = deque()
    refusals = 0
    while groups or asked:
        while groups and len(asked) < 2:
            group = groups.popleft()
            asked.append((group, wire.command(b"UID FETCH " + format_uids(group).encode() + b" " + attributes)))
        group, tag = asked.popleft()
        missing = set(group)
        for response in wire.untagged(tag, sink):
            items = _parse(response, flag_words)
            if items and items.uid and items.has_body:
                refusals = 0
                missing.discard(items.uid)
                yield items
        tagged = wire.answered.pop(tag)
        if not tagged.ok:
            refusals += 1
            if refusals > _PATIENCE or diagnose.is_throttle(tagged.words()):
                _skip(session, (tag for _unused, tag in asked))
                _check(session, tagged)
            groups.extendleft(_halves(sorted(missing)) if len(group) > 1 else ())


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
    if tagged.ok:
        return
    words = tagged.words()
    if diagnose.is_throttle(words):
        raise Throttled(f"the server asks to wait: {words}", where=session.where, wait=diagnose.suggested_wait(words))
    raise FolderRefused(f"the server refuses FETCH: {words}", where=session.where)


def _parse(response: Response, flag_words: FlagWords) -> _Items | None:
    """The items of a FETCH response, or None when it is another one. Items may stand in any order."""
    start = _FETCH.match(response.text)
    if start is None:
        return None
    uid, date, size, msgid, has_body = 0, b"", 0, 0, False
    labels: frozenset[bytes] = frozenset()
    flags: frozenset[str] | None = None
    body: Literal | None = None
    for match in _ITEM.finditer(response.text, start.end()):
        kind = match.lastgroup
        value = match.group(kind) if kind else b""
        if kind == "uid":
            uid = int(value)
        elif kind == "flags":
            flags = flag_words(value)
        elif kind == "date":
            date = value
        elif kind == "size":
            size = int(value)
        elif kind == "msgid":
            msgid = int(value)
        elif kind == "labels":
            labels = parse_labels(value, response.literals)
        elif kind == "body":
            body, has_body = _body(value, response), True
    return _Items(uid, flags, date, size, body, has_body, msgid, labels)


def _body(value: bytes, response: Response) -> Literal | None:
    if value.upper() == b"NIL":
        return None
    if value.startswith(b'"'):
        return MemoryBody(re.sub(rb"\\(.)", rb"\1", value[1:-1], flags=re.DOTALL))
    return response.literals[0]
