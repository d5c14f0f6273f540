# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Finding messages again: open intents of a run that died, moves at the source, what was at the destination before."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..core.digest import Digest
from ..core.identity import Likeness, claim, pair_up
from ..core.messages import CONFIRMED, Copy, Entry, Listed, Place, Row
from ..core.sync_plan import FolderWork
from .careful_reader import CarefulReader
from .destination_index import DestinationIndex
from .journal import Journal
from .rewritten import confirm_rewritten, match_rewritten, place_by_date
from .source_reader import SourceReader
from .tally import Tally

_POLL = 0.25
# How long a server could hold a message back, in seconds: queues are given up after some days.
_LATEST = 5 * 86400.0


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
    """What was found again. ``moved`` are confirmed rows whose message lies elsewhere at the source now, ``set_aside``
    those that were not copied (held or refused); ``matched`` are at the destination though the journal did not know
    it; ``waiting`` may be messages that were copied from where the source cannot be read now."""

    moved: tuple[tuple[Row, Suspect], ...] = ()
    set_aside: tuple[tuple[Row, Suspect], ...] = ()
    matched: tuple[tuple[Suspect, Copy], ...] = ()
    waiting: tuple[tuple[Row, Suspect], ...] = ()


def recover(
    journal: Journal, index: DestinationIndex, source: CarefulReader, *, settle: float, now: Callable[[], float]
) -> int:
    """Settle every open intent: confirmed where its message is found, to be sent again where it is not. Count found.

    What is not found is looked for during ``settle`` seconds. They count from now and not from the intent: a large
    batch may have been on its way for long when its sender died. What turns up later still is told of by
    :func:`report_late`.
    """
    intents = journal.open_intents()
    if not intents:
        return 0
    index.scan()
    # Confirmed copies come first: of twins, one that is surely there is not taken for one that may not be.
    _confirm_found(journal.unplaced(), journal, index)
    until = time.monotonic() + settle
    found = _confirm_intents(intents, journal, index)
    found += confirm_rewritten(journal.open_intents(), source, journal, index)
    while (intents := journal.open_intents()) and time.monotonic() < until:
        time.sleep(_POLL)
        index.rescan({row.destination.folder for row in intents if index.knows(row.destination.folder)})
        found += _confirm_intents(intents, journal, index)
    found += confirm_rewritten(intents, source, journal, index)
    journal.send_again(journal.open_intents(), now())
    return found


def report_late(journal: Journal, index: DestinationIndex, tally: Tally, now: float) -> None:
    """Say which messages lie twice at the destination because a server stored late what an interrupted run had sent.

    Nobody but the user may remove one: it cannot be told from a copy that the user made.
    """
    waiting = journal.resent()
    journal.forget_resent(entry.id for entry in waiting if now - entry.time > _LATEST)
    waiting = [entry for entry in waiting if index.knows(entry.destination.folder)]
    if not waiting:
        return
    index.rescan({entry.destination.folder for entry in waiting})
    sent_again = {row.digest.canonical for row in journal.rows_of_content(entry.canonical for entry in waiting)}
    waiting = [entry for entry in waiting if entry.canonical in sent_again]
    sizes = frozenset(size for entry in waiting for size in entry.sizes)
    copies = {(copy.canonical, copy.place.folder): copy for copy in index.read(Likeness(sizes, frozenset()))}
    for entry in waiting:
        copy = copies.pop((entry.canonical, entry.destination.folder), None)
        if copy is not None and copy.place.uid >= entry.destination.uid:
            tally.warn(
                f"{copy.place.folder}: message {copy.place.uid} is there twice: the server stored it after an"
                f" interrupted run had given it up and it was sent again (at the source {entry.source.folder}, uid"
                f" {entry.source.uid}); remove one of both by hand"
            )


def place_unplaced(journal: Journal, index: DestinationIndex) -> None:
    """Learn the uids of confirmed copies at a server that tells none with APPEND (no UIDPLUS)."""
    rows = journal.unplaced()
    if rows:
        index.rescan({row.destination.folder for row in rows})
        _confirm_found(rows, journal, index)
        place_by_date(journal.unplaced(), journal, index)


def _confirm_found(rows: Sequence[Row], journal: Journal, index: DestinationIndex) -> None:
    _locate(rows, index.read(Likeness.of_rows(rows)), journal, index)


def _confirm_intents(intents: Sequence[Row], journal: Journal, index: DestinationIndex) -> int:
    """Confirm those of these intents whose copy is found; what the user moved of a twin's is that twin's."""
    rows = [*intents, *_astray({row.digest.canonical for row in intents}, journal, index)]
    places = _locate(rows, index.read(Likeness.of_rows(rows)), journal, index)
    return sum(row.id in places for row in intents)


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
    unseen: Sequence[Row],
    source: SourceReader,
    journal: Journal,
    index: DestinationIndex,
    *,
    read_all: bool,
) -> Found:
    """Tell which new messages are known ones.

    ``vanished`` are rows of messages that left their place, ``unseen`` of those that may have. With ``read_all`` (no
    journal) every unknown copy is read.
    """
    if not any(work.new for work in works):
        return Found()
    index.scan()
    if not vanished and not unseen and not index.unknown():
        return Found()
    suspects = read_suspects(works, source, index.likeness() | Likeness.of_rows([*vanished, *unseen]))
    # Of twins, one that was copied is known again before one that was not.
    known = _pair(suspects, sorted(vanished, key=lambda row: row.state != CONFIRMED))
    gone = {suspect.source for suspect, _unused in known}
    rest = [suspect for suspect in suspects if suspect.source not in gone]
    matched = _match(rest, journal, index, read_all=read_all)
    if read_all and not matched:
        matched = match_rewritten(rest, source, index)
    moved = tuple((row, suspect) for suspect, row in known if row.state == CONFIRMED)
    set_aside = tuple((row, suspect) for suspect, row in known if row.state != CONFIRMED)
    there = {suspect.source for suspect, _unused in matched}
    waiting = _pair([suspect for suspect in rest if suspect.source not in there], unseen)
    return Found(moved, set_aside, tuple(matched), tuple((row, suspect) for suspect, row in waiting))


def _pair(suspects: Sequence[Suspect], rows: Sequence[Row]) -> list[tuple[Suspect, Row]]:
    return pair_up(
        suspects,
        rows,
        lambda suspect: (suspect.digest.canonical, suspect.work.pair.source),
        lambda row: (row.digest.canonical, row.source.folder),
    )


def read_suspects(works: Sequence[FolderWork], source: SourceReader, likeness: Likeness | None = None) -> list[Suspect]:
    """The new messages that look like something known (None: all of them), with their digests."""
    suspects = []
    for work in works:
        by_uid = {message.uid: message for message in work.new if likeness is None or likeness.fits(message)}
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
    _locate(_astray(canonicals, journal, index), copies, journal, index)


def _astray(canonicals: Iterable[bytes], journal: Journal, index: DestinationIndex) -> list[Row]:
    """Confirmed rows of these contents whose copy is not where it was; all folders are listed by now."""
    return [row for row in journal.rows_of_content(canonicals) if not index.holds(row.destination)]


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
