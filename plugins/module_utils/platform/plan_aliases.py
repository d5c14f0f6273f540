# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of aliases: second addresses, each of which leads to one other."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.platform.address import home
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Plan, build
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import (
    Check,
    Route,
    RouteRules,
    canonical,
    foreign,
    leading_somewhere,
    sort_out,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Remove,
    State,
    Step,
    Update,
)


def plan_aliases(rows: Sequence[Route], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that every row's address leads to its target.

    An alias that leads elsewhere is a finding, and changed with ``rules.exclusive`` only.
    """
    routes, unreadable = canonical(rows)
    checks = [foreign(rules, state), _complete, _single(routes), _free(state, rules)]
    possible, taken = sort_out(routes, checks)
    replaced = {route.address for route in possible}
    good, lost = leading_somewhere(possible, state, replaced) if rules.knows_mailboxes else (possible, [])
    outcomes = _within_limits([_decide(route, state) for route in good], good, state)
    plan = build([*unreadable, *taken, *lost, *outcomes])
    return replace(plan, warnings=tuple(_warnings(good, state)))


def plan_alias_removals(rows: Sequence[Route], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that the aliases are gone. A row with a target takes only an alias that leads there."""
    routes, unreadable = canonical(rows)
    good, taken = sort_out(routes, [foreign(rules, state), _removable(state), _unused(routes, state)])
    gone = dict.fromkeys(route.address for route in good)
    return build([*unreadable, *taken, *(_decide_removal(address, state) for address in gone)])


def _complete(route: Route) -> Failure | None:
    if not route.target:
        return route.failure("has no target", "Say which mailbox it leads to")
    if route.target == route.address:
        return route.failure("leads to itself", "Name the mailbox that it should lead to")
    return None


def _single(routes: Iterable[Route]) -> Check:
    targets: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        targets[route.address].append(route.target)

    def check(route: Route) -> Failure | None:
        if len(targets[route.address]) == 1:
            return None
        return route.failure(
            f"is to lead to several targets ({', '.join(targets[route.address])})",
            "Keep one line; an address for several people is a list, which is created in the admin panel",
        )

    return check


def _free(state: State, rules: RouteRules) -> Check:
    def check(route: Route) -> Failure | None:
        current = state.aliases.get(route.address)
        if route.address in state.mailboxes:
            return route.failure(
                "is a mailbox and cannot be an alias too",
                "Take one of the two out, or make it a forward",
            )
        if current is None or _leads_to(current, route.target):
            return None
        if len(current.others) > 1:
            return route.failure(
                f"is a list of {len(current.others)} members and cannot be an alias too", "Take one of the two out"
            )
        if rules.exclusive:
            return None
        return route.failure(
            f"is an alias already and leads to {', '.join(current.targets)}",
            "Change it in the admin panel, or have it replaced with replace: true",
        )

    return check


def _leads_to(alias: Alias, target: str) -> bool:
    return [each.lower() for each in alias.targets] == [target]


def _decide(route: Route, state: State) -> Step | None:
    current = state.aliases.get(route.address)
    if current is None:
        return Create(Alias(route.address, (route.target,)))
    return None if _leads_to(current, route.target) else Update(current, (("targets", (route.target,)),))


def _within_limits(
    outcomes: Iterable[Step | None], routes: Iterable[Route], state: State
) -> Iterator[Step | Failure | None]:
    """Turns creations beyond a domain's limit into findings; the order of the rows decides who comes first."""
    used = Counter(home(key) for key in state.aliases.keys() - state.mailboxes.keys())
    for outcome, route in zip(outcomes, routes, strict=True):
        domain = state.domains[home(route.address)]
        used[domain.key] += isinstance(outcome, Create)
        if not isinstance(outcome, Create) or domain.max_aliases == 0 or used[domain.key] <= domain.max_aliases:
            yield outcome
        else:
            yield route.failure(
                f"would be one alias more than the {max(domain.max_aliases, 0)} that {domain.name} may have",
                "Raise max_aliases of the domain, or create fewer",
            )


def _removable(state: State) -> Check:
    def check(route: Route) -> Failure | None:
        current = state.aliases.get(route.address)
        if route.address in state.mailboxes:
            return route.failure("is a mailbox and not an alias", "Take the line out")
        if current is None or (not route.target and len(current.targets) < 2) or _leads_to(current, route.target):
            return None
        if len(current.targets) > 1:
            return route.failure(f"is a list of {len(current.targets)} members", "Remove it in the admin panel")
        return route.failure(f"leads to {current.targets[0]} and not to {route.target}", "Correct the line")

    return check


def _unused(routes: Iterable[Route], state: State) -> Check:
    leaving = {route.address for route in routes}
    users = {
        target.lower(): alias.address
        for alias in state.aliases.values()
        for target in alias.others
        if alias.key not in leaving
    }

    def check(route: Route) -> Failure | None:
        if route.address not in users or route.address not in state.aliases:
            return None
        return route.failure(f"is where mail for {users[route.address]} goes", "Remove or change that one first")

    return check


def _decide_removal(address: str, state: State) -> Step | None:
    current = state.aliases.get(address)
    return None if current is None else Remove(current)


def _warnings(routes: Iterable[Route], state: State) -> Iterator[str]:
    for route in routes:
        current = state.aliases.get(route.address)
        if current is not None and not current.active:
            yield f"{route.address}: exists and is not active, which stays so; activate it in the admin panel"
