# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Mailman core, of which only the REST interface runs; ``bin/test-servers`` installs it.

No mail can leave it: what it wants to send stays in its queue, where tests count it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from tests.support.dovecot import free_ports, scratch_folder
from tests.support.rooted_server import SERVERS
from tests.support.watcher import Watcher, watch_over

USER, PASSWORD = "restadmin", "rest pass:of@admin"
PATIENCE = 60.0


class MailmanServer:
    """One Mailman core on a free port of the loopback, with a folder of its own, on SQLite."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> Self:
        program = SERVERS / "mailman" / "bin" / "runner"
        if not program.is_file():
            raise FileNotFoundError(f"{program} is not there; run bin/test-servers")
        self.folder = Path(tempfile.mkdtemp(prefix="mailman-", dir=scratch_folder()))
        (self.port,) = free_ports(1)
        configuration = self.folder / "mailman.cfg"
        configuration.write_text(
            f"[mailman]\nlayout: here\n[paths.here]\nvar_dir: {self.folder}/var\n"
            f"[webservice]\nhostname: 127.0.0.1\nport: {self.port}\nworkers: 1\n"
            f"admin_user: {USER}\nadmin_pass: {PASSWORD}\n[mta]\nincoming: mailman.mta.null.NullMTA\n"
        )
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, "-C", configuration, "-r", "rest"], cwd=self.folder, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
        self._watcher = watch_over(self.folder, self._process.pid)
        self._await_answer()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def url(self) -> str:
        """As the option ``platform.api_url`` takes it."""
        return f"http://127.0.0.1:{self.port}"

    def new_domain(self) -> str:
        """A mail host that no other test uses."""
        name = f"d{uuid.uuid4().hex[:10]}.example"
        self.ask("POST", "domains", mail_host=name)
        return name

    def new_list(self, address: str, *members: str, **settings: str) -> None:
        """A list as an operator makes it, with members and, of its configuration, some settings."""
        self.ask("POST", "lists", fqdn_listname=address)
        for member in members:
            self.subscribe(address, member)
        if settings:
            self.ask("PATCH", f"lists/{address}/config", **settings)

    def subscribe(self, address: str, member: str, **flags: str) -> None:
        """Add a member, all formalities left out unless ``flags`` want them."""
        quiet = {"pre_verified": "1", "pre_confirmed": "1", "pre_approved": "1", "send_welcome_message": "0"}
        self.ask("POST", "members", list_id=address.replace("@", "."), subscriber=member, **{**quiet, **flags})

    def members(self, address: str) -> list[str]:
        """The addresses of the list's members, sorted."""
        entries = self.ask("GET", f"lists/{address}/roster/member").get("entries", [])
        return sorted(entry["email"] for entry in entries)

    def mails_sent(self) -> int:
        """How many messages Mailman has made for anybody so far."""
        return len(list((self.folder / "var" / "queue").rglob("*.pck")))

    def ask(self, method: str, path: str, **form: str) -> dict[str, Any]:
        """What Mailman answers; raises ``HTTPError`` where it refuses."""
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        body = urlencode(form).encode() if form else None
        request = Request(f"{self.url}/3.1/{path}", body, {"Authorization": f"Basic {login}"}, method=method)
        with build_opener(ProxyHandler({})).open(request, timeout=PATIENCE) as response:
            text = response.read()
        return json.loads(text) if text else {}

    def _await_answer(self) -> None:
        patience_ends = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > patience_ends or self._process is None or self._process.poll() is not None:
                complaint = (self.folder / "server.log").read_text(errors="replace")
                self.__exit__(None, None, None)
                raise RuntimeError(f"Mailman did not start:\n{complaint}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.ask("GET", "system/versions")
        except HTTPError:
            raise
        except OSError:
            return False
        return True
