# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real CardDAV and CalDAV servers of the tests on loopback: Radicale and Xandikos, with TLS and without.

Each is a process of its own in a folder of its own; leaving ``with`` ends it by its process group.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import bcrypt

from tests.support.certificates import session_authority
from tests.support.dovecot import PASSWORD, PATIENCE, free_ports
from tests.support.watcher import watch_over

ADMIN = "dav-admin"
ADMIN_PASSWORD = "admin-horse"
# Longer than Xandikos' own renewal before the end.
_DAYS = 90

# Users have what is below their own name; the administrator has all of it.
_RIGHTS = f"""
[admin]
user: {ADMIN}
collection: .*
permissions: RrWw

[root]
user: .+
collection:
permissions: R

[principal]
user: .+
collection: {{user}}
permissions: RW

[collections]
user: .+
collection: {{user}}/[^/]+
permissions: rw
"""


@dataclass(frozen=True)
class DavLogin:
    """Where a user's address books and calendars are, and the user's login."""

    url: str
    username: str
    password: str


class DavServer:
    """What both have in common. ``tls`` is by the tests' own authority (``ca_file``).

    Raises ``RuntimeError`` with the server's log where it doesn't start.
    """

    name = ""

    def __init__(self, *, tls: bool = False) -> None:
        self.tls = tls
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-"))
        [self.port] = free_ports(1)

    def __enter__(self) -> DavServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """The server's root, with the name that its certificate has."""
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}/"

    @property
    def ca_file(self) -> Path:
        """What clients trust."""
        return session_authority().ca_file

    def log(self) -> str:
        """All that the server has said so far."""
        return (self.folder / "log").read_text(errors="replace")

    def start(self) -> None:
        """Start on the port it has, with what its folder holds; return when it answers."""
        command = self._command()
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             start_new_session=True)
        self._watcher = watch_over(self.folder, self._process.pid)
        patience_ends = time.monotonic() + PATIENCE * 3
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > patience_ends:
                complaint = self.log()
                self.__exit__(None, None, None)
                raise RuntimeError(f"{self.name} did not start:\n{complaint}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End it; what it holds stays."""
        self._process.kill()
        self._process.wait()
        self._watcher.dismiss()

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
        except OSError:
            return False
        return True

    def _command(self) -> list[str]:
        raise NotImplementedError


class RadicaleServer(DavServer):
    """A Radicale. Users come and go with :meth:`set_users`; ``ADMIN`` may write everywhere.

    ``settings`` adds to its configuration: ``{"server": {"max_resource_size": "1000"}}``.
    """

    name = "radicale"

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        *,
        tls: bool = False,
        settings: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        super().__init__(tls=tls)
        self._settings = settings or {}
        self.users: dict[str, str] = {}
        self.set_users(users or {})

    def set_users(self, users: Mapping[str, str]) -> None:
        """These users with these passwords, and the administrator; taken at once by a running server."""
        self.users = {**users, ADMIN: ADMIN_PASSWORD}
        (self.folder / "users").write_text("".join(f"{name}:{word}\n" for name, word in self.users.items()))

    def add_user(self, name: str, password: str = PASSWORD) -> DavLogin:
        """One user more."""
        self.set_users({**self.users, name: password})
        return self.login(name)

    def login(self, user: str) -> DavLogin:
        """A user's own login."""
        return DavLogin(self.url, user, self.users[user])

    def admin(self) -> DavLogin:
        """The login that may write into every user's collections."""
        return DavLogin(self.url, ADMIN, ADMIN_PASSWORD)

    def _command(self) -> list[str]:
        (self.folder / "rights").write_text(_RIGHTS)
        sections: dict[str, dict[str, Any]] = {
            "server": {"hosts": f"127.0.0.1:{self.port}", "ssl": self.tls},
            "auth": {"type": "htpasswd", "htpasswd_filename": self.folder / "users", "htpasswd_encryption": "plain",
                     "delay": 0},
            "rights": {"type": "from_file", "file": self.folder / "rights"},
            "storage": {"filesystem_folder": self.folder / "collections"},
            "web": {"type": "none"},
        }
        if self.tls:
            issued = session_authority().issue("dav", days=_DAYS)
            sections["server"] |= {"certificate": issued.certificate, "key": issued.key}
        for section, values in self._settings.items():
            sections.setdefault(section, {}).update(values)
        lines = (f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
                 for section, values in sections.items())
        (self.folder / "config").write_text("\n".join(lines))
        return [sys.executable, "-m", "radicale", "--config", str(self.folder / "config")]


class XandikosServer(DavServer):
    """A Xandikos with one user. It asks for a login only with TLS, as it does not take one over plain HTTP."""

    name = "xandikos"

    def __init__(self, user: str = "user", password: str = PASSWORD, *, tls: bool = False) -> None:
        super().__init__(tls=tls)
        self._user, self._password = user, password

    def login(self) -> DavLogin:
        """The user's own login."""
        return DavLogin(self.url, self._user, self._password)

    def _command(self) -> list[str]:
        state = self.folder / "state"
        (state / "certs").mkdir(parents=True, exist_ok=True)
        program = str(Path(sys.executable).with_name("xandikos"))
        command = [program, "serve", "--directory", str(self.folder / "data"), "--autocreate", "--no-detect-systemd",
                   "--listen-address", "127.0.0.1", "--port", str(self.port), "--state-dir", str(state),
                   "--current-user-principal", f"/{self._user}/"]
        if not self.tls:
            return command
        issued = session_authority().issue("dav", days=_DAYS)
        shutil.copy(issued.certificate, state / "certs" / "selfsigned.crt")
        shutil.copy(issued.key, state / "certs" / "selfsigned.key")
        hashed = bcrypt.hashpw(self._password.encode(), bcrypt.gensalt(4)).decode()
        (self.folder / "users").write_text(f"{self._user}:{hashed}\n")
        return [*command, "--autocert", "--htpasswd", str(self.folder / "users")]
