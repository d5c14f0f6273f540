# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin of imap_preflight_info: both sides of a mailbox looked at from the worker process on the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import run_here_or_there
from ansible_collections.mailops.migration.plugins.module_utils.support.preflight_task import (
    preflight_spec,
    run_preflight,
)


class ActionModule(ActionBase):
    """Runs imap_preflight_info here or, for mailboxes of a remote worker, there."""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Look at both sides."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        name = "mailops.migration.imap_preflight_info"
        result.update(run_here_or_there(self, task_vars or {}, name, preflight_spec(), run_preflight))
        return result
