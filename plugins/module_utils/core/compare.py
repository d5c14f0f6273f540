# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Source against destination, message by message: every difference, and whether the journal explains it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from .difference import (
    ACCEPTED,
    DELETED,
    DUPLICATED,
    LOST,
    MISSING,
    NOT_TAKEN,
    TAKEN_BACK,
    USER_DELETED,
    WAITING,
    WITHHELD,
    Difference,
    Facts,
)
from .flags import permitted
from .internaldate import is_absurd, parse_internaldate, same_date
from .matching import Expected, Knowledge, Matching, Pair, is_deleted
from .messages import CONFIRMED, HELD, INTENDED, REFUSED, WITHDRAWING, WITHDRAWN, Message, Place, Row
from .pair_verdict import altered, pair_differences, settled_differences
from .settling import Settled

# So many copies, and not one of them there: that is a loss, not somebody who tidied up.
ALL_GONE = 10

_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


class _Why(NamedTuple):
    cause: str
    reason: str
    explained: bool = False


@dataclass(frozen=True)
class Comparison:
    """The verdict on the messages. ``excluded`` are marked ``\\Deleted`` at the source and were never copied.

    ``identical`` and ``normalised`` are pairs beside those that are ``settled``.
    """

    differences: tuple[Difference, ...]
    identical: tuple[Pair, ...]
    normalised: tuple[Pair, ...]
    excluded: tuple[Message, ...]
    extra: tuple[Message, ...]
    settled: Settled = field(default_factory=Settled)

    def paired(self) -> Counter[Paired]:
        """How many messages have their copies, by folder."""
        counts: Counter[Paired] = Counter()
        for pairs, is_identical in ((self.identical, True), (self.normalised, False)):
            counts.update(
                Paired(pair.expected.source.place.folder, pair.expected.folder, is_identical)
                for pair in pairs
                if pair.expected.source is not None
            )
        for kind, number in self.settled.counts.items():
            counts[Paired(kind.source, kind.folder, kind.is_identical)] += number
        return counts


class Paired(NamedTuple):
    """What pairs are counted by: the source folder, the one where the copies should be, and whether they are equal to
    the octet."""

    source: str
    folder: str
    is_identical: bool


def compare(matching: Matching, facts: Facts) -> Comparison:
    """Judge everything in ``matching``. No difference is left out, the explained ones neither."""
    present = [pair for pair in matching.pairs if pair.expected.source is not None]
    excluded: list[Message] = []
    all_gone = _all_gone(matching)
    differences = [altered(pair) for pair in matching.altered]
    for item in matching.lost:
        if item.source is None or _is_unjudged(item, facts):
            continue
        if is_deleted(item.source) and not item.was_copied:
            excluded.append(item.source)
        else:
            differences.append(_missing(item, item.source, facts, all_gone=all_gone))
    differences.extend(_of_pairs(present, matching.settled, facts))
    duplicated, extra = _unaccounted(matching)
    return Comparison(
        (*differences, *duplicated),
        tuple(pair for pair in present if pair.expected.source and pair.copy.raw == pair.expected.source.raw),
        tuple(pair for pair in present if pair.expected.source and pair.copy.raw != pair.expected.source.raw),
        tuple(excluded),
        (*extra, *matching.foreign),
        matching.settled,
    )


def _of_pairs(present: Iterable[Pair], settled: Settled, facts: Facts) -> Iterator[Difference]:
    """What was paired first, as all that is settled was, comes first, in the order of the source."""

    def turn(pair: Pair) -> int:
        is_first = pair.is_alike if settled.by_content else pair.is_at_home
        number = settled.source.index(pair.expected.source.place) if is_first and pair.expected.source else None
        return len(settled.source) if number is None else number

    others = ((turn(pair), difference) for pair in present for difference in pair_differences(pair, facts))
    return (difference for _turn, difference in merge(settled_differences(settled, facts), others, key=itemgetter(0)))


def with_absurd_dates(matching: Matching, now: datetime) -> list[tuple[Message, datetime]]:
    """Source messages whose date differs at the destination and was none to keep, with the time to judge it by."""
    found = []
    for pair in matching.pairs:
        source, row = pair.expected.source, pair.expected.row
        if source is None or same_date(source.internaldate, pair.copy.internaldate):
            continue
        copied = datetime.fromtimestamp(row.time, UTC) if row else now
        if is_absurd(parse_internaldate(source.internaldate), copied):
            found.append((source, copied))
    return found


def lacking_flags(matching: Matching) -> frozenset[str]:
    """Folders of the destination where a copy lacks a flag of its message: there it counts what the folder admits."""
    pairs = (
        (pair.copy.place.folder, pair.expected.source.flags, pair.copy.flags)
        for pair in matching.pairs
        if pair.expected.source is not None
    )
    settled = ((kind.folder, kind.flags, kind.copy_flags) for kind in matching.settled.kinds)
    return frozenset(
        folder for folder, flags, copied in chain(pairs, settled) if not permitted(flags, None)[0] <= copied
    )


def message_id(header: bytes) -> bytes:
    """The Message-ID of a message's header without white space, empty when it has none."""
    found = _MESSAGE_ID.search(header)
    return b"".join(found[1].split()) if found else b""


# Missing


def _missing(item: Expected, source: Message, facts: Facts, *, all_gone: bool) -> Difference:
    why = _why_missing(item, source, facts, all_gone=all_gone)
    copy = Place(item.folder, 0, 0)
    place = source.place
    return Difference(MISSING, place.folder, place.uid, copy, why.reason, why.explained, source.raw, why.cause)


def _why_missing(item: Expected, source: Message, facts: Facts, *, all_gone: bool) -> _Why:
    row = item.row
    if row is not None and row.state == CONFIRMED:
        return _why_gone(row, source, all_gone=all_gone)
    if source.raw.hex() in facts.accepted:
        return _Why(ACCEPTED, "refused by the destination, and its loss is accepted", explained=True)
    if facts.knowledge is None:
        return _Why(LOST, "not at the destination")
    if row is None:
        return _Why(WAITING, _why_unknown(source.place, facts.knowledge))
    if row.state == REFUSED:
        return _Why(NOT_TAKEN, f"refused and not accepted: {row.reason}")
    if row.state == HELD:
        return _Why(WITHHELD, f"held back: {row.reason}")
    if row.state == INTENDED:
        return _Why(WAITING, "its sending was cut off; run the sync again")
    if row.state in (WITHDRAWING, WITHDRAWN):
        return _Why(TAKEN_BACK, "taken back from the destination; run the sync to copy it again")
    return _Why(NOT_TAKEN, f"the journal has it as {row.state}")


def _why_gone(row: Row, source: Message, *, all_gone: bool) -> _Why:
    if row.digest.canonical != source.canonical:
        return _Why(LOST, "the source gives other content now than in the pass that copied it, and that is not there")
    if all_gone:
        return _Why(LOST, "the destination holds none of the copies that the journal has confirmed")
    return _Why(DELETED, USER_DELETED, explained=True)


def _why_unknown(place: Place, knowledge: Knowledge) -> str:
    if not knowledge.is_through:
        return "the last pass stopped before its end; run the sync again"
    uidvalidity, uidnext = knowledge.worked_off.get(place.folder, (0, 0))
    if uidvalidity == place.uidvalidity and place.uid < uidnext:
        return "the passes so far went past it, and the journal does not know it"
    if uidvalidity == place.uidvalidity:
        return "arrived at the source after the last pass"
    return "its folder came to the source after the last pass, or no pass has got to it"


def _is_unjudged(item: Expected, facts: Facts) -> bool:
    """Whether its copy, or the folder where it would lie, could not be read: that is the difference then."""
    home = item.home
    if home is not None and (home.folder, home.uid) in facts.withheld:
        return True
    return (item.row.destination.folder if item.was_copied and item.row else item.folder) in facts.unreadable


def _all_gone(matching: Matching) -> bool:
    copied = sum(1 for item in matching.lost if item.was_copied)
    there = any(pair.expected.was_copied for pair in chain(matching.pairs, matching.altered))
    return copied >= ALL_GONE and not there and not matching.settled.is_there()


# What nothing accounts for


def _unaccounted(matching: Matching) -> tuple[list[Difference], list[Message]]:
    """Spare copies of a message that is the source's, and messages that are not."""
    spare = {copy.canonical for copy in matching.spare}
    originals: dict[bytes, Expected] = {}
    pairs = (pair.expected for pair in chain(matching.pairs, matching.altered))
    for item in chain(pairs, matching.lost) if spare else ():
        if item.canonical in spare and (item.source is not None or item.canonical not in originals):
            originals[item.canonical] = item
    duplicated: list[Difference] = []
    extra: list[Message] = []
    for copy in matching.spare:
        original = originals.get(copy.canonical)
        if original is None:
            extra.append(copy)
        else:
            duplicated.append(_duplicate(original, copy))
    return duplicated, extra


def _duplicate(original: Expected, copy: Message) -> Difference:
    row, source = original.row, original.source
    place = source.place if source else row.source if row else copy.place
    reason = "one copy more than the source and the journal account for"
    return Difference(DUPLICATED, place.folder, place.uid, copy.place, reason, False, copy.raw)
