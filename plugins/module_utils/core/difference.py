# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a comparison tells, and what it goes by beside the messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .internaldate import ChosenDate
from .matching import Knowledge
from .messages import Place

MISSING, ELSEWHERE, DUPLICATED, ALTERED = "missing", "elsewhere", "duplicated", "altered"
FLAGS, DATES = "flags_differ", "dates_differ"
UNREADABLE, FOLDER_MISSING = "unreadable", "folders_missing"
KINDS = (MISSING, ELSEWHERE, DUPLICATED, ALTERED, FLAGS, DATES, UNREADABLE, FOLDER_MISSING)

# Why a message is not there, for whoever says it in other words.
DELETED, ACCEPTED, NOT_TAKEN, WITHHELD, WAITING, TAKEN_BACK, LOST, DIFFERS = (
    "deleted", "accepted", "refused", "held", "waiting", "taken_back", "lost", "altered",
)  # fmt: skip
CAUSES = (DELETED, ACCEPTED, NOT_TAKEN, WITHHELD, WAITING, TAKEN_BACK, LOST, DIFFERS, UNREADABLE)

USER_DELETED = "deleted at the destination by its user"
USER_MOVED = "moved to another folder at the destination by its user"
USER_FLAGGED = "flags changed at the destination by its user"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. ``folder`` and ``uid`` are the source's, ``copy`` the place at the destination.

    ``kind`` is one of :data:`KINDS`; a uid of 0 stands for none, or for the whole folder. ``digest`` is the SHA-256
    of the source's message, or of the copy where there is only one. ``cause`` is one of :data:`CAUSES` where a message
    is not there as it should be, else empty.
    """

    kind: str
    folder: str
    uid: int
    copy: Place | None
    reason: str
    explained: bool = False
    digest: bytes = b""
    cause: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known beside both listings.

    ``knowledge`` is None without a journal. ``permanent`` are the PERMANENTFLAGS of folders at the destination, None
    when it did not say. ``accepted`` are hex digests of messages that may be missing. ``dates`` are those that stand in
    for absurd ones of the source. ``unreadable`` are folders of the destination that could not be read, ``withheld``
    folder and uid of single messages there.
    """

    knowledge: Knowledge | None = None
    permanent: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    dates: Mapping[Place, ChosenDate] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()
    withheld: frozenset[tuple[str, int]] = frozenset()
