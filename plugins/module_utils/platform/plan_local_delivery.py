# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Decides what becomes of Local Delivery: "Yes" refuses who has no mailbox here, "No" asks the old provider."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace, MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import next_hop
from ansible_collections.mailops.migration.plugins.module_utils.platform.old_provider import (
    ProbeResult,
    ProbeState,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import (
    Failure,
    Plan,
    build,
    differing,
    normalised,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    LocalDelivery,
    State,
    Step,
    Update,
    Value,
    changed,
)

REASON_LIMIT = 255
_SHOWN = 5


@dataclass(frozen=True)
class LocalDeliveryRow:
    """A domain's switch as somebody wants it; None leaves an attribute as it is.

    ``reason``: why the guards are to be overridden; empty when they are not.
    """

    domain: str
    enabled: bool
    old_mx: str | None = None
    expires: int | None = None
    ticket: str | None = None
    reason: str = ""


@dataclass(frozen=True)
class Facts:
    """What was seen of one domain outside of the platform's administration. None: not looked at."""

    mx: MxVerdict | None = None
    old_provider: ProbeResult | None = None
    queued: int = 0


@dataclass(frozen=True)
class Surroundings:
    """``now`` in seconds since 1970; ``our_hosts`` are names and addresses of our own mail exchangers.

    ``expected`` are the addresses that have to be here before "Yes"; ``facts`` by domain.
    """

    now: int
    our_hosts: frozenset[str] = frozenset()
    expected: frozenset[str] = frozenset()
    facts: Mapping[str, Facts] = field(default_factory=dict)


@dataclass(frozen=True)
class Guard:
    """What speaks against a switch: the end of a sentence that begins with the domain, and what to do."""

    text: str
    remedy: str


def plan_local_delivery(rows: Sequence[LocalDeliveryRow], state: State, surroundings: Surroundings) -> Plan:
    """What has to be done so that every row's domain is switched as the row wants it.

    A guard refuses a switch unless the row has a ``reason``. Where nothing is switched, because it was before, it is a
    warning.
    """
    good, failures = normalised(rows, lambda row: row.domain, _canonical)
    decisions = [_Decision(row, state, surroundings) for row in sorted(good, key=lambda row: row.domain)]
    others = _Others(good, state)
    plan = build([*failures, *(decision.outcome() for decision in decisions)])
    warnings = [text for decision in decisions for text in [*decision.warnings(), *others.warnings(decision.row)]]
    return replace(plan, warnings=tuple(warnings))


def switched_domains(rows: Sequence[LocalDeliveryRow], state: State) -> frozenset[str]:
    """The rows' domains of which the switch or the old provider's server would change."""
    good, _failures = normalised(rows, lambda row: row.domain, _canonical)
    return frozenset(row.domain for row in good if _Decision(row, state, Surroundings(0)).is_switch)


def canonical_rows(rows: Sequence[LocalDeliveryRow]) -> list[LocalDeliveryRow]:
    """The rows that can be read, with domains and next hops as the platform writes them."""
    return normalised(rows, lambda row: row.domain, _canonical)[0]


def _canonical(row: LocalDeliveryRow) -> LocalDeliveryRow:
    if len(row.reason) > REASON_LIMIT:
        raise ConfigurationError(
            f"has a reason of {len(row.reason)} characters", remedy=f"Use at most {REASON_LIMIT} characters"
        )
    old_mx = None if row.old_mx is None else str(next_hop(row.old_mx))
    return replace(row, domain=domain_name(row.domain), old_mx=old_mx)


def missing_addresses(domain: str, expected: Collection[str], state: State) -> list[str]:
    """The expected addresses of the domain that take no mail here, sorted."""
    live = {key for key, mailbox in state.mailboxes.items() if mailbox.active}
    live |= {key for key, alias in state.aliases.items() if alias.active}
    home = state.domain_aliases.get(domain, domain)
    parts = (address.rpartition("@") for address in expected)
    names = (name for name, _at, of_domain in parts if of_domain == domain)
    return sorted(f"{name}@{domain}" for name in names if f"{name}@{home}" not in live)


class _Decision:
    """One canonical row against what is there."""

    def __init__(self, row: LocalDeliveryRow, state: State, surroundings: Surroundings) -> None:
        self.row = row
        self._state = state
        self._surroundings = surroundings
        self._facts = surroundings.facts.get(row.domain, Facts())
        self._exists = (state.local_delivery or {}).get(row.domain)
        self._current = self._exists or LocalDelivery(row.domain)
        self.is_switch = row.enabled != self._current.enabled or (
            not row.enabled and row.old_mx is not None and row.old_mx != self._current.old_mx
        )

    def outcome(self) -> Step | Failure | None:
        impossible = next(self._impossibilities(), None)
        if impossible is not None:
            return Failure(self.row.domain, impossible.text, impossible.remedy)
        guards = list(self._guards())
        if guards and self.is_switch and not self.row.reason:
            remedies = dict.fromkeys(guard.remedy for guard in guards)
            return Failure(self.row.domain, "; it ".join(guard.text for guard in guards), ". ".join(remedies))
        changes = differing(self._current, self._wanted(bool(guards)))
        if not changes:
            return None
        if self._exists is None:
            return Create(changed(self._current, changes))
        return Update(self._exists, changes)

    def warnings(self) -> Iterator[str]:
        if next(self._impossibilities(), None) is not None:
            return
        word = "is overridden" if self.is_switch else "is so already"
        if self.row.reason or not self.is_switch:
            for guard in self._guards():
                yield f"{self.row.domain} {guard.text}. This {word}. {guard.remedy}"
        if not self.row.enabled:
            yield from self._weak_points()
        elif self._facts.queued:
            yield (
                f"{self.row.domain} has {self._facts.queued} messages in the queue for its old provider. Delivery is "
                "tried again now; run the final pass when they have left the queue"
            )

    def _wanted(self, overridden: bool) -> dict[str, Value | None]:
        row = self.row
        reason = row.reason if overridden else ""
        return {
            "enabled": row.enabled,
            "old_mx": row.old_mx,
            "expires": 0 if row.enabled else row.expires,
            "ticket": row.ticket,
            # A switch that needed no word against the guards clears the word of the last one.
            "reason": reason if reason or self.is_switch else None,
        }

    def _impossibilities(self) -> Iterator[Guard]:
        row, state = self.row, self._state
        if state.local_delivery is None:
            yield Guard(
                "cannot be switched: the platform's database has no table local_delivery",
                "Set up Postfix and the table with the role mail_platform first",
            )
        if row.domain not in state.domains and row.domain not in state.domain_aliases:
            yield Guard("does not exist on the platform", "Create it with mail_domain first")
        if row.enabled:
            return
        if not self._old_mx:
            yield Guard('has no old provider\'s server, which "No" needs', "Give old_mx, like [mx.old.example]:25")
        if row.expires and row.expires <= self._surroundings.now:
            yield Guard('is to have "No" until a time that has passed', "Give a later time for expires")

    @property
    def _old_mx(self) -> str:
        return self.row.old_mx if self.row.old_mx is not None else self._current.old_mx

    def _guards(self) -> Iterator[Guard]:
        yield from self._guards_of_yes() if self.row.enabled else self._guards_of_no()

    def _guards_of_no(self) -> Iterator[Guard]:
        mx, probe = self._facts.mx, self._facts.old_provider
        if self._old_mx and next_hop(self._old_mx).host in self._surroundings.our_hosts:
            yield Guard(
                f"would ask ourselves: {self._old_mx} is our own server",
                "Give the server of the old provider as old_mx, not the one that the MX records name now",
            )
        if mx is not None and mx.reaches_us:
            yield Guard(mx.text, self._way_to_yes())
        elif mx is not None and mx.place is MxPlace.UNKNOWN:
            yield Guard(mx.text, "Try again when DNS answers")
        if probe is not None and probe.state in (ProbeState.UNREACHABLE, ProbeState.REFUSES_US):
            yield Guard(
                f"cannot be asked about at its old provider: {probe.text}",
                "Correct old_mx, or have the old provider take mail from our servers",
            )

    def _way_to_yes(self) -> str:
        missing = missing_addresses(self.row.domain, self._surroundings.expected, self._state)
        steps = [
            *(["create the missing mailboxes"] if missing else []),
            *([] if self._current.enabled else ["switch it on"]),
        ]
        return 'With the MX here Local Delivery must be "Yes"' + (f"; {' and '.join(steps)}" if steps else ", as it is")

    def _guards_of_yes(self) -> Iterator[Guard]:
        mx = self._facts.mx
        if mx is not None and not mx.reaches_us:
            yield Guard(mx.text, 'Switch to "Yes" once the MX records name our servers')
        missing = missing_addresses(self.row.domain, self._surroundings.expected, self._state)
        if missing:
            shown = ", ".join(missing[:_SHOWN]) + (", …" if len(missing) > _SHOWN else "")
            yield Guard(
                f"lacks {len(missing)} of the ticket's addresses here: {shown}",
                "Create them first; their mail would be refused",
            )

    def _weak_points(self) -> Iterator[str]:
        """What makes "No" do less than it seems to; nothing that could be mended by refusing it."""
        domain, probe = self.row.domain, self._facts.old_provider
        if self._current.old_mx not in ("", self._old_mx):
            yield (
                f"{domain} is asked for at {self._old_mx} instead of {self._current.old_mx} from now on. What the "
                "other server said is remembered for up to 17 minutes; reload Postfix on the mail servers to forget it"
            )
        if self.row.expires is None and 0 < self._current.expires <= self._surroundings.now:
            yield (
                f'{domain} has a "No" that has expired: names that are not here are put off, and nobody is asked for '
                'at the old provider. Give a later expires, or switch to "Yes"'
            )
        home = self._state.domain_aliases.get(domain, domain)
        catch_all = self._state.aliases.get(f"@{home}")
        if catch_all is not None and catch_all.active:
            yield (
                f"{domain} has a catch-all here, which takes the mail of everybody: nobody is asked for at the old "
                "provider. Switch the catch-all off until all mailboxes are here"
            )
        if probe is not None and probe.state is ProbeState.ACCEPTS_EVERYBODY:
            yield (
                f"{domain}: {probe.text}. Mail for names that exist nowhere is taken and relayed, and the old provider "
                "may bounce it. Have its catch-all switched off if there is one"
            )
        if probe is not None and probe.state is ProbeState.UNSURE:
            yield f"{domain}: {probe.text}. Unknown recipients are put off until the old provider answers"


class _Others:
    """The switches of alias domains: each is a domain of its own for Local Delivery."""

    def __init__(self, rows: Sequence[LocalDeliveryRow], state: State) -> None:
        self._wanted = {row.domain: row.enabled for row in rows}
        self._state = state

    def warnings(self, row: LocalDeliveryRow) -> Iterator[str]:
        aliases = sorted(alias for alias, target in self._state.domain_aliases.items() if target == row.domain)
        for alias in aliases:
            if self._enabled(alias) != row.enabled:
                yes, no = ('"Yes"', '"No"') if row.enabled else ('"No"', '"Yes"')
                yield (
                    f"{row.domain} is to have {yes}, and its alias domain {alias} has {no}. An alias domain has a "
                    "switch of its own: name it too"
                )

    def _enabled(self, domain: str) -> bool:
        if domain in self._wanted:
            return self._wanted[domain]
        switch = (self._state.local_delivery or {}).get(domain)
        return switch is None or switch.enabled
