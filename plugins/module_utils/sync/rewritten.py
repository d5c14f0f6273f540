# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finding copies again at a server that rewrites mail while storing it, so that no digest is that of what was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from ..core.errors import FolderChanged, FolderRefused
from ..core.essence import Essence, pair_rewritten
from ..core.internaldate import parse_internaldate
from ..core.messages import Copy, Listed, Place, Row
from .careful_reader import CarefulReader
from .destination_index import DestinationIndex
from .journal import Journal


class NewMessage(Protocol):
    """A message of the source that may be known already."""

    @property
    def source(self) -> Place: ...

    @property
    def message(self) -> Listed: ...


Item = TypeVar("Item")
New = TypeVar("New", bound=NewMessage)


def confirm_rewritten(rows: Sequence[Row], source: CarefulReader, journal: Journal, index: DestinationIndex) -> int:
    """Settle open intents whose copy came after their UIDNEXT and is what a server made of their message. Count them.

    Only what the journal does not account for is read, and of the source only these messages.
    """
    candidates = [copy for row in rows for copy in index.since(row.destination.folder, row.uidnext)]
    if not candidates:
        return 0
    wanted = _essences(source, rows, lambda row: row.source, lambda row: row.listed_size)
    found = _copies(index, dict.fromkeys(candidates))
    pairs = pair_rewritten(wanted, found, _came_after)
    with journal.together():
        for row, copy in pairs:
            journal.locate(row, copy.place)
            index.take(copy)
    return len(pairs)


def _came_after(row: Row, copy: Copy) -> bool:
    place = row.destination
    same_folder = place.folder == copy.place.folder and place.uidvalidity in (0, copy.place.uidvalidity)
    return same_folder and copy.place.uid >= row.uidnext


def place_by_date(rows: Sequence[Row], journal: Journal, index: DestinationIndex) -> None:
    """Learn the uids of confirmed copies that are not what was sent: those of the same instant, in the order sent."""
    shelves: dict[tuple[str, float | None], list[Copy]] = defaultdict(list)
    for folder in {row.destination.folder for row in rows}:
        for copy in sorted(index.since(folder, 1), key=lambda copy: copy.place.uid):
            shelves[folder, second_of(index.listed(copy).internaldate)].append(copy)
    with journal.together():
        for row in sorted(rows, key=lambda row: row.id):
            instant = second_of(row.internaldate)
            shelf = shelves[row.destination.folder, instant] if instant is not None else []
            found = next((copy for copy in shelf if _came_after(row, copy)), None)
            if found is not None:
                shelf.remove(found)
                journal.locate(row, found.place)
                index.take(found)


def match_rewritten(suspects: Sequence[New], source: CarefulReader, index: DestinationIndex) -> list[tuple[New, Copy]]:
    """Copies, of the same instant, that are what a server made of new messages; they are accounted for then."""
    unknown = index.read(None)
    instants = {second_of(index.listed(copy).internaldate) for copy in unknown} - {None}
    likely = [suspect for suspect in suspects if second_of(suspect.message.internaldate) in instants]
    if not likely:
        return []
    wanted = _essences(source, likely, lambda new: new.source, lambda new: new.message.size)
    found = _copies(index, unknown)
    pairs = pair_rewritten(
        wanted,
        found,
        lambda new, copy: second_of(new.message.internaldate) == second_of(index.listed(copy).internaldate),
    )
    for _unused, copy in pairs:
        index.take(copy)
    return pairs


def second_of(internaldate: bytes) -> float | None:
    """The second of a message's INTERNALDATE; None for none that is a date."""
    date = parse_internaldate(internaldate)
    return date.timestamp() if date else None


def _copies(index: DestinationIndex, copies: Iterable[Copy]) -> list[tuple[Copy, Essence]]:
    return _essences(index.reader, copies, lambda copy: copy.place, lambda copy: copy.size)


def _essences(
    reader: CarefulReader, items: Iterable[Item], place_of: Callable[[Item], Place], size_of: Callable[[Item], int]
) -> list[tuple[Item, Essence]]:
    """The items whose message is there and given out, each with its essence, in the order given."""
    by_folder: dict[tuple[str, int], dict[int, Item]] = defaultdict(dict)
    for item in items:
        place = place_of(item)
        by_folder[place.folder, place.uidvalidity][place.uid] = item
    found: list[tuple[Item, Essence]] = []
    for (folder, uidvalidity), by_uid in by_folder.items():
        sizes = {uid: size_of(item) for uid, item in by_uid.items()}
        try:
            found += [(by_uid[uid], each) for uid, each in reader.essences(folder, uidvalidity, sizes)]
        except (FolderRefused, FolderChanged):
            continue
    return found
