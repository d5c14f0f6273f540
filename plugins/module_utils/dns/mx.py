# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose mail exchangers a domain names, by the word of its own servers."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace, MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns


@dataclass(frozen=True)
class MxLook:
    """A verdict with what it rests on: the exchangers, the preferred one first, and the longest TTL in seconds.

    ``ttl`` is 0 where no server gave MX records.
    """

    verdict: MxVerdict
    hosts: tuple[str, ...] = ()
    ttl: int = 0


def mx_verdict(dns: Dns, domain: str, ours: Collection[str]) -> MxVerdict:
    """Where mail for ``domain`` goes, by the word of its own servers; see :func:`look`."""
    return look(dns, dns.authoritative(domain, "MX"), ours).verdict


def look(dns: Dns, answers: Sequence[Answer], ours: Collection[str]) -> MxLook:
    """Where mail goes by these answers about MX records. ``ours``: names and IP addresses of our mail exchangers.

    A name that is not among them is ours, too, when it leads to one of the addresses.
    """
    by_preference = sorted({record for answer in answers for record in _preferred(answer)})
    hosts = tuple(dict.fromkeys(host for _preference, host in by_preference))
    addresses = {host: dns.addresses(host) for host in hosts if host not in ours}
    return MxLook(judge(answers, ours, addresses), hosts, max((answer.ttl for answer in answers), default=0))


def with_addresses(dns: Dns, names: Collection[str]) -> frozenset[str]:
    """The names and the addresses that they lead to, as far as DNS tells them."""
    found = set(names)
    for name in names:
        with contextlib.suppress(MigrationError):
            found.update(dns.addresses(name))
    return frozenset(found)


def exchangers(answer: Answer) -> tuple[str, ...]:
    """The hosts that take mail by this answer: none for the null MX (RFC 7505), the name itself without MX records
    (RFC 5321 section 5.1)."""
    if answer.state is AnswerState.NO_DATA:
        return (answer.name,)
    hosts = (record.partition(" ")[2] for record in answer.records)
    return tuple(dict.fromkeys(host for host in hosts if host != "."))


def judge(answers: Sequence[Answer], ours: Collection[str], addresses: Mapping[str, Sequence[str]]) -> MxVerdict:
    """What the zone's servers say together; one that disagrees makes it mixed. ``addresses`` by host."""
    known = [answer for answer in answers if answer.is_known]
    if not known:
        troubles = "; ".join(dict.fromkeys(answer.trouble() for answer in answers))
        return MxVerdict(MxPlace.UNKNOWN, f"has MX records that cannot be read: {troubles}")
    if all(answer.state is AnswerState.NO_NAME for answer in known):
        return MxVerdict(MxPlace.UNKNOWN, "does not exist in DNS")
    hosts = list(dict.fromkeys(host for answer in known for host in _live(answer, addresses)))
    if not hosts:
        return MxVerdict(MxPlace.NOWHERE, "has no MX record and no address that takes mail")
    mine = [host for host in hosts if host in ours or any(address in ours for address in addresses.get(host, ()))]
    shown = ", ".join(hosts)
    if not mine:
        return MxVerdict(MxPlace.ELSEWHERE, f"has its MX elsewhere: {shown}")
    if len(mine) == len(hosts) and all(_live(answer, addresses) for answer in known):
        return MxVerdict(MxPlace.OURS, f"has its MX here: {shown}")
    return MxVerdict(MxPlace.MIXED, f"has its MX here for a part of the world ({', '.join(mine)} of {shown})")


def _preferred(answer: Answer) -> list[tuple[int, str]]:
    """The exchangers with their preference, the smaller the better."""
    preferences = {record.partition(" ")[2]: int(record.partition(" ")[0]) for record in answer.records}
    return [(preferences.get(host, 0), host) for host in exchangers(answer)]


def _live(answer: Answer, addresses: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The exchangers; a name that stands in for a missing MX only if it has an address."""
    if answer.state is AnswerState.NO_DATA and not addresses.get(answer.name):
        return ()
    return exchangers(answer)
