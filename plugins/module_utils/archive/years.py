# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which messages of an opened folder are of which year."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from ..core.archive_year import year_of, year_of_header
from ..imap.dates import fetch_dates
from ..imap.header import fetch_headers
from ..imap.session import Session


@dataclass
class Years:
    """Ascending uids of the years that go, four octets each; of the others only how many they are."""

    going: dict[int, Sequence[int]] = field(default_factory=dict)
    staying: Counter[int] = field(default_factory=Counter)
    undated: int = 0

    @property
    def messages(self) -> int:
        return sum(map(len, self.going.values())) + self.staying.total() + self.undated


def list_years(
    session: Session, uidnext: int, first_kept: int, zone: tzinfo, now: datetime, check: Callable[[], None]
) -> Years:
    """The years of all messages below ``uidnext`` (0: all). Those before ``first_kept`` go.

    Where INTERNALDATE is missing or impossible, the headers of these messages are asked.
    """
    going: dict[int, array[int]] = defaultdict(lambda: array("I"))
    years = Years()
    unclear = array("I")
    dates = fetch_dates(session, uidnext, check=check)
    for uid, year in ((uid, year_of(date, zone)) for uid, date in dates):
        if year is None:
            unclear.append(uid)
        elif year < first_kept:
            going[year].append(uid)
        else:
            years.staying[year] += 1
    for uid, year in _years_by_header(session, unclear, zone, now):
        if year is None:
            years.undated += 1
        elif year < first_kept:
            going[year].append(uid)
        else:
            years.staying[year] += 1
    years.going = {year: _ascending(going[year]) for year in sorted(going)}
    return years


def _years_by_header(
    session: Session, uids: Iterable[int], zone: tzinfo, now: datetime
) -> Iterator[tuple[int, int | None]]:
    asked = sorted(set(uids))
    found: set[int] = set()
    for uid, header in fetch_headers(session, asked):
        if uid not in found:
            found.add(uid)
            yield uid, year_of_header(header, zone, now)
    yield from ((uid, None) for uid in asked if uid not in found)


def _ascending(uids: array[int]) -> Sequence[int]:
    """Each uid once, in order: a server may tell of a message twice."""
    in_order = all(uids[at] < uids[at + 1] for at in range(len(uids) - 1))
    return uids if in_order else array("I", sorted(set(uids)))
