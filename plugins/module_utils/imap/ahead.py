# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many short commands without a round trip for each."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from .wire import Response, Tagged, Wire

# What is on its way without an answer, in octets: less than the smallest buffers of a connection hold, so that client
# and server never wait for each other to read.
_AHEAD = 4096
_TAG = 16


def run_ahead(wire: Wire, lines: Iterable[bytes]) -> Iterator[tuple[list[Response], Tagged]]:
    """Send commands ahead of their answers; of each, in order, what came before its tagged answer, and that."""
    waiting: deque[tuple[bytes, int]] = deque()
    for line in lines:
        size = len(line) + _TAG
        while waiting and sum(other for _tag, other in waiting) + size > _AHEAD:
            yield wire.answer(waiting.popleft()[0])
        waiting.append((wire.command(line), size))
    while waiting:
        yield wire.answer(waiting.popleft()[0])
