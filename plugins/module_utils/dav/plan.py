# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an import does with each resource: the files, the record and the destination held against each other.

The user's own changes win: what was changed or deleted at the destination since it was imported stays so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .record import CONFIRMED, CREATING, UPDATING, Imported, Seen
from .values import Item, Kind

T = TypeVar("T")


class Fate(StrEnum):
    """What becomes of a resource."""

    CREATE = "created"
    UPDATE = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept"
    DELETED = "deleted"


@dataclass(frozen=True)
class Step:
    """One resource and what becomes of it. ``etag`` is the tag that an update relies on.

    ``entered`` is what the record has to know whatever is sent, or None; ``why`` says why something is kept.
    """

    item: Item
    fate: Fate
    href: str
    etag: str = ""
    entered: Imported | None = None
    why: str = ""


CHANGED = "the user has changed it since it was imported"
OTHER = "there is another entry with the same identifier, which no import is known to have made"


def plan(items: Iterable[Item], imported: Mapping[str, Imported], there: Mapping[str, Seen]) -> list[Step]:
    """The steps for all items. ``there`` is the collection as it is, by href."""
    by_uid = {seen.uid: seen for seen in there.values()}
    known = known_again(list(items), imported)
    return [_step(item, imported.get(item.uid), there, by_uid.get(item.uid)) for item in known]


def known_again(items: Sequence[Item], imported: Mapping[str, Imported]) -> list[Item]:
    """The items, those without a UID of their own under that of an earlier import where they were changed since.

    A UID that is made from content is another one when the content changed. Such an item is taken for the one of the
    same file and name that is in no file any more, where there is one of each.
    """
    uids = {item.uid for item in items}
    gone = _single((row.likeness, row) for row in imported.values() if row.uid not in uids)
    new = _single((item.likeness, item) for item in items if item.uid not in imported)
    return [
        item.under(gone[item.likeness].uid) if item.likeness in gone and new.get(item.likeness) is item else item
        for item in items
    ]


def _single(found: Iterable[tuple[str, T]]) -> dict[str, T]:
    """What stands alone under its key; the empty key is none."""
    listed: dict[str, list[T]] = {}
    for key, value in found:
        listed.setdefault(key, []).append(value)
    return {key: values[0] for key, values in listed.items() if key and len(values) == 1}


def known_there(
    imported: Mapping[str, Imported], read: Mapping[str, Seen], etags: Mapping[str, str]
) -> dict[str, Seen]:
    """Of the resources with these tags (by href) those whose content is known; the others have to be read."""
    found = {href: read[href] for href, etag in etags.items() if href in read and etag and read[href].etag == etag}
    for row in imported.values():
        if row.state == CONFIRMED and row.etag and etags.get(row.href) == row.etag:
            found[row.href] = Seen(row.href, row.etag, row.uid, row.stored)
    return found


def href_for(item: Item) -> str:
    """The name of a new resource: made from its UID, so that two runs cannot make two of it."""
    ending = "vcf" if item.kind is Kind.CONTACT else "ics"
    return f"{hashlib.sha256(item.uid.encode('utf-8', 'replace')).hexdigest()[:40]}.{ending}"


def _step(item: Item, row: Imported | None, there: Mapping[str, Seen], same_uid: Seen | None) -> Step:
    if row is None:
        return _new(item, same_uid)
    seen = there.get(row.href)
    if seen is None:
        if row.state == CREATING:
            return _new(item, same_uid, row.stored)
        return Step(item, Fate.DELETED, row.href, why="the user has deleted it since it was imported")
    known = {row.stored, row.sent} if row.state != CREATING else {row.sent}
    if item.digest == seen.digest:
        return Step(item, Fate.UNCHANGED, row.href, seen.etag, _settled(row, item.digest, seen))
    untouched = seen.digest in known or (row.state == CONFIRMED and bool(row.etag) and seen.etag == row.etag)
    if not untouched:
        return Step(item, Fate.KEPT, row.href, seen.etag, why=CHANGED)
    if item.digest == row.sent and row.state != UPDATING:
        # The server keeps it in its own words.
        return Step(item, Fate.UNCHANGED, row.href, seen.etag, _settled(row, item.digest, seen))
    begun = Imported(row.uid, row.href, item.digest, seen.digest, seen.etag, UPDATING, row.likeness)
    return Step(item, Fate.UPDATE, row.href, seen.etag, begun)


def _new(item: Item, same_uid: Seen | None, stand_in: str = "") -> Step:
    """``stand_in``: the meaning of what an import was about to put in its place first."""
    if same_uid is None:
        href = href_for(item)
        return Step(
            item, Fate.CREATE, href, entered=Imported(item.uid, href, item.digest, "", "", CREATING, item.likeness)
        )
    if same_uid.digest != item.digest:
        if same_uid.digest != stand_in:
            return Step(item, Fate.KEPT, same_uid.href, same_uid.etag, why=OTHER)
        row = Imported(item.uid, same_uid.href, item.digest, stand_in, same_uid.etag, UPDATING, item.likeness)
        return Step(item, Fate.UPDATE, same_uid.href, same_uid.etag, row)
    row = Imported(item.uid, same_uid.href, item.digest, item.digest, same_uid.etag, CONFIRMED, item.likeness)
    return Step(item, Fate.UNCHANGED, same_uid.href, same_uid.etag, row)


def _settled(row: Imported, digest: str, seen: Seen) -> Imported | None:
    """The row as it should be; None where it is."""
    settled = Imported(row.uid, row.href, digest, seen.digest, seen.etag, CONFIRMED, row.likeness)
    return None if settled == row else settled
