# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What both directions of a proxied connection share: its ends, its faults, and the count of what passes."""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Sequence

from tests.support.proxy_faults import Cut, Fault, Point, Rewrite, Script, Stall

CHUNKS_UNDER_WAY = 1024
RESET = struct.pack("ii", 1, 0)


class LinkOver(Exception):
    """The connection was ended by a fault."""


class Traffic:
    """What has passed a proxy: connections, commands by verb, bytes of each side, and round trips.

    A round trip is counted each time a client sends after the server has sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.connections = 0
        self.commands: Counter[str] = Counter()
        self.client_bytes = 0
        self.server_bytes = 0
        self.round_trips = 0

    def add(self, *, connections: int = 0, client: int = 0, server: int = 0, trips: int = 0, verb: str = "") -> None:
        with self._lock:
            self.connections += connections
            self.client_bytes += client
            self.server_bytes += server
            self.round_trips += trips
            if verb:
                self.commands[verb] += 1


class Outlet:
    """The sending end of one side; everything that is sent arrives ``delay`` seconds later, however much it is."""

    def __init__(self, target: socket.socket, delay: float) -> None:
        self._target = target
        self._delay = delay
        self._waiting: queue.Queue[tuple[float, bytes | int]] = queue.Queue(CHUNKS_UNDER_WAY)
        self._sender = threading.Thread(target=self._send_when_due, daemon=True)
        if delay:
            self._sender.start()

    def send(self, data: bytes) -> None:
        if not data:
            return
        if self._delay:
            self._waiting.put((time.monotonic() + self._delay, data))
        else:
            self._target.sendall(data)

    def finish(self, how: int) -> None:
        """Shut the socket down (``socket.SHUT_…``) after everything that was sent."""
        if not self._delay:
            self._shut(how)
            return
        if self._waiting.full():
            self._shut(how)
        self._waiting.put((time.monotonic() + self._delay, how))

    def join(self) -> None:
        """Wait until all is sent; call it after ``finish``."""
        if self._delay:
            self._sender.join()

    def _send_when_due(self) -> None:
        broken = False
        while True:
            due, item = self._waiting.get()
            early = due - time.monotonic()
            if early > 0 and not broken:
                time.sleep(early)
            if isinstance(item, int):
                self._shut(item)
                return
            try:
                self._target.sendall(b"" if broken else item)
            except OSError:
                broken = True

    def _shut(self, how: int) -> None:
        with contextlib.suppress(OSError):
            self._target.shutdown(how)


class Wire:
    """One connection of a client and ours to the server; ``answers`` are the faults that wait for a tagged line."""

    def __init__(self, client: socket.socket, delay: float, script: Script, rewrites: Sequence[Rewrite],
                 traffic: Traffic) -> None:
        self.client, self.delay = client, delay
        self.script, self.rewrites, self.traffic = script, rewrites, traffic
        self.answers: dict[bytes, Fault] = {}
        self.over = threading.Event()
        self.opaque = False
        self._client_turn = False
        self._outlets: tuple[Outlet, ...] = ()

    def outlets_to(self, upstream: socket.socket) -> tuple[Outlet, Outlet]:
        """The sending ends towards client and server."""
        outlets = Outlet(self.client, self.delay), Outlet(upstream, self.delay)
        self._outlets = outlets
        return outlets

    def act(self, fault: Fault) -> None:
        """Let a cut or a stall happen. Raises ``LinkOver`` when the connection doesn't outlive it."""
        self.script.record(fault)
        if isinstance(fault.what, Stall):
            if self.over.wait(fault.what.seconds):
                raise LinkOver
            return
        self.cut(reset=isinstance(fault.what, Cut) and (fault.what.reset or fault.place.point is Point.CONNECTION))
        raise LinkOver

    def say_to_client(self, data: bytes) -> None:
        """Bytes that come from neither side."""
        self._outlets[0].send(data)

    def cut(self, *, reset: bool = False) -> None:
        """End both sides once all that was sent has left; a reset reaches the client when its socket is closed."""
        self.over.set()
        if reset:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        for outlet, how in zip(self._outlets, (socket.SHUT_RD if reset else socket.SHUT_RDWR, socket.SHUT_RDWR),
                               strict=False):
            outlet.finish(how)

    def take_turn(self, *, client: bool) -> None:
        """Note who sends now; a round trip begins when the client does after the server."""
        if client and not self._client_turn:
            self.traffic.add(trips=1)
        self._client_turn = client
