# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to a resolver, and to every server that speaks for a name."""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import (
    DNS_PORT,
    Answer,
    AnswerState,
    Server,
)
from ansible_collections.mailops.migration.plugins.module_utils.dns.library import (
    ask_server,
    parents,
    system_nameservers,
)

TIMEOUT = 4.0
"""Seconds for one answer of one server."""
_LONGEST_CHAIN = 8

Ask = Callable[[Server, str, str, float, bool], Answer]


def name_server(text: str) -> Server:
    """``address``, ``address:port`` or ``[address]:port``. Raises :class:`ConfigurationError`."""
    address, port = text.strip(), ""
    if address.startswith("["):
        address, _bracket, port = address[1:].partition("]")
        port = port.removeprefix(":")
    elif address.count(":") == 1:
        address, _colon, port = address.partition(":")
    try:
        return Server(str(ipaddress.ip_address(address)), int(port or DNS_PORT))
    except ValueError:
        raise ConfigurationError(
            "is not the address of a name server", where=text, remedy="Write it like 192.0.2.53 or 192.0.2.53:5353"
        ) from None


class Dns:
    """Asks ``nameservers`` (resolvers; by default those of this machine) and the servers that zones name.

    ``authoritative_port`` is where the zones' own servers listen; other than 53 in tests only.
    """

    def __init__(
        self,
        nameservers: Sequence[Server] = (),
        *,
        authoritative_port: int = DNS_PORT,
        timeout: float = TIMEOUT,
        ask: Ask = ask_server,
    ) -> None:
        self._nameservers = tuple(nameservers)
        self._port = authoritative_port
        self._timeout = timeout
        self._ask = ask

    def resolve(self, name: str, kind: str) -> Answer:
        """The first resolver's answer that tells what there is; else the last trouble.

        Raises :class:`ConfigurationError` when there is no resolver to ask, or ``name`` is not a name.
        """
        parents(name)
        return _chased(name, lambda step: self._first(step, kind))

    def _first(self, name: str, kind: str) -> Answer:
        servers = self.resolvers()
        answer = self._ask(servers[0], name, kind, self._timeout, False)
        for server in servers[1:]:
            if answer.is_known:
                break
            answer = self._ask(server, name, kind, self._timeout, False)
        return answer

    def authoritative(self, name: str, kind: str) -> tuple[Answer, ...]:
        """The answer of every address of every server of the zone that ``name`` is in, by server.

        Where the zone or its servers cannot be found, the one answer is the resolver's, with its trouble.
        """
        zone = self.zone(name)
        if zone.state is not AnswerState.OK:
            return (replace(zone, name=name, kind=kind),)
        servers = self.speakers(zone)
        if not servers:
            return (Answer(Server("", name=", ".join(zone.records)), name, kind, AnswerState.UNREACHABLE),)
        with ThreadPoolExecutor(max_workers=8) as pool:
            return tuple(pool.map(lambda server: self.ask_speaker(server, name, kind), servers))

    def ask_speaker(self, server: Server, name: str, kind: str) -> Answer:
        """What one of a zone's own servers says; an alias that leaves the zone is followed by the resolver."""
        answer = self._ask(server, name, kind, self._timeout, True)
        if not answer.alias:
            return answer
        end = self.resolve(answer.alias, kind)
        return replace(end, server=server, name=name, ttl=min(answer.ttl, end.ttl), alias=answer.alias)

    def each_resolver(self, name: str, kind: str) -> tuple[Answer, ...]:
        """What every resolver says. Raises as :meth:`resolve` does."""
        parents(name)
        servers = self.resolvers()
        with ThreadPoolExecutor(max_workers=8) as pool:
            return tuple(pool.map(lambda server: self._by_resolver(server, name, kind), servers))

    def _by_resolver(self, server: Server, name: str, kind: str) -> Answer:
        return _chased(name, lambda step: self._ask(server, step, kind, self._timeout, False))

    def addresses(self, host: str) -> tuple[str, ...]:
        """The IP addresses of ``host`` as the resolver knows them, IPv4 first; an address is its own.

        Empty when there are none.
        """
        with contextlib.suppress(ValueError):
            return (str(ipaddress.ip_address(host)),)
        return tuple(text for kind in ("A", "AAAA") for text in self.resolve(host, kind).records)

    def resolvers(self) -> tuple[Server, ...]:
        """The resolvers that are asked."""
        return self._nameservers or system_nameservers()

    def zone(self, name: str) -> Answer:
        """The name servers of the nearest zone above ``name`` (the answer's name), or the trouble on the way there."""
        answer = self.resolve(name, "NS")
        for parent in parents(name)[1:]:
            if answer.state is AnswerState.OK or not answer.is_known:
                break
            answer = self.resolve(parent, "NS")
        return answer

    def speakers(self, zone: Answer) -> list[Server]:
        """Every address of every server that ``zone`` names."""
        return [Server(address, self._port, host) for host in zone.records for address in self.addresses(host)]


def _chased(name: str, ask: Callable[[str], Answer]) -> Answer:
    """The answer at the end of the aliases that a server left to be followed."""
    answer, names = ask(name), [name]
    ttl = answer.ttl
    while answer.alias:
        if answer.alias in names or len(names) > _LONGEST_CHAIN:
            return replace(answer, name=name, state=AnswerState.LOOP, alias="")
        names.append(answer.alias)
        answer = ask(answer.alias)
        ttl = min(ttl, answer.ttl)
    return replace(answer, name=name, ttl=ttl)
