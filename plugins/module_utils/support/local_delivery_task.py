# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module local_delivery: what is asked of the world before a switch is planned, and what follows it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    MigrationError,
    PlatformError,
    Unsupported,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxVerdict
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns, name_server
from ansible_collections.mailops.migration.plugins.module_utils.dns.mx import mx_verdict, with_addresses
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name, mailbox_address
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.mail_queue import (
    RunCommand,
    try_again,
    waiting_messages,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import next_hop
from ansible_collections.mailops.migration.plugins.module_utils.platform.old_provider import (
    ProbeResult,
    Question,
    probe,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_local_delivery import (
    Facts,
    LocalDeliveryRow,
    Surroundings,
    canonical_rows,
    missing_addresses,
    plan_local_delivery,
    switched_domains,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import LocalDelivery, State

_ASKED_AT_ONCE = 16
_ADDRESSES_ASKED_FOR = 3


@dataclass
class LocalDeliveryTask:
    """One call of the module with its options ``params``; ``plan`` looks and decides, ``conclude`` follows it."""

    params: Mapping[str, Any]
    check_mode: bool
    run_command: RunCommand
    facts: dict[str, Facts] = field(default_factory=dict)
    queued: dict[str, list[str]] = field(default_factory=dict)

    def plan(self, driver: Driver) -> Plan:
        """What has to be done. Raises :class:`MigrationError`."""
        driver.require("local_delivery")
        rows = [_row(row, self.params) for row in self.params["domains"]]
        good = canonical_rows(rows)
        state = _state(driver, {row.domain for row in good})
        asker = _Asker(self.params, state)
        switched = switched_domains(good, state)
        self.queued = self._waiting([row.domain for row in good if row.enabled and row.domain in switched])
        # "No" that goes on is looked at, too: the MX may have come here meanwhile.
        asked = [row for row in good if row.domain in switched or not row.enabled]
        with ThreadPoolExecutor(max_workers=_ASKED_AT_ONCE) as pool:
            found = pool.map(lambda row: asker.facts(row, row.domain in switched), asked)
            self.facts = {
                row.domain: Facts(mx, answer, len(self.queued.get(row.domain, ())))
                for row, (mx, answer) in zip(asked, found, strict=True)
            }
        surroundings = Surroundings(int(time.time()), frozenset(asker.our_hosts), asker.expected, self.facts)
        return plan_local_delivery(rows, state, surroundings)

    def conclude(self, plan: Plan) -> dict[str, Any]:
        """After the plan was written: try again to deliver what waits for old providers. Returns more of the result."""
        done = {step.item.key for step in plan.steps}
        ids = sorted({queue_id for domain in done for queue_id in self.queued.get(domain, ())})
        seen = [_seen(domain, facts) for domain, facts in sorted(self.facts.items())]
        return {"seen": seen, "flushed": len(ids), "flush_failure": self._flush(ids)}

    def _flush(self, ids: Collection[str]) -> str:
        """Why the queue was not flushed; empty when it was. The switch is made by now, so this is no failure of it."""
        if not ids or self.check_mode:
            return ""
        try:
            try_again(self.run_command, self.params["postfix_config_directory"], ids)
        except PlatformError as error:
            return error.text()
        return ""

    def _waiting(self, domains: Sequence[str]) -> dict[str, list[str]]:
        if not domains or not self.params["postfix_config_directory"]:
            return {}
        return waiting_messages(self.run_command, self.params["postfix_config_directory"], domains)


def local_delivery_info(params: Mapping[str, Any], run_command: RunCommand, driver: Driver) -> dict[str, Any]:
    """The result of the module local_delivery_info. Raises :class:`MigrationError`."""
    try:
        driver.require("local_delivery")
    except Unsupported as reason:
        return {"supported": False, "reason": reason.text(), "domains": []}
    domains = sorted({domain_name(name) for name in params["domains"]})
    state = _state(driver, domains)
    directory = params["postfix_config_directory"]
    waiting = waiting_messages(run_command, directory, domains) if directory else {}
    expected = frozenset(_address(text) for text in params["required_addresses"])
    switches = state.local_delivery or {}
    return {
        "supported": True,
        "reason": "",
        "domains": [
            {
                **asdict(switches.get(domain, LocalDelivery(domain))),
                "exists": domain in state.domains or domain in state.domain_aliases,
                "expected": sum(address.endswith(f"@{domain}") for address in expected),
                "missing": missing_addresses(domain, expected, state),
                "queued": len(waiting[domain]) if directory else None,
            }
            for domain in domains
        ],
    }


class _Asker:
    """Looks at one domain after the other, from several threads."""

    def __init__(self, params: Mapping[str, Any], state: State) -> None:
        servers = [name_server(text) for text in params["nameservers"] or []]
        self._dns = Dns(servers, authoritative_port=params["authoritative_port"])
        self._state = state
        self._probe = params["probe"]
        names = [_host(text) for text in params["mx_hosts"]]
        if not names:
            raise ConfigurationError("mx_hosts is empty", remedy="Name our mail exchangers, the main one first")
        self._name = names[0]
        self.our_hosts = set(with_addresses(self._dns, names))
        self.expected = frozenset(_address(text) for text in params["required_addresses"] or [])

    def facts(self, row: LocalDeliveryRow, switched: bool) -> tuple[MxVerdict, ProbeResult | None]:
        """Where the MX points and, before "No", what the old provider says."""
        verdict = mx_verdict(self._dns, row.domain, self.our_hosts)
        current = (self._state.local_delivery or {}).get(row.domain)
        old_mx = row.old_mx or (current.old_mx if current else "")
        if row.enabled or not switched or not old_mx:
            return verdict, None
        if self.our_hosts.intersection(self._addresses(next_hop(old_mx).host)):
            self.our_hosts.add(next_hop(old_mx).host)
        if not self._probe:
            return verdict, None
        known = sorted(address for address in self.expected if address.endswith(f"@{row.domain}"))
        nobody = f"no-such-mailbox-{secrets.token_hex(8)}@{row.domain}"
        question = Question(f"postmaster@{self._name}", nobody, known[:_ADDRESSES_ASKED_FOR])
        return verdict, probe(next_hop(old_mx), question, self._name)

    def _addresses(self, name: str) -> tuple[str, ...]:
        try:
            return self._dns.addresses(name)
        except MigrationError:
            return ()


def _state(driver: Driver, domains: Collection[str]) -> State:
    """What the platform holds of the domains and of those that they are aliases of."""
    state = driver.read(domains)
    targets = {state.domain_aliases[domain] for domain in domains if domain in state.domain_aliases}
    return state if targets <= set(domains) else driver.read({*domains, *targets})


def _row(row: Mapping[str, Any], params: Mapping[str, Any]) -> LocalDeliveryRow:
    return LocalDeliveryRow(
        domain=row["name"],
        enabled=params["enabled"],
        old_mx=row["old_mx"],
        expires=None if row["expires"] is None else _seconds(row["expires"], row["name"]),
        ticket=params["ticket"],
        reason=params["force_reason"] or "",
    )


def _seconds(text: str, domain: str) -> int:
    if text == "never":
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ConfigurationError(
            f"the time {text} in expires cannot be read, or has no time zone",
            where=domain,
            remedy='Write it like 2026-12-01T06:00:00+01:00, or "never"',
        )
    return int(moment.timestamp())


def _host(text: str) -> str:
    try:
        return next_hop(text).host
    except ConfigurationError as error:
        raise ConfigurationError(f"the entry {text} {error.what}", where="mx_hosts", remedy=error.remedy) from None


def _address(text: str) -> str:
    try:
        return mailbox_address(text)
    except ConfigurationError as error:
        where = "required_addresses"
        raise ConfigurationError(f"the entry {text} {error.what}", where=where, remedy=error.remedy) from None


def _seen(domain: str, facts: Facts) -> dict[str, Any]:
    return {
        "domain": domain,
        "mx": facts.mx.place.value if facts.mx else "",
        "mx_text": facts.mx.text if facts.mx else "",
        "old_provider": facts.old_provider.state.value if facts.old_provider else "",
        "old_provider_text": facts.old_provider.text if facts.old_provider else "",
        "queued": facts.queued,
    }
