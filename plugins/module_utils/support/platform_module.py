# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the modules of the platform share: the argument spec, opening the driver, applying a plan and reporting it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    MigrationError,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.platform.diff import plan_diff, route_changes
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    DEFAULT_COSTS,
    PasswordScheme,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import apply_plan, carried_out
from ansible_collections.mailops.migration.plugins.module_utils.platform.registry import DRIVERS, open_driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import RouteRules
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import masked_dsn
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Create, Remove, Update
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require

MASK = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
_SECRETS = frozenset({"password", "password_hash", "secret", "api_key", "api_password"})
_NEEDED = [
    ("driver", "postfix_sql", ["dsn"]),
    ("driver", "mailcow", ["api_url", "api_key"]),
    ("driver", "mailman3", ["api_url", "api_user", "api_password"]),
]


def platform_spec() -> dict[str, Any]:
    """The argument spec of the options that modules of the platform have (doc fragments ``platform`` and its state)."""
    options = {
        "driver": {"type": "str", "choices": sorted(DRIVERS), "default": "postfix_sql"},
        "dsn": {"type": "str"},
        "api_url": {"type": "str"},
        "api_key": {"type": "str", "no_log": True},
        "api_user": {"type": "str"},
        "api_password": {"type": "str", "no_log": True},
        "ca_file": {"type": "path"},
        "plain_http": {"type": "bool", "default": False},
        "password_scheme": {"type": "str", "choices": sorted(DEFAULT_COSTS), "default": "BLF-CRYPT", "no_log": False},
        "password_cost": {"type": "int", "no_log": False},
        "quota_multiplier": {"type": "int", "default": 1024000},
    }
    return {
        "platform": {"type": "dict", "required": True, "options": options, "required_if": _NEEDED},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }


def password_scheme(platform: Mapping[str, Any]) -> PasswordScheme:
    """The scheme that the option ``platform`` asks for. Raises :class:`ConfigurationError`."""
    name = platform["password_scheme"]
    cost = platform["password_cost"]
    return PasswordScheme(name, DEFAULT_COSTS[name] if cost is None else cost)


def allowed_domains(names: Sequence[str] | None) -> frozenset[str] | None:
    """The option ``domains`` in canonical form; None when it was not given. Raises :class:`ConfigurationError`."""
    if names is None:
        return None
    return frozenset(_domain(name) for name in names)


def route_rules(params: Mapping[str, Any], *, exclusive: bool) -> RouteRules:
    """What the options of a module of aliases, forwards or lists say for all of its rows."""
    return RouteRules(domains=allowed_domains(params["domains"]), exclusive=exclusive)


def expected_mailboxes(module: AnsibleModule) -> Sequence[str]:
    """The option of that name, which counts in check mode only."""
    return module.params["expected_mailboxes"] if module.check_mode else ()


def route_spec() -> dict[str, Any]:
    """The argument spec of the options that the modules of aliases, forwards and lists share (fragment ``routes``)."""
    return {
        "domains": {"type": "list", "elements": "str"},
        "expected_mailboxes": {"type": "list", "elements": "str", "default": []},
    }


def _domain(name: str) -> str:
    try:
        return domain_name(name)
    except ConfigurationError as error:
        raise ConfigurationError(f"the entry {name} {error.what}", where="domains", remedy=error.remedy) from None


def nothing_more(plan: Plan) -> dict[str, Any]:
    """The conclusion of modules whose result is told by the plan."""
    return {}


def changed_routes(plan: Plan) -> dict[str, Any]:
    """The conclusion of modules whose items lead mail on."""
    return {"routes": route_changes(plan)}


def run(
    module: AnsibleModule,
    noun: str,
    make_plan: Callable[[Driver], Plan],
    conclude: Callable[[Plan], Mapping[str, Any]] = nothing_more,
) -> None:
    """Make the plan, apply it outside of check mode, and end the module.

    ``noun`` names several of the items. What can be done is done even when rows fail; the module then fails at the end.
    ``conclude`` does what follows a plan that was applied, and gives more of the result.
    """
    platform = module.params["platform"]
    try:
        scheme = password_scheme(platform)
        driver = open_driver(platform["driver"], platform)

        def write(plan: Plan) -> Plan:
            if plan.passwords and not driver.hashes_itself:
                require(module, scheme.library)
            return plan if module.check_mode else apply_plan(driver, plan, scheme)

        plan = carried_out(driver, make_plan, write)
        more = conclude(plan)
    except MigrationError as error:
        module.fail_json(msg=error.text(), **_masked_invocation(module))
    else:
        _report(module, noun, plan, more)


def run_info(module: AnsibleModule, look: Callable[[Driver], Mapping[str, Any]]) -> None:
    """Look at the platform, change nothing, and end the module with what ``look`` returns."""
    platform = module.params["platform"]
    try:
        found = look(open_driver(platform["driver"], platform))
    except MigrationError as error:
        module.fail_json(msg=error.text(), **_masked_invocation(module))
    else:
        module.exit_json(changed=False, **found, **_masked_invocation(module))


def _report(module: AnsibleModule, noun: str, plan: Plan, more: Mapping[str, Any]) -> None:
    for warning in plan.warnings:
        module.warn(warning)
    result: dict[str, Any] = {
        "changed": bool(plan.steps),
        "counts": plan.counts(),
        "created": plan.keys(Create),
        "updated": plan.keys(Update),
        "removed": plan.keys(Remove),
        "failures": [failure.as_dict() for failure in plan.failures],
        **more,
        **_masked_invocation(module),
    }
    if module._diff:
        result["diff"] = plan_diff(plan)
    if plan.failures:
        module.fail_json(msg=_failure_text(noun, plan), **result)
    else:
        module.exit_json(**result)


def _failure_text(noun: str, plan: Plan) -> str:
    first = plan.failures[0]
    total = sum(plan.counts().values())
    return (
        f"{len(plan.failures)} of {total} {noun} cannot be worked and hold up none of the others. "
        f"The first: {first.item} {first.reason}. {first.remedy}. All of them are in failures"
    )


def _masked_invocation(module: AnsibleModule) -> dict[str, Any]:
    """The module's arguments with every secret replaced by its place.

    Ansible would replace the passwords' text wherever it occurs, so that a mailbox whose password is "info" were
    reported as "********@example.com", and thousands of passwords would take it minutes. What is returned here is built
    without them, so the list of texts to hide is emptied.
    """
    module.no_log_values.clear()
    arguments = {name: _masked(value) for name, value in module.params.items()}
    arguments["platform"]["dsn"] = masked_dsn(module.params["platform"]["dsn"] or "") or None
    return {"invocation": {"module_args": arguments}}


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {key: MASK if key in _SECRETS and item is not None else _masked(item) for key, item in value.items()}
    return value
