# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of forwards: where a mailbox's mail goes besides, or instead of, the mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
    State,
    Step,
    Update,
)


@dataclass(frozen=True)
class ForwardRow:
    """One target of a mailbox's mail; the mailbox's own address as target says that a copy is kept.

    ``keep_copy`` None: a new forward keeps one, an existing one stays as it is.
    """

    route: Route
    keep_copy: bool | None = None


def plan_forwards(rows: Sequence[ForwardRow], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that every row's mailbox forwards to its target.

    A mailbox that forwards already gets further targets; what it had, and whether it keeps a copy, is changed with
    ``rules.exclusive`` only, and not even then while a row of the mailbox is not usable.
    """
    routes, unreadable = canonical(row.route for row in rows)
    answers = _answers(rows)
    possible, taken = sort_out(routes, [foreign(rules, state), _complete, _mailbox(state), _agreeing(answers)])
    outward = [route for route in possible if route.target != route.address]
    replaced = {route.address for route in outward} if rules.exclusive else set[str]()
    good, lost = leading_somewhere(outward, state, replaced)
    broken = {failure.item for failure in (*unreadable, *taken, *lost)}
    decisions = [
        _Decision(address, targets, answers.get(address, set()), rules.exclusive and address not in broken, state)
        for address, targets in _targets(good).items()
    ]
    outcomes = [decision.outcome() for decision in decisions]
    plan = build([*unreadable, *taken, *lost, *outcomes])
    return replace(plan, warnings=tuple(text for decision in decisions for text in decision.warnings()))


def plan_forward_removals(rows: Sequence[Route], state: State, rules: RouteRules) -> Plan:
    """What has to be done so that the mailboxes no longer forward there, or nowhere where a row has no target.

    A mailbox that is left without any forward gets its mail itself.
    """
    routes, unreadable = canonical(rows)
    good, taken = sort_out(routes, [foreign(rules, state), _mailbox(state)])
    outcomes = [_decide_removal(address, targets, state) for address, targets in _targets(good).items()]
    return build([*unreadable, *taken, *outcomes])


def _complete(route: Route) -> Failure | None:
    return None if route.target else route.failure("has no target", "Say where its mail is forwarded to")


def _mailbox(state: State) -> Check:
    def check(route: Route) -> Failure | None:
        if route.address in state.mailboxes:
            return None
        if route.address in state.aliases:
            targets = state.aliases[route.address].targets
            what = f"is an alias to {targets[0]}" if len(targets) == 1 else f"is a list of {len(targets)} members"
            return route.failure(f"{what} and no mailbox", "Take the line out, or create the mailbox instead")
        return route.failure("has no mailbox here", "Create the mailbox first, or make it an alias")

    return check


def _answers(rows: Iterable[ForwardRow]) -> dict[str, set[bool]]:
    """What the rows of each mailbox say about keeping a copy."""
    answers: dict[str, set[bool]] = defaultdict(set)
    for row in rows:
        routes, _failures = canonical([row.route])
        for route in routes:
            if route.target == route.address:
                answers[route.address].add(True)
            elif row.keep_copy is not None:
                answers[route.address].add(row.keep_copy)
    return answers


def _agreeing(answers: Mapping[str, set[bool]]) -> Check:
    def check(route: Route) -> Failure | None:
        if len(answers.get(route.address, ())) < 2:
            return None
        return route.failure("has rows that contradict each other on keeping a copy", "Write the same in all of them")

    return check


def _targets(routes: Iterable[Route]) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        targets[route.address].append(route.target)
    return targets


class _Decision:
    """One mailbox."""

    def __init__(self, address: str, targets: Sequence[str], answers: set[bool], exclusive: bool, state: State) -> None:
        self._address = address
        self._targets = targets
        self._said = next(iter(answers), None)
        self._exclusive = exclusive
        self._mailbox = state.mailboxes[address]
        self._row = state.aliases.get(address)
        self._current = self._row or Alias(address, (address,), self._mailbox.active)

    def outcome(self) -> Step | None:
        targets = self._result()
        if self._row is None:
            return Create(replace(self._current, targets=targets))
        if {target.lower() for target in targets} == {target.lower() for target in self._current.targets}:
            return None
        return Update(self._current, (("targets", targets),))

    def warnings(self) -> Iterator[str]:
        if self._said is not None and self._copy() != self._said:
            kept = "a copy" if self._copy() else "no copy"
            yield f"{self._address}: forwards already and keeps {kept}, which stays so; exclusive: true changes it"

    def _copy(self) -> bool:
        """A new forward keeps a copy unless the rows say no; an existing one is somebody's decision."""
        if self._current.forwards and not (self._exclusive and self._said is not None):
            return self._current.keeps_copy
        return self._said is not False

    def _result(self) -> tuple[str, ...]:
        kept = [each for each in self._current.others if not (self._exclusive and each in self._current.forwards)]
        known = {each.lower() for each in kept}
        copy = [self._mailbox.address] if self._copy() else []
        return (*copy, *kept, *(target for target in self._targets if target not in known))


def _decide_removal(address: str, targets: Sequence[str], state: State) -> Step | None:
    current = state.aliases.get(address)
    if current is None:
        return None
    gone = {each for each in current.forwards if "" in targets or each.lower() in targets}
    if not gone:
        return None
    remains = replace(current, targets=tuple(each for each in current.targets if each not in gone))
    copy = () if remains.keeps_copy or remains.forwards else (state.mailboxes[address].address,)
    return Update(current, (("targets", (*copy, *remains.targets)),))
