# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How a copy differs from its message, and whether the journal explains it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .difference import ALTERED, DATES, DIFFERS, ELSEWHERE, FLAGS, USER_FLAGGED, USER_MOVED, Difference, Facts
from .flags import permitted, same_flags
from .internaldate import ChosenDate, parse_internaldate, same_date
from .matching import Pair
from .messages import MATCHED, Message, Row
from .settling import Kind, Settled

# A reason, and whether it explains the difference.
_Why = tuple[str, bool]


def altered(pair: Pair) -> Difference:
    """That its copy holds other content."""
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


def pair_differences(pair: Pair, facts: Facts) -> Iterator[Difference]:
    """All there are between a message and a copy of equal content, or of content that the server rewrote."""
    source = pair.expected.source
    if source is None:
        return
    if pair.rewriting:
        reason = f"rewritten by the destination's server while storing: {pair.rewriting}"
        yield _difference(ALTERED, source, pair.copy, (reason, True))
    for kind, why in ((ELSEWHERE, _why_elsewhere), (FLAGS, _why_flags), (DATES, _why_date)):
        found = why(pair, facts)
        if found is not None:
            yield _difference(kind, source, pair.copy, found)


def settled_differences(settled: Settled, facts: Facts) -> Iterator[tuple[int, Difference]]:
    """Those of what is settled, where flags are all that may differ, with the numbers of the messages."""
    why = {kind: _why_flags_of(_flags_of(kind), facts) for kind in settled.kinds}
    reasons = {kind: found for kind, found in why.items() if found is not None}
    for number, kind in settled.of_kinds(reasons) if reasons else ():
        message, copy = settled.pair(number)
        yield number, _difference(FLAGS, message, copy, reasons[kind])


def _difference(kind: str, source: Message, copy: Message, why: _Why) -> Difference:
    reason, explained = why
    return Difference(kind, source.place.folder, source.place.uid, copy.place, reason, explained, source.raw)


def _why_elsewhere(pair: Pair, facts: Facts) -> _Why | None:
    expected = pair.expected
    if pair.copy.place.folder == expected.folder:
        return None
    if not expected.was_copied:
        return f"it lies in another folder than {expected.folder}", False
    if not _is_at_home(pair):
        return USER_MOVED, True
    if expected.followed:
        return "it moved at the source after the last pass; run the sync again", False
    return "its copy lies where an earlier pass put it", True


class _Flags(NamedTuple):
    """What is known of the flags of a message and its copy, which lies in ``folder``.

    ``base`` are those that were agreed, None where none were; ``was_copied`` says that the journal has confirmed it.
    """

    folder: str
    source: frozenset[str]
    copy: frozenset[str]
    base: frozenset[str] | None = None
    was_copied: bool = True
    is_at_home: bool = True


def _flags_of(kind: Kind) -> _Flags:
    return _Flags(kind.folder, kind.flags, kind.copy_flags, kind.base, kind.was_copied)


def _why_flags(pair: Pair, facts: Facts) -> _Why | None:
    source, row = pair.expected.source, pair.expected.row
    if source is None:
        return None
    base, was_copied = row.flags if row else None, pair.expected.was_copied
    flags = _Flags(pair.copy.place.folder, source.flags, pair.copy.flags, base, was_copied, _is_at_home(pair))
    return _why_flags_of(flags, facts)


def _why_flags_of(flags: _Flags, facts: Facts) -> _Why | None:
    folder, copy, base = flags.folder, flags.copy, flags.base
    listed = permitted(flags.source, facts.permanent.get(folder))[0]
    if same_flags(listed, copy):
        return None
    refused = facts.knowledge.refused_keywords.get(folder, ()) if facts.knowledge else ()
    wanted = permitted(flags.source, facts.permanent.get(folder), refused)[0]
    if same_flags(wanted, copy):
        return f"the destination does not take {_spell(listed - wanted)}", True
    if not flags.was_copied:
        return f"{_spell(wanted)} at the source, {_spell(copy)} at the destination", False
    if base is None:
        return "it was at the destination before; its flags stay as they are there", True
    if same_flags(wanted, base):
        return USER_FLAGGED, True
    if not same_flags(copy, base):
        return "flags changed on both sides; those at the destination stay", True
    if not flags.is_at_home:
        return "flags changed at the source, and its copy was moved by its user", True
    if all(flag.startswith("\\") for flag in wanted - base):
        return "source changed since the last pass; run the sync again", False
    return "source changed since the last pass, or the destination refuses a keyword; run the sync again", False


def _why_date(pair: Pair, facts: Facts) -> _Why | None:
    source, row = pair.expected.source, pair.expected.row
    if source is None or same_date(source.internaldate, pair.copy.internaldate):
        return None
    chosen = facts.dates.get(source.place)
    if chosen is not None and chosen.value is None:
        return "no possible date at the source nor in the header; the time of the copying stands in", True
    if chosen is not None and _is_chosen(chosen, pair.copy):
        return "no possible date at the source; the date of the message's header stands in", True
    if row is not None and row.provenance == MATCHED:
        return "it was at the destination before, under this date", True
    if row is not None and pair.expected.was_copied and not _same_folder(row, pair.copy):
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


def _is_chosen(chosen: ChosenDate, copy: Message) -> bool:
    return chosen.value is not None and parse_internaldate(chosen.value) == parse_internaldate(copy.internaldate)


def _spell(flags: Iterable[str]) -> str:
    shown = sorted(flag for flag in flags if flag.lower() != "\\recent")
    return " ".join(shown) or "no flags"
