# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The year that a message is archived under: that of its INTERNALDATE in the mailbox's time zone."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from .internaldate import EARLIEST, choose_date, parse_internaldate

# No zone moves a date of these months into another year.
_MID_YEAR = re.compile(rb" ?\d{1,2}-(?:Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov)-(\d{4}) ", re.IGNORECASE)


def year_of(internaldate: bytes, zone: tzinfo) -> int | None:
    """The year of IMAP's date-time in ``zone``; None where it is missing, unreadable or before 2 January 1970.

    A date in the future has its year: such a message stays where it is (it is beyond all years that are kept).
    """
    plain = _MID_YEAR.match(internaldate)
    if plain is not None and int(plain[1]) > 1970:
        return int(plain[1])
    date = parse_internaldate(internaldate)
    return None if date is None or date < EARLIEST else _year_in(date, zone)


def year_of_header(header: bytes, zone: tzinfo, now: datetime) -> int | None:
    """The year by the Date header, else by the newest Received header, where INTERNALDATE is of no use."""
    value = choose_date(None, header, now).value
    date = parse_internaldate(value) if value is not None else None
    return None if date is None else _year_in(date, zone)


def _year_in(date: datetime, zone: tzinfo) -> int:
    try:
        return date.astimezone(zone).year
    except OverflowError:
        return date.year
