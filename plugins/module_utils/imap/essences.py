# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH of whole messages for their essence alone: nothing else of them is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ..core.essence import Essence, EssenceStream, essence_of
from .body import MemoryBody
from .fetch import fetch_each, is_open
from .fetch_items import Items
from .session import Session


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


def fetch_essences(
    session: Session, groups: Iterable[Sequence[int]], opened: Callable[[], None] = is_open
) -> Iterator[tuple[int, int, Essence]]:
    """Uid, octets and essence of these messages of the opened folder, without those that are gone or not given out.

    See :func:`fetch_bodies`.
    """
    for items in fetch_each(session, groups, b"(UID " + session.whole_message + b")", _EssenceSink, opened):
        body = items.body if isinstance(items, Items) else None
        if isinstance(body, _Kept):
            yield items.uid, len(body), body.essence
        elif isinstance(body, MemoryBody):
            yield items.uid, len(body), essence_of(body.pieces())
