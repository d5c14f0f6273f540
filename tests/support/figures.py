# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was moved between which servers and what became of it, summed up over a test session."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / ".cache" / "test" / "server-pairs.txt"
PROVEN = {"lost": "missing", "doubled": "duplicated", "altered": "altered"}


class Figures:
    """Sums by pair of servers."""

    def __init__(self) -> None:
        self._pairs: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, pair: str, proof: Mapping[str, Any], **numbers: int) -> None:
        """Count one migration: ``proof`` is what ``mailbox_compare_info`` found, ``numbers`` are added as they are."""
        found = {name: proof["counts"][count] for name, count in PROVEN.items()}
        self._pairs[pair].update({"migrations": 1, **numbers, **found})

    def lines(self) -> list[str]:
        """One line for each pair and one for all of them."""
        total: Counter[str] = Counter()
        for numbers in self._pairs.values():
            total.update(numbers)
        return [_line(pair, numbers) for pair, numbers in (*sorted(self._pairs.items()), ("all", total))]

    def write(self) -> None:
        """Put the lines where ``bin/test`` shows them."""
        if self._pairs:
            FILE.parent.mkdir(parents=True, exist_ok=True)
            FILE.write_text("".join(f"{line}\n" for line in self.lines()))


def _line(pair: str, numbers: Mapping[str, int]) -> str:
    words = ("migrations", "messages", "kills", "faults", *PROVEN)
    return f"{pair:32}" + ", ".join(f"{numbers[word]} {word}" for word in words)
