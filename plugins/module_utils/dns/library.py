# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one place that imports dnspython: one question to one server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
except ImportError:
    HAS_DNSPYTHON = False
else:
    HAS_DNSPYTHON = True

# The size that crosses every network in one piece (DNS flag day 2020).
_PAYLOAD = 1232


def ask_server(server: Server, name: str, kind: str, timeout: float, authoritative: bool) -> Answer:
    """The answer of ``server`` about ``name``; never raises for what a server or the network does.

    ``authoritative``: ask the zone's own server without recursion, and call it lame when it does not speak for the
    zone. ``timeout`` in seconds, for UDP and again for TCP where the answer is cut.
    """
    _require()
    question = dns.message.make_query(name, kind, use_edns=0, payload=_PAYLOAD)
    if authoritative:
        question.flags &= ~dns.flags.RD
    try:
        reply, _tcp = dns.query.udp_with_fallback(question, server.address, timeout, server.port)
    except dns.exception.Timeout:
        return Answer(server, name, kind, AnswerState.TIMEOUT)
    except (OSError, EOFError):
        return Answer(server, name, kind, AnswerState.UNREACHABLE)
    except (dns.exception.DNSException, ValueError):
        return Answer(server, name, kind, AnswerState.NONSENSE)
    return _answer(server, name, kind, reply, authoritative)


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


def _require() -> None:
    if not HAS_DNSPYTHON:
        raise ConfigurationError(
            "the Python library dnspython is missing where DNS is asked", remedy="Install it with pip install dnspython"
        )


def _answer(server: Server, name: str, kind: str, reply: Any, authoritative: bool) -> Answer:
    state = _state(reply, authoritative)
    if state is not AnswerState.OK:
        return Answer(server, name, kind, state)
    found = _records(reply, name, kind)
    if not found:
        return Answer(server, name, kind, AnswerState.NO_DATA)
    records = tuple(sorted(text for text, _ttl in found))
    return Answer(server, name, kind, AnswerState.OK, records, min(ttl for _text, ttl in found))


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


def _records(reply: Any, name: str, kind: str) -> list[tuple[str, int]]:
    """Texts and TTLs of the records of ``kind`` at ``name``, through aliases (CNAME) that the reply itself follows."""
    wanted = dns.rdatatype.from_text(kind)
    owner = dns.name.from_text(name)
    for _step in range(len(reply.answer) + 1):
        for rrset in reply.answer:
            if rrset.name == owner and rrset.rdtype == wanted:
                return [(_text(kind, record), rrset.ttl) for record in rrset]
        aliases = [rrset for rrset in reply.answer if rrset.name == owner and rrset.rdtype == dns.rdatatype.CNAME]
        if not aliases:
            break
        owner = aliases[0][0].target
    return []


def _text(kind: str, record: Any) -> str:
    return _TEXTS.get(kind, str)(record)


def _host(name: Any) -> str:
    text = str(name.to_text(omit_final_dot=True)).lower()
    return "." if text in (".", "@") else text


def _mx(record: Any) -> str:
    return f"{record.preference} {_host(record.exchange)}"


def _target(record: Any) -> str:
    return _host(record.target)


def _txt(record: Any) -> str:
    return b"".join(record.strings).decode("utf-8", "replace")


_TEXTS: Mapping[str, Callable[[Any], str]] = {"MX": _mx, "NS": _target, "CNAME": _target, "TXT": _txt}
