# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The date under which a message is stored: IMAP's INTERNALDATE, or what stands in for a missing or absurd one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Literal, NamedTuple

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
TOLERANCE = timedelta(days=1)

DateSource = Literal["internaldate", "date_header", "received", "none"]

_DATE_TIME = re.compile(
    rb' *"? ?(\d{1,2})-([a-z]{3})-(\d{4}) +(\d{2}):(\d{2}):(\d{2}) +([+-])(\d{2})(\d{2})"? *', re.IGNORECASE
)
# The RFC's exact form with a day that every month has; the year is held against the clock apart.
_PLAUSIBLE = re.compile(
    rb"(?: [1-9]|0[1-9]|1\d|2[0-8])-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-(\d{4})"
    rb" (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d [+-](?:0\d|1[0-4])[0-5]\d"
)
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n|\r\r")
_DATE_HEADER = re.compile(rb"^date[ \t]*:(.*(?:[\r\n]+[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_RECEIVED_HEADER = re.compile(rb"^received[ \t]*:(.*(?:[\r\n]+[ \t].*)*)", re.IGNORECASE | re.MULTILINE)
_LONGEST_HEADER = 262_144


class ChosenDate(NamedTuple):
    """``value`` is the date-time for APPEND without quotes, or None: then APPEND goes without one."""

    value: bytes | None
    source: DateSource


def parse_internaldate(value: bytes) -> datetime | None:
    """Read IMAP's date-time (RFC 9051 section 9), quoted or not, in any case, one-digit days too; else None."""
    match = _DATE_TIME.fullmatch(value)
    if match is None:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = match.groups()
    try:
        offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
        return datetime(
            int(year), MONTHS.index(month.decode().title()) + 1, int(day), int(hour), int(minute), min(int(second), 59),
            tzinfo=timezone(-offset if sign == b"-" else offset),
        )  # fmt: skip
    except ValueError:
        return None


def same_date(left: bytes, right: bytes) -> bool:
    """Whether two date-times are the same instant, or the same octets."""
    if left == right:
        return True
    here, there = parse_internaldate(left), parse_internaldate(right)
    return here is not None and here == there


def format_internaldate(date: datetime) -> bytes:
    """IMAP's date-time for an aware date, in its own zone, without quotes: ``01-Feb-2024 10:00:00 +0100``."""
    offset = date.utcoffset()
    if offset is None:
        raise ValueError("a date without a zone cannot be an INTERNALDATE")
    minutes = int(offset.total_seconds()) // 60
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    return f"{date.day:02d}-{MONTHS[date.month - 1]}-{date.year:04d} {date:%H:%M:%S} {zone}".encode()


def is_absurd(date: datetime | None, now: datetime) -> bool:
    """Whether no message can have arrived then: missing, before 2 January 1970, or more than a day after ``now``."""
    return date is None or not EARLIEST <= date <= now + TOLERANCE


def choose_date(internaldate: bytes | None, header: bytes, now: datetime) -> ChosenDate:
    """The date to store a message under. Never raises, whatever the bytes.

    A plausible INTERNALDATE is returned byte for byte (rewritten only when it strays from the RFC's form). Otherwise
    the Date header stands in, then the newest Received header: the topmost, written by the last server on the way, is
    nearest to the arrival that INTERNALDATE means; one that cannot be read gives way to the next below.
    ``header`` may be the beginning of the message or all of it; it is read only when it is needed.
    """
    if internaldate is not None:
        if _is_plainly_plausible(internaldate, now):
            return ChosenDate(internaldate, "internaldate")
        parsed = parse_internaldate(internaldate)
        if parsed is not None and not is_absurd(parsed, now):
            exact = _PLAUSIBLE.fullmatch(internaldate) is not None
            return ChosenDate(internaldate if exact else format_internaldate(parsed), "internaldate")
    return _from_header(header, now)


def _is_plainly_plausible(internaldate: bytes, now: datetime) -> bool:
    """The cheap answer for almost every message: well formed, of a year before this one."""
    match = _PLAUSIBLE.fullmatch(internaldate)
    return match is not None and 1970 < int(match[1]) < now.year


def _from_header(message: bytes, now: datetime) -> ChosenDate:
    header = _header_only(message)
    for found in _DATE_HEADER.finditer(header):
        date = _mail_date(found[1])
        if date is not None and not is_absurd(date, now):
            return ChosenDate(format_internaldate(date), "date_header")
    for stamp in _received_stamps(header):
        date = _mail_date(stamp)
        if date is not None and not is_absurd(date, now):
            return ChosenDate(format_internaldate(date), "received")
    return ChosenDate(None, "none")


def _header_only(message: bytes) -> bytes:
    """The header with bare LF as line end. A message that begins with an empty line has none."""
    start = message[:_LONGEST_HEADER]
    if start[:1] in (b"\r", b"\n"):
        return b""
    end = _END_OF_HEADER.search(start)
    header = start[: end.start()] if end else start
    return header.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _received_stamps(header: bytes) -> Iterator[bytes]:
    """What follows the last semicolon of each Received header, topmost first (RFC 5321 section 4.4)."""
    for found in _RECEIVED_HEADER.finditer(header):
        yield found[1].rpartition(b";")[2]


def _mail_date(value: bytes) -> datetime | None:
    """Read the date of a mail header (RFC 5322 section 3.3 with obsolete forms); an unreadable zone counts as UTC."""
    text = " ".join(value.decode("latin-1").split())
    try:
        fields = parsedate_tz(text)
        if fields is None:
            return None
        moment = datetime(*fields[:5], min(fields[5], 59), tzinfo=UTC)
        return _in_zone(moment, fields[9] or 0)
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None


def _in_zone(moment: datetime, seconds: int) -> datetime:
    minutes = int(seconds) // 60
    if abs(minutes) >= 24 * 60:
        return moment
    return moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
