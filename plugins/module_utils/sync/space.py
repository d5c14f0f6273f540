# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass would need at the destination, and whether there is room for it."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.sync_plan import FolderWork
from ..imap.session import Session
from ..imap.usage import quota
from .request import Space
from .twins import Twins


def plan_space(works: Sequence[FolderWork], twins: Twins, destination: Session | None) -> Space:
    """The space that copying these works takes; the destination is asked for its quota."""
    _unused, further = twins.first(works)
    limits = quota(destination) if destination is not None else None
    room = limits.limit - limits.used if limits and limits.limit else None
    return Space(octets(works), sum(len(work.new) for work in further), octets(further), room)


def octets(works: Sequence[FolderWork]) -> int:
    """The octets of all messages to be copied, as the source tells their sizes."""
    return sum(work.new.octets() for work in works)
