# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of domains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import (
    Failure,
    Plan,
    build,
    differing,
    normalised,
    text_problem,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    Domain,
    Remove,
    State,
    Step,
    Update,
    Value,
    changed,
)


@dataclass(frozen=True)
class DomainRow:
    """A domain as somebody wants it; None leaves an attribute as it is, and to the default when it is created."""

    name: str
    description: str | None = None
    active: bool | None = None
    max_mailboxes: int | None = None
    max_aliases: int | None = None
    max_mailbox_quota_mb: int | None = None
    quota_mb: int | None = None

    def wanted(self) -> dict[str, Value | None]:
        """Every attribute besides the name."""
        return {key: value for key, value in vars(self).items() if key != "name"}


def plan_domains(rows: Sequence[DomainRow], state: State) -> Plan:
    """What has to be done so that every row's domain is there with the attributes that the row gives."""
    good, failures = normalised(rows, lambda row: row.name, _renamed)
    return build([*failures, *(_decide(row, state) for row in good)])


def plan_domain_removals(names: Sequence[str], state: State) -> Plan:
    """What has to be done so that the domains are gone. A domain that something still lives in is a finding."""
    good, failures = normalised([DomainRow(name) for name in names], lambda row: row.name, _renamed)
    inhabitants = _inhabitants(state)
    return build([*failures, *(_decide_removal(row.name, state, inhabitants) for row in good)])


def _renamed(row: DomainRow) -> DomainRow:
    return replace(row, name=domain_name(row.name))


def _decide(row: DomainRow, state: State) -> Step | Failure | None:
    current = state.domains.get(row.name)
    problem = text_problem(row.description, "description")
    if problem:
        return Failure(row.name, problem, "Shorten or correct it")
    if current is None and row.name in state.domain_aliases:
        return Failure(
            row.name,
            f"is an alias of the domain {state.domain_aliases[row.name]}",
            "Remove the alias domain in the admin panel first",
        )
    if current is None:
        fresh = Domain(row.name)
        return Create(changed(fresh, differing(fresh, row.wanted())))
    changes = differing(current, row.wanted())
    return Update(current, changes) if changes else None


def _decide_removal(name: str, state: State, inhabitants: Counter[str]) -> Step | Failure | None:
    current = state.domains.get(name)
    if current is None:
        return None
    if inhabitants[name]:
        return Failure(
            name,
            f"still holds {inhabitants[name]} mailboxes, aliases or alias domains",
            "Remove these first; a domain is removed only when it is empty",
        )
    return Remove(current)


def _inhabitants(state: State) -> Counter[str]:
    addresses = state.mailboxes.keys() | state.aliases.keys()
    return Counter(address.rpartition("@")[2] for address in addresses) + Counter(state.domain_aliases.values())
