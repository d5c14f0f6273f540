# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of a whole run: lines for a person, a summary for a program, and who has to be looked at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .outcome import Outcome, Problem
from .provision_outcome import Platform
from .report_text import count, printable, size

SHOWN_LINES = 5
# Of the summary: docs/summary.schema.json describes it. It grows when a key is renamed, removed or means another thing.
SCHEMA = 1
_WINDOW = {"bound": False, "open": True, "opens": "", "ends": "", "deadline": "", "refusal": ""}
# Steps that the end of a window breaks off.
_CUT_OFF = ("sync", "archive")
_CREATE = "Create it in the admin panel or add it to users.csv"


@dataclass(frozen=True)
class Run:
    """Everything that a run leaves behind.

    ``outcomes`` by the name of the mailbox's host, each with its steps in their order; ``routes`` is what was found of
    aliases, forwards and lists. ``users`` are the addresses of ``users.csv``. ``errors`` are the ticket's findings of
    that level, as text. ``silent`` are hosts that left no outcome though others did. ``problems`` are those of whole
    domains, such as a switch that was refused. ``facts`` go into the summary as they are. ``window`` is what the
    ticket's window meant for the run when it began, ``ended`` says that its deadline has passed.
    """

    ticket: str
    outcomes: Mapping[str, Sequence[Outcome]]
    platform: Platform = field(default_factory=Platform)
    routes: Outcome | None = None
    users: Collection[str] = frozenset()
    errors: Sequence[str] = ()
    silent: Sequence[str] = ()
    platform_hosts: Sequence[str] = ()
    problems: Sequence[Problem] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] = field(default_factory=dict)
    ended: bool = False


def report(run: Run) -> dict[str, Any]:
    """``lines`` for a person, ``summary`` for a program, ``bad``: reasons and remedies by the host that is to fail."""
    outcomes = {host: [_explained(item, run) for item in items] for host, items in run.outcomes.items()}
    bad = {host: text for host, items in outcomes.items() if (text := " ".join(_problem_lines(items)))}
    bad.update(dict.fromkeys(run.silent, "ended before its work was done; its error stands above"))
    whole = [*_platform_lines(run.platform), *(problem.text() for problem in run.problems), *_route_lines(run)]
    body = [*_mailbox_lines(outcomes), *whole, *_error_lines(run)]
    return {
        "lines": [*body, *_window_lines(run, outcomes), _total(run, outcomes)],
        "summary": _summary(run, outcomes, bad),
        "bad": {**bad, **_bad_elsewhere(run)},
    }


def archive_report(outcomes: Mapping[str, Sequence[Outcome]], hosts: Sequence[str]) -> dict[str, Any]:
    """The same of a run over all mailboxes of the platform: only those are told of which there is something to tell."""
    silent = [host for host in hosts if host not in outcomes]
    bad = {host: text for host, items in outcomes.items() if (text := " ".join(_problem_lines(items)))}
    bad.update(dict.fromkeys(silent, "ended before its work was done; its error stands above"))
    moved = {host: sum(item.counts.get("moved", 0) for item in items) for host, items in outcomes.items()}
    telling = {host: items for host, items in outcomes.items() if host in bad or moved[host]}
    mailboxes, messages = count(len(hosts), "mailbox", "mailboxes"), count(sum(moved.values()), "message")
    total = f"{mailboxes}, {len(bad):,} failed; {messages} archived."
    return {"lines": [*_mailbox_lines(telling), total], "bad": bad}


def _explained(outcome: Outcome, run: Run) -> Outcome:
    """An outcome where the destination opened no such mailbox, with what the platform knows about it."""
    if outcome.destination_found:
        return outcome
    address = outcome.mailbox.lower()
    created = run.platform.created if run.platform.known else run.users
    if outcome.planned and address in {user.lower() for user in created}:
        return replace(outcome, text=f"{outcome.text}; its mailbox is created from users.csv first")
    problem = _why_not_there(address, run)
    return replace(outcome, good=False, problems=(problem,), problem_count=1)


def _why_not_there(address: str, run: Run) -> Problem:
    if address in run.platform.failed_items:
        return Problem("its mailbox could not be created (see the platform's part)", "Mend that and run again")
    if address not in {user.lower() for user in run.users}:
        return Problem("the destination has no such mailbox, or refuses the master login for it", _CREATE)
    if not run.platform.known:
        remedy = "Provision first (provision.yml, without --limit); if it exists, check the master login"
        return Problem("the destination has no such mailbox yet, or refuses the master login for it", remedy)
    if address in {user.lower() for user in run.platform.awaiting}:
        return Problem("its domain is not on the platform yet", "Add the domain there, then run again")
    return Problem(
        "the platform has this mailbox, but the destination refused the master login for it",
        "Check master_user, master_login and the master password in mailops_destination",
    )


def _bad_elsewhere(run: Run) -> dict[str, str]:
    """What no mailbox stands for fails the hosts of the platform; under ``--limit`` they are not in the run."""
    texts = [problem.text() for problem in (*run.platform.problems[:SHOWN_LINES], *run.problems)]
    texts += _problem_lines([run.routes]) if run.routes else []
    text = " ".join([*texts, *([_ticket_text(run.errors)] if run.errors else [])])
    return dict.fromkeys(run.platform_hosts, text) if text else {}


def _mailbox_lines(outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """A line for each mailbox, those that went well first; problems stand below their mailbox."""
    by_quality = sorted(outcomes.values(), key=lambda items: any(not item.good for item in items))
    return [line for items in by_quality for line in _lines_of(items)]


def _lines_of(outcomes: Sequence[Outcome]) -> list[str]:
    failed = ["FAILED"] if any(not item.good for item in outcomes) else []
    texts = [item.text for item in outcomes if item.text]
    head = f"{printable(outcomes[0].mailbox)}: {'; '.join([*failed, *texts])}"
    return [head, *(f"    {line}" for line in _problem_lines(outcomes))]


def _problem_lines(outcomes: Sequence[Outcome]) -> list[str]:
    lines = []
    for outcome in outcomes:
        shown = [problem.text() for problem in outcome.problems[:SHOWN_LINES]]
        more = outcome.problem_count - len(shown)
        lines += [*shown, *([f"And {more:,} more."] if more > 0 else [])]
    return list(dict.fromkeys(lines))


def _platform_lines(platform: Platform) -> list[str]:
    would = "would be " if platform.planned else ""
    made = [(platform.created_domains, "domain", ""), (platform.created, "mailbox", "mailboxes")]
    parts = [f"{count(len(items), noun, plural)} {would}created" for items, noun, plural in made if items]
    if platform.updated:
        parts.append(f"{count(len(platform.updated), 'mailbox', 'mailboxes')} {would}brought up to date")
    parts += [f"{count(len(items), noun, plural)} {would}written" for items, noun, plural in _routes(platform) if items]
    lines = [f"Platform: {', '.join(parts)}."] if parts else []
    shown = [f"Platform: {problem.text()}" for problem in platform.problems[:SHOWN_LINES]]
    more = len(platform.problems) - len(shown)
    return [*lines, *shown, *([f"Platform: and {more:,} more problems"] if more > 0 else [])]


def _is_misled(run: Run) -> bool:
    return run.routes is not None and not run.routes.good


def _route_lines(run: Run) -> list[str]:
    if run.routes is None:
        return []
    return [f"Aliases, forwards, lists: {run.routes.text}.", *(f"    {line}" for line in _problem_lines([run.routes]))]


def _routes(platform: Platform) -> list[tuple[tuple[str, ...], str, str]]:
    return [
        (platform.aliases, "alias", "aliases"),
        (platform.forwards, "mailbox's forwards", "mailboxes' forwards"),
        (platform.lists, "list's members", "lists' members"),
    ]


def _error_lines(run: Run) -> list[str]:
    silent = [f"{printable(host)}: FAILED before its work was done; its error stands above" for host in run.silent]
    return [*silent, *(f"Not usable: {printable(error)}" for error in run.errors)]


def _ticket_text(errors: Sequence[str]) -> str:
    noun = count(len(errors), "error")
    return f"{noun} in the customer's files, whose rows were left out: {' | '.join(map(printable, errors))}"


def _window_lines(run: Run, outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """What the end of the window (or the deadline) left undone, and when it goes on."""
    left = _left(outcomes)
    if not run.ended or not left:
        return []
    opens = run.window.get("opens")
    then = f"when the window opens at {opens}" if opens else "to go on from there"
    of = count(len(outcomes), "mailbox", "mailboxes")
    return [f"Work ended at {run.window['deadline']}; {len(left):,} of {of} left: run again {then}."]


def _left(outcomes: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """Mailboxes whose pass or archive did not come to its end."""
    steps = (item for items in outcomes.values() for item in items)
    return sorted({item.mailbox for item in steps if item.step in _CUT_OFF and not item.planned and not item.complete})


def _total(run: Run, outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    if not outcomes:
        return f"Ticket {run.ticket}: no mailbox was worked on."
    failed = sum(any(not item.good for item in items) for items in outcomes.values()) + len(run.silent)
    totals = _totals(outcomes)
    planned = all(item.planned for items in outcomes.values() for item in items)
    verb = "to copy" if planned else "copied"
    amount = f"{count(totals['copied'], 'message')} {verb} ({size(totals['bytes'])})"
    number = count(len(outcomes) + len(run.silent), "mailbox", "mailboxes")
    return f"Ticket {run.ticket}: {number}, {failed:,} failed; {amount}, {totals['already_there']:,} there already."


def _totals(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, int]:
    counts = [item.counts for items in outcomes.values() for item in items if item.step == "sync"]
    names = ("copied", "bytes", "already_there", "flags_updated", "moved", "matched", "excluded", "failed", "refused")
    return {name: sum(each.get(name, 0) for each in counts) for name in names}


def _summary(run: Run, outcomes: Mapping[str, Sequence[Outcome]], bad: Mapping[str, str]) -> dict[str, Any]:
    unwell = bool(run.platform.problems or run.problems or _is_misled(run))
    failed = bool(bad or unwell or run.errors or run.window.get("refusal"))
    numbers = {"mailboxes": len(outcomes) + len(run.silent), "bad": len(bad)}
    return {
        "schema": SCHEMA,
        "ticket": run.ticket,
        **run.facts,
        "good": not failed,
        "totals": {**numbers, **_totals(outcomes)},
        "mailboxes": [_mailbox_summary(host, items) for host, items in outcomes.items()],
        "left": _left(outcomes),
        "unfinished": list(run.silent),
        "window": {name: run.window.get(name, value) for name, value in _WINDOW.items()},
        "platform": _platform_summary(run.platform),
        "problems": [vars(problem) for problem in run.problems],
        "routes": {key: run.routes.as_dict()[key] for key in _STEP_KEYS} if run.routes else {},
        "errors": list(run.errors),
    }


def _mailbox_summary(host: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    steps = {item.step: {key: item.as_dict()[key] for key in _STEP_KEYS} for item in outcomes}
    return {"host": host, "mailbox": outcomes[0].mailbox, "good": all(item.good for item in outcomes), **steps}


_STEP_KEYS = ("good", "planned", "complete", "text", "counts", "problems", "problem_count")


def _platform_summary(platform: Platform) -> dict[str, Any]:
    return {
        "known": platform.known,
        "planned": platform.planned,
        "created_domains": list(platform.created_domains),
        "created": list(platform.created),
        "updated": list(platform.updated),
        "aliases": list(platform.aliases),
        "forwards": list(platform.forwards),
        "lists": list(platform.lists),
        "problems": [vars(problem) for problem in platform.problems],
    }
