# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mailbox that the journal does not know, whose messages are at the destination nevertheless: what to hold back."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from ..core.digest import Digest
from ..core.earlier_pass import Deleted, Home, may_have_been_deleted
from ..core.folders import FolderPair
from ..core.messages import Entry, Listed, Place
from ..core.sync_plan import FolderWork
from .destination_index import DestinationIndex
from .identify import Found, read_suspects
from .journal import Journal
from .rewritten import second_of
from .source_reader import SourceReader

WHY_HELD = (
    "not at the destination, where other mail of this source lies and some has gone; without a journal of earlier"
    " passes nobody knows whether they were never copied or were deleted there"
)
HELD_REMEDY = (
    "If no pass of this mailbox came before this one, or what its user deleted may come back: run with recopy: true to"
    " copy them"
)
_FOLDERS_BEFORE = "folders_before"
_UNREAD = Digest(b"", b"", 0, 0)


def folders_before(journal: Journal, index: DestinationIndex, *, writing: bool) -> frozenset[str]:
    """The folders that the destination had when this new journal was begun.

    Those made since say nothing of earlier passes: an attempt that broke off may have made them.
    """
    noted = journal.recall(_FOLDERS_BEFORE)
    if noted:
        return frozenset(json.loads(noted))
    folders = index.folders()
    if writing:
        journal.remember(_FOLDERS_BEFORE, json.dumps(sorted(folders)))
    return folders


def works_to_hold(
    pairs: Sequence[FolderPair],
    works: Sequence[FolderWork],
    found: Found,
    index: DestinationIndex,
    before: Collection[str],
) -> list[FolderWork]:
    """The works with those of their new messages that are held back; ``before`` are the :func:`folders_before`.

    See :mod:`..core.earlier_pass`.
    """
    newest = max((second_of(each.message.internaldate) or 0.0 for each, _unused in found.matched), default=0.0)
    deleted = _deleted(pairs, works, found, index, before, newest)
    held = [work for work in works if work.pair.destination in deleted.all_of]
    strays = [work for work in works if work.pair.destination in deleted.older_of]
    return held + [replace(work, new=work.new.where(partial(_is_older, newest))) for work in strays]


def _is_older(newest: float, message: Listed) -> bool:
    second = second_of(message.internaldate)
    return second is not None and second < newest


def _deleted(
    pairs: Sequence[FolderPair],
    works: Sequence[FolderWork],
    found: Found,
    index: DestinationIndex,
    before: Collection[str],
    newest: float,
) -> Deleted:
    targets = {pair.destination for pair in pairs}
    missing: dict[str, list[Listed]] = defaultdict(list)
    passed_over: Counter[str] = Counter()
    last = _last_found(found)
    for work in works:
        missing[work.pair.destination] += work.new
        passed_over[work.pair.destination] += sum(message.uid < last[work.pair.source] for message in work.new)
    at_home = Counter(suspect.work.pair.destination for suspect, _unused in found.matched)
    elsewhere = Counter(
        suspect.work.pair.destination
        for suspect, copy in found.matched
        # One in a folder that messages are copied to may never have been anywhere else.
        if copy.place.folder not in targets
    )
    # Beyond what is found elsewhere or misses in its own folder: a message may have moved at the source since then.
    spare = index.gone_beyond(elsewhere + Counter({folder: len(new) for folder, new in missing.items()}))
    homes = [
        Home(
            folder,
            len(new),
            at_home[folder],
            _lacking(index, folder, new, elsewhere[folder], spare),
            sum(_is_older(newest, message) for message in new),
            passed_over[folder],
            folder in before and index.knows(folder),
        )
        for folder, new in sorted(missing.items())
    ]
    # Servers make folders with a role by themselves: they say nothing about an earlier pass.
    planned = {pair.destination for pair in pairs if pair.role is None and pair.selectable}
    made = sum(folder in before and index.knows(folder) for folder in planned)
    return may_have_been_deleted(homes, folders_made=made, folders_planned=len(planned))


def _last_found(found: Found) -> Counter[str]:
    """By source folder the highest uid of what was found in the folder where it belongs."""
    last: Counter[str] = Counter()
    for suspect, copy in found.matched:
        if copy.place.folder == suspect.work.pair.destination:
            last[suspect.source.folder] = max(last[suspect.source.folder], suspect.source.uid)
    return last


def _lacking(
    index: DestinationIndex, folder: str, missing: Iterable[Listed], found_elsewhere: int, spare: int
) -> int | None:
    """How many may have left this folder, or another one (``spare``)."""
    gone = index.gone(folder) if index.knows(folder) else 0
    if gone is None:
        return None
    return max(gone - found_elsewhere, spare, 0) + _altered(index, folder, missing)


def _altered(index: DestinationIndex, folder: str, missing: Iterable[Listed]) -> int:
    """How many of these may lie there after all, altered by the server beyond recognition: of their very second."""
    theirs = Counter(second_of(index.listed(copy).internaldate) for copy in index.since(folder, 1))
    ours = Counter(second_of(message.internaldate) for message in missing)
    return sum(count for second, count in (theirs & ours).items() if second is not None)


def entries_to_hold(works: Iterable[FolderWork], source: SourceReader) -> list[Entry]:
    """The new messages of these works as the journal holds them back, read so that they are known again later."""
    entries = []
    held = [work for work in works if work.new]
    digests = {suspect.source: suspect.digest for suspect in read_suspects(held, source)}
    for work in held:
        for message in work.new:
            place = Place(work.pair.source, work.uidvalidity, message.uid)
            digest = digests.get(place, _UNREAD)
            entries.append(Entry(place, message.size, message.internaldate, digest, work.pair.destination, None))
    return entries


def hold(journal: Journal, entries: Sequence[Entry], now: float) -> None:
    """Enter that these messages are copied only when told."""
    journal.hold(entries, WHY_HELD, now)
