# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the destination holds that the journal does not account for, read no further than needed."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from ..core.errors import FolderRefused
from ..core.identity import Likeness
from ..core.messages import Copy, Listed, Place
from ..core.uids import UidSet, split_sets
from ..imap.fetch import Listing, PresentUids
from ..imap.listing import Status
from ..imap.session import Session
from ..imap.visits import Ask, Visit, visit_ahead
from .careful_reader import CarefulReader
from .caution import Caution

# Unknown uids of a folder that name more sets than this are listed with all others.
_MOST_SETS = 4
KnownUids = Callable[[str, int], UidSet]


class DestinationIndex:
    """Messages at the destination that the journal does not know, as they are listed and, once read, by content.

    :param known_uids: the journal's uids at a folder and UIDVALIDITY.
    :param caution: what is known of messages that break the connection; those that it has given up are never read.
    """

    def __init__(
        self, session: Session, statuses: Mapping[str, Status], known_uids: KnownUids, caution: Caution
    ) -> None:
        self.session = session
        self.reader = CarefulReader(session, caution)
        self._statuses = dict(statuses)
        self._known_uids = known_uids
        self._unknown: dict[Place, Listed] = {}
        self._present: dict[tuple[str, int], UidSet] = defaultdict(UidSet)
        self._accounted: dict[str, int] = {}
        self._made: set[str] = set()
        self._scanned: set[str] = set()
        self._copies: dict[Place, Copy] = {}
        self._places: dict[bytes, set[Place]] = defaultdict(set)
        self._lock = threading.Lock()

    def scan(self, folders: Iterable[str] | None = None) -> None:
        """List these folders, or all, and note what is unknown there."""
        looks: dict[str, _Look] = {}
        for folder in sorted(self._statuses if folders is None else folders):
            status = self._statuses.get(folder)
            if folder in self._scanned or status is None or not status.messages:
                continue
            self._scanned.add(folder)
            known = self._known_uids(folder, status.uidvalidity)
            if _holds_ours_alone(status, known):
                with self._lock:
                    self._present[folder, status.uidvalidity] = known
            else:
                looks[folder] = _Look(self.session, known, status.uidvalidity)
        if looks:
            self._look(looks)

    def rescan(self, folders: Iterable[str]) -> None:
        """List these folders again, as far as they are there, those too that were made since.

        A server may finish what it was sent before the connection broke.
        """
        for folder in sorted(set(folders)):
            with suppress(FolderRefused):
                self._statuses[folder] = self.session.status(folder)
                self._scanned.discard(folder)
        self.scan(folders)

    def holds(self, place: Place) -> bool:
        """Whether a message lies at ``place``; only for folders that were listed."""
        return place.uid in self._present.get((place.folder, place.uidvalidity), ())

    def note(self, folder: str, uidvalidity: int, uids: Iterable[int]) -> None:
        """Enter copies that were made since the folder was listed."""
        with self._lock:
            present = self._present[folder, uidvalidity]
            for uid in uids:
                present.add(uid)

    def add_made(self, folders: Iterable[str]) -> None:
        """Enter folders that were created since the destination was listed."""
        self._made.update(folders)

    def folders(self) -> frozenset[str]:
        """The folders that the destination had when it was listed."""
        return frozenset(self._statuses)

    def knows(self, folder: str) -> bool:
        """Whether the destination had this folder when it was listed."""
        return folder in self._statuses

    def exists(self, folder: str) -> bool:
        """Whether it has this folder now."""
        return folder in self._statuses or folder in self._made

    def gone(self, folder: str) -> int | None:
        """How many uids of a known folder neither the server lists nor the journal knows; None: it tells no UIDNEXT."""
        status = self._statuses[folder]
        if folder not in self._accounted:
            self._accounted[folder] = len(self._known_uids(folder, status.uidvalidity))
        return max(status.uidnext - 1 - self._accounted[folder], 0) if status.uidnext else None

    def gone_beyond(self, explained: Mapping[str, int]) -> int:
        """The same of all folders that tell it, as far as it is more than is ``explained`` in each."""
        return sum(max((self.gone(folder) or 0) - explained.get(folder, 0), 0) for folder in self._statuses)

    def uidvalidity(self, folder: str) -> int:
        """The UIDVALIDITY of a folder that is known."""
        return self._statuses[folder].uidvalidity

    def unknown(self) -> int:
        """How many messages the journal does not account for in the folders listed."""
        return len(self._unknown)

    def read(self, likeness: Likeness | None) -> list[Copy]:
        """Unknown messages that may be one of these (None: all of them), with their content's digest."""
        wanted = [place for place, listed in self._unknown.items() if likeness is None or likeness.fits(listed)]
        self._read_digests([place for place in wanted if place not in self._copies])
        return [self._copies[place] for place in wanted if place in self._copies]

    def since(self, folder: str, uidnext: int) -> list[Copy]:
        """Unknown messages of a folder from this uid on; those that were not read are without content."""
        places = [place for place in self._unknown if place.folder == folder and place.uid >= uidnext]
        return [self._copies.get(place) or _copy(self._unknown[place], place) for place in places]

    def listed(self, copy: Copy) -> Listed:
        """An unknown message as the server lists it."""
        return self._unknown[copy.place]

    def likeness(self) -> Likeness:
        """What the unknown messages look like."""
        return Likeness.of_listed(self._unknown.values())

    def has(self, copy: Copy) -> bool:
        """Whether a copy is not accounted for yet."""
        return copy.place in self._unknown

    def copies_of(self, canonical: bytes) -> list[Copy]:
        """Unknown messages with this content, out of those that were read."""
        if canonical not in self._places:
            return []
        with self._lock:
            return [self._copies[place] for place in self._places.get(canonical, ())]

    def take(self, copy: Copy) -> None:
        """A copy is accounted for now."""
        with self._lock:
            self._drop(copy)

    def take_content(self, canonical: bytes, folder: str) -> Copy | None:
        """Take an unknown message with this content out of those that were read; one in ``folder`` first."""
        with self._lock:
            places = self._places.get(canonical)
            if not places:
                return None
            best = min(places, key=lambda place: (place.folder != folder, place.folder, place.uid))
            copy = self._copies[best]
            self._drop(copy)
            return copy

    def _drop(self, copy: Copy) -> None:
        self._unknown.pop(copy.place, None)
        self._copies.pop(copy.place, None)
        self._places[copy.canonical].discard(copy.place)

    def _look(self, looks: dict[str, _Look]) -> None:
        """List what is unknown in these folders. Raises what the server refuses."""
        visits = deque(Visit(folder, look.asks) for folder, look in looks.items())
        asked_further: set[str] = set()
        for visited in visit_ahead(self.session, visits):
            if visited.error is not None:
                raise visited.error
            folder = visited.visit.folder
            look, selected = looks[folder], visited.selected
            if selected is None or not selected.exists:
                continue
            if look.uidvalidity != selected.uidvalidity:
                known = self._known_uids(folder, selected.uidvalidity)
                looks[folder] = look = _Look(self.session, known, selected.uidvalidity)
                visits.append(Visit(folder, look.asks))
                continue
            further = look.further() if folder not in asked_further else ()
            if further:
                asked_further.add(folder)
                visits.append(Visit(folder, further))
            else:
                self._enter(folder, look)

    def _enter(self, folder: str, look: _Look) -> None:
        """Enter what was found."""
        present = look.present()
        self._accounted[folder] = len(present) + sum(uid not in present for uid in look.known)
        with self._lock:
            self._present[folder, look.uidvalidity] = present
        for message in look.listing.messages():
            if message.uid not in look.known:
                self._unknown[Place(folder, look.uidvalidity, message.uid)] = message

    def _read_digests(self, places: list[Place]) -> None:
        by_folder: dict[tuple[str, int], list[int]] = defaultdict(list)
        for place in places:
            by_folder[place.folder, place.uidvalidity].append(place.uid)
        for (folder, uidvalidity), uids in by_folder.items():
            for uid, digest in self.reader.read(folder, uidvalidity, uids):
                place = Place(folder, uidvalidity, uid)
                self._copies[place] = _copy(self._unknown[place], place, digest.canonical)
                self._places[digest.canonical].add(place)


def _copy(listed: Listed, place: Place, canonical: bytes = b"") -> Copy:
    return Copy(place, listed.size, canonical, listed.internaldate)


def _holds_ours_alone(status: Status, known: UidSet) -> bool:
    """Whether every uid that was ever given out there is one of ours, and is there still: nothing to list then."""
    return len(known) == status.messages == status.uidnext - 1 and known.last < status.uidnext


class _Look:
    """What is asked of one folder: which uids are there, and then what the unknown ones are; or all at once."""

    def __init__(self, session: Session, known: UidSet, uidvalidity: int) -> None:
        self.known = known
        self.uidvalidity = uidvalidity
        self.listing = Listing(session)
        self._uids = PresentUids() if known and session.has("ESEARCH") else None
        self.asks = (self._uids.ask if self._uids else self._all(),)

    def further(self) -> tuple[Ask, ...]:
        """What is to be asked after the answers to the first asks."""
        if self._uids is None:
            return ()
        sets = list(split_sets(self._uids.uids.without(self.known))) if self._uids.told else []
        if self._uids.told and len(sets) <= _MOST_SETS:
            return tuple(self.listing.ask(uid_set.encode()) for uid_set in sets)
        self._uids = None
        return (self._all(),)

    def present(self) -> UidSet:
        """The uids that are there."""
        return self._uids.uids if self._uids else UidSet(message.uid for message in self.listing.messages())

    def _all(self) -> Ask:
        return self.listing.ask(b"1:*")
