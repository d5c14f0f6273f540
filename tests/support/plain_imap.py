# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small blocking IMAP client over a bare socket: exact bytes both ways, nothing shared with the product."""

from __future__ import annotations

import datetime
import re
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from tests.support.folder_names import decode, quote

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
LITERAL = re.compile(rb"\{(\d+)\}\r\n\Z")
WINDOW = 50


@dataclass(frozen=True)
class Response:
    """One response: its text with each literal left out after its ``{n}``, and the literals."""

    text: bytes
    literals: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Listed:
    """One line of LIST."""

    name: str
    delimiter: str | None
    attributes: frozenset[str]


@dataclass(frozen=True)
class Fetched:
    """One message as the server gives it; ``flags`` are without ``\\Recent``."""

    uid: int
    flags: frozenset[str]
    received: datetime.datetime
    content: bytes


@dataclass(frozen=True)
class Appended:
    """One message to append. ``received`` must know its zone; ``binary`` sends literal8 (RFC 3516)."""

    content: bytes
    flags: frozenset[str] = frozenset()
    received: datetime.datetime | None = None
    binary: bool = False


class ImapRefused(Exception):
    """The server answered NO, BAD or BYE; the text is the server's."""


class PlainImap:
    """A logged-in connection made from the options that ``imap_sync`` takes."""

    def __init__(self, options: Mapping[str, Any], timeout: float = 30.0) -> None:
        self._socket = socket.create_connection((options["host"], options["port"]), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._count = 0
        if options["encryption"] == "tls":
            self._wrap(options)
        self._reader = self._socket.makefile("rb")
        self.greeting = self.read()
        if options["encryption"] == "starttls":
            self.command(b"STARTTLS")
            self._wrap(options)
            self._reader = self._socket.makefile("rb")
        self.command(b"LOGIN %s %s" % (_quoted(options["username"]), _quoted(options["password"])))
        self.capabilities = self._ask_capabilities()

    def __enter__(self) -> PlainImap:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wrap(self, options: Mapping[str, Any]) -> None:
        trust = ssl.create_default_context(cafile=options.get("ca_file"))
        self._socket = trust.wrap_socket(self._socket, server_hostname=options["host"])

    def _ask_capabilities(self) -> frozenset[str]:
        lines = [each.text for each in self.command(b"CAPABILITY") if each.text.startswith(b"* CAPABILITY ")]
        return frozenset(lines[-1].decode().upper().split()[2:])

    def close(self) -> None:
        """Drop the connection without LOGOUT."""
        self._reader.close()
        self._socket.close()

    def read(self) -> Response:
        """The next response, literals included. Raises ``ConnectionError`` at the end of the stream."""
        text, literals = self._line(), []
        while match := LITERAL.search(text):
            literals.append(self._exactly(int(match[1])))
            text += self._line()
        return Response(text.replace(b"\r\n", b""), tuple(literals))

    def _line(self) -> bytes:
        line = self._reader.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError(f"the server closed the connection after {line!r}")
        return line

    def _exactly(self, size: int) -> bytes:
        content = self._reader.read(size)
        if len(content) < size:
            raise ConnectionError(f"the server closed the connection after {len(content)} of {size} bytes")
        return content

    def send(self, command: bytes) -> bytes:
        """Send one command line and return its tag without waiting for the answer."""
        self._count += 1
        tag = b"T%d" % self._count
        self._socket.sendall(tag + b" " + command + b"\r\n")
        return tag

    def await_answer(self, tag: bytes) -> list[Response]:
        """All responses up to the tagged one, that included. Raises ``ImapRefused`` unless it is OK."""
        responses = [self.read()]
        while not responses[-1].text.startswith(tag + b" "):
            responses.append(self.read())
        if not responses[-1].text.startswith(tag + b" OK"):
            raise ImapRefused(responses[-1].text[len(tag) + 1:].decode(errors="replace"))
        return responses

    def command(self, command: bytes) -> list[Response]:
        """Send one command and wait for its answer."""
        return self.await_answer(self.send(command))

    def append(self, folder: str, messages: Iterable[Appended]) -> None:
        """Append messages in order, sent ahead of their answers where the server has LITERAL+."""
        if "LITERAL+" not in self.capabilities:
            for message in messages:
                self._append_in_steps(folder, message)
            return
        waiting: list[bytes] = []
        for message in messages:
            waiting.append(self.send(_append_command(folder, message, b"+") + b"\r\n" + message.content))
            if len(waiting) >= WINDOW:
                self.await_answer(waiting.pop(0))
        for tag in waiting:
            self.await_answer(tag)

    def _append_in_steps(self, folder: str, message: Appended) -> None:
        tag = self.send(_append_command(folder, message, b""))
        response = self.read()
        while not response.text.startswith(b"+"):
            if response.text.startswith(tag + b" "):
                raise ImapRefused(response.text[len(tag) + 1:].decode(errors="replace"))
            response = self.read()
        self._socket.sendall(message.content + b"\r\n")
        self.await_answer(tag)

    def list(self, *, subscribed: bool = False) -> list[Listed]:
        """All folders, or those that are subscribed."""
        verb = b"LSUB" if subscribed else b"LIST"
        answers = self.command(verb + b' "" "*"')
        return [_listed(each) for each in answers if each.text.startswith(b"* %s " % verb)]

    def create(self, folder: str) -> None:
        """Make a folder and subscribe to it."""
        self.command(b"CREATE " + quote(folder))
        self.command(b"SUBSCRIBE " + quote(folder))

    def fetch_all(self, folder: str) -> Iterator[Fetched]:
        """Every message of a folder, in UID order, read-only."""
        responses = self.command(b"EXAMINE " + quote(folder))
        if any(each.text == b"* 0 EXISTS" for each in responses):
            return
        tag = self.send(b"UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])")
        while not (response := self.read()).text.startswith(tag + b" "):
            if b" FETCH (" in response.text and b"INTERNALDATE" in response.text:
                yield _fetched(response)
        if not response.text.startswith(tag + b" OK"):
            raise ImapRefused(response.text.decode(errors="replace"))


def internal_date(received: datetime.datetime) -> bytes:
    """A date as IMAP writes it, quotes included; independent of the locale."""
    month = MONTHS[received.month - 1]
    return f'"{received:%d}-{month}-{received:%Y %H:%M:%S %z}"'.encode()


def _append_command(folder: str, message: Appended, mark: bytes) -> bytes:
    date = internal_date(message.received) + b" " if message.received else b""
    flags = b"(%s) " % " ".join(sorted(message.flags)).encode()
    kind = b"~" if message.binary else b""
    return b"APPEND %s %s%s%s{%d%s}" % (quote(folder), flags, date, kind, len(message.content), mark)


def _quoted(text: str) -> bytes:
    return b'"' + text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _listed(response: Response) -> Listed:
    match = re.match(rb'\* (?:LIST|LSUB) \(([^)]*)\) (NIL|"(?:\\.|[^"])") (.*)', response.text)
    if match is None:
        raise ValueError(f"not a LIST response: {response.text!r}")
    delimiter = None if match[2] == b"NIL" else match[2][1:-1].replace(b"\\\\", b"\\").decode()
    name = response.literals[0] if response.literals else match[3]
    if name.startswith(b'"'):
        name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
    return Listed(decode(name), delimiter, frozenset(match[1].decode().lower().split()))


def _fetched(response: Response) -> Fetched:
    return Fetched(int(_part(rb"UID (\d+)", response)),
                   frozenset(_part(rb"FLAGS \(([^)]*)\)", response).decode().split()) - {"\\Recent"},
                   parse_internal_date(_part(rb'INTERNALDATE "([^"]*)"', response).decode()),
                   _body(response))


def _part(pattern: bytes, response: Response) -> bytes:
    match = re.search(pattern, response.text)
    if match is None:
        raise ValueError(f"no {pattern!r} in {response.text[:200]!r}")
    return match[1]


def _body(response: Response) -> bytes:
    """The body as a literal, a quoted string, or NIL for an empty one."""
    if response.literals:
        return response.literals[0]
    match = re.search(rb'BODY\[\] (?:NIL|"((?:\\.|[^"\\])*)")', response.text)
    if match is None:
        raise ValueError(f"no body in {response.text[:200]!r}")
    return re.sub(rb"\\(.)", rb"\1", match[1] or b"")


def parse_internal_date(text: str) -> datetime.datetime:
    """The INTERNALDATE of a FETCH response, without quotes."""
    day, month, rest = text.strip().split("-", 2)
    return datetime.datetime.strptime(f"{int(day):02}-{MONTHS.index(month) + 1:02}-{rest}", "%d-%m-%Y %H:%M:%S %z")
