# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults as values: where something goes wrong on a connection, and what."""

from __future__ import annotations

import enum
import random
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Rewrite = Callable[[bytes], bytes]
VERBS = ("APPEND", "UID FETCH", "SELECT", "EXAMINE")


class Point(enum.Enum):
    """The kinds of places at which a fault can lie."""

    CONNECTION = enum.auto()
    CLIENT_BYTES = enum.auto()
    SERVER_BYTES = enum.auto()
    COMMAND = enum.auto()
    CLIENT_LITERAL = enum.auto()
    ANSWER = enum.auto()
    SERVER_LITERAL = enum.auto()
    SENT_CONTENT = enum.auto()
    STORED_CONTENT = enum.auto()
    SHOWN_CONTENT = enum.auto()


CONTENT = (Point.SENT_CONTENT, Point.STORED_CONTENT, Point.SHOWN_CONTENT)
EVERY_TIME = 1_000_000


@dataclass(frozen=True)
class Place:
    """The ``number``-th and the following, ``times`` in all, of the occurrences of a point.

    Occurrences are counted over all connections since the script was set; commands only where ``verb`` is theirs (all
    where it is empty). ``after`` counts bytes from the begin of the literal, or of the connection. ``mark`` stands in
    the message where content is the point, and in the first line of a command.
    """

    point: Point
    verb: str = ""
    number: int = 1
    times: int = 1
    after: int = 0
    mark: bytes = b""


@dataclass(frozen=True)
class Cut:
    """Both sides lose the connection, after what was forwarded has arrived; with ``reset`` by RST."""

    reset: bool = False


@dataclass(frozen=True)
class Stall:
    """Nothing more is forwarded from this side for so many seconds."""

    seconds: float = 3600.0


@dataclass(frozen=True)
class Say:
    """The server never sees the command; the client gets ``untagged`` and then the tagged ``text`` (``NO [LIMIT] …``).

    The answer comes after those to all earlier commands, at a command ``after`` seconds later. An empty ``text`` ends
    the connection instead of it.
    """

    text: bytes = b""
    untagged: bytes = b""
    after: float = 0.0


@dataclass(frozen=True)
class Noise:
    """The client gets these bytes in the place of the rest of a message."""

    data: bytes


@dataclass(frozen=True)
class Fault:
    """What happens where. Raises ``ValueError`` for a ``Say`` elsewhere than at a command or at content."""

    place: Place
    what: Cut | Stall | Say | Noise

    def __post_init__(self) -> None:
        if isinstance(self.what, Say) and self.place.point not in (Point.COMMAND, *CONTENT):
            raise ValueError(f"Say stands for the answer to a command, not at {self.place.point.name}")


def at_connection(number: int = 1, times: int = 1) -> Place:
    """As soon as the client has connected; a ``Cut`` here resets the connection before the greeting."""
    return Place(Point.CONNECTION, number=number, times=times)


def after_client_bytes(count: int, number: int = 1, times: int = 1) -> Place:
    """When so many bytes of the ``number``-th connection have come from the client and were forwarded."""
    return Place(Point.CLIENT_BYTES, number=number, times=times, after=count)


def after_server_bytes(count: int, number: int = 1, times: int = 1) -> Place:
    """When so many bytes of the ``number``-th connection have come from the server and were forwarded."""
    return Place(Point.SERVER_BYTES, number=number, times=times, after=count)


def at_command(verb: str = "", number: int = 1, times: int = 1, mark: bytes = b"") -> Place:
    """At a command whose line holds ``mark``, before any of it is forwarded."""
    return Place(Point.COMMAND, verb=verb, number=number, times=times, mark=mark)


def in_client_literal(verb: str = "APPEND", number: int = 1, after: int = 1, times: int = 1) -> Place:
    """In the first literal of a command, when ``after`` bytes of it were forwarded, or all but the last byte."""
    return Place(Point.CLIENT_LITERAL, verb=verb, number=number, times=times, after=after)


def before_answer(verb: str = "APPEND", number: int = 1, times: int = 1) -> Place:
    """When the server has carried a command out, instead of its tagged answer."""
    return Place(Point.ANSWER, verb=verb, number=number, times=times)


def in_server_literal(number: int = 1, after: int = 1, times: int = 1) -> Place:
    """In a literal that the server sends, when ``after`` bytes of it were forwarded, or all but the last byte."""
    return Place(Point.SERVER_LITERAL, number=number, times=times, after=after)


def at_sent(mark: bytes) -> Place:
    """Each time the client sends a message that holds ``mark``, before the server has it."""
    return Place(Point.SENT_CONTENT, times=EVERY_TIME, mark=mark)


def at_stored(mark: bytes) -> Place:
    """Each time the server has stored a message that holds ``mark``, instead of its answer."""
    return Place(Point.STORED_CONTENT, times=EVERY_TIME, mark=mark)


def at_shown(mark: bytes) -> Place:
    """Each time the server sends a message that holds ``mark``, before the client has it."""
    return Place(Point.SHOWN_CONTENT, times=EVERY_TIME, mark=mark)


def bye(text: bytes, verb: str = "", number: int = 1, times: int = 1) -> Fault:
    """The server says BYE with this text instead of carrying out a command, and is gone."""
    return Fault(at_command(verb, number, times), Say(untagged=b"* BYE " + text + b"\r\n"))


def answer(text: bytes, verb: str = "", number: int = 1, times: int = 1, mark: bytes = b"") -> Fault:
    """The server answers ``NO …`` or ``BAD …`` instead of carrying out a command whose line holds ``mark``."""
    return Fault(at_command(verb, number, times, mark), Say(text=text))


def hide_capabilities(*names: str) -> Rewrite:
    """Take words out of every CAPABILITY line and response code."""
    any_of = b"|".join(re.escape(name.encode()) for name in names)
    words = re.compile(rb" (?:" + any_of + rb")(?=[ \]\r])", re.IGNORECASE)
    announced = re.compile(rb"\* CAPABILITY |\S+ (?:OK|PREAUTH) \[CAPABILITY ", re.IGNORECASE)
    return lambda line: words.sub(b"", line) if announced.match(line) else line


def hide_append_uid(line: bytes) -> bytes:
    """Take the APPENDUID and COPYUID response codes away (a rewrite)."""
    return re.sub(rb"\A(\S+ OK )\[(?:APPENDUID|COPYUID) [^\]]*\] ?", rb"\1", line)


def chaos(seed: int, faults: int = 3, verbs: Sequence[str] = VERBS) -> list[Fault]:
    """Random cuts, stalls of a moment and refusals for soak tests; the same seed gives the same ones."""
    chance = random.Random(seed)
    return [_random_fault(chance, verbs) for _unused in range(faults)]


def _random_fault(chance: random.Random, verbs: Sequence[str]) -> Fault:
    number, after = chance.randint(1, 12), chance.choice((1, 10, 100, 1000, 3000))
    places = (at_command(chance.choice(verbs), number), in_client_literal(number=number, after=after),
              before_answer(chance.choice(verbs), number), in_server_literal(number, after),
              after_client_bytes(chance.randint(1, 40_000), chance.randint(1, 3)),
              after_server_bytes(chance.randint(1, 40_000), chance.randint(1, 3)))
    what = chance.choice((Cut(), Cut(), Cut(), Cut(reset=True), Stall(0.05)))
    said = (answer(b"NO [UNAVAILABLE] try again", chance.choice(verbs), number),
            bye(b"server shutting down", number=number))
    return chance.choice((*(Fault(place, what) for place in places), *said))


class Script:
    """The faults of one proxy and what has been seen of them; shared by its connections."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._lock = threading.Lock()
        self._seen = [(fault, [0]) for fault in faults]
        self.fired: list[Fault] = []

    def hits(self, verb: str, *points: Point, line: bytes = b"") -> dict[Point, Fault]:
        """Count one occurrence of each point and return the faults that fall on it."""
        with self._lock:
            due = [fault for fault, seen in self._seen
                   if fault.place.point in points and fault.place.verb in ("", verb) and fault.place.mark in line
                   and _counts(fault.place, seen)]
        return {fault.place.point: fault for fault in due}

    def held(self, point: Point, data: bytes) -> Fault | None:
        """The fault of a message whose bytes are these."""
        faults = (fault for fault, _seen in self._seen if fault.place.point is point)
        return next((fault for fault in faults if fault.place.mark in data), None)

    def record(self, fault: Fault) -> None:
        """Remember that a fault took place."""
        with self._lock:
            self.fired.append(fault)


def _counts(place: Place, seen: list[int]) -> bool:
    seen[0] += 1
    return place.number <= seen[0] < place.number + place.times
