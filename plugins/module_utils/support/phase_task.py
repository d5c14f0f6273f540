# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules migration_phase and migration_record: where the domains of a ticket stand, and what became of a pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace, MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.core.phase import (
    DomainFacts,
    DomainPhase,
    Phase,
    decide,
    moment,
    obstacles,
    whole,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.report_text import count
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns, name_server
from ansible_collections.mailops.migration.plugins.module_utils.dns.mx import MxLook, look, with_addresses
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import (
    TicketState,
    open_ticket_state,
    read_ticket_state,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.values import Override

_ASKED_AT_ONCE = 16
_NO_MX_HOSTS = "cannot be placed, because nobody said which mail exchangers are ours: mailops_dns.mx_hosts is not set"


@dataclass(frozen=True)
class Seen:
    """What DNS says of a domain: its own servers, and the first resolver that answers."""

    own: MxLook
    resolver: MxLook | None = None


def phases(params: Mapping[str, Any], now: float, *, remember: bool) -> dict[str, Any]:
    """The result of migration_phase. Raises :class:`MigrationError`.

    :param remember: whether what is seen is written into ticket.sqlite.
    """
    zone = time_zone(params["timezone"])
    domains = [domain.lower() for domain in params["domains"]]
    seen = dict(zip(domains, _look_at(domains, params), strict=True))
    stands = []
    with (open_ticket_state if remember else read_ticket_state)(params["state_dir"]) as state:
        for domain in domains:
            stands.append(_stand(domain, seen[domain], state, params, now, zone))
    return {
        "phase": whole([phase for phase, _told in stands]).value if stands else Phase.FIRST.value,
        "now": now,
        "domains": [told for _phase, told in stands],
        "lines": [line for phase, _told in stands for line in _lines(phase)],
    }


def record(params: Mapping[str, Any], now: float, *, remember: bool) -> dict[str, Any]:
    """The result of migration_record: what it remembered, and what is closed now. Raises :class:`MigrationError`."""
    zone = time_zone(params["timezone"])
    lines: list[str] = []
    closed: list[str] = []
    reopened: list[str] = []
    with (open_ticket_state if remember else read_ticket_state)(params["state_dir"]) as state:
        for domain in sorted({name.lower() for name in params["reopened"]}):
            if state.reopen_domain(domain):
                reopened.append(domain)
                verb = "is" if remember else "would be"
                lines.append(f"{domain} {verb} open again: the next migrate.yml brings what is taken back once more.")
        for row in params["overrides"]:
            state.add_override(Override(row["domain"], row["action"], row["reason"], now))
        for row in params["passes"]:
            done = _pass(row, now)
            state.add_pass(done)
            if done.phase != Phase.FINAL.value or state.closed(done.domain) is not None:
                continue
            reasons = obstacles(done, row["old_end"], row["queued"], zone)
            if reasons:
                lines.append(f"{done.domain} stays open: {'; '.join(reasons)}. Run the same command again.")
            else:
                state.close_domain(done.domain, now)
                closed.append(done.domain)
                lines.append(
                    f"{done.domain} is closed: nothing new came after the old MX records ran out; verify passed."
                )
    return {"changed": False, "closed": closed, "reopened": reopened, "lines": lines}


def time_zone(name: str) -> tzinfo:
    """The zone of that name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name) if name and name != "UTC" else UTC
    except (KeyError, ValueError, OSError):
        return UTC


def _look_at(domains: Sequence[str], params: Mapping[str, Any]) -> list[Seen]:
    """What DNS says of each domain; trouble on the way is a verdict, too."""
    if not params["mx_hosts"]:
        return [Seen(MxLook(MxVerdict(MxPlace.UNKNOWN, _NO_MX_HOSTS)))] * len(domains)
    servers = [name_server(text) for text in params["nameservers"] or []]
    dns = Dns(servers, authoritative_port=params["authoritative_port"])
    ours = with_addresses(dns, [name.lower().removesuffix(".") for name in params["mx_hosts"]])
    with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
        return list(pool.map(lambda domain: _ask(dns, domain, ours), domains))


def _ask(dns: Dns, domain: str, ours: frozenset[str]) -> Seen:
    try:
        own = look(dns, dns.authoritative(domain, "MX"), ours)
        return Seen(own, look(dns, [dns.resolve(domain, "MX")], ours))
    except MigrationError as error:
        return Seen(MxLook(MxVerdict(MxPlace.UNKNOWN, f"cannot be looked up: {error.text()}")))


def _stand(
    domain: str, seen: Seen, state: TicketState, params: Mapping[str, Any], now: float, zone: tzinfo
) -> tuple[DomainPhase, dict[str, Any]]:
    own, resolver = seen.own, seen.resolver
    if own.verdict.place is not MxPlace.UNKNOWN:
        state.note_mx(MxSeen(domain, own.verdict.place, own.hosts, own.ttl, now, now))
    facts = DomainFacts(
        domain=domain,
        mx=own.verdict,
        now=now,
        history=state.mx_history(domain),
        resolver=resolver.verdict if resolver else None,
        resolver_ttl=resolver.ttl if resolver else 0,
        mailboxes=_of_domain(params["addresses"], domain),
        behind=_of_domain(params["behind"], domain),
        closed=state.closed(domain),
    )
    phase = decide(facts, next(iter(params["mx_hosts"] or []), ""), zone, params["phase"])
    return phase, {
        "domain": domain,
        "phase": phase.phase.value,
        "why": phase.why,
        "next": phase.next,
        "mx": own.verdict.place.value,
        "mx_text": own.verdict.text,
        "mx_hosts": list(own.hosts),
        "mx_ttl": own.ttl,
        "resolver_text": _resolver_text(resolver),
        "ours_since": phase.ours_since,
        "old_end": phase.old_end,
        "closed": facts.closed,
        "mailboxes": facts.mailboxes,
        "behind": facts.behind,
        "passes": _passes_text(state.passes(domain), zone),
        "overrides": [f"{each.action} on {moment(each.time, zone)}: {each.reason}" for each in state.overrides(domain)],
    }


def _lines(phase: DomainPhase) -> list[str]:
    return [f"{phase.domain} is in phase {phase.phase.value}, for {phase.why}.", f"    {phase.next}"]


def _of_domain(addresses: Iterable[str], domain: str) -> int:
    return sum(address.rpartition("@")[2].lower() == domain for address in addresses)


def _resolver_text(resolver: MxLook | None) -> str:
    if resolver is None:
        return "was not asked"
    left = f", for {count(resolver.ttl, 'second')} more" if resolver.ttl else ""
    return f"says that it {resolver.verdict.text}{left}"


def _passes_text(passes: Sequence[DomainPass], zone: tzinfo) -> str:
    if not passes:
        return "none yet"
    last = passes[-1]
    whole_ones = sum(done.is_complete for done in passes)
    return (
        f"{count(whole_ones, 'complete one')} of {len(passes)}; the last one on {moment(last.ended, zone)} in phase"
        f" {last.phase} with {last.complete} of {count(last.mailboxes, 'mailbox', 'mailboxes')},"
        f" {count(last.copied, 'new message')}"
    )


def _pass(row: Mapping[str, Any], now: float) -> DomainPass:
    return DomainPass(
        domain=row["domain"].lower(),
        phase=row["phase"],
        started=row["started"],
        ended=now,
        mailboxes=row["mailboxes"],
        worked=row["worked"],
        complete=row["complete"],
        copied=row["copied"],
        verified=row["verified"],
    )
