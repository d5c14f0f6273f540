# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Archive folders: made and subscribed where they miss, and removed when they are ours and empty."""

from __future__ import annotations

from collections.abc import Callable, Collection

from ..core.errors import FolderRefused, NameRefused
from ..core.folder_names import levels_above
from ..core.folders import Side
from ..imap.removal import Removal
from ..imap.session import Session
from .record import Record
from .request import ArchiveResult


class Places:
    """The folders of one mailbox as they are in the course of a run."""

    def __init__(
        self, session: Session, side: Side, record: Record, result: ArchiveResult, now: Callable[[], float]
    ) -> None:
        self._session = session
        self._side = side
        self._record = record
        self._result = result
        self._now = now
        self._removal = Removal(session, side)
        self._there = {folder.name for folder in side.folders if not _only_a_level(folder.attributes)}

    def ensure(self, name: str, *, ours: bool = True) -> None:
        """Have a folder, subscribed if it is new. Raises :class:`FolderRefused`."""
        if name in self._there:
            return
        try:
            self._create(name, ours=ours)
        except NameRefused:
            missing = [above for above in levels_above(name, self._side) if above not in self._there]
            if not missing:
                raise
            for above in missing:
                self._create(above, ours=ours)
            self._create(name, ours=ours)

    def plan(self, name: str) -> None:
        """Note a folder that :meth:`ensure` would make."""
        if name not in self._there:
            self._there.add(name)
            self._result.folders_created.append(name)

    def settle(self) -> None:
        """Complete removals that a run that was cut off had begun."""
        for name in self._record.made():
            aside = self._removal.aside(name)
            if aside in self._there:
                self._there.discard(aside)
                self._note_removed(name, self._removal.settle(name))
                if self._session.has_folder(name):
                    self._there.add(name)

    def remove_empty(self) -> None:
        """Remove the folders that the archiver made, that are empty and have none below them; deepest first."""
        for name in sorted(self._record.made(), key=lambda name: (-len(levels_above(name, self._side)), name)):
            if name not in self._session.list_names():
                self._record.drop_made(name)
            elif self._is_empty(name):
                self._note_removed(name, self._removal.remove(name))

    def _create(self, name: str, *, ours: bool) -> None:
        if ours and not self._session.has_folder(name):
            self._record.add_made(name, self._now())
        if self._session.create(name):
            self._result.folders_created.append(name)
            for refused, error in self._session.subscribe([name]).items():
                self._result.warn(f"{refused}: {error.what}")
        self._there.add(name)

    def _is_empty(self, name: str) -> bool:
        below = name + self._side.delimiter if self._side.delimiter else None
        if below and any(other.startswith(below) for other in self._session.list_names()):
            return False
        try:
            return not self._session.status(name).messages
        except FolderRefused:
            # A level that holds no messages.
            return True

    def _note_removed(self, name: str, problem: str) -> None:
        if problem:
            self._result.warn(f"{name}: it was empty, and stays: {problem}")
            return
        self._record.drop_made(name)
        self._there.discard(name)
        self._result.folders_removed.append(name)


def _only_a_level(attributes: Collection[str]) -> bool:
    return bool({"\\noselect", "\\nonexistent"}.intersection(attributes))
