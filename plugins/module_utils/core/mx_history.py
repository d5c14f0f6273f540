# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a domain's MX records were over time, and until when the world may still believe the old ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from .mail_route import MxPlace

UNSEEN_TTL = 86400
"""Seconds for which old records may be believed when nobody saw their TTL: what DNS hosts give at most, as a rule."""


@dataclass(frozen=True)
class MxSeen:
    """What a domain's own name servers said from ``first_seen`` to ``last_seen``, seconds since 1970.

    ``hosts`` are the exchangers, the preferred one first. ``ttl`` is in seconds, the longest of all servers; 0 where it
    is not known.
    """

    domain: str
    place: MxPlace
    hosts: tuple[str, ...]
    ttl: int
    first_seen: float
    last_seen: float

    def same_as(self, other: MxSeen) -> bool:
        """Whether both tell of the same records."""
        return (self.place, self.hosts, self.ttl) == (other.place, other.hosts, other.ttl)


def ours_since(history: Sequence[MxSeen]) -> float | None:
    """When any of the domain's mail was first seen to come here, and has since; None when it does not."""
    since = None
    for seen in history:
        if seen.place not in (MxPlace.OURS, MxPlace.MIXED):
            since = None
        elif since is None:
            since = seen.first_seen
    return since


def old_records_end(history: Sequence[MxSeen]) -> float | None:
    """When no resolver can know the old records any more; None while name servers still hand them out.

    Old records may have been handed out until the next ones were seen. Ones with a long TTL that were replaced by ones
    with a short TTL before the switch still count.
    """
    if not history or history[-1].place is not MxPlace.OURS:
        return None
    ends = [
        following.first_seen + (seen.ttl or UNSEEN_TTL)
        for seen, following in pairwise(history)
        if seen.place is not MxPlace.OURS
    ]
    return max(ends, default=history[0].first_seen + UNSEEN_TTL)
