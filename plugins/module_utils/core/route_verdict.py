# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether aliases, forwards and members of lists are as the ticket's files ask: by what a plan would still change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .outcome import SHOWN_PROBLEMS, Outcome, Problem
from .report_text import count, listing

_NAMES = {
    "aliases": ("alias", "aliases"),
    "forwards": ("forward", "forwards"),
    "lists": ("member of a list", "members of lists"),
}
_REMEDY = "Run provision.yml, then verify again"


def route_outcome(results: Mapping[str, Mapping[str, Any]], rows: Mapping[str, int]) -> Outcome | None:
    """The verdict on planned results of ``mail_alias``, ``mail_forward`` and ``dist_list_import``.

    Both are by ``aliases``, ``forwards`` and ``lists``; ``rows`` counts what the files ask for. None: nothing.
    """
    asked = {kind: number for kind, number in rows.items() if number}
    if not asked:
        return None
    problems = tuple(problem for kind in asked for problem in _problems(kind, results.get(kind, {})))
    named = ", ".join(count(number, *_NAMES[kind]) for kind, number in asked.items())
    text = f"every one is correctly mapped ({named})" if not problems else f"not all are as the files ask ({named})"
    return Outcome(
        step="routes",
        mailbox="",
        good=not problems,
        text=text,
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def _problems(kind: str, result: Mapping[str, Any]) -> list[Problem]:
    if "counts" not in result:
        reason = str(result.get("msg") or "they were not looked at")
        return [Problem(f"{_NAMES[kind][1]} could not be compared: {reason}")]
    wrong = [Problem(_difference(route), _REMEDY) for route in result.get("routes", ())]
    unusable = [
        Problem(f"{failure['where'] + ': ' if failure.get('where') else ''}{failure['item']} {failure['reason']}",
                failure["remedy"])
        for failure in result.get("failures", ())
    ]  # fmt: skip
    return [*wrong, *unusable]


def _difference(route: Mapping[str, Any]) -> str:
    lacks = f"does not lead to {listing(route['missing'])}" if route["missing"] else ""
    more = f"still leads to {listing(route['extra'])}" if route["extra"] else ""
    return f"{route['address']} {' and '.join(part for part in (lacks, more) if part) or 'is not as asked for'}"
