# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin of imap_sync: the engine in the worker process for mailboxes worked on the controller."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_spec
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import run_here_or_there
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import run_sync


class ActionModule(ActionBase):
    """Runs imap_sync here or, for mailboxes of a remote worker, there."""

    _supports_async = True
    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run one pass of the mailbox."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        answer = run_here_or_there(self, task_vars or {}, "mailops.migration.imap_sync", sync_spec(), run_sync)
        result.update(answer)
        return result
