# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``limits.deadline`` of ``ticket.yml`` to a point in time."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError


def deadline_moment(text: str, zone: str, now: datetime) -> str:
    """The moment as ISO 8601 with its zone. A time without a date is the next one after ``now``.

    :param zone: IANA name of the ticket's zone; it holds where the text names none.
    :param now: the time at which the run began, with its zone. Raises ConfigurationError.
    """
    compact = re.sub(r" (?=[+-]|Z$)", "", text.strip())
    padded = re.sub(r"(^|[T ])([0-9]:)", r"\g<1>0\2", compact)
    try:
        local_zone = ZoneInfo(zone)
        if re.match(r"[0-9]{4}-", padded):
            moment = datetime.fromisoformat(padded)
            return (moment if moment.tzinfo else moment.replace(tzinfo=local_zone)).isoformat()
        return _next(time.fromisoformat(padded), local_zone, now).isoformat()
    except (ValueError, OSError, LookupError):
        raise ConfigurationError(
            f"{text!r} in the time zone {zone!r} is no point in time",
            where="ticket.yml (limits.deadline)",
            remedy="Write it as '06:00' or '2027-03-31 06:00', and the zone as 'Europe/Berlin'",
        ) from None


def _next(clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    there = clock.tzinfo or zone
    today = datetime.combine(now.astimezone(there).date(), clock.replace(tzinfo=there))
    return today if today > now else datetime.combine(today.date() + timedelta(days=1), clock.replace(tzinfo=there))
