# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the archiving of one mailbox is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from ..core.archive_plan import ArchiveRules
from ..imap.endpoint import Endpoint


@dataclass(frozen=True)
class ArchiveRequest:
    """One mailbox. ``state_dir`` is the folder of all tickets' journals; ``check`` plans only and writes nothing.

    ``bring_back``: what was archived goes back to where it was. ``lock_wait`` and ``patience`` are seconds: for
    another run on this mailbox, and for a server that throttles. ``deadline``, in seconds since 1970: no batch begins
    after it.
    """

    mailbox: str
    server: Endpoint
    state_dir: str
    rules: ArchiveRules = field(default_factory=ArchiveRules)
    zone: tzinfo = UTC
    bring_back: bool = False
    check: bool = False
    lock_wait: float = 30.0
    patience: float = 900.0
    deadline: float | None = None


@dataclass
class Moved:
    """Messages of one folder that go to another one. ``year`` is 0 on the way back."""

    origin: str
    target: str
    year: int
    messages: int


@dataclass
class FolderResult:
    """One folder. ``left`` is how many messages it holds in the end; ``undated`` have no date and stay."""

    name: str
    messages: int
    left: int
    undated: int = 0
    exempt: str = ""
    moves: list[Moved] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """How many messages were, or would be, moved out of it."""
        return sum(move.messages for move in self.moves)


@dataclass(frozen=True)
class Failed:
    """What did not go as it should; an empty ``folder`` stands for the mailbox."""

    folder: str
    reason: str
    remedy: str = ""


@dataclass
class ArchiveResult:
    """What was done, or would be. ``over``: folders above the threshold in the end, with the reason.

    ``recovered`` are messages whose move an interrupted run had begun and which were found moved.
    """

    folders: list[FolderResult] = field(default_factory=list)
    over: list[tuple[str, int, str]] = field(default_factory=list)
    folders_created: list[str] = field(default_factory=list)
    folders_removed: list[str] = field(default_factory=list)
    folder_count: int = 0
    recovered: int = 0
    failures: list[Failed] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    interruptions: int = 0
    complete: bool = False

    @property
    def moved(self) -> int:
        return sum(folder.moved for folder in self.folders)

    @property
    def changed(self) -> bool:
        """Whether something was, or would be, written at the server."""
        return bool(self.moved or self.recovered or self.folders_created or self.folders_removed)

    @property
    def failed(self) -> bool:
        """Whether a person has to look at it."""
        return not self.complete or bool(self.failures)

    def warn(self, text: str) -> None:
        """Add a warning, once."""
        if text not in self.warnings:
            self.warnings.append(text)
