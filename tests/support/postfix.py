# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Postfix for the tests in a folder of its own; nothing of the system's configuration is touched."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.watcher import Watcher, watch_over

PATIENCE = 40.0
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"


MASTER = Path("/usr/lib/postfix/sbin/master")
_QUEUES = ("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace")
# As "postfix set-permissions" makes them, which takes seconds.
_FOLDERS = {
    "data": ("root", 0o700),
    **{f"queue/{name}": ("root", 0o700) for name in _QUEUES},
    "queue/maildrop": ("postdrop", 0o730),
    "queue/public": ("postdrop", 0o710),
}


class PostfixServer:
    """One Postfix below ``folder``, which holds ``config`` with main.cf and master.cf before it is started."""

    def __init__(self, folder: Path, address: str, port: int) -> None:
        self.folder = folder
        self.address = address
        self.port = port
        self._master: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None
        for name in ("config", "queue/pid"):
            (folder / name).mkdir(parents=True)
        for name, (group, mode) in _FOLDERS.items():
            (folder / name).mkdir()
            shutil.chown(folder / name, "postfix", group)
            (folder / name).chmod(mode)

    def start(self) -> None:
        """Start in a process group of its own and return when it answers."""
        if not MASTER.exists():
            raise FileNotFoundError("postfix is not installed; install Debian's packages postfix and postfix-sqlite")
        with (self.folder / "start.log").open("wb") as output:
            self._master = subprocess.Popen(
                [str(MASTER), "-c", str(self.folder / "config"), "-d"], stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._watcher = watch_over(self.folder, self._master.pid)
        wait_for(self._answers, "Postfix to answer", self.log)

    def stop(self) -> None:
        """End every process of it; may be called again."""
        if self._master is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._master.pid, signal.SIGKILL)
            self._master.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        self._master = self._watcher = None

    def log(self) -> str:
        """What it has logged so far, and what it said when it started."""
        files = [self.folder / "start.log", self.folder / "postfix.log"]
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def bounced(self, domain: str) -> int:
        """How many recipients in a domain, or below it, it has given up on: their senders got a bounce."""
        return len(re.findall(rf" to=<[^>]*{re.escape(domain)}>.* status=bounced ", self.log()))

    def queue(self) -> list[dict[str, object]]:
        """The messages that it still has to deliver, as ``postqueue -j`` tells them."""
        command = ["postqueue", "-c", str(self.folder / "config"), "-j"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PATH": PATH})
        return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]

    def wait_until_idle(self) -> None:
        """Return when its queue is empty."""
        wait_for(lambda: not self.queue(), "the queue to empty", lambda: f"{self.queue()}\n{self.log()}")

    def _answers(self) -> bool:
        if self._master is not None and self._master.poll() is not None:
            raise RuntimeError(f"Postfix did not start:\n{self.log()}")
        try:
            with socket.create_connection((self.address, self.port), 5) as link:
                return link.recv(3) == b"220"
        except OSError:
            return False


def wait_for(condition: Callable[[], bool], what: str, complaint: Callable[[], str]) -> None:
    """Return when ``condition`` holds; raises ``RuntimeError`` with ``complaint`` when it takes too long."""
    patience_ends = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > patience_ends:
            raise RuntimeError(f"waited {PATIENCE:.0f} s for {what}:\n{complaint()}")
        time.sleep(0.02)
