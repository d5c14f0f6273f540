# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes to messages that are at the destination: flags, and moves of our own copies."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.errors import FolderRefused
from ..core.uids import format_uids, parse_uids, split_sets
from .session import Session
from .wire import Response, Tagged

_COPYUID = re.compile(r"\[?COPYUID (\d+) ([\d:,]+) ([\d:,]+)", re.IGNORECASE)


def store_flags(session: Session, uids: Sequence[int], flags: Sequence[str], *, sign: str) -> None:
    """Add (``sign`` ``+``) or remove (``-``) ``flags`` on ascending ``uids`` of the opened folder."""
    words = " ".join(flags).encode("latin-1")
    for uid_set in split_sets(uids):
        line = b"UID STORE %s %sFLAGS.SILENT (%s)" % (uid_set.encode(), sign.encode(), words)
        _, tagged = session.wire.run(line)
        if not tagged.ok:
            raise FolderRefused(f"the server does not change flags: {tagged.words()}", where=session.where)


def can_move(session: Session) -> bool:
    """Whether the server can move messages without expunging what others marked (RFC 6851, or UIDPLUS)."""
    return session.has("MOVE") or session.has("UIDPLUS")


def move(session: Session, uids: Sequence[int], folder: str) -> dict[int, int]:
    """Move ascending ``uids`` of the opened folder to ``folder``; old uid → new uid as far as the server tells."""
    uid_set = format_uids(uids).encode()
    target = session.encode(folder)
    if session.has("MOVE"):
        responses, tagged = session.wire.run(b"UID MOVE " + uid_set + b" " + target)
        _check(session, tagged, folder)
        return _new_uids(responses, tagged)
    responses, tagged = session.wire.run(b"UID COPY " + uid_set + b" " + target)
    _check(session, tagged, folder)
    moved = _new_uids(responses, tagged)
    store_flags(session, uids, ["\\Deleted"], sign="+")
    _, tagged = session.wire.run(b"UID EXPUNGE " + uid_set)
    _check(session, tagged, folder)
    return moved


def _check(session: Session, tagged: Tagged, folder: str) -> None:
    if not tagged.ok:
        raise FolderRefused(
            f"the server does not move messages there: {tagged.words()}", where=f"{session.where}, {folder}"
        )


def _new_uids(responses: Sequence[Response], tagged: Tagged) -> dict[int, int]:
    texts = [response.text.decode("ascii", "replace") for response in responses] + [tagged.code]
    for text in texts:
        match = _COPYUID.search(text)
        if match:
            return dict(zip(parse_uids(match.group(2)), parse_uids(match.group(3)), strict=False))
    return {}
