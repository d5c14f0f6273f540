# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers and names as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable

# How many of many names or places a line tells.
SHOWN_NAMES = 5
_UNITS = ("kB", "MB", "GB", "TB")


def printable(text: str) -> str:
    """``text`` in one line: what a terminal would act on (controls, line ends, bidirectional marks) is escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def count(number: int, noun: str, plural: str = "") -> str:
    """``1 message``, ``1,184 messages``; ``plural`` where an ``s`` does not make it."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def size(octets: int) -> str:
    """``512 bytes``, ``23.4 MB``: decimal units."""
    if octets < 1000:
        return count(octets, "byte")
    value = float(octets)
    for unit in _UNITS:
        value /= 1000
        if value < 999.95 or unit == _UNITS[-1]:
            break
    return f"{value:,.1f} {unit}"


def listing(names: Iterable[str], most: int = SHOWN_NAMES) -> str:
    """``a, b, c``; of more than ``most`` names the first ones and how many follow."""
    all_names = [printable(name) for name in names]
    shown = ", ".join(all_names[:most])
    return f"{shown} and {len(all_names) - most:,} more" if len(all_names) > most else shown


def sentence(reason: str, remedy: str = "") -> str:
    """``Reason. Remedy.`` with exactly one stop after each."""
    parts = (printable(part).strip().removesuffix(".") for part in (reason, remedy))
    return " ".join(f"{part}." for part in parts if part)
