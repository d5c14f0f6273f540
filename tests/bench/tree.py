# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a program and all that it started hold in memory together, looked at once a second."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

_PAUSE = 1.0


class Watch:
    """Follows ``process`` and those below it from ``with`` to its end.

    ``peak`` in MB: what several of them share counts once (PSS of proc(5)).
    """

    def __init__(self, process: int) -> None:
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self.peak = 0.0

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_of_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(_PAUSE):
            processes = (self._process, *_below(self._process))
            self.peak = max(self.peak, sum(map(_held, processes)))


def _below(process: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):  # it has ended meanwhile
        for task in Path(f"/proc/{process}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *_below(child)]
    return found


def _held(process: int) -> float:
    """In MB; 0 for a process that has ended."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
