# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the copying of all folders of a pass shares: where it writes, whom it asks, and what it has learned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ..core.messages import Place
from .caution import Doubts
from .destination_index import DestinationIndex
from .journal import Journal
from .kept_flags import KeptFlags
from .limits import Gate
from .tally import Tally


@dataclass
class Learned:
    """What the destination's answers say about it.

    ``ask_from`` is the size of the smallest message that it refused for its size. ``wants_utf8`` says that it takes
    headers beyond ASCII only as mail in UTF-8. ``without_keywords`` are source folders of which messages came without
    keywords that it may take after all, ``unagreed`` messages that came without some. ``closed`` counts the folders in
    a row that took nothing, by the server's words.
    """

    ask_from: int = 1 << 62
    wants_utf8: bool = False
    without_keywords: set[str] = field(default_factory=set)
    unagreed: set[Place] = field(default_factory=set)
    closed: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Tools:
    """What the copying of all folders of a pass shares."""

    journal: Journal
    index: DestinationIndex
    gate: Gate
    tally: Tally
    now: Callable[[], float]
    spool_folder: str
    kept: KeptFlags
    doubts: Doubts
    learned: Learned = field(default_factory=Learned)
