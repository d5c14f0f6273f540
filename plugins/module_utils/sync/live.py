# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a pass is, in a small file that is written anew each second for as long as the pass lasts."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator

from ..core.masking import mask
from .tally import Tally

INTERVAL = 1.0
VERSION = 1


@contextlib.contextmanager
def live_file(
    path: str,
    mailbox: str,
    tally: Tally,
    secrets: Callable[[], tuple[str, ...]],
    *,
    interval: float = INTERVAL,
) -> Iterator[None]:
    """While the block runs, ``path`` says how far the pass that counts in ``tally`` is; afterwards there is no file.

    A pass shorter than ``interval`` (seconds) writes none. What cannot be written is left out: nobody waits for it.
    """
    done = threading.Event()
    began = time.time()

    def write() -> None:
        while not done.wait(interval):
            found = tally.snapshot()
            found["waiting"] = mask(found["waiting"], secrets())
            now = round(time.time(), 3)
            _replace(path, {"version": VERSION, "mailbox": mailbox, "began": round(began, 3), "time": now, **found})

    thread = threading.Thread(target=write, name="live-file", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        with contextlib.suppress(OSError):
            os.unlink(path)


def _replace(path: str, content: dict[str, object]) -> None:
    """Whoever reads sees the old file or the new one, never a part."""
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        fresh = f"{path}.new"
        handle = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(content))
        os.replace(fresh, path)
