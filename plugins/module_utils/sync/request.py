# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one mailbox's pass is asked for, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..core.folders import FolderPlan, FolderRules
from ..imap.endpoint import Endpoint
from .interruptions import Interruptions
from .limits import Limits
from .tally import Tally


@dataclass(frozen=True)
class SyncRequest:
    """One mailbox, source to destination.

    ``mailbox`` is the destination's address and names the journal. ``accepted`` are hex digests of refused messages
    that the ticket lives without. ``merge`` says that several source accounts go into this mailbox.
    ``check`` plans only: nothing is written on either side, nor a journal made.
    ``slots_dir`` is where runs count their connections to a source server; below ``state_dir`` when empty.
    ``lock_wait``, ``patience`` and ``settle`` are seconds: for another run on this mailbox, for a server that
    throttles, for a destination that may still store what it had received when the connection broke.
    """

    mailbox: str
    source: Endpoint
    destination: Endpoint
    state_dir: str
    rules: FolderRules = field(default_factory=FolderRules)
    limits: Limits = field(default_factory=Limits)
    source_alias: str = ""
    accepted: frozenset[str] = frozenset()
    recopy: bool = False
    merge: bool = False
    slots_dir: str = ""
    check: bool = False
    lock_wait: float = 30.0
    patience: float = 900.0
    settle: float = 10.0


@dataclass(frozen=True)
class Space:
    """What a planned pass needs at the destination, in octets. ``room`` is None where the quota is not known.

    ``label_messages`` and ``label_octets`` are those of it that are further copies of messages with several labels.
    """

    needed: int
    label_messages: int
    label_octets: int
    room: int | None


@dataclass
class SyncResult:
    """What a pass did, or would do. ``complete`` is false when work is left; ``space`` is set when it only plans.

    ``destination_found`` is false when the destination was reached and opened no such mailbox: it is not there yet, or
    the login is wrong. ``largest_folder`` is how many messages its largest folder had before, and all that were
    copied: no folder holds more now.
    """

    plan: FolderPlan | None = None
    tally: Tally = field(default_factory=Tally)
    folders_created: list[str] = field(default_factory=list)
    folders_subscribed: list[str] = field(default_factory=list)
    recovered: int = 0
    accepted: int = 0
    complete: bool = False
    destination_found: bool = True
    largest_before: int = 0
    space: Space | None = None
    interruptions: Interruptions = field(default_factory=Interruptions)
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def largest_folder(self) -> int:
        """See above."""
        return self.largest_before + self.tally.totals()["copied"]

    @property
    def changed(self) -> bool:
        """Whether something was, or would be, written at the destination."""
        return bool(self.tally.writes or self.folders_created or self.folders_subscribed)

    @property
    def failed(self) -> bool:
        """Whether a person has to look at it."""
        return not self.complete or bool(self.tally.failures())
