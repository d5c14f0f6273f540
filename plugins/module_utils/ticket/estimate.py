# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long the first pass of a ticket takes: what is to be copied, at which speed, within which limits and hours.

Several bounds are computed, each as if it were alone, and the latest of them counts: the mailboxes that are worked on
at once, the connections that a source server allows, and the octets that one account may read in a day (UTC).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Opening, Window, openings

# What the service promises as usual; longer has to be told beforehand.
PROMISE = timedelta(hours=24)
# A year: no window is looked at further ahead.
_HORIZON = timedelta(days=366)
# Less than this was measured is no measure: logins and folders took most of the time.
_ENOUGH_OCTETS, _ENOUGH_MESSAGES = 20_000_000, 500
_ENOUGH_SAMPLED = 20


@dataclass(frozen=True)
class Work:
    """What is to be copied of one mailbox.

    ``read`` are the octets read at the source: a message with several labels once. ``bytes_per_day`` bounds it.
    """

    mailbox: str
    server: str
    octets: int
    messages: int
    read: int = 0
    bytes_per_day: int = 0


@dataclass(frozen=True)
class Speed:
    """Of one mailbox; the slower of both counts. ``measured`` in earlier passes, or by a sample of that many messages
    (``sampled``), else assumed."""

    octets_per_second: float = 1_000_000
    messages_per_second: float = 20
    measured: bool = False
    sampled: int = 0

    def seconds(self, work: Work) -> float:
        return max(work.octets / self.octets_per_second, work.messages / self.messages_per_second)


@dataclass(frozen=True)
class Booking:
    """When another ticket is worked on, and from which source servers it reads."""

    ticket: str
    servers: frozenset[str]
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class Terms:
    """What the work is bound by.

    ``now`` with its zone. ``parallel`` is how many mailboxes are worked on at once, ``lanes`` the same for a source
    server where its connections are limited. ``deadline``: by when the customer wants to be through.
    """

    now: datetime
    zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    deadline: datetime | None = None
    parallel: int = 1
    lanes: Mapping[str, int] = field(default_factory=dict)
    bookings: tuple[Booking, ...] = ()


@dataclass(frozen=True)
class Bound:
    """One thing that decides when the work ends: what it is (``budget``, ``server``, ``parallel``) and of whom."""

    kind: str
    name: str
    ends: datetime


@dataclass(frozen=True)
class Estimate:
    """``begins`` is None when no window opens any more, ``ends`` when the work does not end within a year.

    ``decides`` is what makes it take so long. ``latest_start``: the last opening (or day) to begin on for ``deadline``;
    None without a deadline, and when it cannot be met. ``shared``: tickets that read from the same servers meanwhile.
    """

    mailboxes: int
    octets: int
    messages: int
    begins: datetime | None
    ends: datetime | None
    decides: Bound | None
    deadline: datetime | None
    latest_start: datetime | None
    shared: tuple[str, ...]
    speed: Speed

    @property
    def duration(self) -> timedelta | None:
        return self.ends - self.begins if self.begins and self.ends else None

    @property
    def exceeds_promise(self) -> bool:
        """Whether it takes longer than what is promised as usual."""
        return self.octets > 0 and (self.duration is None or self.duration > PROMISE)

    @property
    def misses_deadline(self) -> bool:
        return self.deadline is not None and (self.ends is None or self.ends > self.deadline)


def measured_speed(samples: Iterable[tuple[float, int, int]], assumed: Speed) -> Speed:
    """The speed that passes had, each with its seconds, messages and octets; ``assumed`` where they were too small."""
    found = [sample for sample in samples if sample[0] > 0]
    seconds, messages, octets = (sum(column) for column in zip(*found, strict=True)) if found else (0.0, 0, 0)
    if not seconds or (octets < _ENOUGH_OCTETS and messages < _ENOUGH_MESSAGES):
        return assumed
    return Speed(max(octets / seconds, 1.0), max(messages / seconds, 0.01), measured=True)


def sampled_speed(samples: Iterable[tuple[float, int, int]], assumed: Speed) -> Speed:
    """The speed at which sources gave out messages that were read for this; ``assumed`` where these were too few."""
    found = [sample for sample in samples if sample[0] > 0]
    seconds, messages, octets = (sum(column) for column in zip(*found, strict=True)) if found else (0.0, 0, 0)
    if messages < _ENOUGH_SAMPLED:
        return assumed
    return Speed(max(octets / seconds, 1.0), max(messages / seconds, 0.01), sampled=messages)


def estimate(works: Sequence[Work], speed: Speed, terms: Terms) -> Estimate:
    """When the work begins and ends. A mailbox without anything to copy takes no time."""
    todo = [work for work in works if work.octets or work.messages]
    spans = list(_spans(terms, terms.now))
    begins = spans[0].start if spans else None
    bound = _last_bound(todo, speed, terms, spans) if todo else None
    ends = (bound.ends if bound.ends < _never(terms) else None) if bound else begins
    return Estimate(
        mailboxes=len(works),
        octets=sum(work.octets for work in todo),
        messages=sum(work.messages for work in todo),
        begins=begins,
        ends=ends,
        decides=bound,
        deadline=terms.deadline,
        latest_start=_latest_start(todo, speed, terms),
        shared=_shared(todo, terms, begins, ends),
        speed=speed,
    )


def _never(terms: Terms) -> datetime:
    return terms.now + _HORIZON


def _spans(terms: Terms, since: datetime) -> Iterator[Opening]:
    """When the ticket may be worked on from ``since`` on, one after the other."""
    end = _never(terms)
    if not terms.windows:
        yield Opening(since, end)
        return
    for opening in openings(terms.windows, terms.zone, since):
        clipped = Opening(max(opening.start, since), min(opening.end, end))
        if clipped.start < clipped.end:
            yield clipped


def _last_bound(works: Sequence[Work], speed: Speed, terms: Terms, spans: Sequence[Opening]) -> Bound:
    return max(_bounds(works, speed, terms, spans), key=lambda bound: bound.ends)


def _bounds(works: Sequence[Work], speed: Speed, terms: Terms, spans: Sequence[Opening]) -> Iterator[Bound]:
    never = _never(terms)
    seconds = {work: speed.seconds(work) for work in works}
    longest = max(works, key=lambda work: seconds[work])
    yield Bound("parallel", "", _finish(sum(seconds.values()) / max(terms.parallel, 1), spans, (), never))
    yield Bound("mailbox", longest.mailbox, _finish(seconds[longest], spans, (), never))
    for server in sorted({work.server for work in works}):
        lanes = min(terms.lanes.get(server) or terms.parallel, terms.parallel)
        own = sum(seconds[work] for work in works if work.server == server) / max(lanes, 1)
        busy = [opening for booking in terms.bookings if server in booking.servers for opening in booking.openings]
        if busy or server in terms.lanes:
            yield Bound("server", server, _finish(own, spans, busy, never))
    for work in _hardest_budgets(works):
        yield Bound("budget", work.mailbox, _finish_by_budget(work, seconds[work], spans, never))


def _hardest_budgets(works: Sequence[Work]) -> list[Work]:
    """Of the accounts with a daily budget the one that needs it most often, of each budget."""
    hardest: dict[int, Work] = {}
    for work in works:
        if work.bytes_per_day and work.read > hardest.get(work.bytes_per_day, _NOTHING).read:
            hardest[work.bytes_per_day] = work
    return list(hardest.values())


_NOTHING = Work("", "", 0, 0)


def _finish(seconds: float, spans: Sequence[Opening], busy: Sequence[Opening], never: datetime) -> datetime:
    """When so many seconds of work are done. Whoever else is at the server then takes an equal part of it."""
    left = seconds
    for span in spans:
        for part in _cut(span, [edge for each in busy for edge in (each.start, each.end)]):
            share = 1 + sum(each.start <= part.start and part.end <= each.end for each in busy)
            time = (part.end - part.start).total_seconds() / share
            if left <= time:
                return part.start + timedelta(seconds=left * share)
            left -= time
    return never


def _finish_by_budget(work: Work, seconds: float, spans: Sequence[Opening], never: datetime) -> datetime:
    """When an account is read of which only so many octets may be read in a day (UTC)."""
    per_second = work.read / seconds
    left, day, today = float(work.read), None, 0.0
    for span in spans:
        for part in _cut(span, _midnights(span)):
            if part.start.astimezone(UTC).date() != day:
                day, today = part.start.astimezone(UTC).date(), float(work.bytes_per_day)
            possible = min((part.end - part.start).total_seconds() * per_second, today)
            if left <= possible:
                return part.start + timedelta(seconds=left / per_second)
            left, today = left - possible, today - possible
    return never


def _midnights(span: Opening) -> Iterator[datetime]:
    day = span.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while (day := day + timedelta(days=1)) < span.end:
        yield day


def _cut(span: Opening, edges: Iterable[datetime]) -> Iterator[Opening]:
    inner = sorted({edge for edge in edges if span.start < edge < span.end})
    for start, end in zip([span.start, *inner], [*inner, span.end], strict=True):
        yield Opening(start, end)


def _latest_start(works: Sequence[Work], speed: Speed, terms: Terms) -> datetime | None:
    """The last time to begin for the deadline: an opening of the window, else a midnight of the ticket's zone."""
    if terms.deadline is None or not works:
        return None
    found = None
    for start in _starts(terms):
        spans = list(_spans(terms, start))
        ends = _last_bound(works, speed, terms, spans).ends if spans else _never(terms)
        # What does not end within the year that is looked at may end after a deadline beyond it.
        if ends > terms.deadline or ends >= _never(terms):
            break
        found = start
    return found


def _starts(terms: Terms) -> Iterator[datetime]:
    """Now and each later time that work may begin at, up to the deadline."""
    limit = min(terms.deadline or terms.now, _never(terms))
    if terms.windows:
        yield from (span.start for span in _spans(terms, terms.now) if span.start < limit)
        return
    moment = terms.now.astimezone(ZoneInfo(terms.zone))
    while moment < limit:
        yield moment.astimezone(UTC)
        moment = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _shared(works: Sequence[Work], terms: Terms, begins: datetime | None, ends: datetime | None) -> tuple[str, ...]:
    servers = {work.server for work in works}
    if begins is None:
        return ()
    until = ends or _never(terms)
    return tuple(
        booking.ticket
        for booking in terms.bookings
        if booking.servers & servers and any(each.start < until and each.end > begins for each in booking.openings)
    )
