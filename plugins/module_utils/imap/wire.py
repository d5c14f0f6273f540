# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wire: tagged commands, responses with literals, and nothing that holds more than it must.

One :class:`Wire` shares the socket and the read buffer of a session. A response is read line by line; each literal
(RFC 9051 section 4.3) is handed to a sink as it arrives, so that a message of any size passes in pieces.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from typing import NamedTuple, Protocol

from ..core.errors import ConnectionLost, MigrationError, Throttled
from . import diagnose

PIECE = 256 * 1024
# Octets that are read from the socket at once, where imaplib reads 8 kB.
_READ = 256 * 1024
LONGEST_LINE = 8 * 1024 * 1024
# Octets of the untagged responses to a command that is no FETCH.
LONGEST_ANSWER = 64 * 1024 * 1024
# No provider takes messages of that size; a length like this is a lie or a misread one.
LARGEST_LITERAL = 1024 * 1024 * 1024
_MOST_LITERALS = 1000
# Lines that are no response at all; a few come from servers that wrap their texts.
_MOST_STRAYS = 50
_LITERAL = re.compile(rb"\{(\d{1,18})\+?\}\r?\n\Z")
_CODE = re.compile(rb"\[([^\]]*)\] ?(.*)", re.DOTALL)
# Only these may hold literals (RFC 9051 section 7): a status response ends in a text for people, which may end in {5}.
_DATA = re.compile(rb"\* (?!(?:OK|NO|BAD|BYE|PREAUTH)[ \r\n])", re.IGNORECASE)


class Literal(Protocol):
    """What a literal became: anything with a length."""

    def __len__(self) -> int: ...


class LiteralSink(Protocol):
    """Takes the pieces of one literal."""

    def write(self, piece: bytes) -> None: ...

    def finish(self) -> Literal: ...


class BytesSink:
    """Keeps a literal in memory; for the small ones (folder names, texts)."""

    def __init__(self, size: int) -> None:
        if size > LONGEST_LINE:
            raise ConnectionLost(f"the server sends {size} octets where a name or a text is due")
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def finish(self) -> bytes:
        return b"".join(self._pieces)


SinkMaker = Callable[[int], LiteralSink]


class Response(NamedTuple):
    """One response without its line end. ``text`` shows each literal as ``{n}``; ``literals`` has them in order."""

    text: bytes
    literals: tuple[Literal, ...] = ()


@dataclass(frozen=True)
class Tagged:
    """The tagged answer to a command. ``status`` is OK, NO or BAD; ``code`` is the response code without brackets."""

    status: str
    code: str
    text: str

    @property
    def ok(self) -> bool:
        return self.status == "OK"

    def words(self) -> str:
        """The server's own words, for messages to people."""
        return f"[{self.code}] {self.text}".strip() if self.code else self.text


def parse_tagged(rest: bytes) -> Tagged:
    """``OK [CODE] text`` (what follows the tag) as a :class:`Tagged`."""
    status, _unused, text = rest.partition(b" ")
    code = b""
    match = _CODE.match(text)
    if match:
        code, text = match.groups()
    return Tagged(status.decode("ascii", "replace").upper(), _words(code), _words(text))


def _words(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").strip()


@dataclass
class Wire:
    """Commands and responses over the socket of one session."""

    sock: socket.socket
    file: BufferedReader
    next_tag: Callable[[], bytes]
    peer: str
    answered: dict[bytes, Tagged] = field(default_factory=dict)
    broken: bool = False
    _expected: set[bytes] = field(default_factory=set)
    _strays: int = 0
    _small: BufferedReader | None = None

    def read_in_large_pieces(self) -> None:
        """Read more at once from now on; where something is in the small buffer already, that one stays."""
        if not self._has_kept():
            # Whoever drops the last reference to a reader closes the socket under it.
            self._small = self.file
            self.file = BufferedReader(self.file.raw, _READ)

    def send(self, *pieces: bytes | memoryview) -> None:
        """Write ``pieces``; raises :class:`ConnectionLost`."""
        self._refuse_if_broken()
        try:
            for piece in pieces:
                self.sock.sendall(piece)
        except OSError as error:
            raise self.lost(f"the connection broke while sending ({_reason(error)})") from error

    def command(self, line: bytes) -> bytes:
        """Send one command line without literals; the tag."""
        tag = self.begin()
        self.send(tag + b" " + line + b"\r\n")
        return tag

    def begin(self) -> bytes:
        """The tag of a command that is about to be sent."""
        tag = self.next_tag()
        self._expected.add(tag)
        return tag

    def run(self, line: bytes) -> tuple[list[Response], Tagged]:
        """Send one command and read all of its answer."""
        return self.answer(self.command(line))

    def answer(self, tag: bytes) -> tuple[list[Response], Tagged]:
        """All of the answer to a command that was sent: what came before the tagged one, and that."""
        untagged, octets = [], 0
        for response in self.untagged(tag):
            octets += len(response.text) + sum(len(literal) for literal in response.literals)
            if octets > LONGEST_ANSWER:
                raise self.lost("an answer without end")
            untagged.append(response)
        return untagged, self.answered.pop(tag)

    def untagged(self, tag: bytes, sink: SinkMaker = BytesSink) -> Iterator[Response]:
        """Untagged responses up to the tagged answer of ``tag``, which is then in ``answered``."""
        self._expect(tag)
        while tag not in self.answered:
            response = self.read(sink)
            if not self._keep_if_tagged(response):
                yield response

    def wait_tagged(self, tag: bytes) -> Tagged:
        """The tagged answer of ``tag``; what is untagged before it is dropped."""
        for _unused in self.untagged(tag):
            pass
        return self.answered.pop(tag)

    def wait_continuation(self, tag: bytes) -> bool:
        """True when the server asks for more (``+``), false when it has answered ``tag`` instead."""
        self._expect(tag)
        while tag not in self.answered:
            response = self.read(BytesSink)
            if response.text.startswith(b"+"):
                return True
            self._keep_if_tagged(response)
        return False

    def read(self, sink: SinkMaker) -> Response:
        """The next response whatever it is. Raises :class:`ConnectionLost` for one beyond all measure."""
        line = self._line()
        match = _announced(line)
        if match is None or not _DATA.match(line):
            return self._response(line.rstrip(b"\r\n"), ())
        text = bytearray()
        literals: list[Literal] = []
        while match is not None:
            size = int(match.group(1))
            text += line[: match.start()].removesuffix(b"~") + b"{%d}" % size
            if len(text) > LONGEST_LINE or len(literals) >= _MOST_LITERALS:
                raise self.lost("a response without end")
            literals.append(self._literal(size, sink))
            line = self._line()
            match = _announced(line)
        return self._response(bytes(text) + line.rstrip(b"\r\n"), tuple(literals))

    def has_input(self) -> bool:
        """Whether the server has sent something that was not read yet, or has hung up."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(0)) or self._has_kept()

    def _has_kept(self) -> bool:
        """Whether something waits in the buffers of this side, where it came together with what was read."""
        timeout = self.sock.gettimeout()
        self.sock.settimeout(0)
        try:
            return bool(self.file.peek(1))
        except OSError:  # TLS has no whole record
            return False
        finally:
            self.sock.settimeout(timeout)

    def _response(self, text: bytes, literals: tuple[Literal, ...]) -> Response:
        if text[:5].upper() == b"* BYE":
            raise self._goodbye(_words(text[5:]))
        return Response(text, literals)

    def _expect(self, tag: bytes) -> None:
        if tag not in self.answered:
            self._expected.add(tag)

    def _keep_if_tagged(self, response: Response) -> bool:
        """Whether it is none of the untagged ones; the answers of commands that were sent are kept."""
        if response.text.startswith((b"* ", b"+")):
            return False
        tag, _unused, rest = response.text.partition(b" ")
        if tag in self._expected:
            self._expected.discard(tag)
            self.answered[tag] = parse_tagged(rest)
            return True
        self._strays += 1
        if self._strays > _MOST_STRAYS:
            raise self.lost(f"the server sends what is no answer: {_words(response.text[:80])}")
        return True

    def _refuse_if_broken(self) -> None:
        if self.broken:
            raise ConnectionLost("the connection is broken", where=self.peer)

    def _goodbye(self, words: str) -> ConnectionLost:
        lost = self.lost(f"the server closed the connection: {words}")
        if diagnose.is_throttle(words):
            return Throttled(lost.what, where=lost.where, wait=diagnose.suggested_wait(words))
        return lost

    def lost(self, what: str) -> ConnectionLost:
        """The error to raise when nothing that follows on this connection can be trusted."""
        self.broken = True
        return ConnectionLost(what, where=self.peer)

    def _line(self) -> bytes:
        if self.broken:
            self._refuse_if_broken()
        try:
            line = self.file.readline(LONGEST_LINE)
        except (OSError, ValueError) as error:
            raise self.lost(f"the connection broke while reading ({_reason(error)})") from error
        if not line.endswith(b"\n"):
            found = "a response line without end" if len(line) >= LONGEST_LINE else "the server hung up"
            raise self.lost(found)
        return line

    def _literal(self, size: int, make_sink: SinkMaker) -> Literal:
        if size > LARGEST_LITERAL:
            raise self.lost(f"the server announces {size} octets")
        left = size
        try:
            sink = make_sink(size)
            while left:
                piece = self.file.read(min(left, PIECE))
                if not piece:
                    raise self.lost("the server hung up in the middle of a message")
                sink.write(piece)
                left -= len(piece)
        except (OSError, ValueError) as error:
            raise self.lost(f"the connection broke in a message ({_reason(error)})") from error
        except MigrationError:
            # The sink gave up: what is left of the literal would be read as responses.
            self.broken = True
            raise
        return sink.finish()


def _announced(line: bytes) -> re.Match[bytes] | None:
    """The mark of a literal at the end of a line."""
    start = line.rfind(b"{") if line.endswith((b"}\r\n", b"}\n")) else -1
    return _LITERAL.match(line, start) if start >= 0 else None


def _reason(error: OSError | ValueError) -> str:
    """Words for an error of the socket; a ValueError says that it was closed meanwhile."""
    if isinstance(error, TimeoutError):
        return "no answer within the time limit"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
