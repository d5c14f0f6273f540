# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What to type at the DNS host: in words for a form, and as lines of a zone file."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected, Kind
from ansible_collections.mailops.migration.plugins.module_utils.dns.spf import is_spf, merged

# A character string of a TXT record (RFC 1035 section 3.3).
_LONGEST_STRING = 255
_WIDEST = 90


@dataclass(frozen=True)
class Entry:
    """``name`` is relative to the zone, ``@`` the zone itself. ``values``: what shall be there for this purpose;
    ``remove``: what is there and must go. ``text``: the same as a sentence; ``bind``: lines of a zone file."""

    zone: str
    name: str
    type: str
    values: tuple[str, ...]
    remove: tuple[str, ...]
    text: str
    bind: tuple[str, ...]


def entry(expected: Expected, found: Sequence[str], zone: str, ttl: int) -> Entry:
    """How ``expected`` comes to be where the records ``found`` are now; ``found`` are those of its purpose only."""
    return _entry(expected, _values(expected, found), found, zone, ttl)


def kept(expected: Expected, found: Sequence[str], zone: str, ttl: int) -> Entry:
    """What is right as it is: the records ``found`` stay."""
    return _entry(expected, tuple(found), found, zone, ttl)


def _entry(expected: Expected, values: tuple[str, ...], found: Sequence[str], zone: str, ttl: int) -> Entry:
    remove = tuple(text for text in dict.fromkeys(found) if text not in values)
    name = relative(expected.name, zone)
    orders = [_add(name, expected.type, value) for value in values if value not in found]
    orders += [f'remove the {expected.type} record with name "{name}" and value {_shown(text)}' for text in remove]
    text = f"In the zone {shown_domain(zone)}: {'; '.join(orders) or 'nothing to change'}"
    bind = tuple(f"{expected.name}. {ttl} IN {expected.type} {_zone_file(expected.type, value)}" for value in values)
    return Entry(zone, name, expected.type, values, remove, text, bind)


def relative(name: str, zone: str) -> str:
    """``name`` as forms of DNS hosts want it."""
    return "@" if name == zone else name.removesuffix(f".{zone}")


def shown_domain(domain: str) -> str:
    """A domain as its owner knows it, the wire's form behind it where they differ."""
    try:
        text = domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
    return domain if text == domain else f"{text} ({domain})"


def table(entries: Sequence[tuple[Entry, str]]) -> str:
    """Entries with a word on each, as a table in Markdown that can be read as it is."""
    rows = [("Name", "Type", "Value", "Now")]
    for row, state in entries:
        rows += [(row.name, row.type, value, state) for value in row.values]
        rows += [(row.name, row.type, f"(remove) {value}", state) for value in row.remove]
    cells = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(rows[0]))]
    widths = [min(width, _WIDEST) for width in widths]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def _values(expected: Expected, found: Sequence[str]) -> tuple[str, ...]:
    if expected.kind is Kind.SPF:
        final, *terms = expected.values
        return (merged([text for text in dict.fromkeys(found) if is_spf(text)], terms, final),)
    return expected.values


def _add(name: str, kind: str, value: str) -> str:
    words = value.split()
    if kind == "MX":
        detail = f'priority {words[0]}, value "{words[1]}"'
    elif kind == "SRV":
        detail = f'priority {words[0]}, weight {words[1]}, port {words[2]}, target "{words[3]}"'
    else:
        detail = f'value "{value}"' + " and no other record of this name" * (kind == "CNAME")
    return f'add a record with name "{name}", type {kind}, {detail}'


def _shown(text: str) -> str:
    return f'"{textwrap.shorten(text, 90, placeholder=" …")}"'


def _zone_file(kind: str, value: str) -> str:
    if kind == "TXT":
        octets = value.replace("\\", "\\\\").replace('"', '\\"')
        parts = [octets[begin : begin + _LONGEST_STRING - 5] for begin in range(0, len(octets), _LONGEST_STRING - 5)]
        return " ".join(f'"{part}"' for part in parts)
    return value if value.endswith(".") else f"{value}."
