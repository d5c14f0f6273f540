# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many folders opened one after the other, and in each what is to be asked there, without waiting in between.

A server works off the commands of a connection in their order wherever the order matters (RFC 9051 section 5.5), and
none of these name messages by their numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ..core.errors import FolderRefused, Throttled
from .listing import Selected
from .refusal import refusal
from .session import Session
from .wire import Response

# Commands on their way, in octets: less than the smallest buffers of a connection hold, so that client and server
# never wait for each other to read.
_AHEAD = 4096
_TAG = 16


@dataclass(frozen=True)
class Ask:
    """One command in an opened folder. ``refusal`` says what a NO to it is.

    ``take`` gets each untagged response to this command and others on the same folder, and picks out its own.
    """

    line: bytes
    take: Callable[[Response], None]
    refusal: str


@dataclass(frozen=True)
class Visit:
    """A folder to be opened, and what is asked there."""

    folder: str
    asks: tuple[Ask, ...]
    verb: bytes = b"EXAMINE"


@dataclass(frozen=True)
class Visited:
    """How a visit went: the folder as it was opened, or why it was not; or why an ask was refused there."""

    visit: Visit
    selected: Selected | None = None
    error: FolderRefused | Throttled | None = None


@dataclass(frozen=True)
class _Sent:
    visit: Visit
    tags: tuple[bytes, ...] = ()
    octets: int = 0
    error: FolderRefused | None = None


def visit_ahead(session: Session, visits: deque[Visit]) -> Iterator[Visited]:
    """Visit folder after folder, in this order; more may be appended to ``visits`` meanwhile.

    An ask that is refused in an empty folder is none. Raises :class:`ConnectionLost`.
    """
    flying: deque[_Sent] = deque()
    octets = 0
    while visits or flying:
        # In bursts: one packet for many commands.
        if octets <= _AHEAD // 2:
            pending = bytearray()
            while visits and (not flying or octets + _octets(visits[0]) <= _AHEAD):
                sent = _prepare(session, visits.popleft(), pending)
                flying.append(sent)
                octets += sent.octets
            session.wire.send(bytes(pending))
        first = flying.popleft()
        octets -= first.octets
        yield _answer(session, first)


def run_ask(session: Session, ask: Ask) -> None:
    """Ask in the folder that is open. Raises FolderRefused and Throttled."""
    error = _read(session, (ask,), ask, session.wire.command(ask.line))
    if error is not None:
        raise error


def _octets(visit: Visit) -> int:
    return len(visit.folder) * 4 + sum(len(ask.line) + _TAG for ask in visit.asks) + 2 * _TAG


def _prepare(session: Session, visit: Visit, pending: bytearray) -> _Sent:
    try:
        lines = [session.opening(visit.verb, visit.folder), *(ask.line for ask in visit.asks)]
    except FolderRefused as error:
        return _Sent(visit, error=error)
    tags = tuple(session.wire.begin() for _unused in lines)
    for tag, line in zip(tags, lines, strict=True):
        pending += tag + b" " + line + b"\r\n"
    return _Sent(visit, tags, _octets(visit))


def _answer(session: Session, sent: _Sent) -> Visited:
    if sent.error is not None:
        return Visited(sent.visit, error=sent.error)
    wire, (opening, *tags) = session.wire, sent.tags
    selected, error = None, None
    responses = list(wire.untagged(opening))
    try:
        selected = session.opened(sent.visit.folder, responses, wire.answered.pop(opening))
    except (FolderRefused, Throttled) as refused:
        error = refused
    # What is answered where nothing was opened is no answer.
    asks = sent.visit.asks if selected else ()
    refused_asks = [_read(session, asks, each, tag) for each, tag in zip(sent.visit.asks, tags, strict=True)]
    if selected is not None and selected.exists:
        error = next((each for each in refused_asks if each is not None), None)
    return Visited(sent.visit, selected, error)


def _read(session: Session, asks: Iterable[Ask], ask: Ask, tag: bytes) -> FolderRefused | Throttled | None:
    """Read up to the tagged answer of ``ask``. A server may answer another one of ``asks`` before it has done so."""
    for response in session.wire.untagged(tag):
        for each in asks:
            each.take(response)
    tagged = session.wire.answered.pop(tag)
    return None if tagged.ok else refusal(tagged, ask.refusal, session.where)
