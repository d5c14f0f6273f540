# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin of source_discovery_info: in the worker process on the controller.

A module's results are searched for its secrets, and a password such as "imap" would be crossed out in a server's name.
"""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.mailops.migration.plugins.module_utils.support.discovery_task import (
    discovery_spec,
    run_discovery,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import run_here_or_there


class ActionModule(ActionBase):
    """Runs source_discovery_info here or, for another host, there."""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Look for the servers."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        name = "mailops.migration.source_discovery_info"
        result.update(run_here_or_there(self, task_vars or {}, name, discovery_spec(), _run))
        return result


def _run(params: dict[str, Any], *, check: bool) -> dict[str, Any]:
    """Nothing is ever written, so that ``check`` makes no difference."""
    return run_discovery(params)
