# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass had to wait for: lost connections and servers that asked to come back later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Interruptions:
    """How often each reason ended an attempt, and how long was waited for it, in seconds."""

    times: dict[str, int] = field(default_factory=dict)
    waited: dict[str, float] = field(default_factory=dict)

    def note(self, reason: str) -> None:
        """An attempt ended for this reason."""
        self.times[reason] = self.times.get(reason, 0) + 1

    def wait(self, reason: str, seconds: float) -> None:
        """So long was waited for it."""
        self.waited[reason] = self.waited.get(reason, 0.0) + seconds

    def as_result(self) -> dict[str, Any]:
        """The documented return value."""
        return {
            "times": sum(self.times.values()),
            "seconds": round(sum(self.waited.values()), 1),
            "reasons": [
                {"reason": reason, "times": times, "seconds": round(self.waited.get(reason, 0.0), 1)}
                for reason, times in self.times.items()
            ],
        }
