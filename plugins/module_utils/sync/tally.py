# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass did, counted per folder; written to by several threads."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass

COUNTS = (
    "copied",
    "bytes",
    "flags_updated",
    "already_there",
    "matched",
    "moved",
    "held",
    "excluded",
    "failed",
    "refused",
    "left",
)

# What an attempt finds, as against what it does.
_SEEN = ("already_there", "matched", "held", "excluded", "failed", "refused", "left")


@dataclass(frozen=True)
class Failure:
    """Something that did not go as it should. ``kind`` is ``failed`` (worth a retry), ``refused`` or ``held``."""

    folder: str
    uid: int
    kind: str
    reason: str
    remedy: str = ""
    digest: str = ""


class Tally:
    """Counts per source folder, failures and warnings."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
        self._failures: list[Failure] = []
        self._warnings: list[str] = []
        self._moved_from: Counter[str] = Counter()
        self.writes = 0

    def restart(self) -> None:
        """Begin another attempt: it sees again what the one before only saw."""
        with self._lock:
            self._failures.clear()
            for counts in self._counts.values():
                counts.update(dict.fromkeys(_SEEN, 0))

    def add(self, folder: str, **counts: int) -> None:
        """Add to the counts of a source folder."""
        with self._lock:
            for name, count in counts.items():
                self._counts[folder][name] += count

    def moved_from(self, folder: str) -> None:
        """Note that a copy has left this destination folder for another."""
        with self._lock:
            self._moved_from[folder] += 1

    def moved_away(self) -> dict[str, int]:
        """How many copies have left which destination folder for another."""
        with self._lock:
            return dict(self._moved_from)

    def wrote(self, times: int = 1) -> None:
        """Note that something was written at the destination."""
        with self._lock:
            self.writes += times

    def fail(self, failure: Failure) -> None:
        """Note a failure and count it."""
        with self._lock:
            self._failures.append(failure)
            if failure.uid:
                self._counts[failure.folder][failure.kind] += 1

    def warn(self, text: str) -> None:
        """Note a sentence for the reader, once."""
        with self._lock:
            if text not in self._warnings:
                self._warnings.append(text)

    def of(self, folder: str) -> dict[str, int]:
        """The counts of one source folder."""
        with self._lock:
            return dict(self._counts[folder])

    def totals(self) -> dict[str, int]:
        """The sums over all folders."""
        with self._lock:
            return {name: sum(counts[name] for counts in self._counts.values()) for name in COUNTS}

    def failures(self) -> list[Failure]:
        """All failures in the order they came."""
        with self._lock:
            return list(self._failures)

    def warnings(self) -> list[str]:
        """All warnings in the order they came."""
        with self._lock:
            return list(self._warnings)
