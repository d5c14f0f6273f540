# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Looks for a domain's expected records everywhere, and says where each stands."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState, Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected, Kind
from ansible_collections.mailops.migration.plugins.module_utils.dns.library import parents, reverse_name
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_match import Facts, Host
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_state import (
    Finding,
    RecordState,
    judge_record,
)
from ansible_collections.mailops.migration.plugins.module_utils.dns.spf import Ask, is_spf, read_spf

_AT_ONCE = 8
_LONGEST_CHAIN = 8
_NOBODY = "mailops-nobody-made-this-name"


@dataclass(frozen=True)
class Checked:
    """What was found of one expected record, with the answers. ``zone``: the zone that it belongs in."""

    finding: Finding
    zone: str
    authoritative: tuple[Answer, ...]
    resolvers: tuple[Answer, ...]


def check_records(dns: Dns, rows: Sequence[Expected]) -> tuple[Checked, ...]:
    """Where each of ``rows`` stands, in their order. Raises :class:`ConfigurationError` when there is no resolver."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda row: _check(dns, row), rows))


def ptr_records(dns: Dns, rows: Sequence[Expected]) -> tuple[Expected, ...]:
    """What the addresses of our mail exchangers, which ``rows`` name, shall be called."""
    found = [row for row in rows if row.kind is Kind.MX]
    hosts = [(row.domain, value.partition(" ")[2]) for row in found for value in row.values]
    return tuple(
        Expected(Kind.PTR, domain, reverse_name(address), "PTR", (host,))
        for domain, host in hosts
        for address in dns.addresses(host)
    )


def _check(dns: Dns, row: Expected) -> Checked:
    zone = dns.zone(row.name)
    authoritative = dns.authoritative(row.name, row.type)
    resolvers = dns.each_resolver(row.name, row.type)
    facts = _facts(dns, row, (*authoritative, *resolvers))
    finding = judge_record(row, authoritative, resolvers, facts)
    if finding.state is RecordState.WRONG and row.name != row.domain:
        wild = dns.authoritative(".".join([_NOBODY, *parents(row.name)[1:2]]), row.type)
        facts = replace(facts, wildcard=next((answer.records for answer in wild if answer.records), ()))
        finding = judge_record(row, authoritative, resolvers, facts)
    name = zone.name if zone.state is AnswerState.OK else row.domain
    return Checked(finding, name, authoritative, resolvers)


def _facts(dns: Dns, row: Expected, answers: Sequence[Answer]) -> Facts:
    records = list(dict.fromkeys(text for answer in answers for text in answer.records))
    if row.type == "MX":
        names = [text.partition(" ")[2] for text in (*records, *row.values)]
        ours = [address for value in row.values for address in dns.addresses(value.partition(" ")[2])]
        return Facts({name: _host(dns, name) for name in dict.fromkeys(names) if name != "."}, frozenset(ours))
    if row.type == "CNAME":
        hosts = {name: _host(dns, name) for name in dict.fromkeys((*records, *row.values))}
        return Facts(hosts, flat=_flat(dns, row.name, answers))
    if row.kind is Kind.SPF:
        return Facts(readings={text: read_spf(text, row.domain, _asker(dns)) for text in records if is_spf(text)})
    return Facts()


def _host(dns: Dns, name: str) -> Host:
    aliases: list[str] = []
    answer = dns.resolve(name, "CNAME")
    while answer.records and answer.records[0] not in (name, *aliases) and len(aliases) < _LONGEST_CHAIN:
        aliases.append(answer.records[0])
        answer = dns.resolve(aliases[-1], "CNAME")
    return Host(tuple(aliases), dns.addresses(name))


def _flat(dns: Dns, name: str, answers: Sequence[Answer]) -> dict[Server, tuple[str, ...]]:
    """Addresses by server, of those that have the name without an alias."""
    if all(answer.records or answer.state is AnswerState.NO_NAME for answer in answers):
        return {}
    bare = {answer.server for answer in answers if answer.state is AnswerState.NO_DATA}
    found: dict[Server, tuple[str, ...]] = {}
    for kind in ("A", "AAAA"):
        for answer in (*dns.authoritative(name, kind), *dns.each_resolver(name, kind)):
            if answer.server in bare:
                found[answer.server] = (*found.get(answer.server, ()), *answer.records)
    return found


def _asker(dns: Dns) -> Ask:
    def ask(name: str, kind: str) -> tuple[str, ...] | None:
        answer = dns.resolve(name, kind)
        return answer.records if answer.is_known else None

    return ask
