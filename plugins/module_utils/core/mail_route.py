# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose mail exchangers a domain names: what guards of Local Delivery and of the cutover ask about."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class MxPlace(Enum):
    """Where the world delivers a domain's mail."""

    OURS = "ours"
    ELSEWHERE = "elsewhere"
    MIXED = "mixed"
    """Ours and others, or servers that disagree: some mail comes here already."""
    NOWHERE = "nowhere"
    """The domain exists and takes no mail."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class MxVerdict:
    """``place``, and ``text``: what was seen, as the end of a sentence that begins with the domain."""

    place: MxPlace
    text: str

    @property
    def reaches_us(self) -> bool:
        """Whether any of the world's mail comes here."""
        return self.place in (MxPlace.OURS, MxPlace.MIXED)
