# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The watch on the parent: an engine whose run was killed stops by itself."""

from __future__ import annotations

import os
import threading

GRACE = 5.0


class Supervisor:
    """Says when to stop. Watches the chain of parents up to the leader of this session and that leader's parent.

    Ansible's worker and a login over SSH are such leaders: when the process that started them is gone, nobody waits
    for the result. First ``stopped()`` turns true, so that a pass can end between two batches; when the process still
    lives ``GRACE`` seconds later, it is ended as it is: the journal makes that safe.
    """

    def __init__(self, poll: float = 0.5) -> None:
        self._poll = poll
        self._chain = _chain()
        self._stop = threading.Event()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="parent-watch", daemon=True)

    def __enter__(self) -> Supervisor:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def stopped(self) -> bool:
        """True once the run that wanted this work is gone."""
        return self._stop.is_set()

    def _watch(self) -> None:
        while not self._done.wait(self._poll):
            if any(_parent(process) != parent for process, parent in self._chain):
                self._stop.set()
                if not self._done.wait(GRACE):
                    os._exit(70)
                return


def _chain() -> list[tuple[int, int]]:
    """``(process, its parent)`` from this process up to its session's leader, leader included."""
    chain = []
    process, leader = os.getpid(), os.getsid(0)
    while process > 1:
        parent = _parent(process)
        chain.append((process, parent))
        if process == leader or parent <= 0:
            break
        process = parent
    return chain


def _parent(process: int) -> int:
    """The parent of ``process`` now; 0 when it is gone (Linux: proc(5), field 4 of stat)."""
    if process == os.getpid():
        return os.getppid()
    try:
        with open(f"/proc/{process}/stat", "rb") as stat:
            return int(stat.read().rpartition(b")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0
