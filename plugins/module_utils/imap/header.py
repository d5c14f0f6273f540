# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH of headers alone, for the few messages where the digest does not tell enough."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..core.uids import split_sets
from .refusal import refusal
from .session import Session
from .wire import Response

LONGEST = 65_536
_UID = re.compile(rb"[( ]UID (\d+)", re.IGNORECASE)
_QUOTED = re.compile(rb'BODY\[HEADER\] "((?:[^"\\]|\\.)*)"', re.IGNORECASE | re.DOTALL)


class _HeadSink:
    """Keeps the first :data:`LONGEST` octets of a literal."""

    def __init__(self, size: int) -> None:
        self._head = bytearray()

    def write(self, piece: bytes) -> None:
        self._head += piece[: LONGEST - len(self._head)]

    def finish(self) -> bytes:
        return bytes(self._head)


def fetch_headers(session: Session, uids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
    """Uid and header (its first 64 KiB) of these messages of the opened folder; those that are gone are left out."""
    for uid_set in split_sets(uids):
        tag = session.wire.command(b"UID FETCH " + uid_set.encode() + b" (UID BODY.PEEK[HEADER])")
        for response in session.wire.untagged(tag, _HeadSink):
            header = _header(response)
            uid = _UID.search(response.text)
            if uid and header is not None:
                yield int(uid[1]), header
        tagged = session.wire.answered.pop(tag)
        if not tagged.ok:
            raise refusal(tagged, "the server refuses FETCH", session.where)


def _header(response: Response) -> bytes | None:
    if b"BODY[HEADER]" not in response.text.upper():
        return None
    if response.literals:
        literal = response.literals[0]
        return literal if isinstance(literal, bytes) else None
    quoted = _QUOTED.search(response.text)
    return re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.DOTALL) if quoted else b""
