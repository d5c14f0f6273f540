# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mail server from ``.cache/servers`` that runs with a folder of its own as its root, and how it asks for logins.

Nothing of the machine's ``/etc``, ``/run`` or ``/var`` is seen or written. ``bin/test-servers`` fills that folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.dovecot import PASSWORD, PATIENCE, free_ports, scratch_folder
from tests.support.dovecot_config import MAIL_UID
from tests.support.watcher import Watcher, watch_over

SERVERS = Path(__file__).parents[2] / ".cache" / "servers"
LONGEST_REQUEST = 65536


class Place:
    """Where one instance lives: its folder, which it sees as ``/``, and its port on loopback."""

    def __init__(self, folder: Path, imap_port: int) -> None:
        self.folder = folder
        self.imap_port = imap_port

    def make_folder(self, path: str) -> Path:
        """A folder within, and those above it, owned by the mail user."""
        folder = self.folder / path
        folder.mkdir(parents=True, exist_ok=True)
        for each in (folder, *folder.parents):
            if each == self.folder:
                break
            os.chown(each, MAIL_UID, MAIL_UID)
        return folder

    def write(self, path: str, text: str) -> None:
        """A file that the server reads."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


class RootedServer(ABC):
    """One instance; any user name logs in with ``PASSWORD``.

    Raises ``FileNotFoundError`` where it isn't unpacked, ``PermissionError`` for another user than root and
    ``RuntimeError`` with the log where it doesn't start.
    """

    name: str

    def __init__(self, parent: Path | None = None) -> None:
        """``parent`` is where its folder is made, by default in memory if there is room."""
        self._parent = parent
        self._place: Place | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None
        self._listeners: list[socket.socket] = []

    @abstractmethod
    def _prepare(self) -> None:
        """Write the configuration and begin to listen for what the server asks."""

    @abstractmethod
    def _command(self) -> str:
        """The shell command that runs the server, in its folder, until it is killed."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def place(self) -> Place:
        """Folder and port of the started server."""
        if self._place is None:
            raise RuntimeError(f"this {self.name} is not started; call start() first")
        return self._place

    def start(self) -> None:
        """Copy the programs, write the configuration, start, and return when the port answers."""
        if not (SERVERS / self.name).is_dir():
            raise FileNotFoundError(f"{self.name} is not in {SERVERS}; run bin/test-servers")
        if os.getuid() != 0:
            raise PermissionError(f"{self.name} runs with a root folder of its own, for which root is needed")
        folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=self._parent or scratch_folder()))
        shutil.copytree(SERVERS / self.name, folder, symlinks=True, dirs_exist_ok=True)
        folder.chmod(0o755)
        self._place = Place(folder, *free_ports(1))
        self.place.write("etc/passwd", f"root:x:0:0::/:/\nmail:x:{MAIL_UID}:{MAIL_UID}::/:/\n")
        self.place.write("etc/group", f"root:x:0:\nmail:x:{MAIL_UID}:\n")
        # Enough for programs that only open it; a device could not be made everywhere.
        self.place.write("dev/null", "")
        (folder / "dev" / "null").chmod(0o666)
        self.place.make_folder("tmp")
        self._prepare()
        self._run()
        self._await_answer()

    def _run(self) -> None:
        with (self.place.folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(["sh", "-c", self._command()], cwd=self.place.folder, stdout=output,
                                             stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        self._watcher = watch_over(self.place.folder, self._process.pid)

    def _await_answer(self) -> None:
        patience_ends = time.monotonic() + PATIENCE
        while not self._greets():
            if time.monotonic() > patience_ends or self._process is None or self._process.poll() is not None:
                complaint = self.log()
                self.stop()
                raise RuntimeError(f"{self.name} did not start:\n{complaint}")
            time.sleep(0.01)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.place.imap_port), PATIENCE) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    def stop(self) -> None:
        """End every process of this instance and remove its folder; may be called again."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if self._place is not None:
            shutil.rmtree(self._place.folder, ignore_errors=True)
        self._place = self._process = self._watcher = None
        self._listeners = []

    def log(self) -> str:
        """What the server has printed and logged so far."""
        return "".join(file.read_text(errors="replace") for file in sorted(self.place.folder.glob("*.log")))

    def endpoint(self, user: str, encryption: str = "none") -> dict[str, Any]:
        """The ``source`` or ``destination`` options with which ``imap_sync`` reaches this user.

        Raises ``ValueError`` for an encryption: these servers of the tests have no certificate.
        """
        if encryption != "none":
            raise ValueError(f"this {self.name} speaks no {encryption}")
        return {"host": "127.0.0.1", "port": self.place.imap_port, "encryption": "none",
                "username": user, "password": PASSWORD}

    def _answer_logins(self, path: str, answer: Callable[[bytes], bytes]) -> None:
        """Listen on a socket at ``path`` within the folder; a request that ``answer`` finds incomplete gets b""."""
        listener = self._listen(path, socket.SOCK_STREAM)
        listener.listen(100)
        threading.Thread(target=_serve, args=(listener, answer), daemon=True).start()

    def _take_log(self) -> None:
        """Play syslog: what the server says there is found in ``log()``."""
        listener = self._listen("dev/log", socket.SOCK_DGRAM)
        threading.Thread(target=_write_down, args=(listener, self.place.folder / "syslog.log"), daemon=True).start()

    def _listen(self, path: str, kind: int) -> socket.socket:
        file = self.place.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        listener = socket.socket(socket.AF_UNIX, kind)
        listener.bind(str(file))
        file.chmod(0o666)
        self._listeners.append(listener)
        return listener


def _serve(listener: socket.socket, answer: Callable[[bytes], bytes]) -> None:
    while True:
        try:
            connection, _unused = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            connection.settimeout(PATIENCE)
            request = b""
            while not (said := answer(request)) and len(request) < LONGEST_REQUEST:
                more = connection.recv(4096)
                if not more:
                    break
                request += more
            connection.sendall(said)


def _write_down(listener: socket.socket, file: Path) -> None:
    with file.open("wb", buffering=0) as log, contextlib.suppress(OSError):
        while line := listener.recv(LONGEST_REQUEST):
            log.write(line + b"\n")
