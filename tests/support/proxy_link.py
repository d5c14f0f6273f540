# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of one connection through the proxy."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Mapping

from tests.support.proxy_faults import Fault, Point
from tests.support.proxy_pumps import Downward, Upward
from tests.support.proxy_wire import LinkOver, Wire


class Link(threading.Thread):
    """Runs a wire from accept to the end of both sides."""

    def __init__(self, wire: Wire, server: tuple[str, int]) -> None:
        super().__init__(daemon=True)
        self._wire, self._server = wire, server

    def run(self) -> None:
        wire = self._wire
        wire.traffic.add(connections=1)
        hits = wire.script.hits("", Point.CONNECTION, Point.CLIENT_BYTES, Point.SERVER_BYTES)
        with wire.client, contextlib.suppress(LinkOver, OSError):
            if Point.CONNECTION in hits:
                wire.act(hits[Point.CONNECTION])
            wire.over.wait(2 * wire.delay)
            with socket.create_connection(self._server) as upstream:
                self._pump(upstream, hits)

    def _pump(self, upstream: socket.socket, hits: Mapping[Point, Fault]) -> None:
        for each in (self._wire.client, upstream):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        to_client, to_server = self._wire.outlets_to(upstream)
        upward = Upward(self._wire, self._wire.client, to_server, hits.get(Point.CLIENT_BYTES))
        downward = Downward(self._wire, upstream, to_client, hits.get(Point.SERVER_BYTES), upward)
        upward.start()
        downward.start()
        for part in (upward, downward, to_client, to_server):
            part.join()

    def cut(self) -> None:
        """End the connection from outside."""
        self._wire.cut()
