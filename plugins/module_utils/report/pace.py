# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much was copied when, in a number of equal spans that a picture can show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil

from .material import JournalFacts
from .values import RunLine, Span

MOST_SPANS = 120
# In minutes: what a person reads off an axis.
_LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_MINUTE = 60.0


def spans_of_journals(journals: Mapping[str, JournalFacts]) -> tuple[Span, ...]:
    """From the first minute in which anything was sent to the last, at most :data:`MOST_SPANS`."""
    known = [minute for journal in journals.values() for minute in journal.minutes]
    if not known:
        return ()
    length = _length(min(known), max(known))
    sums = _Sums()
    for journal in journals.values():
        for minute, (messages, octets) in journal.minutes.items():
            sums.add(minute // length, messages, octets)
    return sums.spans(length)


def spans_of_runs(runs: Sequence[RunLine]) -> tuple[Span, ...]:
    """The same of runs alone, each taken as even from its begin to its end."""
    times = [(int(run.started // _MINUTE), int(run.ended // _MINUTE), run) for run in runs if run.copied]
    if not times:
        return ()
    length = _length(min(begin for begin, _end, _run in times), max(end for _begin, end, _run in times))
    sums = _Sums()
    for begin, end, run in times:
        places = range(begin // length, end // length + 1)
        for number, place in enumerate(places):
            sums.add(place, *(_share(amount, number, len(places)) for amount in (run.copied, run.octets)))
    return sums.spans(length)


class _Sums:
    """Messages and octets by the number of a span."""

    def __init__(self) -> None:
        self._messages, self._octets = Counter[int](), Counter[int]()

    def add(self, place: int, messages: int, octets: int) -> None:
        self._messages[place] += messages
        self._octets[place] += octets

    def spans(self, length: int) -> tuple[Span, ...]:
        """All spans of ``length`` minutes from the first to the last, empty ones among them."""
        seconds = length * _MINUTE
        places = range(min(self._messages), max(self._messages) + 1)
        return tuple(Span(place * seconds, seconds, self._messages[place], self._octets[place]) for place in places)


def _share(amount: int, place: int, parts: int) -> int:
    """The part of ``amount`` at ``place``; all parts together are the whole."""
    return amount * (place + 1) // parts - amount * place // parts


def _length(first: int, last: int) -> int:
    """Minutes of a span, so that from the first minute to the last there are not too many of them."""
    minutes = last - first + 1
    fitting = (length for length in _LENGTHS if minutes / length <= MOST_SPANS - 1)
    return next(fitting, ceil(minutes / (MOST_SPANS - 1) / 1440) * 1440)
