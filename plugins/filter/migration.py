# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles compute: thin covers over pure functions. Each filter's documentation is the .yml file of its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.mailops.migration.plugins.module_utils.core import contacts_outcome as contacts
from ansible_collections.mailops.migration.plugins.module_utils.core import (
    customer_page,
    route_verdict,
    ticket_overview,
)
from ansible_collections.mailops.migration.plugins.module_utils.core import cutover as cutovers
from ansible_collections.mailops.migration.plugins.module_utils.core import dav_login as dav_logins
from ansible_collections.mailops.migration.plugins.module_utils.core import domain_pass as passes
from ansible_collections.mailops.migration.plugins.module_utils.core import outcome as outcomes
from ansible_collections.mailops.migration.plugins.module_utils.core import provision_outcome as provisioned
from ansible_collections.mailops.migration.plugins.module_utils.core import run_report as reports
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.master_login import master_login
from ansible_collections.mailops.migration.plugins.module_utils.core.page import as_html, as_markdown
from ansible_collections.mailops.migration.plugins.module_utils.core.proof import Proof
from ansible_collections.mailops.migration.plugins.module_utils.dns import ownership as ownerships
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name
from ansible_collections.mailops.migration.plugins.module_utils.support import preflight_report as preflights
from ansible_collections.mailops.migration.plugins.module_utils.support.in_worker import plain
from ansible_collections.mailops.migration.plugins.module_utils.support.phase_task import time_zone
from ansible_collections.mailops.migration.plugins.module_utils.ticket import provisioning
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Finding
from ansible_collections.mailops.migration.plugins.module_utils.ticket.hosts import group_name, hosts_of_owners
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schedule import (
    Job,
    Place,
    calendar,
    recurrence,
    unit_files,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window_text import permission


def destination_login(destination: Mapping[str, Any], mailbox: str) -> dict[str, Any]:
    try:
        return master_login(plain(destination), str(mailbox))
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None


def dav_login(server: Mapping[str, Any], mailbox: str) -> dict[str, Any]:
    try:
        return dav_logins.dav_login(plain(server), str(mailbox))
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None


def contact_hosts(
    hostvars: Mapping[str, Any], hosts: Sequence[str], owners: Sequence[str], domains: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    mailboxes = {str(host): str(hostvars[host].get("mailops_mailbox") or host) for host in hosts}
    return [host.as_dict() for host in hosts_of_owners(mailboxes, plain(owners), plain(domains))]


def schedule_units(jobs: Sequence[Mapping[str, Any]], place: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(plain(place))
    where = Place(**{**given, "now": datetime.fromisoformat(given["now"]), "options": tuple(given["options"])})
    try:
        read = [Job.from_dict(job) for job in plain(jobs)]
        files = [unit_files(job, where) for job in read]
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None
    rules = [(job, window, recurrence(window, job.timezone, where.now)) for job in read for window in job.windows]
    return {
        "files": [{"name": name, "text": text} for each in files for name, text in each.items()],
        "timers": [name for each in files for name in each if name.endswith(".timer")],
        "calendars": sorted({calendar(window, job.timezone) for job, window, _rule in rules}),
        "awx": [f"{job.name}: {rule or 'over: no start is left'}" for job, _window, rule in rules],
    }


def window_permission(
    windows: Sequence[Mapping[str, Any]], timezone: str, now: str, deadline: str = "", free: bool = False
) -> dict[str, Any]:
    written = [Window.from_dict(window) for window in plain(windows)]
    begun = datetime.fromisoformat(str(now))
    try:
        return permission(written, str(timezone), begun, deadline=str(deadline), free=free).as_dict()
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None


def mailbox_rows(users: Sequence[Mapping[str, Any]], missing_domains: Sequence[str] = ()) -> list[dict[str, Any]]:
    return provisioning.mailbox_rows(plain(users), plain(missing_domains))


def client_mailboxes(destinations: Sequence[str], users: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return provisioning.named_mailboxes(plain(destinations), plain(users))


def route_rows(rows: Sequence[Mapping[str, Any]], missing_domains: Sequence[str] = ()) -> list[dict[str, Any]]:
    return provisioning.route_rows(plain(rows), plain(missing_domains))


def provision_outcome(
    domains: Mapping[str, Any],
    mailboxes: Mapping[str, Any],
    users: Sequence[str],
    create_domains: bool = False,
    planned: bool = False,
    routes: Mapping[str, Any] | None = None,
    unchecked_rows: int = 0,
) -> dict[str, Any]:
    found = provisioned.provision_outcome(
        plain(domains),
        plain(mailboxes),
        plain(users),
        routes=plain(routes or {}),
        create_domains=create_domains,
        planned=planned,
        unchecked_rows=int(unchecked_rows),
    )
    return found.as_dict()


def tickets_overview(
    tickets: Sequence[Mapping[str, Any]], switches: Sequence[Mapping[str, Any]], now: float
) -> dict[str, Any]:
    found = ticket_overview.overview(plain(tickets), plain(switches), float(now))
    return {"tickets": found, "lines": ticket_overview.overview_lines(found)}


def finding_lines(findings: Sequence[Mapping[str, Any]], level: str = "") -> list[str]:
    return [Finding(**finding).text() for finding in plain(findings) if level in ("", finding["level"])]


def run_report(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    ticket: str,
    platform: Mapping[str, Any] | None = None,
    users: Sequence[str] = (),
    errors: Sequence[str] = (),
    platform_hosts: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
    limited: bool = False,
    planned: bool = False,
    window: Mapping[str, Any] | None = None,
    now: str = "",
    problems: Sequence[Mapping[str, str]] = (),
    routes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    found = {str(host): _outcomes_of(str(host), hostvars[host], planned) for host in hosts}
    worked = {host: items for host, items in found.items() if items}
    run = reports.Run(
        ticket=str(ticket),
        outcomes=worked,
        platform=provisioned.Platform.from_dict(plain(platform)) if platform else provisioned.Platform(),
        routes=outcomes.Outcome.from_dict(plain(routes)) if routes else None,
        users=frozenset(plain(users)),
        errors=plain(errors),
        silent=[host for host, items in found.items() if not items] if worked and not limited else [],
        platform_hosts=plain(platform_hosts),
        problems=[outcomes.Problem(**problem) for problem in plain(problems)],
        facts=plain(facts or {}),
        window=plain(window or {}),
        ended=_has_ended(window or {}, str(now)),
    )
    return reports.report(run)


def _has_ended(window: Mapping[str, Any], now: str) -> bool:
    deadline = str(window.get("deadline") or "")
    return bool(deadline and now) and datetime.fromisoformat(now) >= datetime.fromisoformat(deadline)


def route_outcome(results: Mapping[str, Any], rows: Mapping[str, int]) -> dict[str, Any]:
    found = route_verdict.route_outcome(plain(results), plain(rows))
    return found.as_dict() if found else {}


def ticket_page(
    hostvars: Mapping[str, Any],
    hosts: Sequence[str],
    ticket: str,
    language: str = "en",
    routes: Mapping[str, Any] | None = None,
    owners: Sequence[str] = (),
) -> dict[str, str]:
    results = {host: _registered(hostvars[host], "verify_result") for host in hosts}
    if not any(results.values()):
        return {}
    names = {field.name for field in fields(Proof)}
    found = {host: result["proof"] for host, result in results.items() if result.get("proof")}
    proofs = [
        Proof.from_dict({name: value for name, value in proof.items() if name in names}) for proof in found.values()
    ]
    unverified = [str(hostvars[host].get("mailops_mailbox") or host) for host in hosts if host not in found]
    faults = [problem["reason"] for problem in plain(routes)["problems"]] if routes else None
    imported = [proof for host in [*hosts, *owners] if (proof := _contacts_proof(str(host), hostvars[host]))]
    page = customer_page.ticket_page(
        str(ticket), proofs, Texts(str(language)), faults, unverified, list(dict.fromkeys(imported))
    )
    return {"md": as_markdown(page), "html": as_html(page)}


def preflight_report(
    hostvars: Mapping[str, Any], hosts: Sequence[str], ticket: str, context: Mapping[str, Any]
) -> dict[str, Any]:
    given = plain(context)
    results = {host: _registered(hostvars[host], "preflight_result") for host in hosts}
    found = [preflights.looked_at(str(host), hostvars[host], result) for host, result in results.items()]
    looked_at = [item for item in found if item["result"]] if given.get("limited") else found
    try:
        return preflights.report(str(ticket), looked_at, given)
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None


def _outcomes_of(host: str, variables: Mapping[str, Any], planned: bool) -> list[outcomes.Outcome]:
    """What the registered results of the roles sync and verify tell, with the plan where no pass followed it."""
    mailbox = str(variables.get("mailops_mailbox") or host)
    done, plan, proof = (_registered(variables, name) for name in ("sync_pass", "preflight_result", "verify_result"))
    kept = _registered(variables, "archive_result")
    archived = [outcomes.archive_outcome(kept, mailbox, planned=planned)] if kept else []
    synced = [outcomes.sync_outcome(done, mailbox, planned=planned)] if done else []
    only_planned = [outcomes.sync_outcome(plan, mailbox, planned=True)] if plan and not done else []
    undone = _registered(variables, "undo_result")
    taken_back = [outcomes.undo_outcome(undone, mailbox, planned=planned)] if undone else []
    proved = [outcomes.verify_outcome(proof, mailbox)] if proof else []
    return [*taken_back, *synced, *only_planned, *archived, *proved, *_contacts_of(variables, mailbox, planned)]


def _contacts_of(variables: Mapping[str, Any], mailbox: str, planned: bool) -> list[outcomes.Outcome]:
    done, seen = (_registered(variables, name) for name in ("contacts_result", "contacts_seen"))
    imported = [contacts.contacts_outcome(done, mailbox, planned=planned)] if done else []
    return [*imported, *([contacts.contacts_verdict(seen, mailbox)] if seen else [])]


def _contacts_proof(host: str, variables: Mapping[str, Any]) -> contacts.ContactsProof | None:
    """What a verification has seen, or else what an import of this run did."""
    mailbox = str(variables.get("mailops_mailbox") or host)
    seen, done = (_registered(variables, name) for name in ("contacts_seen", "contacts_result"))
    return contacts.contacts_proof(seen or done, mailbox, planned=bool(seen))


def archive_candidates(hostvars: Mapping[str, Any], hosts: Sequence[str], threshold: int) -> list[str]:
    passes = {str(host): _registered(hostvars[host], "sync_pass") for host in hosts}
    return [host for host, found in passes.items() if not found or found.get("largest_folder", 0) > int(threshold)]


def archive_report(
    hostvars: Mapping[str, Any], hosts: Sequence[str], planned: bool = False, limited: bool = False
) -> dict[str, Any]:
    found = {str(host): _outcomes_of(str(host), hostvars[host], planned) for host in hosts}
    worked = {host: items for host, items in found.items() if items}
    return reports.archive_report(worked, [*(worked if limited else found)])


def _registered(variables: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The result of a task that was not skipped; empty when there is none."""
    result = plain(variables.get(name) or {})
    return {} if result.get("skipped") else dict(result)


def ownership_record(domain: str, secret: str, prefix: str = ownerships.PREFIX) -> str:
    try:
        return ownerships.ownership_record(str(secret), domain_name(str(domain)), str(prefix))
    except ConfigurationError as problem:
        raise AnsibleFilterError(problem.text()) from None


def domain_group(domain: str) -> str:
    return group_name("domain", str(domain))


def domain_passes(
    summary: Mapping[str, Any],
    stands: Sequence[Mapping[str, Any]],
    destinations: Sequence[str],
    started: float,
    queued: Mapping[str, int] | None = None,
) -> list[dict[str, Any]]:
    rows = passes.domain_passes(plain(summary["mailboxes"]), plain(stands), plain(destinations))
    waiting = plain(queued or {})
    return [{**row, "started": float(started), "queued": waiting.get(row["domain"]) or 0} for row in rows]


def cutover_wish(
    stands: Sequence[Mapping[str, Any]],
    switches: Sequence[Mapping[str, Any]],
    old_mx: Mapping[str, str],
    asked: bool | None = None,
) -> dict[str, Any]:
    found = cutovers.wish(plain(stands), plain(switches), plain(old_mx), asked)
    return {"off": list(found.off), "on": list(found.on), "notes": list(found.notes)}


def cutover_lines(
    stands: Sequence[Mapping[str, Any]], switches: Sequence[Mapping[str, Any]], timezone: str = "UTC"
) -> list[str]:
    return cutovers.told(plain(stands), plain(switches), time_zone(str(timezone)))


def cutover_became(
    result: Mapping[str, Any], enabled: bool, planned: bool = False, reason: str = ""
) -> dict[str, list[Any]]:
    return cutovers.became(plain(result), enabled=enabled, planned=planned, reason=str(reason))


def dns_lines(domains: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for domain in plain(domains):
        wait = f", {domain['seconds_left']} seconds left" if domain["seconds_left"] else ""
        lines.append(f"{domain['shown']}: DNS records {domain['state']}{wait}")
        lines += [f"  {finding}" for finding in domain["findings"]]
        if domain["state"] not in ("ok", "propagating"):
            lines += ["  What the domain shall have:", *(f"  {line}" for line in domain["table"].splitlines())]
    return lines


class FilterModule:
    """The filters of mailops.migration."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """All of them by name."""
        names = (
            archive_candidates,
            archive_report,
            client_mailboxes,
            contact_hosts,
            cutover_became,
            cutover_lines,
            cutover_wish,
            dav_login,
            destination_login,
            domain_group,
            domain_passes,
            dns_lines,
            finding_lines,
            mailbox_rows,
            ownership_record,
            preflight_report,
            provision_outcome,
            route_outcome,
            route_rows,
            run_report,
            ticket_page,
            tickets_overview,
            schedule_units,
            window_permission,
        )
        return {function.__name__: function for function in names}
