# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lines of a report's mailboxes and of their folders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..core.report_text import count
from .material import Account, FolderCount, JournalFacts, Material, Step
from .values import COPIED, FAILED, PARTIAL, PROVED, WAITING, FolderLine, MailboxLine

_SUMS = ("messages", "here", "failed", "refused", "held", "left", "archived")
_NOTHING: Mapping[str, Any] = {}


def mailbox_line(account: Account, material: Material) -> MailboxLine:
    """The line of one row of the ticket."""
    steps = {name: told[account.host] for name, told in material.steps.items() if account.host in told}
    sync, verify, archive = (steps[name].value if name in steps else None for name in ("sync", "verify", "archive"))
    # The journal of a mailbox that several accounts lead into knows all of their mail, the pass its own.
    journal = material.journals.get(account.mailbox) if account.mailbox not in material.merged else None
    folders = _folders(sync or _NOTHING, verify or _NOTHING, journal)
    counts = (sync or _NOTHING).get("counts", _NOTHING)
    times = [step.time for step in steps.values()] + ([journal.last] if journal and journal.last else [])
    state, text = _state(sync, verify, archive, journal)
    line = MailboxLine(
        mailbox=account.mailbox,
        source=account.source,
        state=state,
        text=text,
        octets=_octets(folders),
        accepted=counts.get("accepted", 0),
        excluded=sum(folder.excluded for folder in folders),
        verified="" if verify is None else "pass" if verify["passed"] else "fail",
        depth="" if verify is None else verify["depth"],
        last=max(times, default=None),
        folders=folders,
    )
    return replace(line, **{name: sum(getattr(folder, name) for folder in folders) for name in _SUMS})


def _octets(folders: tuple[FolderLine, ...]) -> int | None:
    known = [folder.octets for folder in folders if folder.octets is not None]
    return sum(known) if known else None


# Folders


def _folders(
    sync: Mapping[str, Any], verify: Mapping[str, Any], journal: JournalFacts | None
) -> tuple[FolderLine, ...]:
    """Those that are migrated, by name, then those that are left out."""
    told = {folder["source"]: folder for folder in sync.get("folders", ())}
    proved = {source: (messages, here) for source, messages, here in verify.get("folders", ())}
    known = journal.folders if journal else {}
    archived = Counter[str]()
    for each in verify.get("archived", ()):
        archived[each["folder"]] += each["messages"]
    lines = [
        _folder(name, told.get(name, _NOTHING), proved.get(name), known.get(name), archived)
        for name in sorted({*told, *proved, *known}, key=_inbox_first)
    ]
    return (*lines, *(_left_out(folder) for folder in sync.get("excluded", ())))


def _inbox_first(name: str) -> tuple[bool, str, str]:
    return name.upper() != "INBOX", name.casefold(), name


def _folder(
    name: str,
    told: Mapping[str, Any],
    proved: tuple[int, int] | None,
    known: FolderCount | None,
    archived: Mapping[str, int],
) -> FolderLine:
    """The comparison's numbers come first, for they are of both servers; then the journal's, then the pass's."""
    wanting = {kind: told.get(kind, 0) for kind in ("failed", "refused", "held", "left")}
    here = known.here if known else told.get("here", 0)
    messages, here = proved or (here + sum(wanting.values()), here)
    destination = told.get("destination") or (known.destination if known else "")
    return FolderLine(
        source=name,
        destination=destination,
        role=told.get("role", ""),
        messages=messages,
        here=here,
        octets=known.octets if known else told.get("octets"),
        excluded=told.get("excluded", 0),
        archived=archived.get(destination, 0),
        **wanting,
    )


def _left_out(folder: Mapping[str, Any]) -> FolderLine:
    messages = folder["messages"]
    return FolderLine(folder["source"], "", "", 0, 0, None, excluded=messages, reason=folder["reason"])


# State


def _state(
    sync: Mapping[str, Any] | None,
    verify: Mapping[str, Any] | None,
    archive: Mapping[str, Any] | None,
    journal: JournalFacts | None,
) -> tuple[str, str]:
    """How the mailbox stands, and a sentence on it."""
    for step, told in (("pass", sync), ("archiving", archive)):
        if told and told["failure_count"]:
            first = told["failures"][0]
            place = f"{first['folder']}: " if first.get("folder") else ""
            return FAILED, f"{count(told['failure_count'], 'problem')} in the {step}. {place}{first['reason']}"
    if verify and not verify["passed"]:
        return FAILED, verify["fault"] or f"{count(verify['difference_count'], 'unexplained difference')}"
    if sync is None:
        whole = journal is not None and journal.complete
        return (COPIED, "a pass came to its end") if whole else (WAITING, "no pass yet")
    if not sync["complete"]:
        return PARTIAL, "the pass was ended before its end; the next one goes on"
    if verify:
        return PROVED, "compared by the journal's word" if verify["depth"] == "facts" else "every message compared"
    return COPIED, "the pass came to its end"


def latest(steps: Mapping[str, Mapping[str, Step]]) -> float | None:
    """When anything was told last."""
    return max((step.time for told in steps.values() for step in told.values()), default=None)
