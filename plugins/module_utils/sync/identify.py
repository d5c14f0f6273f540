# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finding messages again: open intents of a run that died, moves at the source, what was at the destination before."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.digest import Digest
from ..core.flags import permitted, same_flags
from ..core.identity import Likeness, claim, pair_up
from ..core.messages import Copy, Entry, Listed, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.session import Session
from .destination_index import DestinationIndex
from .journal import Journal
from .rewritten import confirm_rewritten, match_rewritten, place_by_date
from .source_reader import SourceReader

_POLL = 0.25


@dataclass(frozen=True)
class Suspect:
    """A new message that may be known already, with its content's digest."""

    work: FolderWork
    message: Listed
    digest: Digest

    @property
    def source(self) -> Place:
        return Place(self.work.pair.source, self.work.uidvalidity, self.message.uid)


@dataclass(frozen=True)
class Found:
    """What was found again. ``moved`` are rows whose message lies elsewhere at the source now; ``matched`` are at the
    destination though the journal did not know it."""

    moved: tuple[tuple[Row, Suspect], ...] = ()
    matched: tuple[tuple[Suspect, Copy], ...] = ()

    def sources(self) -> frozenset[Place]:
        moved = (suspect.source for _row, suspect in self.moved)
        matched = (suspect.source for suspect, _copy in self.matched)
        return frozenset((*moved, *matched))


def recover(journal: Journal, index: DestinationIndex, source: Session, *, settle: float) -> int:
    """Settle every open intent: confirmed where its message is found, forgotten where it is not. Count found.

    What is not found is looked for during ``settle`` seconds. They count from now and not from the intent: a large
    batch may have been on its way for long when its sender died.
    """
    intents = journal.open_intents()
    if not intents:
        return 0
    index.scan()
    # Confirmed copies come first: of twins, one that is surely there is not taken for one that may not be.
    _confirm_found(journal.unplaced(), journal, index)
    until = time.monotonic() + settle
    found = _confirm_found(intents, journal, index)
    found += confirm_rewritten(journal.open_intents(), source, journal, index)
    while (intents := journal.open_intents()) and time.monotonic() < until:
        time.sleep(_POLL)
        index.rescan({row.destination.folder for row in intents if index.knows(row.destination.folder)})
        found += _confirm_found(intents, journal, index)
    found += confirm_rewritten(intents, source, journal, index)
    journal.forget(row.id for row in journal.open_intents())
    return found


def place_unplaced(journal: Journal, index: DestinationIndex) -> None:
    """Learn the uids of confirmed copies at a server that tells none with APPEND (no UIDPLUS)."""
    rows = journal.unplaced()
    if rows:
        index.rescan({row.destination.folder for row in rows if index.knows(row.destination.folder)})
        _confirm_found(rows, journal, index)
        place_by_date(journal.unplaced(), journal, index)


def _confirm_found(rows: Sequence[Row], journal: Journal, index: DestinationIndex) -> int:
    return len(_locate(rows, index.read(Likeness.of_rows(rows)), journal, index))


def _locate(rows: Sequence[Row], copies: Sequence[Copy], journal: Journal, index: DestinationIndex) -> dict[int, Place]:
    """Enter where the copies of these rows are found to lie; by the id of the row."""
    pairs = claim(rows, copies)
    with journal.together():
        for row, copy in pairs:
            journal.locate(row, copy.place)
            index.take(copy)
    return {row.id: copy.place for row, copy in pairs}


def relocate(works: Sequence[FolderWork], journal: Journal, index: DestinationIndex) -> list[FolderWork]:
    """The works with the present places of copies to re-flag whose folder has another UIDVALIDITY than it had."""
    stale = {row.digest.canonical for work in works for row, _unused in work.reflag if _is_stale(row, index)}
    if not stale:
        return list(works)
    # All rows of the same content, for twins are told apart by their order.
    rows = [row for row in journal.rows_of_content(stale) if _is_stale(row, index)]
    folders = {row.destination.folder for row in rows}
    index.scan(folders)
    copies = [copy for copy in index.read(Likeness.of_rows(rows)) if copy.place.folder in folders]
    places = _locate(rows, copies, journal, index)
    return [replace(work, reflag=tuple(_moved_to(places, row, flags) for row, flags in work.reflag)) for work in works]


def _is_stale(row: Row, index: DestinationIndex) -> bool:
    place = row.destination
    return index.knows(place.folder) and index.uidvalidity(place.folder) != place.uidvalidity


def _moved_to(places: Mapping[int, Place], row: Row, flags: frozenset[str]) -> tuple[Row, frozenset[str]]:
    return replace(row, destination=places.get(row.id, row.destination)), flags


def identify(
    works: Sequence[FolderWork],
    vanished: Sequence[Row],
    source: SourceReader,
    journal: Journal,
    index: DestinationIndex,
    *,
    read_all: bool,
) -> Found:
    """Tell which new messages are known ones. With ``read_all`` (no journal) every unknown copy is read."""
    if not any(work.new for work in works):
        return Found()
    index.scan()
    if not vanished and not index.unknown():
        return Found()
    suspects = _read_suspects(works, index.likeness() | Likeness.of_rows(vanished), source)
    moved = pair_up(
        suspects,
        vanished,
        lambda suspect: (suspect.digest.canonical, suspect.work.pair.source),
        lambda row: (row.digest.canonical, row.source.folder),
    )
    gone = {suspect.source for suspect, _unused in moved}
    rest = [suspect for suspect in suspects if suspect.source not in gone]
    matched = _match(rest, journal, index, read_all=read_all)
    if read_all and not matched:
        matched = match_rewritten(rest, source.session, index)
    return Found(tuple((row, suspect) for suspect, row in moved), tuple(matched))


def _read_suspects(works: Sequence[FolderWork], likeness: Likeness, source: SourceReader) -> list[Suspect]:
    """Digests of the new messages that look like something known."""
    suspects = []
    for work in works:
        by_uid = {message.uid: message for message in work.new if likeness.fits(message)}
        if not by_uid:
            continue
        for uid, digest in source.digests(work.pair.source, work.uidvalidity, list(by_uid.values())):
            suspects.append(Suspect(work, by_uid[uid], digest))
    return suspects


def _match(
    suspects: Sequence[Suspect], journal: Journal, index: DestinationIndex, *, read_all: bool
) -> list[tuple[Suspect, Copy]]:
    sizes = frozenset(size for suspect in suspects for size in (suspect.digest.size, suspect.digest.canonical_size))
    likeness = Likeness.of_listed(suspect.message for suspect in suspects) | Likeness(sizes, frozenset())
    copies = index.read(None if read_all else likeness)
    _settle_astray({suspect.digest.canonical for suspect in suspects}, copies, journal, index)
    copies = [copy for copy in copies if index.has(copy)]
    pairs = pair_up(
        suspects,
        copies,
        lambda suspect: (suspect.digest.canonical, suspect.work.pair.destination),
        lambda copy: (copy.canonical, copy.place.folder),
    )
    for _unused, copy in pairs:
        index.take(copy)
    return pairs


def _settle_astray(
    canonicals: Iterable[bytes], copies: Sequence[Copy], journal: Journal, index: DestinationIndex
) -> None:
    """Rows whose copy was moved at the destination come first: such a copy is theirs, not a new message's."""
    astray = [row for row in journal.rows_of_content(canonicals) if not index.holds(row.destination)]
    _locate(astray, copies, journal, index)


def take_copy(digest: Digest, folder: str, journal: Journal, index: DestinationIndex) -> Copy | None:
    """An unknown copy of a message that is about to be sent to ``folder``; it is accounted for then."""
    if not index.copies_of(digest.canonical):
        return None
    # Lanes come here side by side.
    with journal.together():
        _settle_astray([digest.canonical], index.copies_of(digest.canonical), journal, index)
        return index.take_content(digest.canonical, folder)


def enter_matches(found: Found, journal: Journal, now: float) -> None:
    """Enter what was at the destination already; without a base, so that its flags stay as they are."""
    journal.match(((_entry(suspect, copy), copy.place) for suspect, copy in found.matched), now)


def _entry(suspect: Suspect, copy: Copy) -> Entry:
    message = suspect.message
    return Entry(suspect.source, message.size, message.internaldate, suspect.digest, copy.place.folder, None)


def stayed(moved: Sequence[tuple[Row, Suspect]], permanent: frozenset[str] | None) -> list[FolderWork]:
    """Works that bring changed flags to messages that are known again, and whose copy was not to be moved."""
    works = []
    for row, suspect in moved:
        flags = suspect.message.flags
        here = row.destination.folder == suspect.work.pair.destination
        if here and row.flags is not None and not same_flags(permitted(flags, permanent)[0], row.flags):
            works.append(FolderWork(suspect.work.pair, suspect.work.uidvalidity, reflag=((row, flags),)))
    return works


def group_by_destination(rows: Iterable[tuple[Row, Suspect]]) -> dict[tuple[str, int, str], list[tuple[Row, Suspect]]]:
    """Moves that one command can make: by folder and UIDVALIDITY they lie in and folder they belong to."""
    groups: dict[tuple[str, int, str], list[tuple[Row, Suspect]]] = defaultdict(list)
    for row, suspect in rows:
        key = (row.destination.folder, row.destination.uidvalidity, suspect.work.pair.destination)
        groups[key].append((row, suspect))
    return groups
