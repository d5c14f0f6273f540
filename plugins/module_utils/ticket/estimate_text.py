# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An estimate in plain types, and in words for operators."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.core.report_text import count, listing, size
from ansible_collections.mailops.migration.plugins.module_utils.ticket.estimate import Bound, Estimate, Speed
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window_text import moment_text

_HOURS_TOLD = timedelta(hours=48)


def as_dict(found: Estimate, zone: str) -> dict[str, Any]:
    """Plain types for the plugin boundary; moments in the ticket's zone, empty where there are none."""
    there = ZoneInfo(zone)

    def local(moment: datetime | None) -> str:
        return moment.astimezone(there).replace(microsecond=0).isoformat() if moment else ""

    return {
        "mailboxes": found.mailboxes,
        "messages": found.messages,
        "octets": found.octets,
        "begins": local(found.begins),
        "ends": local(found.ends),
        "seconds": round(found.duration.total_seconds()) if found.duration is not None else None,
        "decides": {"kind": found.decides.kind, "name": found.decides.name} if found.decides else None,
        "exceeds_promise": found.exceeds_promise,
        "deadline": local(found.deadline),
        "misses_deadline": found.misses_deadline,
        "latest_start": local(found.latest_start),
        "shared": list(found.shared),
        "speed": asdict(found.speed),
        "lines": list(_lines(found, there)),
    }


def duration_text(duration: timedelta) -> str:
    """``5 minutes``, ``7 hours``, ``13 days``: rounded up."""
    if duration < timedelta(hours=1):
        return count(max(math.ceil(duration / timedelta(minutes=1)), 1), "minute")
    if duration < _HOURS_TOLD:
        return count(math.ceil(duration / timedelta(hours=1)), "hour")
    return count(math.ceil(duration / timedelta(days=1)), "day")


def _lines(found: Estimate, zone: ZoneInfo) -> Iterator[str]:
    amount = f"{size(found.octets)} in {count(found.messages, 'message')} of {_mailboxes(found.mailboxes)}"
    if not found.octets and not found.messages:
        yield f"Nothing is to be copied of {_mailboxes(found.mailboxes)}."
        return
    if found.begins is None:
        yield f"{amount}: no window is left that opens. Agree on one with the customer and write it into ticket.yml."
        return
    yield f"{amount} = {_how_long(found, zone)}{_why(found.decides, found)}."
    yield from _promises(found, zone)
    if found.shared:
        yield f"Tickets that read from the same servers in that time: {listing(found.shared)}."
    kind = _kind(found.speed)
    rate = (
        f"{size(round(found.speed.octets_per_second))} and {found.speed.messages_per_second:,.1f} messages per second"
    )
    yield f"Counted with {rate} of one mailbox ({kind})."


def _kind(speed: Speed) -> str:
    if speed.measured:
        return "measured in earlier passes"
    if speed.sampled:
        return f"measured at the source, by reading {count(speed.sampled, 'message')}; earlier passes tell more"
    return "assumed; earlier passes tell more"


def _mailboxes(number: int) -> str:
    return count(number, "mailbox", "mailboxes")


def _how_long(found: Estimate, zone: ZoneInfo) -> str:
    begins = moment_text(found.begins, zone) if found.begins else ""
    if found.duration is None or found.ends is None:
        return f"more than a year from {begins} on"
    return f"about {duration_text(found.duration)}, from {begins} to {moment_text(found.ends, zone)}"


def _why(bound: Bound | None, found: Estimate) -> str:
    if bound is None or (found.duration is not None and found.duration < timedelta(hours=1)):
        return ""
    reasons = {
        "budget": f"; what decides is how much may be read of {bound.name} in a day (limits.bytes_per_day)",
        "server": f"; what decides is {bound.name}, by its connections and whoever else reads there",
        "mailbox": f"; what decides is {bound.name}, the largest mailbox",
        "parallel": "; what decides is how many mailboxes are worked on at once (forks)",
    }
    return reasons[bound.kind]


def _promises(found: Estimate, zone: ZoneInfo) -> Iterator[str]:
    if found.exceeds_promise:
        yield "That is longer than the 24 hours that are usual: tell the customer before it begins."
    if found.deadline is None:
        return
    until = moment_text(found.deadline, zone)
    if found.latest_start is not None:
        yield f"Start {moment_text(found.latest_start, zone)} at the latest to be through by {until} (limits.deadline)."
    elif found.misses_deadline:
        yield f"It cannot be through by {until} (limits.deadline): agree on a later one, or on what is left out."
