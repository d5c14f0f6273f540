# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How large folders are, and which of their messages are larger than another server takes; no listing is kept."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from ..core.errors import FolderRefused, Throttled
from ..core.uids import format_uids
from .ahead import run_ahead
from .fetch import Listing
from .session import Session
from .visits import Ask, Visit, visit_ahead
from .wire import Response

_STATUS_SIZE = re.compile(rb"\* STATUS .*[( ]SIZE (\d{1,18})[^()]*\)\s*\Z", re.IGNORECASE | re.DOTALL)
_MESSAGE_SIZE = re.compile(rb"\* \d+ FETCH \(.*RFC822\.SIZE (\d{1,18})", re.IGNORECASE | re.DOTALL)
_SEARCH = re.compile(rb"\* SEARCH((?: \d{1,10})*)\s*\Z", re.IGNORECASE)
# Messages looked at one by one in one folder; how many there are is counted beyond.
MOST_LARGE = 100


@dataclass(frozen=True)
class LargeMessage:
    """A message above a limit. ``size`` in octets, ``date`` is the INTERNALDATE as the server writes it."""

    folder: str
    uid: int
    size: int
    date: str


@dataclass(frozen=True)
class LargeMessages:
    """Those of one folder: how many there are, the first of them, and why it could not be looked at."""

    folder: str
    count: int = 0
    messages: tuple[LargeMessage, ...] = ()
    problem: str = ""


def folder_sizes(session: Session, names: Iterable[str]) -> dict[str, int | FolderRefused | Throttled]:
    """Octets of all messages of each folder, or why the server does not say.

    STATUS=SIZE (RFC 8438) where it is offered, else each message's RFC822.SIZE is added up as it comes. Commands go out
    ahead of their answers. Raises ConnectionLost.
    """
    wanted = list(names)
    told = _by_status(session, wanted) if session.has("STATUS=SIZE") else {}
    return {**told, **_by_fetch(session, [name for name in wanted if name not in told])}


def _by_status(session: Session, names: Sequence[str]) -> dict[str, int | FolderRefused | Throttled]:
    lines: dict[str, bytes] = {}
    found: dict[str, int | FolderRefused | Throttled] = {}
    for name in names:
        try:
            lines[name] = b"STATUS " + session.encode(name) + b" (SIZE)"
        except FolderRefused as error:
            found[name] = error
    for name, (responses, tagged) in zip(lines, run_ahead(session.wire, lines.values()), strict=True):
        sizes = [int(match[1]) for response in responses if (match := _STATUS_SIZE.match(response.text))]
        if tagged.ok and sizes:
            found[name] = sizes[-1]
    return found


def _by_fetch(session: Session, names: Sequence[str]) -> dict[str, int | FolderRefused | Throttled]:
    totals = dict.fromkeys(names, 0)
    visits = deque(
        Visit(name, (Ask(b"UID FETCH 1:* (RFC822.SIZE)", _adder(totals, name), "the server refuses FETCH"),))
        for name in names
    )
    found: dict[str, int | FolderRefused | Throttled] = {}
    for visited in visit_ahead(session, visits):
        found[visited.visit.folder] = visited.error or totals[visited.visit.folder]
    return found


def _adder(totals: dict[str, int], name: str) -> Callable[[Response], None]:
    def take(response: Response) -> None:
        match = _MESSAGE_SIZE.match(response.text)
        if match:
            totals[name] += int(match[1])

    return take


def larger_than(session: Session, names: Iterable[str], limit: int) -> Iterator[LargeMessages]:
    """The messages of more than ``limit`` octets, for each folder that has any or cannot be searched.

    SEARCH LARGER is of IMAP4rev1 (RFC 9051 section 6.4.4). Raises ConnectionLost.
    """
    hits: dict[str, list[int]] = {name: [] for name in names}
    asks = {name: Ask(b"UID SEARCH LARGER %d" % limit, _collector(hits[name]), "SEARCH is refused") for name in hits}
    for visited in list(visit_ahead(session, deque(Visit(name, (ask,)) for name, ask in asks.items()))):
        folder = visited.visit.folder
        if visited.error is not None:
            yield LargeMessages(folder, problem=visited.error.what)
    yield from _described(session, {name: sorted(set(uids)) for name, uids in hits.items() if uids})


def _collector(found: list[int]) -> Callable[[Response], None]:
    def take(response: Response) -> None:
        match = _SEARCH.match(response.text)
        if match:
            found.extend(map(int, match[1].split()))

    return take


def _described(session: Session, hits: dict[str, list[int]]) -> Iterator[LargeMessages]:
    """Size and date of the first of them; one that went meanwhile has none."""
    listings = {name: Listing(session) for name in hits}
    sets = {name: format_uids(islice(uids, MOST_LARGE)).encode() for name, uids in hits.items()}
    visits = deque(Visit(name, (listings[name].ask(sets[name]),)) for name in hits)
    for visited in visit_ahead(session, visits):
        folder = visited.visit.folder
        messages = tuple(
            LargeMessage(folder, each.uid, each.size, each.internaldate.decode("ascii", "replace").strip())
            for each in listings[folder].messages()
        )
        problem = visited.error.what if visited.error is not None else ""
        yield LargeMessages(folder, len(hits[folder]), messages, problem)
