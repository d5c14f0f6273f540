# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows that lead mail on (aliases, forwards, members of lists), and what is wrong with them before they are written."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import (
    home,
    mailbox_address,
    target_address,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.loops import loops
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Alias, Mailbox, State


@dataclass(frozen=True)
class Route:
    """One row: mail for ``address`` goes to ``target``, too. ``where`` is the row's place in the customer's file.

    An empty ``target`` means all of them, where rows take something away.
    """

    address: str
    target: str = ""
    where: str = ""

    def failure(self, reason: str, remedy: str) -> Failure:
        """A finding about this row."""
        return Failure(self.address, reason, remedy, self.where)


@dataclass(frozen=True)
class RouteRules:
    """What holds for every row.

    ``domains``: the only domains in which an address may be touched (canonical names), None for any.
    ``exclusive``: what the platform has for these addresses, and the rows have not, goes away.
    ``knows_mailboxes``: whether the platform could tell which addresses its domains have.
    """

    domains: frozenset[str] | None = None
    exclusive: bool = False
    knows_mailboxes: bool = True


Check = Callable[[Route], "Failure | None"]


def canonical(routes: Iterable[Route]) -> tuple[list[Route], list[Failure]]:
    """Each row once and as the platform writes it, in the order given, and the findings about the others."""
    good: dict[tuple[str, str], Route] = {}
    failures = []
    for route in routes:
        known = route
        try:
            known = replace(route, address=mailbox_address(route.address))
            known = replace(known, target=target_address(route.target) if route.target else "")
        except ConfigurationError as error:
            failures.append(known.failure(error.what, error.remedy))
        else:
            good.setdefault((known.address, known.target), known)
    return list(good.values()), failures


def sort_out(routes: Iterable[Route], checks: Sequence[Check]) -> tuple[list[Route], list[Failure]]:
    """The rows that pass all checks, and of each other one the first finding."""
    good, failures = [], []
    for route in routes:
        failure = next(filter(None, (check(route) for check in checks)), None)
        if failure is None:
            good.append(route)
        else:
            failures.append(failure)
    return good, failures


def foreign(rules: RouteRules, state: State) -> Check:
    """The check that a row's address is in a domain that may be touched, and that the platform has."""

    def check(route: Route) -> Failure | None:
        domain = home(route.address)
        if rules.domains is not None and domain not in rules.domains:
            allowed = ", ".join(sorted(rules.domains)) or "none"
            return route.failure(
                f"is in the domain {domain}, which is not among the allowed domains ({allowed})",
                "Correct the address, or add the domain once its ownership is verified",
            )
        if domain not in state.domains:
            return route.failure(
                f"is in the domain {domain}, which the platform does not have", "Create the domain first"
            )
        return None

    return check


def leading_somewhere(
    routes: Sequence[Route], state: State, replaced: Collection[str] = ()
) -> tuple[list[Route], list[Failure]]:
    """The rows whose mail arrives: not those whose target exists nowhere, nor those on a loop.

    ``replaced``: addresses whose targets of now will be gone.
    """
    arriving, missing = _with_targets(routes, state)
    good, looping = _without_loops(arriving, Network(state, arriving, replaced))
    return good, [*missing, *looping]


def unread_domains(routes: Sequence[Route], state: State, known: Collection[str]) -> frozenset[str]:
    """The domains, besides the ``known`` ones, that mail of these rows passes through or ends in."""
    network = Network(state, routes)
    reached: set[str] = set()
    ahead = [route.target for route in routes if route.target]
    while ahead:
        address = ahead.pop()
        if address not in reached:
            reached.add(address)
            ahead.extend(network.ways(address))
    return frozenset(map(home, reached)) - frozenset(known)


def with_mailboxes(state: State, addresses: Iterable[str]) -> State:
    """``state`` as it will be once these mailboxes exist, those in domains that the platform does not have left out."""
    fresh = [
        address
        for address in map(str.lower, addresses)
        if home(address) in state.domains and address not in state.mailboxes and address not in state.aliases
    ]
    return replace(
        state,
        mailboxes={**state.mailboxes, **{address: Mailbox(address) for address in fresh}},
        aliases={**state.aliases, **{address: Alias(address, (address,)) for address in fresh}},
    )


class Network:
    """Where the platform leads mail, with some rows added to what it has."""

    def __init__(self, state: State, routes: Iterable[Route], replaced: Collection[str] = ()) -> None:
        self._state = state
        self._replaced = replaced
        self._added: dict[str, list[str]] = defaultdict(list)
        for route in routes:
            self._added[route.address].append(route.target)

    def ways(self, address: str) -> list[str]:
        """The next addresses that mail for ``address`` is led to; never the address itself."""
        targets = [*self._own(address)]
        if not targets and address not in self._state.mailboxes:
            targets = list(_instead(address, self._state))
        return [target for target in targets if target != address]

    def _own(self, address: str) -> Iterator[str]:
        alias = self._state.aliases.get(address)
        if alias is not None and alias.active and address not in self._replaced:
            yield from (target.lower() for target in alias.targets)
        yield from self._added.get(address, ())


def _instead(address: str, state: State) -> Iterator[str]:
    """What a mail server tries for an address that it does not have: without extension, in the domain that this one
    stands for, the catch-all."""
    local_part, _at, domain = address.rpartition("@")
    if domain not in state.domains:
        return
    if "+" in local_part.lstrip("+"):
        yield f"{local_part.partition('+')[0]}@{domain}"
    if domain in state.domain_aliases:
        yield f"{local_part}@{state.domain_aliases[domain]}"
    if local_part:
        yield f"@{domain}"


def _exists(address: str, state: State, coming: Collection[str]) -> bool:
    ahead, seen = [address], set[str]()
    while ahead:
        candidate = ahead.pop()
        if home(candidate) not in state.domains:
            return True
        if candidate in state.mailboxes or candidate in state.aliases or candidate in coming:
            return True
        seen.add(candidate)
        ahead += [other for other in _instead(candidate, state) if other not in seen]
    return False


def _with_targets(routes: Sequence[Route], state: State) -> tuple[list[Route], list[Failure]]:
    """A row without target takes its address away from the rows that lead there, and so on."""
    coming = Counter(route.address for route in routes)
    left = list(routes)
    failures: list[Failure] = []
    while True:
        lost = [route for route in left if not _exists(route.target, state, coming)]
        if not lost:
            return left, failures
        failures += [
            route.failure(
                f"leads to {route.target}, which does not exist on the platform",
                "Create that mailbox first, or correct the address",
            )
            for route in lost
        ]
        gone = set(lost)
        left = [route for route in left if route not in gone]
        coming = Counter(route.address for route in left)


def _without_loops(routes: Sequence[Route], network: Network) -> tuple[list[Route], list[Failure]]:
    places = loops((route.address for route in routes), network.ways)

    def check(route: Route) -> Failure | None:
        if route.address not in places or places[route.address] != places.get(route.target):
            return None
        return route.failure(
            f"leads to {route.target}, from where mail would come back to it",
            "Let one of the addresses lead somewhere else",
        )

    return sort_out(routes, [check])
