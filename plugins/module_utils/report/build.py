# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report of a ticket, computed once from what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..core.cutover import switch_text
from ..core.phase import moment
from ..core.report_text import count
from .exceptions import groups, total
from .mailboxes import mailbox_line
from .material import Material, Step
from .pace import spans_of_journals, spans_of_runs
from .steps import next_steps
from .values import (
    FAILED,
    PROVED,
    STATES,
    WAITING,
    Archived,
    ContactsLine,
    DomainLine,
    MailboxLine,
    NotImported,
    RunLine,
    TicketReport,
)

_SUMMED = ("messages", "here", "failed", "refused", "held", "left", "accepted", "excluded", "archived")


def ticket_report(material: Material) -> TicketReport:
    """The report of all that is in ``material``."""
    mailboxes = tuple(mailbox_line(account, material) for account in material.accounts)
    zone = zone_of(material.timezone)
    domains = tuple(_domains(material, zone))
    found = groups(material)
    states = {state: sum(line.state == state for line in mailboxes) for state in STATES}
    contacts = tuple(_contacts(mailbox, step) for mailbox, step in sorted(material.contacts.items()))
    verdict, headline = _verdict(states, domains, contacts, len(mailboxes))
    runs = tuple(RunLine(**run) for run in material.runs)
    spans = spans_of_journals(material.journals)
    return TicketReport(
        ticket=material.ticket,
        made=material.made,
        timezone=material.timezone,
        phase=material.phase,
        verdict=verdict,
        headline=headline,
        totals=_totals(mailboxes),
        states=states,
        domains=domains,
        mailboxes=mailboxes,
        groups=found,
        spans=spans or spans_of_runs(runs),
        spans_from="journals" if spans else "runs" if any(run.copied for run in runs) else "",
        runs=runs,
        archive=tuple(_archive(material)),
        notes=tuple(material.notes),
        findings=tuple(material.findings),
        steps=next_steps(material, mailboxes, domains, found, contacts),
        missing=tuple(_missing(material, total(found, "failed"))),
        contacts=contacts,
    )


def zone_of(name: str) -> tzinfo:
    """The zone of that name, UTC where this machine does not know it."""
    try:
        return ZoneInfo(name) if name and name != "UTC" else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _contacts(mailbox: str, step: Step) -> ContactsLine:
    problems = tuple(NotImported(**each) for each in step.value["problems"])
    return ContactsLine(mailbox, **{**step.value, "problems": problems}, last=step.time)


def _verdict(
    states: Mapping[str, int], domains: Sequence[DomainLine], contacts: Sequence[ContactsLine], number: int
) -> tuple[str, str]:
    if states[FAILED]:
        return "bad", f"{count(states[FAILED], 'mailbox needs', 'mailboxes need')} you"
    unimported = sum(line.failed > 0 for line in contacts)
    if unimported:
        return "bad", f"Contacts or calendars of {count(unimported, 'mailbox', 'mailboxes')} need you"
    if number and states[PROVED] == number:
        closed = domains and all(domain.phase == "closed" for domain in domains)
        return "good", "Done: every mailbox is proved" if closed else "Every mailbox is proved"
    if states[WAITING] == number:
        return "going", "Not begun yet"
    if states["partial"] or states[WAITING]:
        return "going", f"{count(states['partial'] + states[WAITING], 'mailbox', 'mailboxes')} still to be brought over"
    return "going", "Every mailbox is copied; the proof comes after the DNS change"


def _totals(mailboxes: Sequence[MailboxLine]) -> dict[str, int]:
    sums = {name: sum(getattr(line, name) for line in mailboxes) for name in _SUMMED}
    octets = sum(line.octets or 0 for line in mailboxes)
    folders = sum(not folder.reason for line in mailboxes for folder in line.folders)
    passed = Counter(line.verified for line in mailboxes)
    verdicts = {"verify_passed": passed["pass"], "verify_failed": passed["fail"]}
    return {"mailboxes": len(mailboxes), "folders": folders, "octets": octets, **sums, **verdicts}


def _domains(material: Material, zone: tzinfo) -> Iterator[DomainLine]:
    switches = {switch["domain"]: switch for switch in material.switches}
    records = {found["domain"]: found for found in material.records}
    for stand in material.stands:
        domain = stand["domain"]
        seen = material.mx.get(domain)
        asked = "mx_text" in stand
        mx_text = f"last seen on {moment(seen.last_seen, zone)}: {', '.join(seen.hosts)}" if seen else "not asked yet"
        yield DomainLine(
            domain=domain,
            phase=stand["phase"],
            why=stand.get("why", ""),
            next=stand.get("next", ""),
            mx=stand["mx"] if asked else seen.place.value if seen else "",
            mx_text=stand["mx_text"] if asked else mx_text,
            mx_hosts=tuple(stand.get("mx_hosts") or (seen.hosts if seen else ())),
            mx_ttl=stand.get("mx_ttl") or (seen.ttl if seen else 0),
            resolver_text=stand.get("resolver_text", ""),
            local_delivery=_switch(switches.get(domain), material.switches_seen, zone),
            mailboxes=stand.get("mailboxes") or _of_domain(material, domain),
            behind=stand.get("behind", 0),
            passes=stand.get("passes", ""),
            closed=stand.get("closed"),
            overrides=tuple(stand.get("overrides", ())),
            records_state=records[domain]["state"] if domain in records else "",
            records=tuple(records[domain]["findings"]) if domain in records else (),
        )


def _of_domain(material: Material, domain: str) -> int:
    return sum(account.mailbox.rpartition("@")[2].lower() == domain for account in material.accounts)


def _switch(switch: Mapping[str, Any] | None, seen: float | None, zone: tzinfo) -> str:
    if switch is None:
        return ""
    text = switch_text(switch, zone).removeprefix("Local Delivery: ")
    return text if seen is None else f"{text} (seen on {moment(seen, zone)})"


def _archive(material: Material) -> Iterator[Archived]:
    for account in material.accounts:
        step = material.steps.get("archive", {}).get(account.host)
        if step is None:
            continue
        for folder, to, messages in step.value["moves"]:
            yield Archived(account.mailbox, folder, to, messages)
        for each in step.value["over"]:
            yield Archived(account.mailbox, each["folder"], "", each["messages"], each["reason"])


def _missing(material: Material, failed: int) -> Iterator[str]:
    """What is not known here, and what would tell it."""
    worked = {account.mailbox for account in material.accounts if account.host in material.steps.get("sync", {})}
    absent = worked - {*material.journals, *material.unreadable}
    if absent:
        yield (
            f"The journals of {count(len(absent), 'mailbox', 'mailboxes')} are not on this machine (their workers keep"
            " them): their numbers are those of the runs, and sizes count what runs since the first report copied."
        )
    if absent and material.journals:
        yield "The picture of throughput shows only the mailboxes whose journals are on this machine."
    for mailbox, reason in list(material.unreadable.items())[:3]:
        yield f"The journal of {mailbox} cannot be read: {reason}"
    if material.stands and not any("mx_text" in stand for stand in material.stands):
        yield "DNS was not asked in this run; report.yml, cutover.yml and migrate.yml ask it."
    if material.stands and not material.switches:
        yield "Local Delivery was not looked at yet; cutover.yml and migrate.yml look."
    if not failed and not material.steps.get("verify"):
        yield "Nothing was verified yet: migrate.yml does so after the DNS change, verify.yml at any time."
