# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of either side read with caution: what broke a connection is asked for again in ever smaller company."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import TypeVar

from ..core.digest import Digest
from ..core.errors import ConnectionLost, FolderChanged
from ..core.essence import Essence
from ..core.messages import Place
from ..imap.essences import fetch_essences
from ..imap.fetch import GROUP, fetch_digests, groups_of, is_open
from ..imap.session import Session
from .caution import FEW, Caution, Company

_MOST = {Company.ANY: GROUP, Company.FEW: FEW, Company.NONE: 1}

Value = TypeVar("Value")
Groups = Iterator[Sequence[int]]


class CarefulReader:
    """Reads over one session. ``caution`` learns what passes and what breaks the connection; those that it has given up
    are not asked for, and suspects come last. ``missing`` are those that were asked for and have not come. Unless it
    ``is_hasty``, a folder must have been opened before a message is asked for.

    Its methods raise :class:`FolderChanged` where the folder has another UIDVALIDITY now.
    """

    def __init__(self, session: Session, caution: Caution) -> None:
        self.session = session
        self.caution = caution
        self.is_hasty = True
        self.missing: set[int] = set()

    def read(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> Iterator[tuple[int, Digest]]:
        """Uid and digest of these messages, without those that are gone."""

        def fetch(groups: Groups, opened: Callable[[], None]) -> Iterator[tuple[int, int, Digest]]:
            return ((uid, len(body), body.digest) for uid, body in fetch_digests(self.session, groups, opened))

        return self._each(folder, uidvalidity, self._careful_groups(folder, uidvalidity, uids), fetch)

    def essences(self, folder: str, uidvalidity: int, sizes: Mapping[int, int]) -> Iterator[tuple[int, Essence]]:
        """Uid and essence of these messages, whose ``sizes`` are listed, without those that are gone."""
        return self._each(
            folder,
            uidvalidity,
            self._careful_groups(folder, uidvalidity, sizes),
            partial(fetch_essences, self.session),
        )

    def _careful_groups(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> Groups:
        """What one command may ask for; suspects last."""
        asked = sorted(uid for uid in uids if self.caution.verdict(Place(folder, uidvalidity, uid)) is None)
        if not self.caution.is_calm():
            asked.sort(key=lambda uid: self.caution.company(Place(folder, uidvalidity, uid)))
        return groups_by_company(self.caution, folder, uidvalidity, asked)

    def _each(
        self,
        folder: str,
        uidvalidity: int,
        groups: Groups,
        fetch: Callable[[Groups, Callable[[], None]], Iterator[tuple[int, int, Value]]],
    ) -> Iterator[tuple[int, Value]]:
        """What ``fetch`` makes of these messages, each once; it gives uid, octets and value.

        It is given what tells whether the folder could be opened, to be called before its first answer is read.
        """
        self.missing = set()
        opened = self._open(folder, uidvalidity)
        try:
            for uid, octets, value in fetch(self._asked(groups), opened):
                # Servers may send others, or one twice.
                if uid in self.missing:
                    self.missing.discard(uid)
                    self._arrived(folder, uidvalidity, uid, octets)
                    yield uid, value
        except ConnectionLost as error:
            self._lost(folder, uidvalidity, error)
            raise

    def _asked(self, groups: Groups) -> Groups:
        for group in groups:
            self.missing.update(group)
            yield group

    def _open(self, folder: str, uidvalidity: int) -> Callable[[], None]:
        """Have the folder opened; what is returned reads whether it was.

        A server that breaks off before it says so may do it for what it was asked next: then that waits from now on.
        """
        answer = self.session.examine_ahead(folder)

        def opened() -> None:
            try:
                found = answer().uidvalidity
            except ConnectionLost:
                self.caution.is_hasty = False
                raise
            if found and found != uidvalidity:
                raise FolderChanged(
                    "the folder was made or numbered anew while it was read",
                    where=f"{self.session.where}, {folder}",
                    remedy="Run again. Where it stays so, the server keeps no lasting numbers of this folder: open it"
                    " once with a mail program, which may write, and mark a message there",
                )

        if self.is_hasty and self.caution.is_hasty:
            return opened
        opened()
        return is_open

    def _arrived(self, folder: str, uidvalidity: int, uid: int, octets: int) -> None:
        if self.caution.is_calm():
            self.caution.passed_unsuspected()
        else:
            self.caution.passed([Place(folder, uidvalidity, uid)])

    def _lost(self, folder: str, uidvalidity: int, error: ConnectionLost) -> None:
        """Nothing is held against messages when it was us who hung up."""
        if error.waiting and not self.session.dropped:
            places = [Place(folder, uidvalidity, uid) for uid in error.waiting]
            self.caution.lost(places, error, first=places[0])


def groups_by_company(caution: Caution, folder: str, uidvalidity: int, uids: Iterable[int]) -> Groups:
    """What one command may ask for of these messages, in their order."""

    def company(uid: int) -> Company:
        return caution.company(Place(folder, uidvalidity, uid))

    for together, some in [(Company.ANY, uids)] if caution.is_calm() else groupby(uids, company):
        yield from groups_of(some, _MOST[together])
