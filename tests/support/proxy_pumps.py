# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The two directions of a proxied connection: what is read is cut in pieces, and faults fall on them."""

from __future__ import annotations

import socket
import threading

from tests.support.proxy_faults import Fault, Noise, Point, Say
from tests.support.proxy_stream import Piece, Splitter, command_of
from tests.support.proxy_wire import LinkOver, Outlet, Wire

CHUNK = 1 << 18
OPAQUE = ("STARTTLS", "COMPRESS")


class Pump(threading.Thread):
    """One direction: reads, cuts in pieces, hands each to ``handle``, and acts after so many bytes if told to."""

    def __init__(self, wire: Wire, origin: socket.socket, outlet: Outlet, limit: Fault | None) -> None:
        super().__init__(daemon=True)
        self.wire = wire
        self.splitter = Splitter()
        self._origin, self._outlet, self._limit = origin, outlet, limit
        self._total = 0
        self._ready: list[bytes] = []
        self._content = b""

    def run(self) -> None:
        try:
            while data := self._origin.recv(CHUNK):
                self.note(len(data))
                self._take(data)
            if not self.wire.over.is_set():
                self.send(self.splitter.rest())
                self.flush()
                self._outlet.finish(socket.SHUT_WR)
        except LinkOver:
            pass
        except OSError:
            self.wire.cut()

    def _take(self, data: bytes) -> None:
        self._total += len(data)
        if self._limit is not None and self._total >= self._limit.place.after:
            keep = len(data) - (self._total - self._limit.place.after)
            fault, self._limit = self._limit, None
            self._pass(data[:keep])
            self.send(self.splitter.rest())
            self.act(fault)
            data = data[keep:]
        self._pass(data)

    def _pass(self, data: bytes) -> None:
        self.splitter.raw = self.wire.opaque
        for piece in self.splitter.feed(data):
            self.handle(piece)
        self.flush()

    def flush(self) -> None:
        """Hand over what is ready to be sent."""
        ready, self._ready = self._ready, []
        self._outlet.send(b"".join(ready))

    def send(self, data: bytes) -> None:
        """Forward bytes, together with the others of the same read."""
        self._ready.append(data)

    def act(self, fault: Fault) -> None:
        """Let a fault happen after all that was forwarded so far."""
        self.flush()
        if isinstance(fault.what, Say):
            self.wire.say_to_client(fault.what.untagged)
        self.wire.act(fault)

    def send_literal(self, piece: Piece, fault: Fault | None) -> None:
        """Forward a part of a literal and let the fault happen where it lies in it."""
        at = -1 if fault is None else min(fault.place.after, (piece.literal or 0) - 1) - piece.offset
        if fault is None or not 0 <= at < len(piece.data):
            self.send(piece.data)
            return
        self.send(piece.data[:at])
        self.act(fault)
        self.send(piece.data[at:])

    def held(self, piece: Piece, point: Point) -> Fault | None:
        """The fault that lies on the content of a literal, as far as it has come."""
        self._content = piece.data if piece.offset == 0 else (self._content + piece.data)[-CHUNK:]
        return self.wire.script.held(point, self._content)

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
        self.wire.traffic.add(client=count)
        self.wire.take_turn(client=True)

    def handle(self, piece: Piece) -> None:
        if piece.starts:
            self._begin(piece.data)
        if self._swallowed is not None:
            self._swallow(piece, self._swallowed)
        elif piece.literal is not None:
            self._look_into(piece)
            fault = self._literal_fault
            self.send_literal(piece, fault)
            if fault is not None and piece.offset + len(piece.data) >= min(fault.place.after, piece.literal - 1):
                self._literal_fault = None
        else:
            self.send(piece.data)

    def _look_into(self, piece: Piece) -> None:
        sent, stored = self.held(piece, Point.SENT_CONTENT), self.wire.script.held(Point.STORED_CONTENT, self._content)
        if sent is not None:
            self.act(sent)
        if stored is not None:
            self.wire.answers[self._tag] = stored

    def _begin(self, line: bytes) -> None:
        named = command_of(line)
        if named is None:
            return
        self._tag, verb = named
        self.wire.traffic.add(verb=verb)
        hits = self.wire.script.hits(verb, Point.COMMAND, Point.CLIENT_LITERAL, Point.ANSWER, line=line)
        self._literal_fault = hits.get(Point.CLIENT_LITERAL)
        if Point.ANSWER in hits:
            self.wire.answers[self._tag] = hits[Point.ANSWER]
        fault = hits.get(Point.COMMAND)
        if fault is not None and isinstance(fault.what, Say):
            self._swallowed = fault
            return
        if fault is not None:
            self.act(fault)
        if verb in OPAQUE:
            self.wire.opaque = self.splitter.raw = True

    def _swallow(self, piece: Piece, fault: Fault) -> None:
        """Keep a command from the server; a NOOP takes its place, so that the answers stay in order."""
        if not piece.ends and not piece.waits:
            return
        self._swallowed = None
        self.splitter.abandon_literal()
        self.wire.answers[self._tag] = fault
        self.send(self._tag + b" NOOP\r\n")

    def answered(self, tag: bytes) -> None:
        """A command got its answer: if its literal was still to come, it won't."""
        if tag == self._tag:
            self.splitter.abandon_unsent()


class Downward(Pump):
    """From server to client: knows the answers."""

    _literal_fault: Fault | None = None

    def __init__(
        self, wire: Wire, origin: socket.socket, outlet: Outlet, limit: Fault | None, upward: Upward
    ) -> None:
        super().__init__(wire, origin, outlet, limit)
        self._upward = upward

    def note(self, count: int) -> None:
        self.wire.traffic.add(server=count)
        self.wire.take_turn(client=False)

    def handle(self, piece: Piece) -> None:
        if piece.literal is not None:
            if piece.offset == 0:
                self._literal_fault = self.wire.script.hits("", Point.SERVER_LITERAL).get(Point.SERVER_LITERAL)
            shown = self.held(piece, Point.SHOWN_CONTENT)
            if shown is not None and isinstance(shown.what, Noise):
                self.wire.script.record(shown)
                self.send(shown.what.data)
                return
            if shown is not None:
                self.act(shown)
            self.send_literal(piece, self._literal_fault)
            return
        line = piece.data
        if piece.starts and not line.startswith((b"* ", b"+")):
            line = self._answer(line)
        for rewrite in self.wire.rewrites:
            line = rewrite(line)
        self.send(line)

    def _answer(self, line: bytes) -> bytes:
        """What the client gets instead of a tagged line."""
        tag = line.split(b" ", 1)[0]
        self._upward.answered(tag)
        fault = self.wire.answers.pop(tag, None)
        if fault is None:
            return line
        if not isinstance(fault.what, Say):
            self.act(fault)
            return line
        self.wire.over.wait(fault.what.after)
        self.send(fault.what.untagged)
        self.wire.script.record(fault)
        if not fault.what.text:
            self.flush()
            self.wire.cut()
            raise LinkOver
        return tag + b" " + fault.what.text + b"\r\n"
