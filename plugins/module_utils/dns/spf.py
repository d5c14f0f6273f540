# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""SPF records (RFC 7208) read without a sender: which terms are in force, and whether receivers would evaluate them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

MOST_LOOKUPS = 10
MOST_VOID_LOOKUPS = 2

Ask = Callable[[str, str], "Sequence[str] | None"]
"""Name and type to records; None when nobody answers."""

_MECHANISMS = {"all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"}
_TERM = re.compile(r"[+?~-]?(?P<name>[a-z][a-z0-9_.-]*)(?P<rest>[:=/].*)?", re.IGNORECASE)


@dataclass
class SpfReading:
    """``terms``: in lower case, those of included records too, as far as they are in force. ``problems``: clauses about
    the record because of which receivers take it for broken (permerror, RFC 7208 section 4.6)."""

    terms: list[str] = field(default_factory=list)
    lookups: int = 0
    void_lookups: int = 0
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def is_spf(text: str) -> bool:
    """Whether a TXT record is one of SPF (RFC 7208 section 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def read_spf(record: str, domain: str, ask: Ask) -> SpfReading:
    """What ``record`` of ``domain`` means. ``ask`` is called for each name that it leads to, once for each mention."""
    reading = SpfReading()
    _read(record, domain, ask, reading, (domain,))
    if reading.lookups > MOST_LOOKUPS:
        reading.problems.append(f"needs {reading.lookups} DNS lookups of at most {MOST_LOOKUPS}")
    if reading.void_lookups > MOST_VOID_LOOKUPS:
        reading.problems.append(f"names {reading.void_lookups} hosts that do not exist, of at most {MOST_VOID_LOOKUPS}")
    return reading


def merged(records: Iterable[str], terms: Sequence[str], final: str) -> str:
    """One record with what all ``records`` allow and ``terms`` besides; ``final`` ends it if no record says how."""
    kept: list[str] = []
    ends: list[str] = []
    for word in (word for record in records for word in record.split()[1:]):
        ending = word.lower().lstrip("+?~-") == "all" or word.lower().startswith("redirect=")
        known = ends if ending else kept
        if word.lower() not in [other.lower() for other in known]:
            known.append(word)
    missing = [term for term in terms if term.lower() not in [word.lower().lstrip("+") for word in kept]]
    return " ".join(["v=spf1", *kept, *missing, *(ends[:1] or [final])])


def _read(record: str, domain: str, ask: Ask, reading: SpfReading, path: tuple[str, ...]) -> None:
    redirect = ""
    for word in record.split()[1:]:
        term = _TERM.fullmatch(word)
        rest = (term["rest"] or "") if term else ""
        name = term["name"].lower() if term else ""
        if rest.startswith("="):
            redirect = rest[1:] if name == "redirect" else redirect
            continue
        if name not in _MECHANISMS:
            reading.problems.append(f"has the term {word}, which SPF does not know")
            continue
        reading.terms.append(word.lower().removeprefix("+"))
        if name == "all":
            # What follows is never looked at (RFC 7208 section 5.1), redirect neither (6.1).
            return
        _mechanism(name, rest.partition("/")[0].lstrip(":") or domain, ask, reading, path)
    if redirect:
        reading.lookups += 1
        _descend(redirect, ask, reading, path)


def _mechanism(name: str, target: str, ask: Ask, reading: SpfReading, path: tuple[str, ...]) -> None:
    if name in ("ip4", "ip6"):
        return
    reading.lookups += 1
    if reading.lookups > 2 * MOST_LOOKUPS or "%" in target or name == "ptr":
        return
    if name == "include":
        _descend(target, ask, reading, path)
        return
    kinds = ("MX",) if name == "mx" else ("A",) if name == "exists" else ("A", "AAAA")
    answers = [ask(target, kind) for kind in kinds]
    if not any(answers) and None not in answers:
        reading.void_lookups += name != "exists"


def _descend(target: str, ask: Ask, reading: SpfReading, path: tuple[str, ...]) -> None:
    name = target.lower().removesuffix(".")
    if name in path:
        reading.problems.append(f"includes itself by way of {name}")
        return
    texts = ask(name, "TXT")
    if texts is None:
        reading.unknown.append(name)
        return
    reading.void_lookups += not texts
    found = [text for text in texts if is_spf(text)]
    if len(found) != 1:
        reading.problems.append(f"leads to {name}, which has {len(found) or 'no'} SPF record{'s' * (len(found) > 1)}")
        return
    _read(found[0], name, ask, reading, (*path, name))
