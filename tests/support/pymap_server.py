# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pymap for the tests: it keeps a mailbox in memory, octet by octet, NUL and bare line ends included."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.dovecot import PASSWORD, PATIENCE, free_ports
from tests.support.plain_imap import PlainImap
from tests.support.watcher import watch_over

PROGRAM = Path(sys.executable).with_name("pymap")


@dataclass(frozen=True)
class PymapShape:
    """It has no other one: no NAMESPACE, LIST-EXTENDED or CONDSTORE, but MULTIAPPEND, BINARY, UIDPLUS and MOVE."""

    separator: str = "/"
    prefix: str = ""


class PymapServer:
    """One pymap with the mailbox of one user. Raises ``RuntimeError`` with its log where it doesn't start."""

    def __init__(self, user: str) -> None:
        self.shape = PymapShape()
        self._user = user
        [self._port] = free_ports(1)
        self._folder = Path(tempfile.mkdtemp(prefix="pymap-"))

    def __enter__(self) -> PymapServer:
        command = [PROGRAM, "--host", "127.0.0.1", "--port", str(self._port), "--no-tls", "--no-service", "admin",
                   "--no-service", "managesieve", "dict", "--demo-user", self._user, "--demo-password", PASSWORD]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._watcher = watch_over(self._folder, self._process.pid)
        patience_ends = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > patience_ends:
                complaint = (self._folder / "log").read_text()
                self.__exit__(None, None, None)
                raise RuntimeError(f"pymap did not start:\n{complaint}")
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._watcher.dismiss()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            PlainImap(self.endpoint(self._user)).close()
        except OSError:
            return False
        return True

    def endpoint(self, user: str, encryption: str = "none") -> dict[str, Any]:
        """The ``source`` or ``destination`` options with which ``imap_sync`` reaches its user."""
        return {"host": "127.0.0.1", "port": self._port, "encryption": encryption,
                "username": user, "password": PASSWORD}
