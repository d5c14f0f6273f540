# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass did, counted per folder; written to by several threads."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any

from .log import Log, Silence

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
    """Counts per source folder, failures and warnings. ``log`` is told what happens.

    ``stage`` says in a word what is being done, ``waiting`` why nothing is.
    """

    def __init__(self, log: Log | None = None) -> None:
        self.log = log or Silence()
        self.stage = ""
        self.waiting = ""
        self._planned = 0
        self._at_work: dict[int, str] = {}
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
            self._at_work.clear()
            for counts in self._counts.values():
                counts.update(dict.fromkeys(_SEEN, 0))

    def add(self, folder: str, **counts: int) -> None:
        """Add to the counts of a source folder."""
        with self._lock:
            of_folder = self._counts[folder]
            before = of_folder["left"]
            for name, count in counts.items():
                of_folder[name] += count
            done = dict(of_folder) if before > 0 and of_folder["left"] == 0 else None
        if done is not None:
            self.log.note("folder_end", folder=folder, **{name: count for name, count in done.items() if count})

    def plan(self, octets: int) -> None:
        """So much is to be copied from now on."""
        with self._lock:
            self._planned = sum(counts["bytes"] for counts in self._counts.values()) + octets

    def begin(self, folder: str, octets: int) -> None:
        """This thread copies messages of ``folder`` from now on, ``octets`` in all."""
        with self._lock:
            self._at_work[threading.get_ident()] = folder
            left = self._counts[folder]["left"]
        self.log.note("folder_begin", folder=folder, messages=left, octets=octets)

    def snapshot(self) -> dict[str, Any]:
        """How far the pass is: the sums, ``bytes_left`` of what it copies, and where it is at work."""
        totals = self.totals()
        with self._lock:
            at_work = [folder for folder in self._at_work.values() if self._counts[folder]["left"] > 0]
        return {
            **totals,
            "bytes_left": max(self._planned - totals["bytes"], 0),
            "stage": self.stage,
            "waiting": self.waiting,
            "folders": list(dict.fromkeys(at_work)),
        }

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
        self.log.note("failure", **{name: value for name, value in asdict(failure).items() if value})

    def warn(self, text: str) -> None:
        """Note a sentence for the reader, once."""
        with self._lock:
            if text in self._warnings:
                return
            self._warnings.append(text)
        self.log.note("warning", text=text)

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
