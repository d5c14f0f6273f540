# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of the source as they arrive: within the day's budget, and with caution after a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..core.digest import Digest
from ..core.messages import Listed
from ..imap.fetch import Fetched, fetch_bodies
from ..imap.session import Session
from .careful_reader import CarefulReader, Groups
from .caution import Caution
from .journal import Journal
from .limits import Gate


class SourceReader(CarefulReader):
    """Reads over one session. ``unaffordable`` are messages that the budget has no room for; they are not asked for."""

    def __init__(self, session: Session, caution: Caution, gate: Gate, journal: Journal) -> None:
        super().__init__(session, caution)
        self.unaffordable: list[Listed] = []
        self._gate = gate
        self._journal = journal
        self._listed: dict[int, Listed] = {}
        self._promised: dict[int, int] = {}

    def bodies(self, folder: str, uidvalidity: int, messages: Sequence[Listed], spool_folder: str) -> Iterator[Fetched]:
        """These messages in this order, each once and as far as the budget allows. See :func:`fetch_bodies`."""

        def fetch(groups: Groups) -> Iterator[tuple[int, int, Fetched]]:
            found = fetch_bodies(self.session, groups, spool_folder)
            return ((message.uid, len(message.body) if message.body is not None else 0, message) for message in found)

        self._listed = {message.uid: message for message in messages}
        try:
            for _unused, message in self._each(folder, uidvalidity, list(self._listed), fetch):
                yield message
        finally:
            self._release()

    def digests(self, folder: str, uidvalidity: int, messages: Sequence[Listed]) -> Iterator[tuple[int, Digest]]:
        """Uid and digest of these messages without those that are given up.

        Raises :class:`Stopped` when the budget does not allow all of them: then nobody knows which ones are new. What
        was read is kept for the next day. Messages that no day's budget can hold are left out.
        """
        if not self._gate.has_budget():
            yield from self.read(folder, uidvalidity, [message.uid for message in messages])
            return
        known = self._journal.digests(folder, uidvalidity)
        yield from ((message.uid, known[message.uid]) for message in messages if message.uid in known)
        unread = [message for message in messages if message.uid not in known and not self._gate.exceeds(message.size)]
        self._listed = {message.uid: message for message in unread}
        fresh: dict[int, Digest] = {}
        try:
            for uid, digest in self.read(folder, uidvalidity, self._listed):
                fresh[uid] = digest
                yield uid, digest
        finally:
            self._journal.note_digests(folder, uidvalidity, fresh)
            self._release()
        if self.unaffordable:
            raise self._gate.spent()

    def _groups(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> Groups:
        for group in super()._groups(folder, uidvalidity, uids):
            affordable = [uid for uid in group if self._promise(uid)] if self._gate.has_budget() else group
            if affordable:
                yield affordable

    def _promise(self, uid: int) -> bool:
        message = self._listed.get(uid)
        if message is None:  # read for its essence, which the budget does not count
            return True
        if self._gate.promise(message.size):
            self._promised[uid] = message.size
            return True
        self.unaffordable.append(message)
        return False

    def _arrived(self, folder: str, uidvalidity: int, uid: int, octets: int) -> None:
        if self._promised:
            self._gate.fetched(octets)
            self._gate.release(self._promised.pop(uid, 0))
        super()._arrived(folder, uidvalidity, uid, octets)

    def _release(self) -> None:
        self._gate.release(sum(self._promised.values()))
        self._promised.clear()
        self._listed = {}
