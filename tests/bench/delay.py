# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A relay that delays every octet and counts turns.

As a program (``python -m tests.bench.delay PORT SECONDS``) it works in a process of its own. It looks at nothing but
the login, so that it costs the measured conversation as little as can be.
"""

from __future__ import annotations

import contextlib
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

CHUNK = 1 << 18
# So many octets of one direction may wait; above that its sender is not read, as on a line of finite length.
WINDOW = 64 * CHUNK
_LOGIN = re.compile(rb"^\S+ (?:LOGIN|AUTHENTICATE) ", re.IGNORECASE)


class Delay:
    """The relay before a port of the loopback; ``seconds`` is one way. Its own port is ``port``."""

    def __init__(self, server_port: int, seconds: float) -> None:
        command = [sys.executable, "-m", "tests.bench.delay", str(server_port), str(seconds)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         cwd=Path(__file__).parents[2])
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def stop(self) -> list[int]:
        """End it; of each connection in the order of their logins, how often the client spoke again after an answer."""
        turns: list[int] = json.loads(self._process.communicate()[0])
        return turns


@dataclass
class _Way:
    """One direction of one connection."""

    origin: socket.socket
    target: socket.socket
    waiting: deque[tuple[float, memoryview]] = field(default_factory=deque)
    size: int = 0
    ended: bool = False


@dataclass
class _Link:
    up: _Way
    down: _Way
    turns: int = 0
    logged_in: bool = False
    client_spoke_last: bool = False

    def note(self, way: _Way, data: bytes) -> None:
        """Count a turn each time the client speaks after the server has, from the login on."""
        if way is self.down:
            self.client_spoke_last = False
            return
        if self.logged_in and not self.client_spoke_last:
            self.turns += 1
        self.client_spoke_last = True
        self.logged_in = self.logged_in or bool(_LOGIN.match(data[:200]))


class _Relay:
    """All connections in one thread."""

    def __init__(self, server_port: int, seconds: float) -> None:
        self._server_port, self._seconds = server_port, seconds
        self._selector = selectors.DefaultSelector()
        self._links: list[_Link] = []
        self._ways: dict[socket.socket, tuple[_Link, _Way]] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)

    def run(self) -> list[int]:
        """Relay until standard input ends; the turns of each connection that logged in."""
        while True:
            for key, _unused in self._selector.select(self._until_due()):
                if key.fileobj is sys.stdin:
                    return [link.turns for link in self._links if link.logged_in]
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(key.fileobj)  # type: ignore[arg-type]
            self._deliver()

    def _accept(self) -> None:
        client, _unused = self._listener.accept()
        server = socket.create_connection(("127.0.0.1", self._server_port))
        link = _Link(_Way(client, server), _Way(server, client))
        self._links.append(link)
        for way in (link.up, link.down):
            way.origin.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ways[way.origin] = (link, way)
            self._selector.register(way.origin, selectors.EVENT_READ)

    def _read(self, origin: socket.socket) -> None:
        link, way = self._ways[origin]
        try:
            data = origin.recv(CHUNK)
        except OSError:
            data = b""
        if data:
            link.note(way, data)
        way.waiting.append((time.monotonic() + self._seconds, memoryview(data)))
        way.size += len(data)
        way.ended = not data
        if way.ended or way.size >= WINDOW:
            self._selector.unregister(origin)

    def _until_due(self) -> float | None:
        due = [way.waiting[0][0] for _unused, way in self._ways.values() if way.waiting]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _deliver(self) -> None:
        now = time.monotonic()
        for link, way in list(self._ways.values()):
            was_full = way.size >= WINDOW
            while way.waiting and way.waiting[0][0] <= now:
                if not self._hand_over(way):
                    break
            if was_full and way.size < WINDOW and not way.ended:
                self._selector.register(way.origin, selectors.EVENT_READ)
            if link.up.ended and link.down.ended and not link.up.waiting and not link.down.waiting:
                self._close(link)

    def _hand_over(self, way: _Way) -> bool:
        """Send what is due first; false when the receiver takes no more now."""
        _unused, data = way.waiting.popleft()
        try:
            if not data:
                way.target.shutdown(socket.SHUT_WR)
                return True
            sent = way.target.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError:
            sent = len(data)
        way.size -= sent
        if sent < len(data):
            way.waiting.appendleft((time.monotonic() + 0.0005, data[sent:]))
            return False
        return True

    def _close(self, link: _Link) -> None:
        for way in (link.up, link.down):
            self._ways.pop(way.origin, None)
            with contextlib.suppress(OSError):
                way.origin.close()


if __name__ == "__main__":
    relay = _Relay(int(sys.argv[1]), float(sys.argv[2]))
    print(relay.port, flush=True)
    print(json.dumps(relay.run()))
