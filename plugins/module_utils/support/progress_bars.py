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
_NAME = 40
# Cells for a bar and what is told of a mailbox, on a narrow screen; and for any text at least.
_WORDS, _LEAST = 54, 12
_WIDE = 100


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
    console.print(_total(view, width))
    if view.messages:
        amount = f"{view.messages:,} messages, {size(view.octets)}, {rates(view)}"
        console.print(_cut(f"{' ' * len(view.work)}  {amount}", "", width))
    if view.active:
        console.print(_active(view, most, width))
    return sheet.getvalue().splitlines()


def _total(view: View, width: int) -> Table:
    length = _BAR if width >= _WIDE else _BAR // 2
    done = view.done + sum(live.share for live in view.active)
    table = _grid()
    told = ", ".join(part for part in (mailboxes(view), time_left(view)) if part)
    drawn = ProgressBar(total=max(view.total, 1), completed=done, width=length)
    room = width - length - 4 - len(view.work)
    table.add_row(Text(view.work, "bold"), drawn, _cut(told, "red" if view.failed else "", room))
    return table


def _active(view: View, most: int, width: int) -> Table:
    """Names give way to what is told of them, and bars to neither."""
    table = _grid()
    name = max(min(_NAME, width - _WORDS), _LEAST)
    names = [_cut(f"  {short(live.mailbox, name - 2)}", "", name) for live in view.active[:most]]
    room = width - _BAR // 2 - 4 - max((shown.cell_len for shown in names), default=0)
    for shown, live in zip(names, view.active, strict=False):
        part = ProgressBar(total=1.0, completed=live.share, width=_BAR // 2)
        table.add_row(shown, part, _cut(mailbox_words(live), "yellow" if live.waiting else "", room))
    more = len(view.active) - most
    if more > 0:
        table.add_row(Text(f"  and {more:,} more", "dim"))
    return table


def _grid() -> Table:
    table = Table.grid(padding=(0, 2))
    for _column in range(3):
        table.add_column(no_wrap=True, overflow="ellipsis")
    return table


def _cut(words: str, style: str, cells: int) -> Text:
    text = Text(words, style)
    text.truncate(max(cells, _LEAST), overflow="ellipsis")
    return text
