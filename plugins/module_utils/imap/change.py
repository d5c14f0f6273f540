# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes to messages that are at the destination: flags, and moves of our own copies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from ..core.errors import FolderRefused
from ..core.uids import LONGEST_SET, SET_PATTERN, format_uids, parse_uids, split_sets
from . import diagnose
from .refusal import refusal
from .session import Session
from .visits import Ask
from .wire import Response, Tagged

# Servers with RFC 7162 take lines of 8192 octets (its section 4).
_LONG_SET = 6000
_NO_STORE = "the server does not change flags"
_MODIFIED = re.compile(rf"MODIFIED ({SET_PATTERN})(?=\]|\Z)", re.IGNORECASE)
_COPYUID = re.compile(rf"COPYUID \d{{1,10}} ({SET_PATTERN}) ({SET_PATTERN})(?=\]|\Z)", re.IGNORECASE)


def store_flags(session: Session, uids: Sequence[int], flags: Sequence[str], *, sign: str) -> None:
    """Add (``sign`` ``+``) or remove (``-``) ``flags`` on ascending ``uids`` of the opened folder."""
    words = " ".join(flags).encode("latin-1")
    for uid_set in split_sets(uids):
        _store(session, uid_set.encode(), sign.encode(), words)


def store_asks(uids: Sequence[int], flags: Sequence[str], *, sign: str) -> Iterator[Ask]:
    """The commands that do what :func:`store_flags` does."""
    words = " ".join(flags).encode("latin-1")
    for uid_set in split_sets(uids):
        yield Ask(_store_line(uid_set.encode(), sign.encode(), words), _ignore, _NO_STORE)


def _ignore(response: Response) -> None:
    pass


def can_move(session: Session) -> bool:
    """Whether the server can move messages without expunging what others marked (RFC 6851, or UIDPLUS)."""
    return session.has("MOVE") or session.has("UIDPLUS")


def can_expunge(session: Session) -> bool:
    """Whether the server can expunge some messages and no others (UIDPLUS)."""
    return session.has("UIDPLUS")


def expunge(session: Session, uids: Sequence[int]) -> None:
    """Remove ascending ``uids`` of the opened folder, and no others."""
    for uid_set in split_sets(uids):
        _expunge_set(session, uid_set.encode())


def mark_deleted(session: Session, uids: Sequence[int], since: int) -> frozenset[int]:
    """Mark ascending ``uids`` of the opened folder as deleted, but those that changed since the folder had this
    HIGHESTMODSEQ (RFC 7162 section 3.1.3): they are returned. With 0 all are marked."""
    changed: set[int] = set()
    unless = b" (UNCHANGEDSINCE %d)" % since if since else b""
    for uid_set in split_sets(uids):
        line = b"UID STORE " + uid_set.encode() + unless + b" +FLAGS.SILENT (\\Deleted)"
        _unused, tagged = session.wire.run(line)
        found = _MODIFIED.search(tagged.code)
        changed.update(islice(parse_uids(found[1]), len(uids)) if found else ())
        if not tagged.ok and not found:
            raise refusal(tagged, _NO_STORE, session.where)
    return frozenset(changed)


def expunge_marked(session: Session, uids: Sequence[int]) -> None:
    """Remove those of ascending ``uids`` of the opened folder that are marked as deleted, and no others."""
    for uid_set in split_sets(uids):
        _uid_expunge(session, uid_set.encode())


def delete_folder(session: Session, name: str) -> None:
    """Remove a folder that is not open, and the subscription to it. Raises :class:`FolderRefused`."""
    _unused, tagged = session.wire.run(b"DELETE " + session.encode(name))
    if not tagged.ok:
        raise refusal(tagged, "the server does not remove it", f"{session.where}, {name}")
    session.wire.run(b"UNSUBSCRIBE " + session.encode(name))


def move(session: Session, uids: Sequence[int], folder: str) -> dict[int, int]:
    """Move ascending ``uids`` of the opened folder to ``folder``; old uid → new uid as far as the server tells."""
    moved: dict[int, int] = {}
    for uid_set in split_sets(uids, longest=_longest_set(session)):
        moved |= _move_set(session, uid_set.encode(), folder)
    return {uid: moved[uid] for uid in uids if uid in moved}


def _longest_set(session: Session) -> int:
    """Each command costs a server that keeps files a look through them: the longest that it is sure to take."""
    return _LONG_SET if session.has("CONDSTORE") or session.has("QRESYNC") else LONGEST_SET


def copy(session: Session, uids: Sequence[int], folder: str) -> dict[int, int]:
    """Copy ascending ``uids`` of the opened folder to ``folder``; old uid → new uid as far as the server tells.

    All are copied or none (RFC 9051 section 6.4.7). One command takes them, so let there be few. Raises
    :class:`FolderRefused`.
    """
    uid_set = format_uids(uids).encode()
    responses, tagged = session.wire.run(b"UID COPY " + uid_set + b" " + session.encode(folder))
    _check(session, tagged, folder)
    copied = _new_uids(responses, tagged, uid_set)
    return {uid: copied[uid] for uid in uids if uid in copied}


def _move_set(session: Session, uid_set: bytes, folder: str) -> dict[int, int]:
    target = session.encode(folder)
    if session.has("MOVE"):
        responses, tagged = session.wire.run(b"UID MOVE " + uid_set + b" " + target)
        _check(session, tagged, folder)
        return _new_uids(responses, tagged, uid_set)
    responses, tagged = session.wire.run(b"UID COPY " + uid_set + b" " + target)
    _check(session, tagged, folder)
    moved = _new_uids(responses, tagged, uid_set)
    _expunge_set(session, uid_set)
    return moved


def _expunge_set(session: Session, uid_set: bytes) -> None:
    _store(session, uid_set, b"+", b"\\Deleted")
    _uid_expunge(session, uid_set)


def _uid_expunge(session: Session, uid_set: bytes) -> None:
    _unused, tagged = session.wire.run(b"UID EXPUNGE " + uid_set)
    if not tagged.ok:
        raise refusal(tagged, "the server does not expunge", session.where)


def _store(session: Session, uid_set: bytes, sign: bytes, words: bytes) -> None:
    _unused, tagged = session.wire.run(_store_line(uid_set, sign, words))
    if not tagged.ok:
        raise refusal(tagged, _NO_STORE, session.where)


def _store_line(uid_set: bytes, sign: bytes, words: bytes) -> bytes:
    return b"UID STORE %s %sFLAGS.SILENT (%s)" % (uid_set, sign, words)


def _check(session: Session, tagged: Tagged, folder: str) -> None:
    """MOVE and COPY store something: a quota that they meet is that of the mailbox, and does not pass by itself."""
    if not tagged.ok and diagnose.is_over_quota(tagged.words()):
        raise FolderRefused(
            f"the mailbox is full: {tagged.words()}",
            where=f"{session.where}, {folder}",
            remedy="Raise its quota, then run again",
        )
    if not tagged.ok:
        raise refusal(tagged, "the server does not move messages there", f"{session.where}, {folder}")


def _new_uids(responses: Sequence[Response], tagged: Tagged, uid_set: bytes) -> dict[int, int]:
    """What COPYUID (RFC 4315) tells; no more of it is read than messages were named."""
    texts = [response.text.decode("ascii", "replace") for response in responses] + [tagged.code]
    named = sum(1 for _unused in parse_uids(uid_set.decode()))
    for text in texts:
        match = _COPYUID.search(text)
        if match:
            return dict(islice(zip(parse_uids(match[1]), parse_uids(match[2]), strict=False), named))
    return {}
