# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID sets (RFC 9051, ``sequence-set``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SET_PATTERN = r"\d{1,10}(?::\d{1,10})?(?:,\d{1,10}(?::\d{1,10})?)*"


def format_uids(uids: Iterable[int]) -> str:
    """Ascending ``uids`` as a set: ``1:3,7``."""
    return ",".join(str(first) if first == last else f"{first}:{last}" for first, last in _ranges(uids))


def parse_uids(text: str) -> Iterator[int]:
    """The uids of a set without ``*``, in the order written (RFC 4315 keeps the order of APPEND).

    One by one: a server may name four billion of them in thirteen characters.
    """
    for part in text.split(","):
        first, _unused, last = part.partition(":")
        low, high = int(first), int(last or first)
        yield from range(low, high + 1) if low <= high else range(low, high - 1, -1)


# Characters of a set that leave room for the rest of a command of 1000 octets (RFC 2683 section 3.2.1.5).
LONGEST_SET = 900


def split_sets(uids: Iterable[int], *, longest: int = LONGEST_SET) -> Iterator[str]:
    """Sets that together name ascending ``uids``, none longer than ``longest`` characters."""
    parts: list[str] = []
    length = 0
    for first, last in _ranges(uids):
        part = str(first) if first == last else f"{first}:{last}"
        if parts and length + len(part) + 1 > longest:
            yield ",".join(parts)
            parts, length = [], 0
        parts.append(part)
        length += len(part) + 1
    if parts:
        yield ",".join(parts)


def _ranges(uids: Iterable[int]) -> Iterator[tuple[int, int]]:
    first = last = 0
    for uid in uids:
        if first and uid == last + 1:
            last = uid
            continue
        if first:
            yield first, last
        first = last = uid
    if first:
        yield first, last
