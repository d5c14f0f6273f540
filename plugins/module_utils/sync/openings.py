# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the folders of the destination are like before the first message goes into them, asked for all together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import FolderRefused, Throttled
from ..core.sync_plan import FolderWork
from ..imap.append import append_limits
from ..imap.listing import Status
from ..imap.session import Session
from .kept_flags import KeptFlags


@dataclass(frozen=True)
class Opening:
    """A folder before its first message, and the octets of the largest message that it takes (0: no limit)."""

    before: Status
    limit: int


class Openings:
    """Openings of the folders of these works. Whichever lane comes first asks for all of them, over its session."""

    def __init__(self, works: Sequence[FolderWork], kept: KeptFlags) -> None:
        self._works = tuple(works)
        self._kept = kept
        self._known: dict[str, Opening | FolderRefused | Throttled] | None = None
        self._lock = threading.Lock()

    def of(self, work: FolderWork, session: Session) -> Opening:
        """The opening of its folder. Raises FolderRefused and Throttled."""
        with self._lock:
            if self._known is None:
                self._known = self._ask(session)
            opening = self._known[work.pair.destination]
        if isinstance(opening, Opening):
            return opening
        raise opening

    def _ask(self, session: Session) -> dict[str, Opening | FolderRefused | Throttled]:
        flags: dict[str, set[str]] = {}
        for work in self._works:
            flags.setdefault(work.pair.destination, set()).update(work.new.flags())
        self._kept.ask_ahead(session, flags)
        statuses = session.statuses(flags)
        folders = [name for name, status in statuses.items() if isinstance(status, Status)]
        limits = dict(zip(folders, append_limits(session, folders), strict=True))
        return {
            name: Opening(status, limits[name]) if isinstance(status, Status) else status
            for name, status in statuses.items()
        }
