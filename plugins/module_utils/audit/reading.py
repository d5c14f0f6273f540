# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One side read through, or listed only: of every message its digest, flags and date, never its octets."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from ..core.digest import Digest
from ..core.errors import ConnectionLost, FolderRefused, Stopped, Throttled
from ..core.essence import Essence
from ..core.folder_wire import WireNames
from ..core.folders import FolderPlan, Side
from ..core.message_list import MessageList
from ..core.messages import Listed, Message, Place
from ..core.readings import Digests, Messages, Shelf
from ..core.uids import UidSet
from ..imap.all_mail import AllMail
from ..imap.connection import connect
from ..imap.endpoint import Endpoint
from ..imap.essences import fetch_essences
from ..imap.fetch import fetch_flags, groups_of, list_messages
from ..imap.header import fetch_headers
from ..imap.listing import Status
from ..imap.session import Session
from ..sync.careful_reader import CarefulReader
from ..sync.caution import Caution

ATTEMPTS = 4
_LONGEST_PAUSE = 60.0

Answer = TypeVar("Answer")
# Says what is known of each message of a folder (and UIDVALIDITY) without reading it.
Content = Callable[[str, int, Iterable[Listed]], Digests]


@dataclass(frozen=True)
class Fault:
    """What could not be read; a uid of 0 stands for the folder. ``whole`` says that nothing of the folder was read."""

    folder: str
    uid: int
    reason: str
    whole: bool = False


@dataclass
class Reading:
    """What a side holds in the folders that were read."""

    messages: Messages = field(default_factory=Messages)
    faults: list[Fault] = field(default_factory=list)

    def unread(self) -> frozenset[str]:
        """Folders of which nothing was read."""
        return frozenset(fault.folder for fault in self.faults if fault.whole)


class SideReader:
    """Reads one side over one connection, which is made again when it breaks. Folders are opened read-only.

    Its methods raise the subclass of MigrationError that fits when the side cannot be read on, and ``Stopped`` after
    :meth:`abandon` and when ``stopped`` says so.
    """

    def __init__(self, endpoint: Endpoint, stopped: Callable[[], bool]) -> None:
        self._endpoint = endpoint
        self._stopped = stopped
        self._session: Session | None = None
        self._names: WireNames | None = None
        self._abandoned = False
        self._all_mail: AllMail | None = None
        self._digests: dict[int, Digest] = {}
        self._content: Content | None = None
        self._caution = Caution()
        # Of the folder that is being read, by UIDVALIDITY: another connection goes on where one broke.
        self._read: dict[int, Digests] = {}

    def __enter__(self) -> SideReader:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._session is not None and not self._abandoned:
            self._session.close()

    def abandon(self) -> None:
        """End what another thread reads: it is not needed any more."""
        self._abandoned = True
        if self._session is not None:
            self._session.drop()

    def list_side(self) -> tuple[Side, dict[str, Status]]:
        """All folders, and the STATUS of those that can be opened."""
        return self._persist(lambda session: session.list_side())

    def aliases(self, plan: FolderPlan, side: Side) -> tuple[tuple[str, str], ...]:
        """Folders of a plan that this side holds for the same as one that differs in case, with that one's name."""
        return self._persist(lambda session: tuple(session.aliases(plan, side)))

    def look_at_labels(self, all_mail: AllMail, statuses: Mapping[str, Status]) -> None:
        """From now on read only what is copied from each folder, where folders are labels."""
        self._persist(lambda session: all_mail.look(session, statuses))
        self._all_mail = all_mail

    def take_word(self, content: Content) -> None:
        """From now on list messages only: what they hold is taken from ``content``."""
        self._content = content

    def read(self, folders: Iterable[str], statuses: Mapping[str, Status]) -> Reading:
        """Every message of these folders. A folder that cannot be read is a fault, and the others go on."""
        reading = Reading()
        for folder in folders:
            try:
                shelf, faults = self._persist(partial(self._read_folder, folder, statuses.get(folder)))
            except FolderRefused as error:
                reading.faults.append(Fault(folder, 0, error.what, whole=True))
            else:
                if shelf is not None:
                    reading.messages.add(shelf)
                reading.faults += faults
            self._read = {}
        return reading

    def headers(self, messages: Iterable[Message]) -> dict[Place, bytes]:
        """The headers of these messages, without those of messages and folders that are gone meanwhile."""
        return self._read_each(messages, fetch_headers)

    def essences(self, messages: Iterable[Message]) -> dict[Place, Essence]:
        """The essences of these messages, without those of messages and folders that are gone meanwhile."""

        def fetch(session: Session, uids: Sequence[int]) -> Iterator[tuple[int, Essence]]:
            return ((uid, essence) for uid, _octets, essence in fetch_essences(session, groups_of(uids)))

        return self._read_each(messages, fetch)

    def _read_each(
        self, messages: Iterable[Message], fetch: Callable[[Session, Sequence[int]], Iterator[tuple[int, Answer]]]
    ) -> dict[Place, Answer]:
        by_folder: dict[tuple[str, int], list[int]] = defaultdict(list)
        for message in messages:
            by_folder[message.place.folder, message.place.uidvalidity].append(message.place.uid)
        found: dict[Place, Answer] = {}
        for (folder, uidvalidity), uids in by_folder.items():
            found.update(self._persist(partial(_read_places, fetch, folder, uidvalidity, sorted(uids))))
        return found

    def permanent_flags(self, folder: str) -> frozenset[str] | None:
        """PERMANENTFLAGS of a folder, which are told only to who opens it for changes; None where none are told."""

        def ask(session: Session) -> frozenset[str] | None:
            try:
                permanent = session.select(folder).permanent_flags
            except FolderRefused:
                return None
            session.leave()
            return permanent

        return self._persist(ask)

    def _persist(self, work: Callable[[Session], Answer]) -> Answer:
        """Do ``work``, again over a new connection when the old one broke. Only what brings nothing is given up."""
        failures = 0
        while True:
            before = self._achieved()
            try:
                return work(self._open())
            except ConnectionLost as error:
                failures = failures + 1 if self._achieved() == before else 1
                self._check()
                if self._session is not None:
                    self._session.drop()
                    self._session = None
                if failures >= ATTEMPTS or self._caution.is_at_a_loss():
                    raise
                self._pause(error, failures)

    def _achieved(self) -> int:
        return sum(map(len, self._read.values())) + self._caution.convictions

    def _open(self) -> Session:
        self._check()
        if self._session is None:
            self._session = connect(self._endpoint)
            if self._names is not None:
                self._session.share_names(self._names)
            self._names = self._session.names
        return self._session

    def _check(self) -> None:
        if self._abandoned or self._stopped():
            raise Stopped("the comparison was cut off", where=self._endpoint.where(), remedy="Run it again")

    def _pause(self, error: ConnectionLost, failures: int) -> None:
        """As long as the server asks, else doubling from half a second."""
        named = error.wait if isinstance(error, Throttled) else 0.0
        until = time.monotonic() + min(named or 2.0 ** (failures - 2), _LONGEST_PAUSE)
        while (left := until - time.monotonic()) > 0:
            self._check()
            time.sleep(min(left, 0.25))

    def _read_folder(self, folder: str, status: Status | None, session: Session) -> tuple[Shelf | None, list[Fault]]:
        selected = session.examine(folder)
        if not selected.exists:
            return None, []
        listed = shown = self._all_mail.messages(session, folder) if self._all_mail else list_messages(session)
        if self._all_mail:
            listed = self._all_mail.labels.copied_from(folder, shown)
        digests = self._read_digests(session, folder, selected.uidvalidity, listed)
        silent = UidSet(uid for uid in listed.uids() if uid not in digests)
        # A message that is gone by now was deleted meanwhile; one that is still there was withheld.
        withheld = sorted(fetch_flags(session, silent)) if silent else []
        faults = [Fault(folder, uid, self._why_silent(Place(folder, selected.uidvalidity, uid))) for uid in withheld]
        counted = min(status.messages if status else selected.exists, selected.exists)
        if len(shown) < counted:
            faults.append(Fault(folder, 0, f"the server shows {counted - len(shown)} messages less than it counts"))
        return Shelf(folder, selected.uidvalidity, listed.without(silent), digests), faults

    def _why_silent(self, place: Place) -> str:
        words = self._caution.verdict(place)
        if words is None:
            return "the server lists this message and does not send it"
        return f"the server breaks off when it is to send this message: {words}"

    def _read_digests(self, session: Session, folder: str, uidvalidity: int, listed: MessageList) -> Digests:
        """By uid. A message that was read in another folder is not read again (Gmail has one id for it everywhere)."""
        if self._content is not None:
            return self._content(folder, uidvalidity, listed)
        read = self._read.setdefault(uidvalidity, Digests())
        msgids = {m.uid: m.msgid for m in listed if m.msgid and m.labels} if listed.has_msgids() else {}
        known = {m.uid: m.msgid for m in listed if m.msgid in self._digests} if self._digests else {}
        unread = (uid for uid in listed.uids() if uid not in known and uid not in read)
        for uid, digest in CarefulReader(session, self._caution).read(folder, uidvalidity, unread):
            self._check()
            read.add(uid, digest.raw, digest.canonical, digest.size)
            if uid in msgids:
                self._digests[msgids[uid]] = digest
        return self._in_order(listed, read) if known or not read.is_ordered() else read

    def _in_order(self, listed: MessageList, read: Digests) -> Digests:
        """By ascending uid, with what was read in other folders."""
        found = Digests()
        for message in listed:
            other = self._digests.get(message.msgid)
            digest = read.find(message.uid) or (other and (other.raw, other.canonical, other.size))
            if digest:
                found.add(message.uid, *digest)
        return found


def _read_places(
    fetch: Callable[[Session, Sequence[int]], Iterator[tuple[int, Answer]]],
    folder: str,
    uidvalidity: int,
    uids: Sequence[int],
    session: Session,
) -> dict[Place, Answer]:
    try:
        if session.examine(folder).uidvalidity != uidvalidity:
            return {}
        return {Place(folder, uidvalidity, uid): found for uid, found in fetch(session, uids)}
    except FolderRefused:
        return {}
