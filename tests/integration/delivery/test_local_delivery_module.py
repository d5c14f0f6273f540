# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module local_delivery against real DNS, an old provider's server and PostfixAdmin's tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import PasswordScheme
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import apply_plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.registry import open_driver
from ansible_collections.mailops.migration.plugins.module_utils.support.local_delivery_task import LocalDeliveryTask

from tests.support.ansible_runs import Outcome, ad_hoc
from tests.support.knot import KnotServer
from tests.support.module_runs import run_command
from tests.support.old_provider import OldProvider
from tests.unit.platform.makers import dsn, new_database, query

NAME, OTHER = "customer.example", "second.example"
OUR_MX = "mx.platform.example"
DEFAULTS = {
    "ticket": None,
    "force_reason": None,
    "required_addresses": None,
    "probe": True,
    "postfix_config_directory": None,
}
SWITCHES = "SELECT domain, enabled, old_mx, expires, ticket, reason FROM local_delivery ORDER BY domain"


@pytest.fixture(scope="module")
def knot() -> Iterator[KnotServer]:
    with KnotServer(
        {NAME: [], OTHER: [], "platform.example": [("mx", "A", "192.0.2.80"), ("also", "A", "192.0.2.80")]}
    ) as server:
        yield server


@pytest.fixture
def old_provider() -> Iterator[OldProvider]:
    with OldProvider({f"anna@{NAME}", f"anna@{OTHER}"}) as provider:
        yield provider


class Platform:
    """A platform with two domains and one mailbox, and the module at work on it."""

    def __init__(self, folder: Path, knot: KnotServer) -> None:
        self._database = new_database(folder)
        self._knot = knot
        for domain in (NAME, OTHER):
            self.rows(f"INSERT INTO domain (domain) VALUES ('{domain}')")
            knot.replace(domain, "@", "MX", "10 mx.old.example.")
        self.rows(f"INSERT INTO mailbox (username, domain) VALUES ('anna@{NAME}', '{NAME}')")

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        return query(self._database, statement)

    def mx_comes_here(self, domain: str) -> None:
        self._knot.replace(domain, "@", "MX", f"10 {OUR_MX}.")

    def run(self, *flags: str, **options: Any) -> Outcome:
        """The module as an operator runs it."""
        return ad_hoc("local_delivery", self._options(options), *flags).wait()

    def switch(self, **options: Any) -> Plan:
        """The same within this process, which takes a tenth of the time."""
        params = {**DEFAULTS, **self._options(options)}
        params["domains"] = [{"old_mx": None, "expires": None, **row} for row in params["domains"]]
        task = LocalDeliveryTask(params, check_mode=False, run_command=run_command)
        driver = open_driver("postfix_sql", {"dsn": dsn(self._database)})
        plan = task.plan(driver)
        apply_plan(driver, plan, PasswordScheme())
        self.seen = task.conclude(plan)["seen"]
        return plan

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        port = self._knot.server.port
        return {"platform": {"dsn": dsn(self._database)}, "mx_hosts": [OUR_MX], "authoritative_port": port,
                "nameservers": [f"127.0.0.1:{port}"], **options}  # fmt: skip


@pytest.fixture
def platform(tmp_path: Path, knot: KnotServer) -> Platform:
    return Platform(tmp_path, knot)


def test_no_is_switched_on_request_and_again_is_no_change(platform: Platform, old_provider: OldProvider) -> None:
    domains = [
        {"name": domain, "old_mx": old_provider.next_hop, "expires": "2099-01-01T00:00:00Z"} for domain in (NAME, OTHER)
    ]
    options = {"enabled": False, "domains": domains, "ticket": "123", "required_addresses": [f"anna@{NAME}"]}
    planned = platform.run("--check", "--diff", **options)
    assert (planned.code, planned.result["changed"], platform.rows(SWITCHES)) == (0, True, [])
    assert f"old_mx: {old_provider.next_hop}" in planned.output
    done = platform.run(**options)
    assert (done.code, done.result["counts"]["created"]) == (0, 2), done.output
    assert platform.rows(SWITCHES) == [
        (domain, 0, old_provider.next_hop, 4070908800, "123", "") for domain in (NAME, OTHER)
    ]
    assert [seen["old_provider"] for seen in done.result["seen"]] == ["answers", "answers"]
    again = platform.run(**options)
    assert (again.code, again.result["changed"], old_provider.received) == (0, False, [])


def test_domain_that_may_not_be_switched_holds_up_no_other(platform: Platform, old_provider: OldProvider) -> None:
    platform.mx_comes_here(NAME)
    plan = platform.switch(
        enabled=False, domains=[{"name": name, "old_mx": old_provider.next_hop} for name in (NAME, OTHER)]
    )
    assert [failure.item for failure in plan.failures] == [NAME]
    assert OUR_MX in plan.failures[0].reason
    assert [row[0] for row in platform.rows(SWITCHES)] == [OTHER]


def test_yes_waits_for_the_mx_and_for_the_mailboxes_unless_a_reason_is_given(platform: Platform) -> None:
    platform.rows(f"INSERT INTO local_delivery (domain, enabled, old_mx) VALUES ('{NAME}', 0, '[192.0.2.1]:25')")
    options = {"enabled": True, "domains": [{"name": NAME}], "required_addresses": [f"anna@{NAME}", f"bert@{NAME}"]}
    refused = platform.switch(**options)
    assert (refused.steps, len(refused.failures)) == ((), 1)
    assert "mx.old.example" in refused.failures[0].reason and f"bert@{NAME}" in refused.failures[0].reason
    forced = platform.switch(**options, force_reason="CHG-7: bert left")
    assert len(forced.warnings) == 2
    assert platform.rows(SWITCHES) == [(NAME, 1, "[192.0.2.1]:25", 0, "", "CHG-7: bert left")]


def test_old_provider_that_accepts_everybody_is_a_warning(platform: Platform) -> None:
    class Everybody(set[str]):
        def __contains__(self, address: object) -> bool:
            return True

    with OldProvider(Everybody()) as generous:
        plan = platform.switch(enabled=False, domains=[{"name": NAME, "old_mx": generous.next_hop}])
    assert (len(plan.steps), platform.seen[0]["old_provider"]) == (1, "accepts_everybody")
    assert "accepts a name that nobody has" in plan.warnings[0]


def test_old_provider_that_cannot_be_reached_is_refused(platform: Platform) -> None:
    with OldProvider(set()) as gone:
        next_hop = gone.next_hop
    plan = platform.switch(enabled=False, domains=[{"name": NAME, "old_mx": next_hop}])
    assert (plan.steps, platform.rows(SWITCHES)) == ((), [])
    assert next_hop in plan.failures[0].reason


def test_old_provider_whose_name_leads_to_our_own_server_is_refused(platform: Platform) -> None:
    plan = platform.switch(enabled=False, domains=[{"name": NAME, "old_mx": "also.platform.example"}], probe=False)
    assert (plan.steps, "our own server" in plan.failures[0].reason) == ((), True)
