# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""In which phase a domain of a ticket is, by what can be seen; and when nothing is left to be done for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from math import ceil

from .domain_pass import DomainPass
from .mail_route import MxPlace, MxVerdict
from .mx_history import MxSeen, old_records_end, ours_since
from .report_text import count


class Phase(Enum):
    """What a run does for a domain's mailboxes."""

    FIRST = "first"
    """Passes while the world's mail goes to the old provider."""
    FINAL = "final"
    """Passes with proof once it comes here, until one finds nothing new."""
    CLOSED = "closed"
    """Nothing."""


@dataclass(frozen=True)
class DomainFacts:
    """What is seen of a domain at ``now``, in seconds since 1970.

    ``mx``: by the word of its own name servers; ``resolver``: by that of a resolver, which keeps its answer for
    ``resolver_ttl`` more seconds. ``history`` includes what is seen now. ``behind`` of ``mailboxes`` have no complete
    pass.
    """

    domain: str
    mx: MxVerdict
    now: float
    history: Sequence[MxSeen] = ()
    resolver: MxVerdict | None = None
    resolver_ttl: int = 0
    mailboxes: int = 0
    behind: int = 0
    closed: float | None = None


@dataclass(frozen=True)
class DomainPhase:
    """``why`` is a clause; ``next`` are sentences: what the domain waits for, and what to do where something is wrong.

    ``old_end``: when the last resolver forgets the old records; None while they are still handed out, or unknown.
    """

    domain: str
    phase: Phase
    why: str
    next: str
    ours_since: float | None = None
    old_end: float | None = None


def decide(facts: DomainFacts, our_mx: str, zone: tzinfo, wanted: str = "") -> DomainPhase:
    """The phase that the facts tell, or ``wanted`` where it is given.

    ``our_mx`` is the name that the customer has to write into DNS, empty where nobody said it; ``zone`` is for times
    that people read.
    """
    old_end = _old_end(facts)
    phase, why, next_step = _by_facts(facts, our_mx, zone, old_end)
    if wanted:
        phase, why = Phase(wanted), f"it was given; by itself it is {phase.value}, for {why}"
    elif facts.behind and phase is not Phase.CLOSED:
        why += f"; {facts.behind} of {count(facts.mailboxes, 'mailbox', 'mailboxes')} have no complete pass yet"
    return DomainPhase(facts.domain, phase, why, next_step, ours_since(facts.history), old_end)


def whole(phases: Sequence[DomainPhase]) -> Phase:
    """The phase of a ticket: closed when all of its domains are, final when one of the others is."""
    found = {each.phase for each in phases}
    if found == {Phase.CLOSED}:
        return Phase.CLOSED
    return Phase.FINAL if Phase.FINAL in found else Phase.FIRST


def obstacles(done: DomainPass, old_end: float | None, queued: int, zone: tzinfo) -> list[str]:
    """What speaks against closing a domain after this pass of the final phase, as clauses; empty when nothing does.

    ``old_end`` as the pass began. ``queued`` messages waited here for the old provider then.
    """
    found = []
    if not done.is_complete:
        found.append(f"only {done.complete} of {count(done.mailboxes, 'mailbox', 'mailboxes')} were brought to an end")
    if done.copied:
        found.append(f"this pass still found {count(done.copied, 'new message')}")
    if done.verified < done.mailboxes:
        found.append(f"verify passed for {done.verified} of {count(done.mailboxes, 'mailbox', 'mailboxes')}")
    if queued:
        found.append(f"{count(queued, 'message')} waited here for the old provider")
    if old_end is None:
        found.append("the old MX records are still handed out, or DNS was not seen")
    elif done.started < old_end:
        found.append(f"the old MX records may be believed until {moment(old_end, zone)}")
    return found


def moment(seconds: float, zone: tzinfo) -> str:
    """A time as people read it, to the second where that is near: ``2026-11-22 14:05:10 CET``."""
    return datetime.fromtimestamp(seconds, zone).strftime("%Y-%m-%d %H:%M:%S %Z")


def _by_facts(facts: DomainFacts, our_mx: str, zone: tzinfo, old_end: float | None) -> tuple[Phase, str, str]:
    place, text = facts.mx.place, f"it {facts.mx.text}"
    if facts.closed is not None:
        away = "" if facts.mx.reaches_us else f" But now it {facts.mx.text}: look at that."
        why = f"it was closed on {moment(facts.closed, zone)}"
        return Phase.CLOSED, why, f"Nothing is done for it; -e phase=final takes another pass.{away}"
    if place is MxPlace.UNKNOWN:
        return Phase.FIRST, text, _unknown(facts, zone)
    if not facts.mx.reaches_us:
        records = f"the MX records to {our_mx}" if our_mx else "the MX records to our servers"
        wait = f"Waiting for the DNS: the customer has to set {records}. Until then each run is another pass."
        return Phase.FIRST, text, wait
    if place is MxPlace.MIXED or old_end is None:
        return Phase.FINAL, text, "Waiting until all of its name servers name nobody but us."
    if facts.now < old_end:
        left = timedelta(seconds=ceil(old_end - facts.now))
        until = f"The old MX records may be believed until {moment(old_end, zone)}, for {left} more."
        return Phase.FINAL, text, f"{until} A pass after that which finds nothing new is the last one."
    ended = f"The old MX records have run out ({moment(old_end, zone)})."
    return Phase.FINAL, text, f"{ended} This pass is the last one when it finds nothing new and verify passes."


def _unknown(facts: DomainFacts, zone: tzinfo) -> str:
    since = ours_since(facts.history)
    known = f" When it was last seen, it named us (since {moment(since, zone)})." if since is not None else ""
    return (
        f"DNS does not tell where its mail goes.{known} Passes go on, Local Delivery stays as it is, nothing is closed."
        " Correct the domain's DNS or mailops_dns; -e phase=final says that the mail comes here."
    )


def _old_end(facts: DomainFacts) -> float | None:
    """By the history, and by a resolver that still gives the old records out."""
    end = old_records_end(facts.history)
    if end is None or facts.mx.place is not MxPlace.OURS:
        return None
    if facts.resolver is not None and facts.resolver.place in (MxPlace.ELSEWHERE, MxPlace.MIXED):
        return max(end, facts.now + facts.resolver_ttl)
    return end
