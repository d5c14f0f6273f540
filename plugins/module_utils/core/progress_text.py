# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is, in lines."""

from __future__ import annotations

from .report_text import count, printable, size
from .run_progress import Live, View

_WIDEST_NAME = 60


def duration(seconds: float) -> str:
    """``9 s``, ``4 min 05 s``, ``3 h 07 min``, ``2 days 4 h``."""
    whole = max(round(seconds), 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    if days:
        return f"{count(days, 'day')} {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min {whole % 60:02} s" if minutes else f"{whole} s"


def rates(view: View) -> str:
    """``120 messages/s, 8.4 MB/s``."""
    messages = view.messages_per_second
    shown = f"{messages:,.0f}" if messages >= 10 else f"{messages:.1f}"
    return f"{shown} messages/s, {size(round(view.octets_per_second))}/s"


def time_left(view: View) -> str:
    """``about 12 min 00 s left``; empty while it cannot be told."""
    return "" if view.seconds_left is None else f"about {duration(view.seconds_left)} left"


def mailboxes(view: View) -> str:
    """``412 of 1,000 mailboxes, 3 failed``."""
    failed = f", {view.failed:,} failed" if view.failed else ""
    return f"{view.done:,} of {count(view.total, 'mailbox', 'mailboxes')}{failed}"


def total_line(view: View) -> str:
    """The run in one line."""
    amount = f"{count(view.messages, 'message')}, {size(view.octets)}" if view.messages else ""
    speed = rates(view) if view.messages else ""
    active = f"{len(view.active):,} at work"
    parts = (mailboxes(view), active, amount, speed, time_left(view))
    return f"{view.work}: {', '.join(part for part in parts if part)}"


def end_line(view: View) -> str:
    """What became of it, when nothing is at work any more."""
    amount = f", {count(view.messages, 'message')}, {size(view.octets)}" if view.messages else ""
    return f"{view.work}: {mailboxes(view)}{amount} in {duration(view.seconds)}"


def mailbox_words(live: Live) -> str:
    """What one mailbox is at: ``Projects/2023, 1,200 of 5,000 messages, 23.4 MB``."""
    if live.waiting:
        return f"waits: {short(live.waiting)}"
    if live.stage != "copying":
        return live.stage or "begins"
    messages = f"{live.copied:,} of {count(live.copied + live.left, 'message')}, {size(live.octets)}"
    return ", ".join([short(folder) for folder in live.folders[:1]] + [messages])


def plain_lines(view: View, most: int) -> list[str]:
    """The run in one line and, below it, ``most`` of the mailboxes that have been at work for longest."""
    lines = [total_line(view)]
    lines += [f"    {short(live.mailbox)}: {mailbox_words(live)}" for live in view.active[:most]]
    more = len(view.active) - most
    return [*lines, f"    and {count(more, 'more mailbox', 'more mailboxes')}"] if more > 0 else lines


def short(text: str, most: int = _WIDEST_NAME) -> str:
    """``text`` in one line of ``most`` characters, shortened in the middle; nothing that a terminal would act on."""
    shown = printable(text)
    return shown if len(shown) <= most else f"{shown[: most // 2]}…{shown[-((most - 1) // 2) :]}"
