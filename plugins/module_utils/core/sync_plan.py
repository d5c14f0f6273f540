# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass does with one folder: the listing of the source held against the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from .flags import permitted, same_flags
from .folders import FolderPair
from .internaldate import parse_internaldate
from .message_list import MessageList
from .messages import CONFIRMED, FAILED, HELD, INTENDED, REFUSED, Listed, Row
from .uids import UidSet


@dataclass(frozen=True)
class FolderWork:
    """The work on one folder.

    ``new`` messages are to be copied unless they are found to be there already; ``doubtful`` are the uids of those
    that an earlier pass could not bring over, ``given_up`` of those that broke its connection. ``reflag`` are rows with
    the source's present flags where these differ from the base, for the destination may keep them or not; ``vanished``
    rows are no longer at the source, whatever their state.
    """

    pair: FolderPair
    uidvalidity: int
    new: MessageList = field(default_factory=MessageList)
    reflag: tuple[tuple[Row, frozenset[str]], ...] = ()
    vanished: tuple[Row, ...] = ()
    known: int = 0
    deleted: int = 0
    accepted: int = 0
    held: int = 0
    doubtful: frozenset[int] = frozenset()
    given_up: frozenset[int] = frozenset()


def plan_folder(
    pair: FolderPair,
    uidvalidity: int,
    listed: MessageList,
    rows: Iterable[Row],
    *,
    accepted: Collection[str] = (),
    recopy: bool = False,
) -> FolderWork:
    """Hold the source's ``listed`` messages against the journal's ``rows`` of the same UIDVALIDITY, by ascending uid.

    The rows are taken one by one; only what there is something to do about is kept.

    ``accepted`` are hex digests of refused messages that the ticket lives without. Held rows count as new with
    ``recopy``. Messages marked ``\\Deleted`` that were never copied are left out (trap 18).
    """
    reflag: list[tuple[Row, frozenset[str]]] = []
    vanished: list[Row] = []
    settled, doubtful, given_up = UidSet(), set[int](), set[int]()
    known = deleted = waived = held = 0
    for message, row in _side_by_side(listed, rows):
        if row is not None and row.state in (REFUSED, FAILED):
            doubtful.add(row.source.uid)
            given_up.update([row.source.uid] if row.state == FAILED else [])
        if message is None:
            vanished += [row] if row is not None and row.state != INTENDED else []
            continue
        if row is not None and row.state == CONFIRMED:
            known += 1
            if row.flags is not None and not same_flags(permitted(message.flags, None)[0], row.flags):
                reflag.append((row, message.flags))
        elif row is not None and row.state == REFUSED and row.digest.raw.hex() in accepted:
            waived += 1
        elif row is not None and row.state == HELD and not recopy:
            held += 1
        elif _is_deleted(message.flags):
            deleted += 1
        else:
            continue
        settled.add(message.uid)
    return FolderWork(
        pair, uidvalidity, listed.without(settled), tuple(reflag), tuple(vanished), known, deleted, waived, held,
        doubtful=frozenset(doubtful), given_up=frozenset(given_up),
    )  # fmt: skip


def _side_by_side(listed: Iterable[Listed], rows: Iterable[Row]) -> Iterator[tuple[Listed | None, Row | None]]:
    """Each message with its row, each row without its message, all by ascending uid."""
    waiting = iter(rows)
    row = next(waiting, None)
    for message in listed:
        while row is not None and row.source.uid < message.uid:
            yield None, row
            row = next(waiting, None)
        if row is None or row.source.uid > message.uid:
            yield message, None
            continue
        if is_another(row, message):
            yield None, row
            yield message, None
        else:
            yield message, row
        row = next(waiting, None)
    while row is not None:
        yield None, row
        row = next(waiting, None)


def is_another(row: Row | None, message: Listed) -> bool:
    """Whether its date, which never changes (RFC 9051 section 2.3.3), is not that of the row.

    Some servers (Cyrus) give folders that were made in the same second one UIDVALIDITY, and a renamed folder then shows
    other messages under known uids. What is the same after all is known again by its content.
    """
    if row is None or row.internaldate == message.internaldate:
        return False
    before, now = parse_internaldate(row.internaldate), parse_internaldate(message.internaldate)
    return before is not None and now is not None and before != now


@lru_cache(maxsize=4096)
def _is_deleted(flags: frozenset[str]) -> bool:
    """Whether ``\\\\Deleted`` is among them."""
    return any(flag.lower() == "\\deleted" for flag in flags)
