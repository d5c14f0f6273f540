# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run says of the ticket's window, and whether it may begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.ticket.deadline import deadline_moment
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import (
    Stand,
    Window,
    notice,
    stand,
)

_NOW = "-e now=true works on it all the same, and is recorded"
_AGREE = "Agree on a window with the customer and write it into ticket.yml"


@dataclass(frozen=True)
class Permission:
    """What holds for a run that begins now.

    ``bound``: the ticket has a window. ``open``: it is open. ``refusal``: why a run that writes may not begin, else
    empty. ``opens``: when it opens next, ``ends``: when it closes, ``deadline``: when copying ends, the window's end or
    ``limits.deadline``, whichever comes first; ISO 8601 with zone, or empty.
    """

    bound: bool
    open: bool
    opens: str
    ends: str
    deadline: str
    refusal: str
    lines: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain types for the plugin boundary."""
        return {**vars(self), "lines": list(self.lines)}


def permission(
    windows: Sequence[Window], zone: str, now: datetime, *, deadline: str = "", free: bool = False
) -> Permission:
    """Whether a run may begin ``now`` and how long it may write.

    :param deadline: ``limits.deadline`` of ``ticket.yml``. :param free: the window binds this run in no way.
    Raises ConfigurationError for a deadline that is none.
    """
    limit = deadline_moment(deadline, zone, now) if deadline else ""
    if not windows:
        return Permission(False, True, "", "", limit, "", ())
    there, at = ZoneInfo(zone), stand(windows, zone, now)
    ends = at.current.end if at.current and not at.current.is_endless else None
    is_open = at.current is not None
    return Permission(
        bound=True,
        open=is_open,
        opens=at.coming.start.astimezone(there).isoformat() if at.coming else "",
        ends=ends.astimezone(there).isoformat() if ends else "",
        deadline=limit if free else _earlier(limit, ends, there),
        refusal="" if is_open or free else f"{_closed(at, there)} {_late(at, there)}{_remedy(at)}",
        lines=tuple(filter(None, (_said(at, there), _late(at, there).strip()))),
    )


def moment_text(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as it is there and in UTC: ``Fri 2027-03-26 22:00 Europe/Berlin (21:00 UTC)``."""
    local, universal = moment.astimezone(zone), moment.astimezone(UTC)
    text = f"{_DAY_NAMES[local.weekday()]} {local:%Y-%m-%d %H:%M} {zone.key}"
    if zone.key == "UTC":
        return text
    return f"{text} ({universal:{'%H:%M' if local.date() == universal.date() else '%Y-%m-%d %H:%M'}} UTC)"


_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _said(at: Stand, zone: ZoneInfo) -> str:
    if at.current is None:
        return _closed(at, zone)
    if at.current.is_endless:
        return "The ticket's window is open, without an end."
    following = f"; the next one opens {moment_text(at.coming.start, zone)}" if at.coming else ", and no other follows"
    return f"The ticket's window is open until {moment_text(at.current.end, zone)}{following}."


def _closed(at: Stand, zone: ZoneInfo) -> str:
    if at.coming is None:
        return "The ticket's window is closed, and none is left that opens."
    return f"The ticket's window is closed; it opens {moment_text(at.coming.start, zone)}."


def _late(at: Stand, zone: ZoneInfo) -> str:
    """The opening that would come first, had it been requested in time."""
    shown = at.current or at.coming
    if at.late is None or (shown is not None and shown.start <= at.late.start):
        return ""
    hours = notice(at.late, zone).total_seconds() // 3600
    return (
        f"That of {moment_text(at.late.start, zone)} is not used: it was requested less than {hours:.0f} hours before. "
    )


def _remedy(at: Stand) -> str:
    return f"{'Run again then' if at.coming else _AGREE}; {_NOW}."


def _earlier(limit: str, ends: datetime | None, zone: ZoneInfo) -> str:
    if ends is None:
        return limit
    bound = ends.astimezone(zone).isoformat()
    return min((limit, bound), key=datetime.fromisoformat) if limit else bound
