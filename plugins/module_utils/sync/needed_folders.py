# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that the destination's user removed: made again when something is about to be put into them, not before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..core.sync_plan import FolderWork
from .folder_maker import FolderMaker
from .identify import Found
from .moves import Mover
from .tally import Tally


def make_needed(
    maker: FolderMaker, works: Sequence[FolderWork], found: Found, mover: Mover | None, tally: Tally
) -> tuple[list[FolderWork], Found]:
    """Create the folders that messages are copied to or copies moved to, once it is known which messages are new.

    The works and what was found, at their places as ``maker`` plans them now, without those whose folder cannot be
    made: the messages of these are counted as failed. Without ``mover`` nothing was found.
    """
    needed = {work.pair.source for work in works if work.new}
    if mover is not None:
        needed |= {suspect.work.pair.source for suspect in mover.without_folder(found.moved)}
    failed = maker.make_for(needed)
    _count_failed(tally, failed, works, found)
    pairs = {pair.source: pair for pair in maker.plan.pairs}

    def placed(work: FolderWork) -> FolderWork:
        pair = pairs[work.pair.source]
        return work if work.pair == pair else replace(work, pair=pair)

    moved = (
        (row, replace(suspect, work=placed(suspect.work)))
        for row, suspect in found.moved
        if suspect.work.pair.source not in failed
    )
    return [placed(work) for work in works if work.pair.source not in failed], replace(found, moved=tuple(moved))


def _count_failed(tally: Tally, failed: set[str], works: Iterable[FolderWork], found: Found) -> None:
    counts = [(work.pair.source, len(work.new)) for work in works]
    counts += [(suspect.work.pair.source, 1) for _row, suspect in found.moved]
    for folder, count in counts:
        if folder in failed:
            tally.add(folder, failed=count, left=-count)
