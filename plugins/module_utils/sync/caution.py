# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which message breaks the connection: those under way at a loss are tried again in ever smaller company.

A message that makes a server hang up, stall or ask to wait every time is found so and given up, and the others go on. A
server that is gone breaks no connection with a message under way, and one that fails whatever it is sent is told from
a message by nothing else passing.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..core.digest import Digest
from ..core.errors import ConnectionLost, Throttled
from ..core.messages import Place

FEW = 10
# What a loss counts with one message under way. A server that asks to wait does so for other reasons more often.
_LOSS, _THROTTLE = 2, 1
_CONVICTED, _WITHOUT_COMPARISON = 4, 6
_MOST_IN_A_ROW = 5


class Company(enum.IntEnum):
    """With how many others a message may be under way."""

    ANY = 0
    FEW = 1
    NONE = 2


@dataclass
class _Suspicion:
    """``passed`` is how many messages had passed when it arose."""

    passed: int
    company: Company = Company.ANY
    points: int = 0
    words: str = ""


@dataclass
class Caution:
    """What one side's losses say about the messages that were under way. Kept over the attempts of a pass.

    ``is_hasty`` while messages may be asked for before their folder was seen to open.
    """

    convictions: int = 0
    is_hasty: bool = True
    _suspicions: dict[Place, _Suspicion] = field(default_factory=dict)
    _convicted: dict[Place, str] = field(default_factory=dict)
    _passed: int = 0
    _passed_at_conviction: int = 0
    _in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has_convicted(self) -> bool:
        """Whether a message is known as the culprit."""
        return bool(self._convicted)

    def company(self, place: Place) -> Company:
        """With how many others this message may be under way now."""
        suspicion = self._suspicions.get(place)
        return suspicion.company if suspicion else Company.ANY

    def is_calm(self) -> bool:
        """Whether no message is under suspicion."""
        return not self._suspicions

    def verdict(self, place: Place) -> str | None:
        """The words of the last loss when this message is the culprit, else None."""
        return self._convicted.get(place)

    def convicted(self) -> dict[Place, str]:
        """The messages that were found to be the culprits, with the words of the last loss."""
        return dict(self._convicted)

    def recall(self, places: Sequence[Place]) -> None:
        """An earlier pass gave these up: they come last, and one loss is enough."""
        with self._lock:
            for place in places:
                if place not in self._suspicions and place not in self._convicted:
                    self._suspicions[place] = _Suspicion(self._passed, Company.NONE, _WITHOUT_COMPARISON - 1)

    def passed(self, places: Sequence[Place]) -> None:
        """These got through."""
        if not places:
            return
        with self._lock:
            self._passed += len(places)
            self._in_a_row = 0
            if self._suspicions:
                for place in places:
                    self._suspicions.pop(place, None)

    def passed_unsuspected(self) -> None:
        """One more got through that nothing is held against."""
        self._passed += 1
        self._in_a_row = 0

    def lost(self, places: Sequence[Place], error: ConnectionLost, *, first: Place | None = None) -> None:
        """The connection broke with these under way; ``first`` was the one that was due."""
        with self._lock:
            alone = len(places) == 1
            for place in places:
                suspicion = self._suspicions.setdefault(place, _Suspicion(self._passed))
                suspicion.words = error.what
                due = alone or place == first
                suspicion.company = Company.NONE if due else Company(min(suspicion.company + 1, Company.NONE))
            if alone:
                self._strike(places[0], error)

    def is_at_a_loss(self) -> bool:
        """Whether one message after the other was convicted and none passed: then it is the server."""
        return self._in_a_row >= _MOST_IN_A_ROW

    def suspects(self) -> dict[Place, str]:
        """Messages that broke a connection alone and are not convicted yet, with the words of the loss."""
        return {place: each.words for place, each in self._suspicions.items() if each.points and each.words}

    def _strike(self, place: Place, error: ConnectionLost) -> None:
        suspicion = self._suspicions[place]
        compared = self._passed > suspicion.passed
        if isinstance(error, Throttled):
            if not compared or (self.convictions and self._passed == self._passed_at_conviction):
                return
            suspicion.points += _THROTTLE
        else:
            suspicion.points += _LOSS
        if suspicion.points >= (_CONVICTED if compared else _WITHOUT_COMPARISON):
            del self._suspicions[place]
            self._convicted[place] = error.what
            self.convictions += 1
            self._in_a_row += 1
            self._passed_at_conviction = self._passed


@dataclass(frozen=True)
class Doubts:
    """What is held against messages: when the source was to send them, when the destination was to take them, and when
    it was to show what it holds (``looking``).

    ``digests`` are those of messages that the destination was to take alone. ``slow`` are folders that asked to wait.
    """

    reading: Caution = field(default_factory=Caution)
    sending: Caution = field(default_factory=Caution)
    looking: Caution = field(default_factory=Caution)
    digests: dict[Place, Digest] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)

    def is_calm(self) -> bool:
        """Whether no message is under suspicion on either side."""
        return self.reading.is_calm() and self.sending.is_calm()

    def company(self, place: Place) -> Company:
        """With how many others this message may be under way."""
        return max(self.reading.company(place), self.sending.company(place))

    def verdict(self, place: Place) -> str | None:
        """Why this message is given up, or None."""
        found = self.reading.verdict(place)
        if found is not None:
            return f"the source breaks off when it is to send it: {found}"
        found = self.sending.verdict(place)
        return None if found is None else f"the destination breaks off when it is to take it: {found}"

    def recall(self, places: Sequence[Place]) -> None:
        """An earlier pass gave these up, on whichever side."""
        self.reading.recall(places)
        self.sending.recall(places)

    def convictions(self) -> int:
        """How many messages were given up."""
        return sum(caution.convictions for caution in self._all())

    def is_at_a_loss(self) -> bool:
        """Whether a server fails whatever it is asked for."""
        return any(caution.is_at_a_loss() for caution in self._all())

    def suspects(self) -> dict[Place, str]:
        """Messages that broke a connection alone and are not convicted yet, with the words of the loss."""
        return {place: words for caution in self._all() for place, words in caution.suspects().items()}

    def _all(self) -> tuple[Caution, ...]:
        return self.reading, self.sending, self.looking

    def may_be_its_own(self, folder: str, *, another: bool) -> bool:
        """Whether this folder, where the server asks to wait, can be left for later while the others go on.

        Not when ``another`` one asked the same before it, unless this one is known for it: then the server means all.
        """
        known = folder in self.slow
        self.slow.add(folder)
        return known or not another
