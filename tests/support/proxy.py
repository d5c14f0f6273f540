# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A TCP proxy before an IMAP server that delays, counts, rewrites and breaks what passes, by a script.

As a program (``python -m tests.support.proxy HOST PORT DELAY``) it only delays, in a process of its own: it prints its
port, and when its input ends a line of JSON with what has passed.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.proxy_faults import Fault, Rewrite, Script
from tests.support.proxy_link import Link
from tests.support.proxy_wire import Traffic, Wire

HOST = "127.0.0.1"
PATIENCE = 5.0


class FaultProxy:
    """Listens on a free port of the loopback before ``server`` (host, port); speaks plain IMAP to both sides.

    ``delay`` is one way, in seconds: 0.02 makes a round trip of 40 ms, and connecting costs one more. Bandwidth is not
    limited. ``rewrites`` change the server's lines. After STARTTLS or COMPRESS it only passes bytes on.
    """

    def __init__(self, server: tuple[str, int], *faults: Fault, delay: float = 0.0,
                 rewrites: Sequence[Rewrite] = ()) -> None:
        self.traffic = Traffic()
        self.script = Script(faults)
        self.delay = delay
        self.rewrites = tuple(rewrites)
        self.port = 0
        self._server = server
        self._links: list[Link] = []
        self._listener: socket.socket | None = None

    def __enter__(self) -> FaultProxy:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen; on the same port as before when it was stopped."""
        self._listener = socket.create_server((HOST, self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse new connections and cut those there are; may be called again."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        links, self._links = self._links, []
        for link in links:
            link.cut()
        for link in links:
            link.join(PATIENCE)

    @contextlib.contextmanager
    def refusing(self) -> Iterator[None]:
        """Within this context the port refuses connections, and all earlier ones are cut."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def set_script(self, *faults: Fault) -> None:
        """Other faults from the next connection on; counting begins anew."""
        self.script = Script(faults)

    def open_connections(self) -> int:
        """How many connections there are now; one that was closed counts for another moment."""
        return sum(link.is_alive() for link in self._links)

    def endpoint(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a server's endpoint led through this proxy, without encryption."""
        through = {**options, "host": HOST, "port": self.port, "encryption": "none"}
        through.pop("ca_file", None)
        return through

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _unused = listener.accept()
            except OSError:
                return
            wire = Wire(client, self.delay, self.script, self.rewrites, self.traffic)
            link = Link(wire, self._server)
            link.start()
            self._links = [each for each in self._links if each.is_alive()] + [link]
            if self._listener is not listener:  # stopped in between
                link.cut()


class DelayProcess:
    """The proxy as a process of its own, for measurements: its work doesn't slow the measured process down."""

    def __init__(self, server: tuple[str, int], delay: float) -> None:
        command = [sys.executable, "-m", "tests.support.proxy", server[0], str(server[1]), str(delay)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         cwd=Path(__file__).parents[2])
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> dict[str, Any]:
        """End it and return its counts, as ``Traffic`` names them."""
        counts: dict[str, Any] = json.loads(self._process.communicate()[0])
        return counts


def main(host: str, port: str, delay: str) -> None:
    with FaultProxy((host, int(port)), delay=float(delay)) as proxy:
        print(proxy.port, flush=True)
        sys.stdin.read()
        counts = {name: value for name, value in vars(proxy.traffic).items() if not name.startswith("_")}
    print(json.dumps(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
