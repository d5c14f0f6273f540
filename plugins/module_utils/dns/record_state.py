# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a record stands, by the word of the zone's servers and of resolvers together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_match import Facts, Fit, Match, match


class RecordState(Enum):
    """``OK``: all of the zone's servers that answer have it right, and all resolvers that were asked.

    ``PROPAGATING``: the zone's servers have it right, a resolver still remembers what was there before.
    ``STALE``: one of the zone's servers has it right and another one does not: its zone is old.
    ``WRONG``: no server of the zone has it right, and there is something else; or DNSSEC hides it from the world.
    ``MISSING``: no server of the zone has anything there. ``UNKNOWN``: none of them tells.
    """

    OK = "ok"
    PROPAGATING = "propagating"
    STALE = "stale"
    WRONG = "wrong"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Finding:
    """``reason``: a clause about the name, empty when ok. ``seconds_left``: until the last resolver forgets what was
    there, 0 when none has to. ``notes``: what deserves a look besides."""

    expected: Expected
    state: RecordState
    reason: str = ""
    seconds_left: int = 0
    notes: tuple[str, ...] = ()


_UNSIGNED = (
    "is hidden from everybody whose resolver checks DNSSEC, for the zone's signatures do not fit ({who}); "
    "have the DNS host sign the zone anew, or the registrar remove its DS record"
)


def judge_record(
    expected: Expected, authoritative: Sequence[Answer], resolvers: Sequence[Answer], facts: Facts
) -> Finding:
    """Where ``expected`` stands by these answers."""
    own = [(answer, match(expected, answer, facts)) for answer in authoritative]
    known = [(answer, found) for answer, found in own if found.fit is not Fit.UNKNOWN]
    bogus = [answer for answer in (*authoritative, *resolvers) if answer.state is AnswerState.BOGUS]
    notes = _notes(own, resolvers)
    if bogus:
        reason = _UNSIGNED.format(who=", ".join(dict.fromkeys(str(answer.server) for answer in bogus)))
        return Finding(expected, RecordState.WRONG, reason, notes=notes)
    if not known:
        reason = "cannot be read: " + "; ".join(dict.fromkeys(found.reason for _answer, found in own))
        return Finding(expected, RecordState.UNKNOWN, reason, notes=notes)
    bad = [(answer, found) for answer, found in known if found.fit is not Fit.RIGHT]
    if not bad:
        return _by_resolvers(expected, resolvers, facts, notes)
    reason = _told_apart(bad, known)
    if len(bad) < len(known):
        return Finding(expected, RecordState.STALE, reason, notes=notes)
    wrong = any(found.fit is Fit.WRONG for _answer, found in bad)
    return Finding(expected, RecordState.WRONG if wrong else RecordState.MISSING, reason, notes=notes)


def _by_resolvers(expected: Expected, resolvers: Sequence[Answer], facts: Facts, notes: tuple[str, ...]) -> Finding:
    old = [answer for answer in resolvers if match(expected, answer, facts).fit in (Fit.WRONG, Fit.MISSING)]
    if not old:
        return Finding(expected, RecordState.OK, notes=notes)
    left = max(answer.ttl for answer in old)
    who = ", ".join(str(answer.server) for answer in old)
    reason = f"is right, but the resolver {who} still remembers what was there before, for {left} seconds at most"
    return Finding(expected, RecordState.PROPAGATING, reason, left, notes)


def _told_apart(bad: Sequence[tuple[Answer, Match]], known: Sequence[tuple[Answer, Match]]) -> str:
    """The reasons; with the servers' names where not all servers say the same."""
    reasons = list(dict.fromkeys(found.reason for _answer, found in bad))
    if len(reasons) == 1 and len(bad) == len(known):
        return reasons[0]
    told = []
    for reason in reasons:
        servers = ", ".join(str(answer.server) for answer, found in bad if found.reason == reason)
        told.append(f"{reason} (says {servers})")
    return "; ".join(told)


def _notes(own: Sequence[tuple[Answer, Match]], resolvers: Sequence[Answer]) -> tuple[str, ...]:
    notes = [note for _answer, found in own for note in found.notes]
    if any(found.fit is not Fit.UNKNOWN for _answer, found in own):
        notes += [found.reason for _answer, found in own if found.fit is Fit.UNKNOWN]
    notes += [f"the resolver {answer.trouble()}" for answer in resolvers if not answer.is_known]
    return tuple(dict.fromkeys(notes))
