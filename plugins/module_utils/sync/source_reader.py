# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of the source as they arrive: within the day's budget, and with caution after a loss."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from ..core.digest import Digest
from ..core.errors import ConnectionLost, FolderChanged
from ..core.messages import Listed, Place
from ..imap.fetch import GROUP, Fetched, fetch_bodies, fetch_digests, groups_of
from ..imap.session import Session
from .caution import FEW, Caution, Company
from .limits import Gate

_MOST = {Company.ANY: GROUP, Company.FEW: FEW, Company.NONE: 1}


class SourceReader:
    """Reads over one session. ``unaffordable`` are messages that the budget has no room for; they are not asked for."""

    def __init__(self, session: Session, caution: Caution, gate: Gate) -> None:
        self.unaffordable: list[Listed] = []
        self.session = session
        self._caution = caution
        self._gate = gate
        self._promised: dict[int, int] = {}

    def bodies(self, folder: str, uidvalidity: int, messages: Sequence[Listed], spool_folder: str) -> Iterator[Fetched]:
        """These messages, each once and as far as the budget allows. See :func:`fetch_bodies`."""
        wanted = {message.uid for message in messages}
        self._open(folder, uidvalidity)
        groups = self._within_budget(folder, uidvalidity, messages)
        try:
            for message in fetch_bodies(self.session, groups, spool_folder):
                # Servers may send others, or one twice.
                if message.uid in wanted:
                    wanted.discard(message.uid)
                    self._arrived(folder, uidvalidity, message.uid, len(message.body) if message.body else 0)
                    yield message
        except ConnectionLost as error:
            self._lost(folder, uidvalidity, error)
            raise
        finally:
            self._release()

    def digests(self, folder: str, uidvalidity: int, messages: Sequence[Listed]) -> Iterator[tuple[int, Digest]]:
        """Uid and digest of these messages without those that are given up.

        Raises :class:`Stopped` when the budget does not allow all of them: then nobody knows which ones are new.
        """
        places = {message.uid: Place(folder, uidvalidity, message.uid) for message in messages}
        asked = [message for message in messages if self._caution.verdict(places[message.uid]) is None]
        asked.sort(key=lambda message: (self._caution.company(places[message.uid]), message.uid))
        self._open(folder, uidvalidity)
        groups = self._within_budget(folder, uidvalidity, asked)
        try:
            for uid, body in fetch_digests(self.session, groups):
                if uid in places:
                    self._arrived(folder, uidvalidity, uid, len(body))
                    yield uid, body.digest
        except ConnectionLost as error:
            self._lost(folder, uidvalidity, error)
            raise
        finally:
            self._release()
        if self.unaffordable:
            raise self._gate.spent()

    def _open(self, folder: str, uidvalidity: int) -> None:
        found = self.session.examine(folder).uidvalidity
        if found and found != uidvalidity:
            raise FolderChanged(
                "the folder was made or numbered anew while it was read",
                where=f"{self.session.where}, {folder}",
                remedy="Run again",
            )

    def _within_budget(self, folder: str, uidvalidity: int, messages: Iterable[Listed]) -> Iterator[Sequence[int]]:
        def company(message: Listed) -> Company:
            return self._caution.company(Place(folder, uidvalidity, message.uid))

        alike = [(Company.ANY, messages)] if self._caution.is_calm() else groupby(messages, company)
        for together, some in alike:
            listed = {message.uid: message for message in some}
            for group in groups_of(list(listed), _MOST[together]):
                affordable = [uid for uid in group if self._promise(listed[uid])] if self._gate.has_budget() else group
                if affordable:
                    yield affordable

    def _promise(self, message: Listed) -> bool:
        if self._gate.promise(message.size):
            self._promised[message.uid] = message.size
            return True
        self.unaffordable.append(message)
        return False

    def _arrived(self, folder: str, uidvalidity: int, uid: int, octets: int) -> None:
        if self._promised:
            self._gate.fetched(octets)
            self._gate.release(self._promised.pop(uid, 0))
        if self._caution.is_calm():
            self._caution.passed_unsuspected()
        else:
            self._caution.passed([Place(folder, uidvalidity, uid)])

    def _release(self) -> None:
        self._gate.release(sum(self._promised.values()))
        self._promised.clear()

    def _lost(self, folder: str, uidvalidity: int, error: ConnectionLost) -> None:
        """Nothing is held against messages when it was us who hung up."""
        if error.waiting and not self.session.dropped:
            places = [Place(folder, uidvalidity, uid) for uid in error.waiting]
            self._caution.lost(places, error, first=places[0])
