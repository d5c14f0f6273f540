# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of the members of distribution lists, which exist beforehand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

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
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Alias, State, Step, Update


def plan_members(rows: Sequence[Route], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that every row's target is a member of the list that is the row's address.

    With ``rules.exclusive`` other members of these lists are removed, but of no list of which a row is not usable.
    """
    routes, unreadable = canonical(rows)
    possible, taken = sort_out(routes, [foreign(rules, state), _list(state), _complete])
    replaced = {route.address for route in possible} if rules.exclusive else set[str]()
    good, lost = leading_somewhere(possible, state, replaced) if rules.knows_mailboxes else (possible, [])
    broken = {failure.item for failure in (*unreadable, *taken, *lost)}
    outcomes = [
        _added(state.aliases[address], members, rules.exclusive and address not in broken, state.target_space)
        for address, members in _members(good).items()
    ]
    return build([*unreadable, *taken, *lost, *outcomes])


def plan_member_removals(rows: Sequence[Route], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that no row's target is a member of its list. A list keeps its last member
    where the platform knows none without."""
    routes, unreadable = canonical(rows)
    good, taken = sort_out(routes, [foreign(rules, state), _list(state), _complete])
    outcomes = [
        _without(state.aliases[address], members, state.empty_lists) for address, members in _members(good).items()
    ]
    return build([*unreadable, *taken, *outcomes])


def _complete(route: Route) -> Failure | None:
    if not route.target:
        return route.failure("has no member", "Say who the member is")
    if route.target == route.address:
        return route.failure("is a member of itself", "Take the line out")
    return None


def _list(state: State) -> Check:
    def check(route: Route) -> Failure | None:
        if route.address in state.mailboxes:
            return route.failure(
                "is a mailbox and no list", "Correct the list's name; where a mailbox's mail goes besides is a forward"
            )
        if route.address not in state.aliases:
            return route.failure("is no list on the platform", "Create the list in the admin panel first")
        return None

    return check


def _members(routes: Iterable[Route]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        members[route.address].append(route.target)
    return members


def _added(current: Alias, members: Sequence[str], exclusive: bool, space: int) -> Step | Failure | None:
    known = {member.lower() for member in current.targets}
    kept = [member for member in current.targets if not exclusive or member.lower() in set(members)]
    result = (*kept, *(member for member in members if member not in known))
    if result == current.targets:
        return None
    length = len(",".join(result).encode())
    if space and length > space:
        return Failure(
            current.address,
            f"would have {len(result)} members, which take {length} characters where the database holds {space}",
            "Divide the list into several that are its members, or use Mailman",
        )
    return Update(current, (("targets", result),))


def _without(current: Alias, members: Sequence[str], may_be_empty: bool) -> Step | Failure | None:
    gone = set(members)
    left = tuple(member for member in current.targets if member.lower() not in gone)
    if left == current.targets:
        return None
    if not left and not may_be_empty:
        return Failure(current.address, "would be left without members", "Remove the list in the admin panel")
    return Update(current, (("targets", left),))
