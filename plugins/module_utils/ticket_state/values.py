# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered of a ticket and nowhere else decided on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Override:
    """A guard that somebody overrode: what was done in spite of it, and why."""

    domain: str
    action: str
    reason: str
    time: float
