# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drivers that exist, and the table of what each of them can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES, Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailcow import Mailcow
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3 import Mailman3
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql

DRIVERS: Mapping[str, type[Driver]] = {driver.name: driver for driver in (Mailcow, Mailman3, PostfixSql)}


def open_driver(name: str, options: Mapping[str, Any]) -> Driver:
    """The driver ``name`` as ``options`` have it; nothing is contacted yet. Raises :class:`ConfigurationError`."""
    if name not in DRIVERS:
        raise ConfigurationError(
            f"platform.driver is {name}, which does not exist", remedy=f"Use one of: {', '.join(sorted(DRIVERS))}"
        )
    return DRIVERS[name].opened(options)


def ability_table(drivers: Mapping[str, type[Driver]]) -> str:
    """Driver by ability as a Markdown table, from the drivers' own declarations."""
    names = sorted(drivers)
    lines = [_row(["ability", *names]), _row(["---"] * (len(names) + 1))]
    for ability in ABILITIES:
        lines.append(_row([ability, *(_cell(drivers[name], ability) for name in names)]))
    return "\n".join(lines) + "\n"


def _cell(driver: type[Driver], ability: str) -> str:
    return "yes" if ability in driver.abilities else f"no: {driver.lacking[ability]}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
