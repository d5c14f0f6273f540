# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a run is, drawn for a terminal. The one place that imports rich."""

from __future__ import annotations

import io

from ..core.progress_text import mailbox_words, mailboxes, rates, short, time_left
from ..core.report_text import size
from ..core.run_progress import View

try:
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text
except ImportError:
    HAS_RICH = False
else:
    HAS_RICH = True

_BAR = 24


def bars(view: View, *, width: int, most: int, color: bool = True) -> list[str]:
    """The run as lines of at most ``width`` columns: a bar for all mailboxes, and ``most`` of those at work."""
    sheet = io.StringIO()
    console = Console(
        file=sheet,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )
    console.print(_total(view))
    if view.active:
        console.print(_active(view, most))
    return sheet.getvalue().splitlines()


def _total(view: View) -> Table:
    done = view.done + sum(live.share for live in view.active)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=len(view.work))
    table.add_column(no_wrap=True, min_width=_BAR)
    table.add_column(no_wrap=True, overflow="ellipsis")
    told = ", ".join(part for part in (mailboxes(view), time_left(view)) if part)
    drawn = ProgressBar(total=max(view.total, 1), completed=done, width=_BAR)
    table.add_row(Text(view.work, "bold"), drawn, Text(told, "red" if view.failed else ""))
    if view.messages:
        table.add_row("", "", Text(f"{view.messages:,} messages, {size(view.octets)}, {rates(view)}"))
    return table


def _active(view: View, most: int) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=40)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis")
    for live in view.active[:most]:
        part = ProgressBar(total=1.0, completed=live.share, width=_BAR // 2)
        table.add_row(
            Text(f"  {short(live.mailbox)}"), part, Text(mailbox_words(live), "yellow" if live.waiting else "")
        )
    more = len(view.active) - most
    if more > 0:
        table.add_row(Text(f"  and {more:,} more", "dim"))
    return table
