# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Action plugin migration_report: results of a whole run are in the controller's memory, so the work is done here."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.report.material import Account
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import plain
from ansible_collections.mailops.migration.plugins.module_utils.support.report_task import (
    RunTold,
    report_result,
    report_spec,
)

_OF_RECORDS = ("domain", "state", "findings")
_RESULTS = {"archive": "archive_result", "verify": "verify_result"}


class ActionModule(ActionBase):
    """Remembers what the run told and writes the report."""

    _supports_check_mode = True
    _requires_connection = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Write the report of the ticket."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        params = plain(self.validate_argument_spec(argument_spec=report_spec())[1])
        hostvars = (task_vars or {})["hostvars"]
        variables = {host: hostvars[host] for host in params["hosts"]}
        accounts = _accounts(variables, params["mailboxes"])
        check = self._task.check_mode
        owners = {host: hostvars[host] for host in params["contact_hosts"]}
        told = RunTold() if check else _told(variables, owners, params)
        try:
            result.update(report_result(params, accounts, told, time.time(), check=check))
        except (MigrationError, OSError) as problem:
            text = problem.text() if isinstance(problem, MigrationError) else str(problem)
            result.update(failed=True, changed=False, msg=f"The report could not be written: {text}")
        return result


def _accounts(variables: Mapping[str, Mapping[str, Any]], mailboxes: Sequence[str]) -> list[Account]:
    found = []
    for host, values in variables.items():
        source = values.get("mailops_source") or {}
        found.append(Account(host, str(values.get("mailops_mailbox") or host), str(source.get("host") or "")))
    known = {account.mailbox.lower() for account in found}
    return [*found, *(Account(name, name, "") for name in mailboxes if name.lower() not in known)]


def _told(
    variables: Mapping[str, Mapping[str, Any]], owners: Mapping[str, Mapping[str, Any]], params: Mapping[str, Any]
) -> RunTold:
    """What the run's registered results tell, and the run itself."""
    results = {
        step: {host: found for host, values in variables.items() if (found := _registered(values, name))}
        for step, name in _RESULTS.items()
    }
    results["sync"] = {host: found for host, values in variables.items() if (found := _synced(values))}
    fine = [host for host, values in variables.items() if _is_fine(_registered(values, "preflight_result"))]
    undone = [host for host, values in variables.items() if _registered(values, "undo_result")]
    counts = [found.get("counts") or {} for found in results["sync"].values()]
    run = {
        "started": params["started"],
        "ended": time.time(),
        "phase": params["phase"],
        "mailboxes": len({host for found in results.values() for host in found}),
        "bad": params["bad"],
        "copied": sum(each.get("copied", 0) for each in counts),
        "octets": sum(each.get("bytes", 0) for each in counts),
    }
    records = [{name: each.get(name) for name in _OF_RECORDS} for each in params["records"]]
    whole = {"switches": None if params["switched"] else params["switches"], "records": records}
    contacts = {str(values.get("mailops_mailbox") or host): _imported(values) for host, values in owners.items()}
    known = {mailbox: found for mailbox, found in contacts.items() if found[0]}
    return RunTold(results, undone, run if run["mailboxes"] else None, whole, known, fine)


def _imported(values: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """What the last task told of contacts and calendars, and whether it only compared."""
    seen = _registered(values, "contacts_seen")
    return (seen, True) if seen else (_registered(values, "contacts_result"), False)


def _synced(values: Mapping[str, Any]) -> dict[str, Any]:
    """The pass; or why none followed a plan or a preflight that failed, of which planned numbers are left out.

    A preflight that did not come to a mailbox says nothing of it.
    """
    seen = _registered(values, "preflight_result")
    plan = _registered(values, "sync_plan") or (seen if seen.get("failures") and "counts" in seen else {})
    if _registered(values, "sync_pass") or not plan or (plan.get("complete") and not plan.get("failures")):
        return _registered(values, "sync_pass")
    return {**plan, "folders": [], "excluded": [], **({"counts": {}} if "counts" in plan else {})}


def _is_fine(seen: Mapping[str, Any]) -> bool:
    return bool(seen.get("complete")) and not seen.get("failures")


def _registered(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The result of a task that was not skipped; empty when there is none."""
    found = plain(values.get(name) or {})
    return {} if found.get("skipped") else dict(found)
