# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Dovecot for the tests: its own folder, its own free ports on loopback, gone without a trace when stopped."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.certificates import Certificate, session_authority
from tests.support.dovecot_config import DOVEADM_KEY, MASTER, DovecotPlace, DovecotShape, mail_uid, render
from tests.support.watcher import Watcher, watch_over

PASSWORD = "correct-horse"
MASTER_PASSWORD = "master-of-puppets"
STATUS_FIELDS = "messages recent unseen uidnext uidvalidity highestmodseq guid"
PATIENCE = 10.0
MEMORY = Path("/dev/shm")


class DovecotServer:
    """One Dovecot instance; any user name logs in with ``PASSWORD`` unless ``set_password`` gave it another.

    ``MASTER`` logs in for anybody as ``user*migrate`` or by SASL PLAIN with an authorization id. Raises
    ``FileNotFoundError`` where Dovecot isn't installed and ``RuntimeError`` with the log where it doesn't start.
    """

    def __init__(
        self, shape: DovecotShape | None = None, certificate: Certificate | None = None, parent: Path | None = None
    ) -> None:
        """``parent`` is where its folder is made, by default in memory if there is room, for tests write much."""
        self.shape = shape or DovecotShape()
        self._parent = parent or scratch_folder()
        self._certificate = certificate
        self._place: DovecotPlace | None = None
        self._master: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> DovecotServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def place(self) -> DovecotPlace:
        """Folder and ports of the started server."""
        if self._place is None:
            raise RuntimeError("this Dovecot is not started; call start() first")
        return self._place

    def start(self) -> None:
        """Make the folder, write the configuration, start, and return when the ports answer."""
        if shutil.which("dovecot") is None:
            raise FileNotFoundError("dovecot is not installed; install Debian's dovecot-imapd")
        certificate = self._certificate or session_authority().issue("localhost")
        folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir=self._parent))
        imap_port, imaps_port, doveadm_port = free_ports(3)
        self._place = DovecotPlace(folder, imap_port, imaps_port, doveadm_port, certificate)
        self._write_files()
        self._run()
        self._await_answer()

    def _write_files(self) -> None:
        place = self.place
        place.folder.chmod(0o755)
        for name in ("run", "state", "mail"):
            (place.folder / name).mkdir(mode=0o755)
        os.chown(place.folder / "mail", mail_uid(), -1)
        place.users_file.write_text("")
        place.masters_file.write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n")
        place.config_file.write_text(render(self.shape, place, PASSWORD))

    def _run(self) -> None:
        """Start Dovecot in a process group of its own, with a watcher beside it."""
        place = self.place
        with place.start_log.open("wb") as output:
            self._master = subprocess.Popen(["dovecot", "-F", "-c", str(place.config_file)], start_new_session=True,
                                            stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        self._watcher = watch_over(place.folder, self._master.pid)

    def _await_answer(self) -> None:
        patience_ends = time.monotonic() + PATIENCE
        while not _answers(self.place.imap_port):
            if self._running().poll() is not None or time.monotonic() > patience_ends:
                complaint = f"{self.place.start_log.read_text(errors='replace')}\n{self.log()}"
                self.stop()
                raise RuntimeError(f"dovecot did not start:\n{complaint}")
            time.sleep(0.005)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._master is None:
            raise RuntimeError("this Dovecot is not started; call start() first")
        return self._master

    def stop(self) -> None:
        """End every process of this instance and remove its folder; may be called again.

        All are killed at once: after a polite end of its master Dovecot's imap processes live on.
        """
        if self._master is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._master.pid, signal.SIGKILL)
            self._master.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        if self._place is not None:
            shutil.rmtree(self._place.folder, ignore_errors=True)
        self._place = self._master = self._watcher = None

    def master_pid(self) -> int:
        """The process that starts all others of this Dovecot."""
        return self._running().pid

    def log(self) -> str:
        """What Dovecot has logged so far."""
        log_file = self.place.log_file
        return log_file.read_text(errors="replace") if log_file.exists() else ""

    def set_password(self, user: str, password: str) -> None:
        """From now on ``user`` logs in with ``password`` only. It must not hold a colon or a line end.

        Dovecot looks at its file once a second; this returns when the new password is in force.
        """
        users = dict(line.split(":", 1) for line in self.place.users_file.read_text().splitlines())
        users[user] = f"{{PLAIN}}{password}"
        fresh = self.place.users_file.with_suffix(".new")
        fresh.write_text("".join(f"{name}:{secret}\n" for name, secret in users.items()))
        fresh.rename(self.place.users_file)
        patience_ends = time.monotonic() + PATIENCE
        while not self._accepts(user, password):
            if time.monotonic() > patience_ends:
                raise RuntimeError(f"the new password of {user} is not in force after {PATIENCE} s")

    def _accepts(self, user: str, password: str) -> bool:
        command = ["doveadm", "-c", str(self.place.config_file), "auth", "test", user, password]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def endpoint(self, user: str, encryption: str = "tls") -> dict[str, Any]:
        """The ``source`` or ``destination`` options with which ``imap_sync`` reaches this user."""
        port = self.place.imaps_port if encryption == "tls" else self.place.imap_port
        options = {"host": "127.0.0.1", "port": port, "encryption": encryption,
                   "username": user, "password": PASSWORD}
        if encryption != "none":
            options["ca_file"] = str(session_authority().ca_file)
        return options

    def master_endpoint(self, user: str, encryption: str = "tls") -> dict[str, Any]:
        """The same through the master user, as ``user*migrate``."""
        login = {"username": f"{user}*{MASTER}", "password": MASTER_PASSWORD}
        return {**self.endpoint(user, encryption), **login}

    def doveadm(self, *arguments: str, content: bytes | None = None, absent_is_fine: bool = False) -> str:
        """Run doveadm on this instance and return what it prints; raises ``RuntimeError`` with its words.

        With ``absent_is_fine`` it may find names without a folder, such as those that only hold others.
        """
        command = ["doveadm", "-c", str(self.place.config_file), *arguments]
        done = subprocess.run(command, input=content or b"", capture_output=True, check=False)
        words = done.stderr.decode(errors="replace").strip()
        is_absence = absent_is_fine and all("Mailbox doesn't exist" in line for line in words.splitlines())
        if done.returncode != 0 and not is_absence:
            raise RuntimeError(f"{' '.join(arguments)}: {words}")
        return done.stdout.decode()

    def doveadm_rows(self, *arguments: str, absent_is_fine: bool = False) -> list[dict[str, str]]:
        """Run doveadm and return its table, a dict for each row."""
        printed = self.doveadm("-f", "json", *arguments, absent_is_fine=absent_is_fine)
        rows: list[dict[str, str]] = json.loads(printed or "[]")
        return rows

    def ask(self, *commands: tuple[str, Mapping[str, Any]]) -> list[list[dict[str, str]] | None]:
        """The tables of several doveadm commands by its HTTP API, much sooner; None for one that failed.

        Names and parameters are that API's (``mailboxStatus``, ``{"user": …, "field": […]}``).
        """
        body = [[name, parameters, str(number)] for number, (name, parameters) in enumerate(commands)]
        key = base64.b64encode(DOVEADM_KEY.encode()).decode()
        headers = {"Authorization": f"X-Dovecot-API {key}", "Content-Type": "application/json"}
        with contextlib.closing(HTTPConnection("127.0.0.1", self.place.doveadm_port, timeout=PATIENCE)) as connection:
            connection.request("POST", "/doveadm/v1", json.dumps(body), headers)
            answers = json.loads(connection.getresponse().read())
        return [table if kind == "doveadmResponse" else None for kind, table, _unused in answers]

    def save(self, user: str, folder: str, content: bytes) -> None:
        """Deliver one message into a folder, received now."""
        self.doveadm("save", "-u", user, "-m", folder, content=content)

    def add_flags(self, user: str, flags: str, *query: str) -> None:
        """Add flags (``\\Seen $Forwarded``) to the messages that a doveadm search query finds."""
        self.doveadm("flags", "add", "-u", user, flags, *query)

    def remove_flags(self, user: str, flags: str, *query: str) -> None:
        """Take flags from the messages that a doveadm search query finds."""
        self.doveadm("flags", "remove", "-u", user, flags, *query)

    def expunge(self, user: str, *query: str) -> None:
        """Delete for good the messages that a doveadm search query finds."""
        self.doveadm("expunge", "-u", user, *query)

    def move(self, user: str, target: str, *query: str) -> None:
        """Move the messages that a doveadm search query finds into the folder ``target``."""
        self.doveadm("move", "-u", user, target, *query)

    def create_folders(self, user: str, folders: Sequence[str]) -> None:
        """Make folders and subscribe to them."""
        self.doveadm("mailbox", "create", "-u", user, "-s", *folders)

    def rename_folder(self, user: str, folder: str, target: str) -> None:
        self.doveadm("mailbox", "rename", "-u", user, folder, target)

    def delete_folder(self, user: str, folder: str) -> None:
        self.doveadm("mailbox", "delete", "-u", user, "-s", folder)

    def change_uid_validity(self, user: str, folder: str, value: int) -> None:
        """Give a folder another UIDVALIDITY, as a restored or rebuilt server does."""
        self.doveadm("mailbox", "update", "-u", user, "--uid-validity", str(value), folder)

    def subscribe(self, user: str, folders: Sequence[str]) -> None:
        self.doveadm("mailbox", "subscribe", "-u", user, *folders)

    def folders(self, user: str) -> list[str]:
        """All folder names, decoded, sorted."""
        return sorted(row["mailbox"] for row in self.doveadm_rows("mailbox", "list", "-u", user))

    def subscriptions(self, user: str) -> list[str]:
        """The subscribed folder names, decoded, sorted."""
        return sorted(row["mailbox"] for row in self.doveadm_rows("mailbox", "list", "-u", user, "-s"))

    def status(self, user: str) -> dict[str, dict[str, str]]:
        """Of each selectable folder: messages, recent, unseen, uidnext, uidvalidity, highestmodseq, guid."""
        names = self.folders(user)
        rows = self.doveadm_rows("mailbox", "status", "-u", user, STATUS_FIELDS, *names, absent_is_fine=True)
        return {row.pop("mailbox"): row for row in rows}

    def masks(self) -> list[str]:
        """What stands for all folders; by itself ``*`` leaves out what lies under a prefix."""
        return ["*", f"{self.shape.prefix}*"] if self.shape.prefix else ["*"]


def scratch_folder() -> Path:
    """A file system in memory when it has 2 GB free, else the usual place for temporary files."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 2 * 10**9:
        return MEMORY
    return Path(tempfile.gettempdir())


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on at this moment, all different."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _unused in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True
