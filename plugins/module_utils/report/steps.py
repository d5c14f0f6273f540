# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the operator does next, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from shlex import quote

from ..core.report_text import count
from .material import Material
from .values import FAILED, PARTIAL, WAITING, ContactsLine, DomainLine, Group, MailboxLine, Step

_SHOWN = 5
_NOW = "now"


def next_steps(
    material: Material,
    mailboxes: Sequence[MailboxLine],
    domains: Sequence[DomainLine],
    groups: Sequence[Group],
    contacts: Sequence[ContactsLine] = (),
) -> tuple[Step, ...]:
    """In the order in which they are to be done. A command stands where it comes first."""
    told: set[str] = set()
    steps = []
    found = _steps(material, mailboxes, domains, groups, contacts)
    for step in sorted(found, key=lambda step: step.when != _NOW):
        steps.append(replace(step, command="") if step.command in told else step)
        told.add(step.command)
    return tuple(steps)


def _steps(
    material: Material,
    mailboxes: Sequence[MailboxLine],
    domains: Sequence[DomainLine],
    groups: Sequence[Group],
    contacts: Sequence[ContactsLine],
) -> Iterator[Step]:
    states = {state: [line for line in mailboxes if line.state == state] for state in (FAILED, PARTIAL, WAITING)}
    messages = {kind: sum(group.count for group in groups if group.kind == kind) for kind in ("refused", "held")}
    run = f"ansible-playbook mailops.migration.migrate -e ticket={quote(material.ticket)}"
    then = f"when the window opens at {material.window_opens}" if material.window_opens else _NOW
    if states[FAILED]:
        hosts = [account.host for account in material.accounts]
        yield Step(_NOW, _mend(len(states[FAILED])), f"{run}{_limit(states[FAILED], hosts, material)}")
    if messages["refused"]:
        yield Step(_NOW, _refused(messages["refused"]))
    if messages["held"]:
        yield Step("after the customer's answer", _held(messages["held"]))
    if states[PARTIAL] or states[WAITING]:
        number = count(len(states[PARTIAL]) + len(states[WAITING]), "mailbox", "mailboxes")
        yield Step(then, f"Bring over what is left of {number}.", run)
    yield from _of_contacts(contacts, material)
    yield from _of_records(domains)
    yield from _of_domains(domains, run)
    unfinished = states[FAILED] or any(line.failed for line in contacts)
    if domains and all(domain.phase == "closed" for domain in domains) and not unfinished:
        what = "Send the customer the page of the proof and close the ticket: nothing is left to be done."
        yield Step(_NOW, what, f"ansible-playbook mailops.migration.close -e ticket={quote(material.ticket)}")


def _of_contacts(contacts: Sequence[ContactsLine], material: Material) -> Iterator[Step]:
    failed = sum(line.failed > 0 for line in contacts)
    refused = sum(line.refused for line in contacts)
    if failed:
        what = (
            f"Mend what contacts and calendars of {count(failed, 'mailbox', 'mailboxes')} failed for, then run again."
        )
        command = f"ansible-playbook mailops.migration.contacts_calendars -e ticket={quote(material.ticket)}"
        yield Step(_NOW, what, command)
    if refused:
        what = f"Tell the customer of {count(refused, 'contact or event', 'contacts and events')} that cannot go in"
        yield Step(_NOW, f"{what} (see Contacts and calendars): they are to be entered by hand.")


def _of_records(domains: Sequence[DomainLine]) -> Iterator[Step]:
    """The MX record has its own time: see :func:`_of_domains`."""
    wrong = [domain.domain for domain in domains if any("(mx)" not in text for text in domain.records)]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        what = f"Have the DNS records of {', '.join(wrong[:_SHOWN])}{more} entered as Domains lists them"
        yield Step("with the DNS change", f"{what}; preflight.yml writes the table for the customer.")


def _of_domains(domains: Sequence[DomainLine], run: str) -> Iterator[Step]:
    """What each domain waits for; domains that wait for the same thing share a step."""
    waiting: dict[str, list[DomainLine]] = {}
    for domain in domains:
        if domain.next and domain.phase != "closed":
            waiting.setdefault(domain.next, []).append(domain)
    for text, members in waiting.items():
        names = ", ".join(domain.domain for domain in members[:_SHOWN])
        more = f" and {len(members) - _SHOWN} more" if len(members) > _SHOWN else ""
        when = {"first": "while MX names the old provider", "final": "after the DNS change"}.get(members[0].phase, "")
        yield Step(when, f"{names}{more}: {text}", run)


def _mend(number: int) -> str:
    return f"Mend what {count(number, 'mailbox', 'mailboxes')} failed for (see Exceptions), then run these again."


def _refused(number: int) -> str:
    return (
        f"{count(number, 'message')} refused by the destination: mend the reason, or agree with the customer to leave"
        " them behind and list their digests under accepted in ticket.yml."
    )


def _held(number: int) -> str:
    return (
        f"{count(number, 'message')} held back, for the customer may have deleted them here: ask; recopy: true in"
        " ticket.yml brings them."
    )


def _limit(lines: Sequence[MailboxLine], hosts: Sequence[str], material: Material) -> str:
    """``--limit`` for a few mailboxes; many are run with the whole ticket."""
    names: Mapping[str, str] = {account.mailbox: account.host for account in material.accounts}
    if len(lines) > _SHOWN or len(lines) == len(hosts):
        return ""
    return f" --limit {quote(','.join(names[line.mailbox] for line in lines))}"
