# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A NO or BAD to a command that reads or arranges, as the error that it means."""

from __future__ import annotations

from ..core.errors import FolderRefused, Throttled
from . import diagnose
from .wire import Tagged


def refusal(tagged: Tagged, what: str, where: str) -> FolderRefused | Throttled:
    """:class:`Throttled` when the server asks to come back later, else :class:`FolderRefused` with ``what``."""
    words = tagged.words()
    if diagnose.is_throttle(words, reading=True):
        return Throttled(f"the server asks to wait: {words}", where=where, wait=diagnose.suggested_wait(words))
    return FolderRefused(f"{what}: {words}", where=where)
