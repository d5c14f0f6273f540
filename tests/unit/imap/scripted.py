# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that says what a test tells it to, over a real socket, octet by octet."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from ansible_collections.mailops.migration.plugins.module_utils.imap.connection import connect
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.imap.session import Session
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import Wire

TIMEOUT = 20.0


class Peer:
    """The server's end of one connection, worked by a test's script."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sock.settimeout(TIMEOUT)
        self._file = sock.makefile("rb")
        self._next: bytes | None = None

    def say(self, *pieces: bytes) -> None:
        """Send these octets."""
        for piece in pieces:
            self.sock.sendall(piece)

    def line(self) -> bytes:
        """The next line of the client without its end; empty when it has hung up."""
        line, self._next = (self._file.readline() if self._next is None else self._next), None
        return line.removesuffix(b"\n").removesuffix(b"\r")

    def read(self, octets: int) -> bytes:
        """So many octets of the client."""
        return self._file.read(octets)

    def has_input(self) -> bool:
        """Whether the client has said something that was not read yet."""
        self.sock.settimeout(0)
        try:
            return bool(self._file.peek(1))
        finally:
            self.sock.settimeout(TIMEOUT)

    def expect(self, command: bytes) -> bytes:
        """Read one line that is ``command`` after its tag; the tag."""
        tag, _unused, rest = self.line().partition(b" ")
        assert rest == command, f"the client said {rest!r}, not {command!r}"
        return tag

    def answer(self, command: bytes, *responses: bytes, status: bytes = b"OK done") -> None:
        """Expect ``command`` and answer it with these untagged responses."""
        tag = self.expect(command)
        self.say(*(response + b"\r\n" for response in responses), tag + b" " + status + b"\r\n")

    def welcome(self, capabilities: tuple[str, ...], greeting: bytes) -> None:
        """Greet, and take a login; the first other command is left to the script."""
        words = " ".join(("IMAP4rev1", *capabilities)).encode()
        self.say(b"* OK " + greeting + b"\r\n")
        while line := self.line():
            tag, _unused, verb = line.partition(b" ")
            if verb == b"CAPABILITY":
                self.say(b"* CAPABILITY " + words + b"\r\n" + tag + b" OK done\r\n")
            elif verb.startswith(b"LOGIN "):
                self.say(tag + b" OK [CAPABILITY " + words + b"] in\r\n")
            else:
                self._next = line + b"\r\n"
                return

    def farewell(self) -> None:
        """Answer LOGOUT, and wait for the client to hang up."""
        while line := self.line():
            self.say(b"* BYE\r\n" + line.partition(b" ")[0] + b" OK done\r\n")


Script = Callable[[Peer], None]


@contextmanager
def wire_to(script: Script, *, kind: int = socket.SOCK_STREAM) -> Iterator[Wire]:
    """The wire to a server that follows ``script``; tags are A1, A2, …"""
    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
    ours.settimeout(TIMEOUT)
    numbers = itertools.count(1)
    with ours, _served(theirs, script):
        try:
            yield Wire(ours, ours.makefile("rb"), lambda: b"A%d" % next(numbers), "the peer")
        finally:
            ours.shutdown(socket.SHUT_RDWR)


@contextmanager
def session_to(script: Script, *capabilities: str, greeting: bytes = b"ready") -> Iterator[Session]:
    """A session that is logged in at a server which follows ``script`` from then on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = Endpoint("127.0.0.1", "user", "secret", listener.getsockname()[1], "none", timeout=TIMEOUT)

        def serve(peer: Peer) -> None:
            peer.welcome(capabilities, greeting)
            script(peer)
            peer.farewell()

        with _served(listener, serve), closing(connect(endpoint)) as session:
            yield session


@contextmanager
def _served(sock: socket.socket, script: Script) -> Iterator[None]:
    """``script`` in a thread; what fails there fails the test."""
    failures: list[BaseException] = []

    def serve() -> None:
        try:
            with sock.accept()[0] if sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) else sock as connection:
                script(Peer(connection))
        except ConnectionError:
            pass  # The client hung up while it was being answered: the test judges what the client did.
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    except BaseException as error:
        thread.join(1)
        raise failures[0] if failures else error from error
    thread.join(TIMEOUT)
    if failures:
        raise failures[0]
