# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place that imports dnspython: one question to one server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import (
    Answer,
    AnswerState,
    Server,
)

try:
    import dns.exception
    import dns.flags
    import dns.message
    import dns.name
    import dns.query
    import dns.rcode
    import dns.rdatatype
    import dns.resolver
    import dns.reversename
except ImportError:
    HAS_DNSPYTHON = False
else:
    HAS_DNSPYTHON = True

# The size that crosses every network in one piece (DNS flag day 2020).
_PAYLOAD = 1232
_LONGEST_TTL = 2**31 - 1


def ask_server(server: Server, name: str, kind: str, timeout: float, authoritative: bool) -> Answer:
    """The answer of ``server`` about ``name``; never raises for what a server or the network does.

    ``authoritative``: ask the zone's own server without recursion, and call it lame when it does not speak for the
    zone. ``timeout`` in seconds, for UDP and again for TCP where the answer is cut.
    """
    _require()
    question = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD)
    if authoritative:
        question.flags &= ~dns.flags.RD
    answer = _asked(server, name, kind, question, timeout, authoritative)
    if answer.state is not AnswerState.SERVER_FAILURE or authoritative:
        return answer
    # A validating resolver hides what fails DNSSEC, unless checking is disabled (RFC 4035, 3.2.2).
    question.flags |= dns.flags.CD
    unchecked = _asked(server, name, kind, question, timeout, authoritative)
    return replace(answer, state=AnswerState.BOGUS) if unchecked.is_known else answer


def system_nameservers() -> tuple[Server, ...]:
    """The resolvers of this machine (``/etc/resolv.conf``). Raises :class:`ConfigurationError` when there are none."""
    _require()
    try:
        resolver = dns.resolver.Resolver()
    except dns.exception.DNSException as error:
        raise ConfigurationError(
            f"this machine names no resolver that can be asked ({error})", remedy="Give the option nameservers"
        ) from None
    return tuple(Server(str(address), resolver.port) for address in resolver.nameservers)


def parents(name: str) -> list[str]:
    """``name`` and the names above it without the root, nearest first. Raises :class:`ConfigurationError`."""
    _require()
    try:
        labels = dns.name.from_text(name)
    except dns.exception.DNSException:
        raise ConfigurationError("is not a name that DNS knows", where=name) from None
    found = []
    while labels != dns.name.root:
        found.append(labels.to_text(omit_final_dot=True).lower())
        labels = labels.parent()
    return found


def reverse_name(address: str) -> str:
    """Where the name of an IP address is asked for, ``…in-addr.arpa`` or ``…ip6.arpa``."""
    _require()
    return _host(dns.reversename.from_address(address))


def _require() -> None:
    if not HAS_DNSPYTHON:
        raise ConfigurationError(
            "the Python library dnspython is missing where DNS is asked", remedy="Install it with pip install dnspython"
        )


def _asked(server: Server, name: str, kind: str, question: Any, timeout: float, authoritative: bool) -> Answer:
    try:
        reply, _tcp = dns.query.udp_with_fallback(question, server.address, timeout, server.port)
    except dns.exception.Timeout:
        return Answer(server, name, kind, AnswerState.TIMEOUT)
    except (OSError, EOFError):
        return Answer(server, name, kind, AnswerState.UNREACHABLE)
    except (dns.exception.DNSException, ValueError):
        return Answer(server, name, kind, AnswerState.NONSENSE)
    return _answer(server, name, kind, reply, authoritative)


def _answer(server: Server, name: str, kind: str, reply: Any, authoritative: bool) -> Answer:
    state = _state(reply, authoritative)
    if state not in (AnswerState.OK, AnswerState.NO_NAME):
        return Answer(server, name, kind, state)
    # The end of a name server's name is its own business: whoever delegates to an alias has no zone there.
    aliases = {} if kind in ("NS", "CNAME") else _aliases(reply)
    owner, ttl, seen = dns.name.from_text(name), _LONGEST_TTL, set()
    while owner in aliases:
        if owner in seen:
            return Answer(server, name, kind, AnswerState.LOOP)
        seen.add(owner)
        ttl = min(ttl, aliases[owner].ttl)
        owner = aliases[owner][0].target
    wanted = dns.rdatatype.from_text(kind)
    for rrset in reply.answer:
        if rrset.name == owner and rrset.rdtype == wanted:
            records = tuple(sorted(_text(kind, record) for record in rrset))
            return Answer(server, name, kind, AnswerState.OK, records, min(ttl, rrset.ttl))
    ended = any(rrset.rdtype == dns.rdatatype.SOA for rrset in reply.authority)
    if seen and state is AnswerState.OK and not ended:
        return Answer(server, name, kind, AnswerState.NO_DATA, ttl=ttl, alias=_host(owner))
    kept = AnswerState.NO_DATA if state is AnswerState.OK else state
    return Answer(server, name, kind, kept, ttl=min(ttl, _negative_ttl(reply)))


def _state(reply: Any, authoritative: bool) -> AnswerState:
    code = reply.rcode()
    if code == dns.rcode.REFUSED:
        return AnswerState.LAME if authoritative else AnswerState.REFUSED
    if code == dns.rcode.SERVFAIL:
        return AnswerState.SERVER_FAILURE
    if code not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return AnswerState.NONSENSE
    if authoritative and not reply.flags & dns.flags.AA:
        return AnswerState.LAME
    return AnswerState.NO_NAME if code == dns.rcode.NXDOMAIN else AnswerState.OK


def _aliases(reply: Any) -> dict[Any, Any]:
    return {rrset.name: rrset for rrset in reply.answer if rrset.rdtype == dns.rdatatype.CNAME}


def _negative_ttl(reply: Any) -> int:
    """Seconds for which a resolver may remember that there is nothing (RFC 2308, section 5); 0 if it is not said."""
    found = [min(rrset.ttl, rrset[0].minimum) for rrset in reply.authority if rrset.rdtype == dns.rdatatype.SOA]
    return min(found, default=0)


def _text(kind: str, record: Any) -> str:
    return _TEXTS.get(kind, str)(record)


def _host(name: Any) -> str:
    text = str(name.to_text(omit_final_dot=True)).lower()
    return "." if text in (".", "@") else text


def _mx(record: Any) -> str:
    return f"{record.preference} {_host(record.exchange)}"


def _target(record: Any) -> str:
    return _host(record.target)


def _srv(record: Any) -> str:
    return f"{record.priority} {record.weight} {record.port} {_host(record.target)}"


def _txt(record: Any) -> str:
    return b"".join(record.strings).decode("utf-8", "replace")


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "MX": _mx, "NS": _target, "CNAME": _target, "PTR": _target, "SRV": _srv, "TXT": _txt,
}  # fmt: skip
