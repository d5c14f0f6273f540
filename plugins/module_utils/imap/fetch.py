# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH: lists of messages, and their bodies one by one as they arrive."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..core.errors import FolderRefused, Throttled
from ..core.messages import Listed
from ..core.uids import split_sets
from . import diagnose
from .body import SPOOL_ABOVE, Body, DigestOnly, DigestSink, MemoryBody, MemorySink, SpooledBody, SpoolSink
from .session import Session
from .wire import BytesSink, Literal, LiteralSink, Response, SinkMaker, Tagged

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_ITEM = re.compile(
    rb'UID (?P<uid>\d+)|FLAGS \((?P<flags>[^)]*)\)|INTERNALDATE (?:"(?P<date>[^"]*)"|NIL)|RFC822\.SIZE (?P<size>\d+)'
    rb'|BODY\[\] (?P<body>NIL|"(?:[^"\\]|\\.)*"|~?\{\d+\})',
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
    flags: frozenset[str]
    internaldate: bytes
    size: int
    body: Literal | None


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
    flag_words = FlagWords()
    tag = session.wire.command(b"UID FETCH %d:* (UID FLAGS INTERNALDATE RFC822.SIZE)" % first)
    found: dict[int, Listed] = {}
    for response in session.wire.untagged(tag):
        items = _parse(response, flag_words)
        # ``n:*`` names the last message even when its uid is below n (RFC 9051 section 9, seq-range).
        if items and items.uid >= first:
            found[items.uid] = Listed(items.uid, items.flags, items.internaldate, items.size)
    _check(session, session.wire.answered.pop(tag))
    return [found[uid] for uid in sorted(found)]


def fetch_flags(session: Session, uids: Iterable[int]) -> dict[int, frozenset[str]]:
    """The present flags of these messages of the opened folder; those that are gone are left out."""
    flag_words = FlagWords()
    found: dict[int, frozenset[str]] = {}
    for response in _run_sets(session, uids, b"(UID FLAGS)", BytesSink):
        items = _parse(response, flag_words)
        if items and items.uid:
            found[items.uid] = items.flags
    return found


def fetch_digests(session: Session, uids: Iterable[int]) -> Iterator[tuple[int, DigestOnly]]:
    """Uid and digest of these messages of the opened folder; nothing of them is kept."""
    flag_words = FlagWords()
    for response in _run_sets(session, uids, b"(UID BODY.PEEK[])", DigestSink):
        items = _parse(response, flag_words)
        if items and isinstance(items.body, DigestOnly):
            yield items.uid, items.body
        elif items and isinstance(items.body, MemoryBody):
            yield items.uid, DigestOnly(items.body.digest)


def fetch_bodies(session: Session, uids: Sequence[int], spool_folder: str, *, group: int = 500) -> Iterator[Fetched]:
    """These messages of the opened folder, as they arrive. Groups are asked for one ahead of the one that is read."""
    flag_words = FlagWords()

    def sink(size: int) -> LiteralSink:
        return SpoolSink(spool_folder) if size > SPOOL_ABOVE else MemorySink(size)

    for response in _run_sets(session, uids, b"(UID FLAGS INTERNALDATE BODY.PEEK[])", sink, group=group):
        items = _parse(response, flag_words)
        if items is None or not items.uid or b"BODY[]" not in response.text.upper():
            continue
        body = items.body if isinstance(items.body, MemoryBody | SpooledBody) else None
        yield Fetched(items.uid, items.flags, items.internaldate, body)


def _run_sets(
    session: Session,
    uids: Iterable[int],
    attributes: bytes,
    sink: SinkMaker,
    *,
    group: int = 0,
) -> Iterator[Response]:
    """The untagged answers to UID FETCH of ``uids``, in sets of bounded length, sent one ahead."""
    wire = session.wire
    open_tags: list[bytes] = []
    for uid_set in _sets(uids, group):
        open_tags.append(wire.command(b"UID FETCH " + uid_set.encode() + b" " + attributes))
        if len(open_tags) > 1:
            yield from _finish(session, open_tags.pop(0), sink)
    for tag in open_tags:
        yield from _finish(session, tag, sink)


def _finish(session: Session, tag: bytes, sink: SinkMaker) -> Iterator[Response]:
    yield from session.wire.untagged(tag, sink)
    _check(session, session.wire.answered.pop(tag))


def _sets(uids: Iterable[int], group: int) -> Iterator[str]:
    if not group:
        yield from split_sets(uids)
        return
    ordered = list(uids)
    for start in range(0, len(ordered), group):
        yield from split_sets(ordered[start : start + group])


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
    uid, flags, date, size = 0, frozenset[str](), b"", 0
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
        elif kind == "body":
            body = _body(value, response)
    return _Items(uid, flags, date, size, body)


def _body(value: bytes, response: Response) -> Literal | None:
    if value.upper() == b"NIL":
        return None
    if value.startswith(b'"'):
        return MemoryBody(re.sub(rb"\\(.)", rb"\1", value[1:-1], flags=re.DOTALL))
    return response.literals[0]
