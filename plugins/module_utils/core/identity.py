# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is who: messages that are the same although their folder or uid is not. Equal content counts as a multiset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from .messages import Copy, Row

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


def pair_up(
    wanted: Sequence[Wanted],
    found: Sequence[Found],
    key_of_wanted: Callable[[Wanted], tuple[bytes, str]],
    key_of_found: Callable[[Found], tuple[bytes, str]],
) -> list[tuple[Wanted, Found]]:
    """Pairs of equal content, each side used once. Keys are ``(canonical digest, folder)``.

    All pairs within one folder are made before any across folders, so that a copy in its own place is never taken for
    one that was moved. Within equal keys the given order counts.
    """
    free: dict[bytes, list[Found]] = defaultdict(list)
    for item in found:
        free[key_of_found(item)[0]].append(item)
    pairs: list[tuple[Wanted, Found]] = []
    rest: list[Wanted] = []
    for want in wanted:
        digest, folder = key_of_wanted(want)
        same = next((item for item in free[digest] if key_of_found(item)[1] == folder), None)
        if same is None:
            rest.append(want)
            continue
        free[digest].remove(same)
        pairs.append((want, same))
    for want in rest:
        others = free[key_of_wanted(want)[0]]
        if others:
            pairs.append((want, others.pop(0)))
    return pairs


def claim(rows: Iterable[Row], copies: Sequence[Copy]) -> list[tuple[Row, Copy]]:
    """Which copies are those of these rows.

    A copy in a row's folder that is older than the row's UIDNEXT cannot be that row's. Copies in the row's own folder
    are given away first.
    """
    free: dict[bytes, list[Copy]] = defaultdict(list)
    for copy in sorted(copies, key=lambda copy: copy.place.uid):
        free[copy.canonical].append(copy)
    pairs: list[tuple[Row, Copy]] = []
    rest = sorted(rows, key=lambda row: (row.uidnext, row.source.uid))
    for fits in (_is_at_home, _is_elsewhere):
        waiting, rest = rest, []
        for row in waiting:
            found = next((copy for copy in free[row.digest.canonical] if fits(row, copy)), None)
            if found is None:
                rest.append(row)
            else:
                free[row.digest.canonical].remove(found)
                pairs.append((row, found))
    return pairs


def _is_at_home(row: Row, copy: Copy) -> bool:
    same_uids = row.destination.uidvalidity in (0, copy.place.uidvalidity)
    return row.destination.folder == copy.place.folder and (copy.place.uid >= row.uidnext or not same_uids)


def _is_elsewhere(row: Row, copy: Copy) -> bool:
    return row.destination.folder != copy.place.folder
