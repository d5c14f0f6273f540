# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass does with one folder: the listing of the source held against the journal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .flags import permitted, same_flags
from .folders import FolderPair
from .internaldate import parse_internaldate
from .messages import CONFIRMED, FAILED, HELD, INTENDED, REFUSED, Listed, Row


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
    new: tuple[Listed, ...] = ()
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
    listed: Sequence[Listed],
    rows: Mapping[int, Row],
    *,
    accepted: Collection[str] = (),
    recopy: bool = False,
) -> FolderWork:
    """Hold the source's ``listed`` messages against the journal's ``rows`` (by uid) of the same UIDVALIDITY.

    ``accepted`` are hex digests of refused messages that the ticket lives without. Held rows count as new with
    ``recopy``. Messages marked ``\\Deleted`` that were never copied are left out (trap 18).
    """
    others = {message.uid for message in listed if is_another(rows.get(message.uid), message)}
    new: list[Listed] = []
    reflag: list[tuple[Row, frozenset[str]]] = []
    known = deleted = waived = held = 0
    for message in listed:
        row = rows.get(message.uid) if message.uid not in others else None
        if row is None:
            if _is_deleted(message):
                deleted += 1
            else:
                new.append(message)
        elif row.state == CONFIRMED:
            known += 1
            if row.flags is not None and not same_flags(permitted(message.flags, None)[0], row.flags):
                reflag.append((row, message.flags))
        elif row.state == REFUSED and row.digest.raw.hex() in accepted:
            waived += 1
        elif row.state == HELD and not recopy:
            held += 1
        elif _is_deleted(message):
            deleted += 1
        else:
            new.append(message)
    present = {message.uid for message in listed} - others
    vanished = tuple(row for uid, row in rows.items() if uid not in present and row.state != INTENDED)
    return FolderWork(
        pair, uidvalidity, tuple(new), tuple(reflag), vanished, known, deleted, waived, held,
        doubtful=frozenset(uid for uid, row in rows.items() if row.state in (REFUSED, FAILED)),
        given_up=frozenset(uid for uid, row in rows.items() if row.state == FAILED),
    )  # fmt: skip


def is_another(row: Row | None, message: Listed) -> bool:
    """Whether its date, which never changes (RFC 9051 section 2.3.3), is not that of the row.

    Some servers (Cyrus) give folders that were made in the same second one UIDVALIDITY, and a renamed folder then shows
    other messages under known uids. What is the same after all is known again by its content.
    """
    if row is None or row.internaldate == message.internaldate:
        return False
    before, now = parse_internaldate(row.internaldate), parse_internaldate(message.internaldate)
    return before is not None and now is not None and before != now


def _is_deleted(message: Listed) -> bool:
    return any(flag.lower() == "\\deleted" for flag in message.flags)
