# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``migration_report`` does: remember what a run told, put the report together, write its files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..audit.manifest import write_text
from ..core.customer_texts import LANGUAGES, Texts
from ..core.page import as_text
from ..core.report_text import count, printable, size
from ..report.build import ticket_report
from ..report.files import as_json, csv_files
from ..report.material import Account, Material, Step
from ..report.message import customer_message
from ..report.results import archive_told, contacts_told, sync_told, verify_told
from ..report.values import WAITING, TicketReport
from ..ticket_state.store import TicketState, open_ticket_state, read_ticket_state
from .report_journals import read_journals
from .report_page import report_page

STEPS = ("sync", "verify", "archive")
_LISTS = ("hosts", "contact_hosts", "mailboxes", "findings", "notes")


def report_spec() -> dict[str, Any]:
    """The argument spec of ``migration_report``."""
    required = {name: {"type": "path", "required": True} for name in ("state_dir", "report_dir", "assets_dir")}
    texts = {name: {"type": "str", "default": ""} for name in ("phase", "window_opens")}
    lists = {name: {"type": "list", "elements": "str", "default": []} for name in _LISTS}
    domains = {name: {"type": "list", "elements": "dict", "default": []} for name in ("stands", "switches", "records")}
    return {
        "ticket": {"type": "str", "required": True},
        **required,
        **texts,
        **lists,
        **domains,
        "timezone": {"type": "str", "default": "UTC"},
        "started": {"type": "float", "default": 0.0},
        "bad": {"type": "int", "default": 0},
        "switched": {"type": "bool", "default": False},
        "only_known": {"type": "bool", "default": False},
        "language": {"type": "str", "choices": list(LANGUAGES), "default": LANGUAGES[0]},
    }


@dataclass(frozen=True)
class RunTold:
    """What a run leaves: results of modules by step and host. ``undone``: hosts whose mail was taken back.

    ``contacts`` are results of dav_import by mailbox, with whether it only compared.
    ``run`` is the line of the run, None where no mailbox was worked on; ``whole`` what it told of the ticket itself,
    None where what was told before is no longer so. ``fine`` are the hosts that a preflight found nothing against.
    """

    results: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    undone: Sequence[str] = ()
    run: Mapping[str, Any] | None = None
    whole: Mapping[str, Any] = field(default_factory=dict)
    contacts: Mapping[str, tuple[Mapping[str, Any], bool]] = field(default_factory=dict)
    fine: Sequence[str] = ()


def report_result(
    params: Mapping[str, Any], accounts: Sequence[Account], told: RunTold, now: float, *, check: bool
) -> dict[str, Any]:
    """The result of ``migration_report`` with validated ``params``. Raises :class:`MigrationError` and OSError.

    :param check: nothing is remembered, and no file is written.
    """
    report = make_report(params, accounts, told, now, keep=not check)
    unknown = report.states[WAITING] == len(report.mailboxes)
    if check or (params["only_known"] and unknown):
        files = []
    else:
        page = report_page(report, params["assets_dir"])
        files = write_report(report, params["report_dir"], {"report.html": page})
    return {
        "changed": False,
        "files": files,
        "verdict": report.verdict,
        "headline": report.headline,
        "totals": dict(report.totals),
        "states": dict(report.states),
        "lines": report_lines(report, files) if files else [],
        "message": as_text(customer_message(report, Texts(params["language"]))),
    }


def remember(state: TicketState, told: RunTold, now: float) -> None:
    """Write what the run told into ticket.sqlite."""
    # What kept a mailbox from its first pass is over.
    kept_out = {host for host, each in state.told("sync").items() if not each.value["folders"]}
    state.untell("sync", kept_out.intersection(told.fine))
    for step in STEPS:
        state.untell(step, told.undone)
        fresh = told.results.get(step, {})
        before = {host: kept.value for host, kept in state.told(step).items()} if fresh else {}
        state.tell(step, {host: _reduced(step, result, before.get(host)) for host, result in fresh.items()}, now)
    reduced = {mailbox: contacts_told(result, planned=only) for mailbox, (result, only) in told.contacts.items()}
    state.tell("contacts", reduced, now)
    if told.run is not None:
        state.tell("run", {f"{told.run['started']:017.3f}": told.run}, now)
    state.untell("whole", [name for name, value in told.whole.items() if value is None])
    state.tell("whole", {name: value for name, value in told.whole.items() if value}, now)


def _reduced(step: str, result: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    if step == "verify":
        return verify_told(result)
    return sync_told(result, before) if step == "sync" else archive_told(result, before)


def make_report(
    params: Mapping[str, Any], accounts: Sequence[Account], told: RunTold, now: float, *, keep: bool
) -> TicketReport:
    """The report of what is known after the run. Raises :class:`MigrationError`.

    :param keep: whether what the run told is remembered.
    """
    state_dir = params["state_dir"]
    with (open_ticket_state if keep else read_ticket_state)(state_dir) as state:
        remember(state, told, now)
        state.untell("journal", [account.mailbox for account in accounts if account.host in told.undone])
        steps = {step: {host: Step(*_parts(kept)) for host, kept in state.told(step).items()} for step in STEPS}
        whole = state.told("whole")
        contacts = {mailbox: Step(*_parts(kept)) for mailbox, kept in state.told("contacts").items()}
        runs = [kept.value for kept in state.told("run").values()]
        stands = params["stands"]
        seen = {stand["domain"]: state.mx_history(stand["domain"]) for stand in stands}
        known = {mailbox: kept.value for mailbox, kept in state.told("journal").items()}
        read = read_journals(state_dir, (account.mailbox for account in accounts), known)
        state.tell("journal", read.fresh, now)
    return ticket_report(
        Material(
            ticket=params["ticket"],
            made=now,
            timezone=params["timezone"],
            phase=params["phase"],
            accounts=accounts,
            steps=steps,
            journals=read.facts,
            unreadable=read.unreadable,
            stands=stands,
            mx={domain: history[-1] for domain, history in seen.items() if history},
            switches=whole["switches"].value if "switches" in whole else (),
            switches_seen=whole["switches"].time if "switches" in whole else None,
            records=whole["records"].value if "records" in whole else (),
            runs=runs,
            findings=params["findings"],
            notes=params["notes"],
            window_opens=params["window_opens"],
            contacts=contacts,
        )
    )


def _parts(kept: Any) -> tuple[float, Any]:
    return kept.time, kept.value


def write_report(report: TicketReport, folder: str, pages: Mapping[str, str]) -> list[str]:
    """Write the report's files into ``folder``; each is whole or as it was. Their paths. Raises OSError.

    :param pages: further files by name.
    """
    texts = {**pages, "report.json": as_json(report)}
    # A spreadsheet takes a CSV file for UTF-8 by its mark.
    texts |= {name: f"\ufeff{text}" for name, text in csv_files(report).items()}
    for name, text in texts.items():
        write_text(os.path.join(folder, name), text)
    return [os.path.join(folder, name) for name in texts]


def report_lines(report: TicketReport, paths: Iterable[str]) -> list[str]:
    """What the run tells of it."""
    totals = report.totals
    numbers = f"{totals['here']:,} of {count(totals['messages'], 'message')} here, {size(totals['octets'])}"
    return [f"Report: {printable(next(iter(paths), ''))} ({report.headline}; {numbers})"]
