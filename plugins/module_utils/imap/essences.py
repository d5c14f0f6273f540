# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH of whole messages for their essence alone: nothing else of them is kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..core.errors import FolderRefused
from ..core.essence import Essence, EssenceStream, essence_of
from ..core.uids import split_sets
from .session import Session
from .wire import Response

_UID = re.compile(rb"[( ]UID (\d{1,10})[ )]", re.IGNORECASE)
_QUOTED = re.compile(rb'(?:BODY\[\]|RFC822) "((?:[^"\\]|\\.)*)"', re.IGNORECASE | re.DOTALL)


class _Kept:
    """An essence as a literal."""

    def __init__(self, essence: Essence, size: int) -> None:
        self.essence = essence
        self._size = size

    def __len__(self) -> int:
        return self._size


class _EssenceSink:
    def __init__(self, size: int) -> None:
        self._size = size
        self._stream = EssenceStream()

    def write(self, piece: bytes) -> None:
        self._stream.update(piece)

    def finish(self) -> _Kept:
        return _Kept(self._stream.finish(), self._size)


def fetch_essences(session: Session, uids: Iterable[int]) -> Iterator[tuple[int, Essence]]:
    """Uid and essence of these messages of the opened folder; those that are gone or not given out are left out.

    Raises :class:`FolderRefused`.
    """
    for uid_set in split_sets(uids):
        tag = session.wire.command(b"UID FETCH " + uid_set.encode() + b" (UID " + session.whole_message + b")")
        for response in session.wire.untagged(tag, _EssenceSink):
            uid, essence = _UID.search(response.text), _essence(response)
            if uid and essence is not None:
                yield int(uid[1]), essence
        tagged = session.wire.answered.pop(tag)
        if not tagged.ok:
            raise FolderRefused(f"the server refuses FETCH: {tagged.words()}", where=session.where)


def _essence(response: Response) -> Essence | None:
    for literal in response.literals:
        if isinstance(literal, _Kept):
            return literal.essence
    quoted = _QUOTED.search(response.text)
    return essence_of([re.sub(rb"\\(.)", rb"\1", quoted[1], flags=re.DOTALL)]) if quoted else None
