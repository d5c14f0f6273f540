# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered of a ticket and nowhere else decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# What became of an update. A run that dies while it sends leaves SENDING behind.
WAITING, SENDING, DOUBTFUL, SENT, DROPPED = "waiting", "sending", "doubtful", "sent", "dropped"


@dataclass(frozen=True)
class Queued:
    """An update as it is remembered: ``done`` are its steps that are through, ``step`` is the one that is not."""

    key: str
    payload: Mapping[str, Any]
    state: str
    done: tuple[str, ...] = ()
    step: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Override:
    """A guard that somebody overrode: what was done in spite of it, and why."""

    domain: str
    action: str
    reason: str
    time: float


@dataclass(frozen=True)
class Told:
    """What a run told, in plain types, and when."""

    time: float
    value: Any
