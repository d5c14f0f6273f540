# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of the source as they arrive: within the day's budget, and with caution after a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from ..core.digest import Digest
from ..core.essence import Essence
from ..core.messages import Listed
from ..imap.fetch import Fetched, fetch_bodies
from ..imap.session import Session
from .careful_reader import CarefulReader, Groups
from .caution import Caution
from .journal import Journal
from .limits import Gate

Value = TypeVar("Value")


class SourceReader(CarefulReader):
    """Reads over one session. ``unaffordable`` are uids of messages that the budget has no room for: not asked for."""

    def __init__(self, session: Session, caution: Caution, gate: Gate, journal: Journal) -> None:
        super().__init__(session, caution)
        self.unaffordable: set[int] = set()
        self._gate = gate
        self._journal = journal
        self._size_of: Callable[[int], int] = dict[int, int]().__getitem__
        self._promised: dict[int, int] = {}

    def bodies(
        self, folder: str, uidvalidity: int, groups: Groups, size_of: Callable[[int], int], spool_folder: str
    ) -> Iterator[Fetched]:
        """These messages in this order, each once and as far as the budget allows. See :func:`fetch_bodies`.


        ``size_of`` tells the listed size of each.
        """

        def fetch(groups: Groups, opened: Callable[[], None]) -> Iterator[tuple[int, int, Fetched]]:
            found = fetch_bodies(self.session, groups, spool_folder, opened)
            return ((message.uid, len(message.body) if message.body is not None else 0, message) for message in found)

        self._size_of = size_of
        try:
            for _unused, message in self._each(folder, uidvalidity, groups, fetch):
                yield message
        finally:
            self._release()

    def digests(self, folder: str, uidvalidity: int, messages: Sequence[Listed]) -> Iterator[tuple[int, Digest]]:
        """Uid and digest of these messages without those that are given up.

        Raises :class:`Stopped` when the budget does not allow all of them: then nobody knows which ones are new. What
        was read is kept for the next day. Messages that no day's budget can hold are left out.
        """
        sizes = {message.uid: message.size for message in messages}
        if not self._gate.has_budget():
            return self.read(folder, uidvalidity, sizes)
        sizes = {uid: size for uid, size in sizes.items() if not self._gate.exceeds(size)}
        known, note = self._journal.digests(folder, uidvalidity), self._journal.note_digests
        return self._as_far_as_allowed(
            sizes, known, partial(self.read, folder, uidvalidity), partial(note, folder, uidvalidity)
        )

    def essences(self, folder: str, uidvalidity: int, sizes: Mapping[int, int]) -> Iterator[tuple[int, Essence]]:
        """Uid and essence of these messages, counted, kept and left out as with :meth:`digests`."""
        read = partial(super().essences, folder, uidvalidity)
        if not self._gate.has_budget():
            return read(sizes)
        sizes = {uid: size for uid, size in sizes.items() if not self._gate.exceeds(size)}
        known, note = self._journal.essences(folder, uidvalidity), self._journal.note_essences
        return self._as_far_as_allowed(sizes, known, read, partial(note, folder, uidvalidity))

    def _as_far_as_allowed(
        self,
        sizes: Mapping[int, int],
        known: Mapping[int, Value],
        read: Callable[[Mapping[int, int]], Iterator[tuple[int, Value]]],
        keep: Callable[[Mapping[int, Value]], None],
    ) -> Iterator[tuple[int, Value]]:
        """What was read of these messages on other days, and what the budget allows of the rest, which is kept."""
        yield from ((uid, known[uid]) for uid in sizes if uid in known)
        unread = {uid: size for uid, size in sizes.items() if uid not in known}
        self._size_of = unread.__getitem__
        fresh: dict[int, Value] = {}
        try:
            for uid, value in read(unread):
                fresh[uid] = value
                yield uid, value
        finally:
            keep(fresh)
            self._release()
        if self.unaffordable:
            raise self._gate.spent()

    def _asked(self, groups: Groups) -> Groups:
        return super()._asked(self._affordable(groups))

    def _affordable(self, groups: Groups) -> Groups:
        for group in groups:
            affordable = [uid for uid in group if self._promise(uid)] if self._gate.has_budget() else group
            if affordable:
                yield affordable

    def _promise(self, uid: int) -> bool:
        size = self._size_of(uid)
        if self._gate.promise(size):
            self._promised[uid] = size
            return True
        self.unaffordable.add(uid)
        return False

    def _arrived(self, folder: str, uidvalidity: int, uid: int, octets: int) -> None:
        if self._promised:
            self._gate.fetched(octets)
            self._gate.release(self._promised.pop(uid, 0))
        super()._arrived(folder, uidvalidity, uid, octets)

    def _release(self) -> None:
        self._gate.release(sum(self._promised.values()))
        self._promised.clear()
