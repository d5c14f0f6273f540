# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a domain's mailboxes may be read: by SRV records (RFC 6186), its autoconfig file, or its mail exchangers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ..core.providers import HOSTS, provider_behind, provider_of
from .answers import AnswerState
from .autoconfig import Fetch, ask_autoconfig
from .lookup import Dns

# Whom a proposal names, which decides who may see a password: a provider that is known, the domain's own host, or
# somebody else, whom an answer of DNS alone does not prove to be the customer's choice.
KNOWN, OWN, OTHER = TRUSTS = ("known", "own", "other")
_SRV = re.compile(r"(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)")
# Exactly these: below some providers' names their customers have machines of their own.
_NAMED = frozenset(host for hosts in HOSTS.values() for host in hosts)
_SERVICES = (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls"))


@dataclass(frozen=True)
class Proposal:
    """A server that may hold a domain's mailboxes. ``found_by`` says where it stands, ``trust`` is one of TRUSTS.

    ``provider`` is set where it is one that is known by presets.
    """

    domain: str
    host: str
    port: int
    encryption: str
    found_by: str
    trust: str
    provider: str = ""
    whole_address: bool = True


def proposals(
    dns: Dns, domain: str, preset_host: Callable[[str], tuple[str, int, str]], fetch: Fetch | None = None
) -> list[Proposal]:
    """All that is proposed, the best first, each server once.

    :param preset_host: host, port and encryption of a provider by its name.
    Raises ConfigurationError when there is no resolver to ask, or ``domain`` is not a name.
    """
    found = [*_by_srv(dns, domain), *_by_autoconfig(domain, fetch), *_by_exchangers(dns, domain, preset_host)]
    return list({(each.host, each.port): each for each in reversed(found)}.values())[::-1]


def _by_srv(dns: Dns, domain: str) -> Iterator[Proposal]:
    """RFC 2782: by priority, then by weight; a target of ``.`` says that there is no such service."""
    for service, encryption in _SERVICES:
        name = f"{service}.{domain}"
        answer = dns.resolve(name, "SRV")
        matches = [_SRV.fullmatch(record) for record in answer.records] if answer.state is AnswerState.OK else []
        rows = sorted((int(m[1]), -int(m[2]), m[4].lower().rstrip("."), int(m[3])) for m in matches if m)
        for _priority, _weight, host, port in rows:
            if host and port:
                yield _judged(Proposal(domain, host, port, encryption, f"SRV record {name}", OTHER))


def _by_autoconfig(domain: str, fetch: Fetch | None) -> Iterator[Proposal]:
    for server in ask_autoconfig(domain, fetch):
        proposal = Proposal(domain, server.host, server.port, server.encryption, server.url, OTHER)
        yield _judged(replace(proposal, whole_address=server.whole_address))


def _by_exchangers(dns: Dns, domain: str, preset_host: Callable[[str], tuple[str, int, str]]) -> Iterator[Proposal]:
    answer = dns.resolve(domain, "MX")
    if answer.state is not AnswerState.OK:
        return
    for exchanger in (record.partition(" ")[2] for record in answer.records):
        provider = provider_behind(exchanger) or provider_of(exchanger)
        if provider:
            host, port, encryption = preset_host(provider)
            yield Proposal(domain, host, port, encryption, f"MX record {exchanger}", KNOWN, provider)


def _judged(proposal: Proposal) -> Proposal:
    if proposal.host in _NAMED:
        return replace(proposal, trust=KNOWN, provider=provider_of(proposal.host))
    is_own = proposal.host == proposal.domain or proposal.host.endswith(f".{proposal.domain}")
    return replace(proposal, trust=OWN) if is_own else proposal
