# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every caller does with a platform: read, plan, and later apply."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ChangedMeanwhile, ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    PasswordScheme,
    hash_passwords,
    matches,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_aliases import (
    plan_alias_removals,
    plan_aliases,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_domains import (
    DomainRow,
    plan_domain_removals,
    plan_domains,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_forwards import (
    ForwardRow,
    plan_forward_removals,
    plan_forwards,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_lists import (
    plan_member_removals,
    plan_members,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_mailboxes import (
    MailboxRow,
    MailboxRules,
    canonical_rows,
    plan_mailbox_removals,
    plan_mailboxes,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import (
    Route,
    RouteRules,
    canonical,
    unread_domains,
    with_mailboxes,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Create, Domain, State

_ATTEMPTS = 4


def planned_domains(
    driver: Driver,
    rows: Sequence[DomainRow],
    unproven: Callable[[Collection[str]], Mapping[str, Failure]] | None = None,
) -> Plan:
    """What it takes to have the domains as the rows want them.

    ``unproven`` gives, of the names of domains that would be created, those that may not be, each with the finding.
    """
    driver.require("domains")
    plan = plan_domains(rows, driver.read(_names(row.name for row in rows)))
    fresh = plan.keys(Create)
    return plan.without(unproven(fresh)) if unproven is not None and fresh else plan


def planned_domain_removals(driver: Driver, names: Sequence[str]) -> Plan:
    """What it takes to be rid of the domains."""
    driver.require("domains")
    return plan_domain_removals(names, driver.read(_names(names)))


def planned_mailboxes(
    driver: Driver,
    rows: Sequence[MailboxRow],
    rules: MailboxRules,
    update_password: str,
    expected_domains: Iterable[str] = (),
) -> Plan:
    """What it takes to have the mailboxes as the rows want them. ``expected_domains`` are to be seen as existing.

    ``update_password`` is ``on_create``, which leaves the passwords of existing mailboxes alone, or ``always``, which
    checks the stored hash of each.
    """
    driver.require("mailboxes")
    state = driver.read(_homes(row.address for row in rows))
    expected = {domain.key: domain for domain in map(Domain, _names(expected_domains))}
    state = replace(state, domains={**expected, **state.domains})
    if update_password == "always":
        rules = replace(rules, renewed=_renewed(rows, state))
    return plan_mailboxes(rows, state, rules)


def planned_mailbox_removals(driver: Driver, addresses: Sequence[str], rules: MailboxRules) -> Plan:
    """What it takes to be rid of the mailboxes on the platform; their mail files are nobody's business here."""
    driver.require("mailbox_removal")
    return plan_mailbox_removals(addresses, driver.read(_homes(addresses)), rules)


def planned_aliases(driver: Driver, rows: Sequence[Route], rules: RouteRules, expected: Iterable[str] = ()) -> Plan:
    """What it takes to have the aliases as the rows want them. ``expected``: mailboxes to be seen as existing."""
    driver.require("aliases")
    return plan_aliases(rows, _surroundings(driver, rows, expected), _known(driver, rules))


def planned_alias_removals(driver: Driver, rows: Sequence[Route], rules: RouteRules) -> Plan:
    """What it takes to be rid of the aliases."""
    driver.require("aliases")
    return plan_alias_removals(rows, driver.read(_homes(row.address for row in rows)), rules)


def planned_forwards(
    driver: Driver, rows: Sequence[ForwardRow], rules: RouteRules, expected: Iterable[str] = ()
) -> Plan:
    """What it takes to have the forwards as the rows want them. ``expected`` as of :func:`planned_aliases`."""
    driver.require("forwards")
    routes = [row.route for row in rows]
    return plan_forwards(rows, _surroundings(driver, routes, expected), _known(driver, rules))


def planned_forward_removals(driver: Driver, rows: Sequence[Route], rules: RouteRules) -> Plan:
    """What it takes to be rid of the forwards."""
    driver.require("forwards")
    return plan_forward_removals(rows, driver.read(_homes(row.address for row in rows)), rules)


def planned_members(driver: Driver, rows: Sequence[Route], rules: RouteRules, expected: Iterable[str] = ()) -> Plan:
    """What it takes to have the members on their lists. ``expected`` as of :func:`planned_aliases`."""
    driver.require("lists")
    return plan_members(rows, _surroundings(driver, rows, expected), _known(driver, rules))


def planned_member_removals(driver: Driver, rows: Sequence[Route], rules: RouteRules) -> Plan:
    """What it takes to have the members off their lists."""
    driver.require("lists")
    return plan_member_removals(rows, driver.read(_homes(row.address for row in rows)), rules)


def feasible(driver: Driver, plan: Plan) -> Plan:
    """The plan with a finding in place of each step that the platform has no way to take."""
    findings = [(step.item.key, driver.refusal(step)) for step in plan.steps]
    return plan.without({key: failure for key, failure in findings if failure is not None})


def carried_out(driver: Driver, make_plan: Callable[[Driver], Plan], write: Callable[[Plan], Plan]) -> Plan:
    """Make a plan and ``write`` it, anew where another run has written the same items in between; the plan as done.

    So runs that want the same at once end as one after the other would. Raises :class:`ChangedMeanwhile` at last.
    """
    for _attempt in range(_ATTEMPTS - 1):
        with contextlib.suppress(ChangedMeanwhile):
            return write(feasible(driver, make_plan(driver)))
    return write(feasible(driver, make_plan(driver)))


def apply_plan(driver: Driver, plan: Plan, scheme: PasswordScheme) -> Plan:
    """Hash what is to be hashed, unless the platform does it, then write all the steps.

    The plan as it was done; see :meth:`Driver.apply`.
    """
    hashes = plan.passwords if driver.hashes_itself else hash_passwords(plan.passwords, scheme)
    return plan.as_done(driver.apply(plan.with_hashes(hashes)))


def _known(driver: Driver, rules: RouteRules) -> RouteRules:
    return replace(rules, knows_mailboxes="mailboxes" in driver.abilities)


def _surroundings(driver: Driver, rows: Sequence[Route], expected: Iterable[str]) -> State:
    """The state of the rows' domains and of all that their mail passes through, wherever on the platform that is."""
    routes = canonical(rows)[0]
    names = _homes(address for route in routes for address in (route.address, route.target))
    addresses = frozenset(expected)
    while True:
        state = with_mailboxes(driver.read(names), addresses)
        more = unread_domains(routes, state, names)
        if not more:
            return state
        names |= more


def _renewed(rows: Sequence[MailboxRow], state: State) -> frozenset[str]:
    """Addresses of existing mailboxes whose stored hash is not of the row's password."""
    known = [row for row in canonical_rows(rows)[0] if row.address in state.mailboxes and _has_password(row)]
    with ThreadPoolExecutor() as pool:
        fits = list(pool.map(lambda row: _fits(row, state.mailboxes[row.address].password_hash), known))
    return frozenset(row.address for row, fit in zip(known, fits, strict=True) if not fit)


def _has_password(row: MailboxRow) -> bool:
    return row.password is not None or row.password_hash is not None


def _fits(row: MailboxRow, stored: str) -> bool:
    if row.password_hash is not None:
        return row.password is None and row.password_hash == stored
    return matches(row.password or "", stored)


def _homes(addresses: Iterable[str]) -> frozenset[str]:
    return _names(address.rpartition("@")[2] for address in addresses)


def _names(texts: Iterable[str]) -> frozenset[str]:
    """The canonical domain names among ``texts``; the planners report the others row by row."""
    names = set()
    for text in set(texts):
        try:
            names.add(domain_name(text))
        except ConfigurationError:
            continue
    return frozenset(names)
