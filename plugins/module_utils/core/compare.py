# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Source against destination, message by message: every difference, and whether the journal explains it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from .flags import permitted, same_flags
from .internaldate import ChosenDate, is_absurd, parse_internaldate
from .matching import Expected, Knowledge, Matching, Message, Pair, is_deleted
from .messages import CONFIRMED, HELD, INTENDED, MATCHED, REFUSED, WITHDRAWING, WITHDRAWN, Place, Row

MISSING, ELSEWHERE, DUPLICATED, ALTERED = "missing", "elsewhere", "duplicated", "altered"
FLAGS, DATES = "flags_differ", "dates_differ"
UNREADABLE, FOLDER_MISSING = "unreadable", "folders_missing"
KINDS = (MISSING, ELSEWHERE, DUPLICATED, ALTERED, FLAGS, DATES, UNREADABLE, FOLDER_MISSING)

# Why a message is not there, for whoever says it in other words.
DELETED, ACCEPTED, NOT_TAKEN, WITHHELD, WAITING, TAKEN_BACK, LOST, DIFFERS = (
    "deleted", "accepted", "refused", "held", "waiting", "taken_back", "lost", "altered",
)  # fmt: skip
CAUSES = (DELETED, ACCEPTED, NOT_TAKEN, WITHHELD, WAITING, TAKEN_BACK, LOST, DIFFERS, UNREADABLE)

# So many copies, and not one of them there: that is a loss, not somebody who tidied up.
ALL_GONE = 10

USER_DELETED = "deleted at the destination by its user"
USER_MOVED = "moved to another folder at the destination by its user"
USER_FLAGGED = "flags changed at the destination by its user"

_MESSAGE_ID = re.compile(rb"^message-id[ \t]*:((?:[^\r\n]|\r?\n[ \t])*)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``folder`` and ``uid`` are the source's, ``copy`` the place at the destination.

    ``kind`` is one of :data:`KINDS`; a uid of 0 stands for none, or for the whole folder. ``digest`` is the SHA-256
    of the source's message, or of the copy where there is only one. ``cause`` is one of :data:`CAUSES` where a message
    is not there as it should be, else empty.
    """

    kind: str
    folder: str
    uid: int
    copy: Place | None
    reason: str
    explained: bool = False
    digest: bytes = b""
    cause: str = ""


class _Why(NamedTuple):
    cause: str
    reason: str
    explained: bool = False


@dataclass(frozen=True)
class Facts:
    """What is known beside both listings.

    ``knowledge`` is None without a journal. ``permanent`` are the PERMANENTFLAGS of folders at the destination, None
    when it did not say. ``accepted`` are hex digests of messages that may be missing. ``dates`` are those that stand in
    for absurd ones of the source. ``unreadable`` are folders of the destination that could not be read, ``withheld``
    folder and uid of single messages there.
    """

    knowledge: Knowledge | None = None
    permanent: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    dates: Mapping[Place, ChosenDate] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    withheld: frozenset[tuple[str, int]] = frozenset()


@dataclass(frozen=True)
class Comparison:
    """The verdict on the messages. ``excluded`` are marked ``\\Deleted`` at the source and were never copied."""

    differences: tuple[Difference, ...]
    identical: tuple[Pair, ...]
    normalised: tuple[Pair, ...]
    excluded: tuple[Message, ...]
    extra: tuple[Message, ...]


def compare(matching: Matching, facts: Facts) -> Comparison:
    """Judge everything in ``matching``. No difference is left out, the explained ones neither."""
    present = [pair for pair in matching.pairs if pair.expected.source is not None]
    excluded: list[Message] = []
    all_gone = _all_gone(matching)
    differences = [_altered(pair) for pair in matching.altered]
    for item in matching.lost:
        if item.source is None or _is_unjudged(item, facts):
            continue
        if is_deleted(item.source) and not _was_copied(item):
            excluded.append(item.source)
        else:
            differences.append(_missing(item, item.source, facts, all_gone=all_gone))
    for pair in present:
        differences.extend(_rewritten(pair))
        differences.extend(_pair_differences(pair, facts))
    duplicated, extra = _unaccounted(matching)
    return Comparison(
        (*differences, *duplicated),
        tuple(pair for pair in present if pair.expected.source and pair.copy.raw == pair.expected.source.raw),
        tuple(pair for pair in present if pair.expected.source and pair.copy.raw != pair.expected.source.raw),
        tuple(excluded),
        (*extra, *matching.foreign),
    )


def with_absurd_dates(matching: Matching, now: datetime) -> list[tuple[Message, datetime]]:
    """Source messages whose date differs at the destination and was none to keep, with the time to judge it by."""
    found = []
    for pair in matching.pairs:
        source, row = pair.expected.source, pair.expected.row
        if source is None or _same_date(source, pair.copy):
            continue
        copied = datetime.fromtimestamp(row.time, UTC) if row else now
        if is_absurd(parse_internaldate(source.internaldate), copied):
            found.append((source, copied))
    return found


def lacking_flags(matching: Matching) -> frozenset[str]:
    """Folders of the destination where a copy lacks a flag of its message: there it counts what the folder admits."""
    return frozenset(
        pair.copy.place.folder
        for pair in matching.pairs
        if pair.expected.source is not None and not permitted(pair.expected.source.flags, None)[0] <= pair.copy.flags
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


def _was_copied(item: Expected) -> bool:
    return item.row is not None and item.row.state == CONFIRMED


def _is_unjudged(item: Expected, facts: Facts) -> bool:
    """Whether its copy, or the folder where it would lie, could not be read: that is the difference then."""
    home = item.home
    if home is not None and (home.folder, home.uid) in facts.withheld:
        return True
    return (item.row.destination.folder if _was_copied(item) and item.row else item.folder) in facts.unreadable


def _all_gone(matching: Matching) -> bool:
    copied = sum(1 for item in matching.lost if _was_copied(item))
    there = any(_was_copied(pair.expected) for pair in (*matching.pairs, *matching.altered))
    return copied >= ALL_GONE and not there


# Pairs


def _altered(pair: Pair) -> Difference:
    source, row = pair.expected.source, pair.expected.row
    if pair.expected.home is None:
        reason = "the message with this Message-ID has other content at the destination"
    elif source is not None and row is not None and pair.copy.canonical == row.digest.canonical:
        reason = "the source gives other content now than in the pass that copied it"
    else:
        reason = "the copy holds other content than was sent"
    reason += f" ({pair.rewriting})" if pair.rewriting else ""
    place = source.place if source else row.source if row else pair.copy.place
    digest = source.raw if source else row.digest.raw if row else b""
    return Difference(ALTERED, place.folder, place.uid, pair.copy.place, reason, False, digest, DIFFERS)


def _rewritten(pair: Pair) -> Iterator[Difference]:
    source = pair.expected.source
    if pair.rewriting and source is not None:
        reason = f"rewritten by the destination's server while storing: {pair.rewriting}"
        yield Difference(ALTERED, source.place.folder, source.place.uid, pair.copy.place, reason, True, source.raw)


def _pair_differences(pair: Pair, facts: Facts) -> Iterator[Difference]:
    for kind, why in ((ELSEWHERE, _why_elsewhere), (FLAGS, _why_flags), (DATES, _why_date)):
        found = why(pair, facts)
        source = pair.expected.source
        if found is not None and source is not None:
            reason, explained = found
            yield Difference(
                kind, source.place.folder, source.place.uid, pair.copy.place, reason, explained, source.raw
            )


def _why_elsewhere(pair: Pair, facts: Facts) -> tuple[str, bool] | None:
    expected = pair.expected
    if pair.copy.place.folder == expected.folder:
        return None
    if not _was_copied(expected):
        return f"it lies in another folder than {expected.folder}", False
    if not _is_at_home(pair):
        return USER_MOVED, True
    if expected.followed:
        return "it moved at the source after the last pass; run the sync again", False
    return "its copy lies where an earlier pass put it", True


def _why_flags(pair: Pair, facts: Facts) -> tuple[str, bool] | None:
    source, row = pair.expected.source, pair.expected.row
    if source is None:
        return None
    folder = pair.copy.place.folder
    listed = permitted(source.flags, facts.permanent.get(folder))[0]
    if same_flags(listed, pair.copy.flags):
        return None
    refused = facts.knowledge.refused_keywords.get(folder, ()) if facts.knowledge else ()
    wanted = permitted(source.flags, facts.permanent.get(folder), refused)[0]
    if same_flags(wanted, pair.copy.flags):
        return f"the destination does not take {_spell(listed - wanted)}", True
    if row is None or not _was_copied(pair.expected):
        return f"{_spell(wanted)} at the source, {_spell(pair.copy.flags)} at the destination", False
    if row.flags is None:
        return "it was at the destination before; its flags stay as they are there", True
    if same_flags(wanted, row.flags):
        return USER_FLAGGED, True
    if not same_flags(pair.copy.flags, row.flags):
        return "flags changed on both sides; those at the destination stay", True
    if not _is_at_home(pair):
        return "flags changed at the source, and its copy was moved by its user", True
    if all(flag.startswith("\\") for flag in wanted - row.flags):
        return "source changed since the last pass; run the sync again", False
    return "source changed since the last pass, or the destination refuses a keyword; run the sync again", False


def _why_date(pair: Pair, facts: Facts) -> tuple[str, bool] | None:
    source, row = pair.expected.source, pair.expected.row
    if source is None or _same_date(source, pair.copy):
        return None
    chosen = facts.dates.get(source.place)
    if chosen is not None and chosen.value is None:
        return "no possible date at the source nor in the header; the time of the copying stands in", True
    if chosen is not None and _is_chosen(chosen, pair.copy):
        return "no possible date at the source; the date of the message's header stands in", True
    if row is not None and row.provenance == MATCHED:
        return "it was at the destination before, under this date", True
    if row is not None and _was_copied(pair.expected) and not _same_folder(row, pair.copy):
        return "moved at the destination by its user, under another date", True
    there = pair.copy.internaldate.decode("latin-1")
    return f"{source.internaldate.decode('latin-1').strip()} at the source, {there.strip()} at the destination", False


def _is_at_home(pair: Pair) -> bool:
    """Whether the copy lies where the journal says; a copy without known uid is at home in its folder."""
    row = pair.expected.row
    if row is None:
        return False
    return row.destination == pair.copy.place or (not row.destination.uid and _same_folder(row, pair.copy))


def _same_folder(row: Row, copy: Message) -> bool:
    return row.destination.folder == copy.place.folder


def _same_date(source: Message, copy: Message) -> bool:
    if source.internaldate == copy.internaldate:
        return True
    here, there = parse_internaldate(source.internaldate), parse_internaldate(copy.internaldate)
    return here is not None and here == there


def _is_chosen(chosen: ChosenDate, copy: Message) -> bool:
    return chosen.value is not None and parse_internaldate(chosen.value) == parse_internaldate(copy.internaldate)


def _spell(flags: Iterable[str]) -> str:
    shown = sorted(flag for flag in flags if flag.lower() != "\\recent")
    return " ".join(shown) or "no flags"


# What nothing accounts for


def _unaccounted(matching: Matching) -> tuple[list[Difference], list[Message]]:
    """Spare copies of a message that is the source's, and messages that are not."""
    originals: dict[bytes, Expected] = {}
    for item in (*(pair.expected for pair in (*matching.pairs, *matching.altered)), *matching.lost):
        if item.source is not None or item.canonical not in originals:
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
