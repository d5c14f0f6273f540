# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of mailboxes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.mailops.migration.plugins.module_utils.platform.address import can_log_in, mailbox_address
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    PasswordScheme,
    hash_problem,
    password_problem,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import (
    Failure,
    Plan,
    build,
    differing,
    normalised,
    text_problem,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    State,
    Step,
    Update,
    Value,
    changed,
)

_LARGEST_QUOTA = 2**63 - 1


@dataclass(frozen=True)
class MailboxRow:
    """A mailbox as somebody wants it; None leaves an attribute as it is, and to the default when it is created."""

    address: str
    password: str | None = field(default=None, repr=False)
    password_hash: str | None = field(default=None, repr=False)
    name: str | None = None
    quota_bytes: int | None = None
    active: bool | None = None

    @property
    def domain(self) -> str:
        """The part after the last ``@``."""
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class MailboxRules:
    """What holds for every row.

    ``domains``: the only domains in which a mailbox may be touched (canonical names), None for any.
    ``renewed``: keys of mailboxes that exist and whose password shall become the row's.
    """

    domains: frozenset[str] | None = None
    scheme: PasswordScheme = field(default_factory=PasswordScheme)
    renewed: frozenset[str] = frozenset()


def canonical_rows(rows: Sequence[MailboxRow]) -> tuple[list[MailboxRow], list[Failure]]:
    """Each row once with its address as the platform writes it, and the findings about the others."""
    return normalised(rows, lambda row: row.address, lambda row: replace(row, address=mailbox_address(row.address)))


def plan_mailboxes(rows: Sequence[MailboxRow], state: State, rules: MailboxRules) -> Plan:
    """What has to be done so that every row's mailbox is there with the attributes that the row gives."""
    good, failures = canonical_rows(rows)
    outcomes = [_decide(row, state, rules) for row in good]
    plan = build([*failures, *_within_limits(outcomes, state)])
    return replace(plan, warnings=tuple(_warnings(plan, good, state)), passwords=_to_hash(plan, good, rules))


def plan_mailbox_removals(addresses: Sequence[str], state: State, rules: MailboxRules) -> Plan:
    """What has to be done so that the mailboxes are gone. One that others' mail still passes through is a finding."""
    good, failures = canonical_rows([MailboxRow(address) for address in addresses])
    used_by = {target.lower(): alias.address for alias in state.aliases.values() for target in alias.others}
    return build([*failures, *(_decide_removal(row, state, rules, used_by) for row in good)])


def _decide(row: MailboxRow, state: State, rules: MailboxRules) -> Step | Failure | None:
    current = state.mailboxes.get(row.address)
    problem = _foreign(row, rules) or _homeless(row, state) or _unfit(row)
    if problem is None and current is None:
        problem = _in_the_way(row, state.aliases.get(row.address))
    if problem is None and (current is None or row.address in rules.renewed):
        problem = _password_finding(row, rules)
    if problem is not None:
        return problem
    if current is None:
        fresh = Mailbox(row.address, password_hash=row.password_hash or "")
        return Create(changed(fresh, differing(fresh, _wanted(row))))
    renewal = {"password_hash": row.password_hash or ""} if row.address in rules.renewed else {}
    changes = differing(current, {**_wanted(row), "routed": True, **renewal})
    return Update(current, changes) if changes else None


def _decide_removal(
    row: MailboxRow, state: State, rules: MailboxRules, used_by: dict[str, str]
) -> Step | Failure | None:
    foreign = _foreign(row, rules)
    current = state.mailboxes.get(row.address)
    if foreign is not None or current is None:
        return foreign
    own = state.aliases.get(row.address)
    if own is not None and own.others:
        return Failure(row.address, f"forwards to {', '.join(own.others)}", "Remove the forward first")
    if row.address in used_by:
        return Failure(
            row.address, f"is where mail for {used_by[row.address]} goes", "Remove or change that alias first"
        )
    return Remove(current)


def _wanted(row: MailboxRow) -> dict[str, Value | None]:
    return {"name": row.name, "quota_bytes": row.quota_bytes, "active": row.active}


def _foreign(row: MailboxRow, rules: MailboxRules) -> Failure | None:
    if rules.domains is None or row.domain in rules.domains:
        return None
    allowed = ", ".join(sorted(rules.domains)) or "none"
    return Failure(
        row.address,
        f"is in the domain {row.domain}, which is not among the allowed domains ({allowed})",
        "Correct the address, or add the domain once its ownership is verified",
    )


def _homeless(row: MailboxRow, state: State) -> Failure | None:
    if row.domain in state.domains:
        return None
    return Failure(
        row.address, f"is in the domain {row.domain}, which the platform does not have", "Create the domain first"
    )


def _unfit(row: MailboxRow) -> Failure | None:
    problem = text_problem(row.name, "name")
    if problem:
        return Failure(row.address, problem, "Shorten or correct the name")
    if row.quota_bytes is not None and not 0 <= row.quota_bytes <= _LARGEST_QUOTA:
        return Failure(
            row.address, f"has a quota of {row.quota_bytes} bytes", "Give 0 for no limit, or a smaller number"
        )
    return None


def _in_the_way(row: MailboxRow, alias: Alias | None) -> Failure | None:
    if alias is None or len(alias.others) < len(alias.targets):
        return None
    return Failure(
        row.address,
        f"exists as an alias to {', '.join(alias.targets)}",
        "Remove the alias, or leave this row out",
    )


def _password_finding(row: MailboxRow, rules: MailboxRules) -> Failure | None:
    if row.password is not None and row.password_hash is not None:
        return Failure(row.address, "has both password and password_hash", "Give one of them")
    if row.password_hash is not None:
        problem = hash_problem(row.password_hash)
        return Failure(row.address, problem, "Take the hash as doveadm pw prints it") if problem else None
    problem = password_problem(row.password or "", rules.scheme)
    return Failure(row.address, problem, "Choose another password, or give password_hash") if problem else None


def _to_hash(plan: Plan, rows: Sequence[MailboxRow], rules: MailboxRules) -> dict[str, str]:
    """The passwords of mailboxes that the plan creates, or whose password it changes."""
    needed = {*plan.keys(Create), *(key for key in plan.keys(Update) if key in rules.renewed)}
    return {row.address: row.password for row in rows if row.address in needed and row.password is not None}


def _within_limits(outcomes: Iterable[Step | Failure | None], state: State) -> list[Step | Failure | None]:
    """Turns the creations beyond a domain's limit into findings; the order of the rows decides who comes first."""
    used = Counter(mailbox.domain for mailbox in state.mailboxes.values())
    limited: list[Step | Failure | None] = []
    for outcome in outcomes:
        if isinstance(outcome, Create) and isinstance(outcome.item, Mailbox):
            domain = state.domains[outcome.item.domain]
            used[domain.key] += 1
            limited.append(_over_limit(outcome.item, domain, used[domain.key]) or outcome)
        else:
            limited.append(outcome)
    return limited


def _over_limit(mailbox: Mailbox, domain: Domain, number: int) -> Failure | None:
    if domain.max_mailboxes == 0 or number <= domain.max_mailboxes:
        return None
    return Failure(
        mailbox.address,
        f"would be one mailbox more than the {max(domain.max_mailboxes, 0)} that {domain.name} may have",
        "Raise max_mailboxes of the domain, or create fewer",
    )


def _warnings(plan: Plan, rows: Sequence[MailboxRow], state: State) -> Iterable[str]:
    for name in sorted({row.domain for row in rows} & state.domains.keys()):
        yield from _domain_warnings(state.domains[name], state.aliases.get(f"@{name}"))
    for address in plan.keys(Create):
        if not can_log_in(address):
            yield f"{address}: has characters that Dovecot refuses at login unless auth_username_chars names them"


def _domain_warnings(domain: Domain, catch_all: Alias | None) -> Iterable[str]:
    if not domain.active:
        yield f"{domain.name}: the domain is not active, so its mailboxes receive nothing. Set active to true"
    if domain.backup_mx:
        yield f"{domain.name}: the domain is a backup MX here, so nothing is delivered to its mailboxes"
    if catch_all is not None and catch_all.active:
        yield (
            f"{domain.name}: a catch-all leads to {', '.join(catch_all.targets)}; it takes the mail of every address "
            "that has no mailbox here yet, also while Local Delivery is No"
        )
