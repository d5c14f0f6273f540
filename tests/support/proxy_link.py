# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One connection through the proxy: a pump for each direction, with the faults that fall on it."""

from __future__ import annotations

import contextlib
import queue
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence

from tests.support.proxy_faults import Cut, Fault, Point, Rewrite, Say, Script, Stall
from tests.support.proxy_stream import Piece, Splitter, command_of

CHUNK = 1 << 18
CHUNKS_UNDER_WAY = 256
OPAQUE = ("STARTTLS", "COMPRESS")
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
            if not broken:
                time.sleep(max(0.0, due - time.monotonic()))
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


class Link(threading.Thread):
    """A client's connection and ours to the server, from accept to the end of both."""

    def __init__(self, client: socket.socket, server: tuple[str, int], delay: float, script: Script,
                 rewrites: Sequence[Rewrite], traffic: Traffic) -> None:
        super().__init__(daemon=True)
        self.script, self.rewrites, self.traffic = script, rewrites, traffic
        self.answers: dict[bytes, Fault] = {}
        self.client_turn = False
        self.over = threading.Event()
        self._client, self._server, self._delay = client, server, delay
        self._outlets: tuple[Outlet, ...] = ()

    def run(self) -> None:
        self.traffic.add(connections=1)
        hits = self.script.hits("", Point.CONNECTION, Point.CLIENT_BYTES, Point.SERVER_BYTES)
        with self._client, contextlib.suppress(LinkOver, OSError):
            if Point.CONNECTION in hits:
                self.act(hits[Point.CONNECTION])
            self.over.wait(2 * self._delay)
            with socket.create_connection(self._server) as upstream:
                self._pump(upstream, hits)

    def _pump(self, upstream: socket.socket, hits: Mapping[Point, Fault]) -> None:
        for each in (self._client, upstream):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        to_client, to_server = Outlet(self._client, self._delay), Outlet(upstream, self._delay)
        self._outlets = (to_client, to_server)
        self.upward = Upward(self, self._client, to_server, hits.get(Point.CLIENT_BYTES))
        self.downward = Downward(self, upstream, to_client, hits.get(Point.SERVER_BYTES))
        for thread in (self.upward, self.downward):
            thread.start()
        for part in (self.upward, self.downward, to_client, to_server):
            part.join()

    def act(self, fault: Fault) -> None:
        """Let a cut or a stall happen. Raises ``LinkOver`` when the connection doesn't outlive it."""
        self.script.record(fault)
        if isinstance(fault.what, Stall):
            if self.over.wait(fault.what.seconds):
                raise LinkOver
            return
        self.cut(reset=isinstance(fault.what, Cut) and (fault.what.reset or fault.place.point is Point.CONNECTION))
        raise LinkOver

    def cut(self, *, reset: bool = False) -> None:
        """End both sides once all that was sent has left; a reset reaches the client when its socket is closed."""
        self.over.set()
        if reset:
            self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        for outlet, how in zip(self._outlets, (socket.SHUT_RD if reset else socket.SHUT_RDWR, socket.SHUT_RDWR),
                               strict=False):
            outlet.finish(how)

    def take_turn(self, *, client: bool) -> None:
        """Note who sends now; a round trip begins when the client does after the server."""
        if client and not self.client_turn:
            self.traffic.add(trips=1)
        self.client_turn = client


class Pump(threading.Thread):
    """One direction: reads, cuts in pieces, hands each to ``handle``, and acts after so many bytes if told to."""

    def __init__(self, link: Link, origin: socket.socket, outlet: Outlet, limit: Fault | None) -> None:
        super().__init__(daemon=True)
        self.link, self.outlet = link, outlet
        self.splitter = Splitter()
        self._origin, self._limit = origin, limit
        self._total = 0

    def run(self) -> None:
        try:
            while data := self._origin.recv(CHUNK):
                self.note(len(data))
                self._take(data)
            if not self.link.over.is_set():
                self.outlet.send(self.splitter.rest())
                self.outlet.finish(socket.SHUT_WR)
        except LinkOver:
            pass
        except OSError:
            self.link.cut()

    def _take(self, data: bytes) -> None:
        self._total += len(data)
        if self._limit is not None and self._total >= self._limit.place.after:
            keep = len(data) - (self._total - self._limit.place.after)
            fault, self._limit = self._limit, None
            self._pass(data[:keep])
            self.outlet.send(self.splitter.rest())
            self.link.act(fault)
            data = data[keep:]
        self._pass(data)

    def _pass(self, data: bytes) -> None:
        for piece in self.splitter.feed(data):
            self.handle(piece)

    def send_literal(self, piece: Piece, fault: Fault | None) -> None:
        """Forward a part of a literal and let the fault happen where it lies in it."""
        at = -1 if fault is None else min(fault.place.after, (piece.literal or 0) - 1) - piece.offset
        if fault is None or not 0 <= at < len(piece.data):
            self.outlet.send(piece.data)
            return
        self.outlet.send(piece.data[:at])
        self.link.act(fault)
        self.outlet.send(piece.data[at:])

    def note(self, count: int) -> None:
        """Count bytes that came."""
        raise NotImplementedError

    def handle(self, piece: Piece) -> None:
        """Forward one piece, or not."""
        raise NotImplementedError


class Upward(Pump):
    """From client to server: knows the commands."""

    _tag = b""
    _swallowed: Fault | None = None
    _literal_fault: Fault | None = None

    def note(self, count: int) -> None:
        self.link.traffic.add(client=count)
        self.link.take_turn(client=True)

    def handle(self, piece: Piece) -> None:
        if piece.starts:
            self._begin(piece.data)
        if self._swallowed is not None:
            self._swallow(piece, self._swallowed)
        elif piece.literal is not None:
            fault = self._literal_fault
            self.send_literal(piece, fault)
            if fault is not None and piece.offset + len(piece.data) >= min(fault.place.after, piece.literal - 1):
                self._literal_fault = None
        else:
            self.outlet.send(piece.data)

    def _begin(self, line: bytes) -> None:
        named = command_of(line)
        if named is None:
            return
        self._tag, verb = named
        self.link.traffic.add(verb=verb)
        hits = self.link.script.hits(verb, Point.COMMAND, Point.CLIENT_LITERAL, Point.ANSWER)
        self._literal_fault = hits.get(Point.CLIENT_LITERAL)
        if Point.ANSWER in hits:
            self.link.answers[self._tag] = hits[Point.ANSWER]
        fault = hits.get(Point.COMMAND)
        if fault is not None and isinstance(fault.what, Say):
            self._swallowed = fault
            return
        if fault is not None:
            self.link.act(fault)
        if verb in OPAQUE:
            self.splitter.raw = self.link.downward.splitter.raw = True

    def _swallow(self, piece: Piece, fault: Fault) -> None:
        """Keep a command from the server; a NOOP takes its place, so that the answers stay in order."""
        if not piece.ends and not piece.waits:
            return
        self._swallowed = None
        self.splitter.abandon_literal()
        self.link.answers[self._tag] = fault
        self.outlet.send(self._tag + b" NOOP\r\n")

    def answered(self, tag: bytes) -> None:
        """A command got its answer: if its literal was still to come, it won't."""
        if tag == self._tag:
            self.splitter.abandon_unsent()


class Downward(Pump):
    """From server to client: knows the answers."""

    _literal_fault: Fault | None = None

    def note(self, count: int) -> None:
        self.link.traffic.add(server=count)
        self.link.take_turn(client=False)

    def handle(self, piece: Piece) -> None:
        if piece.literal is not None:
            if piece.offset == 0:
                self._literal_fault = self.link.script.hits("", Point.SERVER_LITERAL).get(Point.SERVER_LITERAL)
            self.send_literal(piece, self._literal_fault)
            return
        line = piece.data
        if piece.starts and not line.startswith((b"* ", b"+")):
            line = self._answer(line)
        for rewrite in self.link.rewrites:
            line = rewrite(line)
        self.outlet.send(line)

    def _answer(self, line: bytes) -> bytes:
        """What the client gets instead of a tagged line."""
        tag = line.split(b" ", 1)[0]
        self.link.upward.answered(tag)
        fault = self.link.answers.pop(tag, None)
        if fault is None:
            return line
        if not isinstance(fault.what, Say):
            self.link.act(fault)
            return line
        self.outlet.send(fault.what.untagged)
        self.link.script.record(fault)
        if not fault.what.text:
            self.link.cut()
            raise LinkOver
        return tag + b" " + fault.what.text + b"\r\n"
