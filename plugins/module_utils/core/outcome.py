# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of one mailbox in a run: small, plain, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .report_text import count, listing, sentence, size

SHOWN_PROBLEMS = 20
_NO_ANSWER = "Run again with -vvv; when it stays, report it with what that shows"


@dataclass(frozen=True)
class Problem:
    """Something that did not go as it should, and what to do about it."""

    reason: str
    remedy: str = ""

    def text(self) -> str:
        return sentence(self.reason, self.remedy)


@dataclass(frozen=True)
class Outcome:
    """One step (``sync``, ``verify``, ``archive``, ``undo``) of one mailbox, or ``routes`` of a ticket.

    ``planned``: nothing was written, ``text`` says what would be. ``complete`` is false when the step did not come to
    its end. ``destination_found`` is false where the destination opened no such mailbox. ``problem_count`` counts all
    problems, ``problems`` holds the first ones.
    """

    step: str
    mailbox: str
    good: bool
    text: str
    planned: bool = False
    complete: bool = True
    destination_found: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    problem_count: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain types for the plugin boundary."""
        problems = [vars(problem) for problem in self.problems]
        return {**vars(self), "counts": dict(self.counts), "problems": problems}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Outcome:
        """What :meth:`as_dict` made."""
        return cls(**{**values, "problems": tuple(Problem(**problem) for problem in values["problems"])})


def sync_outcome(result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome that a result of ``imap_sync`` tells, also of a task that never got so far as to have counts."""
    counts = result.get("counts")
    if counts is None:
        return without_result("sync", result, mailbox, planned=planned)
    problems = tuple(Problem(_place(failure), failure["remedy"]) for failure in result["failures"])
    if not result["complete"] and not problems:
        problems = (Problem("the pass did not come to its end", "Run again; it goes on where it stopped"),)
    return Outcome(
        step="sync",
        mailbox=mailbox,
        good=not problems,
        text=_text("would copy" if planned else "copied", result),
        planned=planned,
        complete=result["complete"],
        destination_found=result.get("destination_found", True),
        counts=counts,
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def verify_outcome(result: Mapping[str, Any], mailbox: str) -> Outcome:
    """The outcome that a result of ``mailbox_compare_info`` tells."""
    if result.get("passed") is None:
        return without_result("verify", result, mailbox, planned=False)
    problems = tuple(Problem(f"{item['kind']}: {_place(item)}") for item in result["differences"])
    fault = result.get("proof", {}).get("fault")
    problems = (*([Problem(fault)] if fault else []), *problems)
    if not result["passed"] and not problems:
        problems = (Problem(str(result.get("msg") or "the comparison failed and gave no reason")),)
    return Outcome(
        step="verify",
        mailbox=mailbox,
        good=not problems,
        text=_verified_text(result),
        complete="msg" not in result,
        counts=result["counts"],
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def undo_outcome(result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome that a result of ``imap_undo`` tells."""
    counts = result.get("counts")
    if counts is None:
        return without_result("undo", result, mailbox, planned=planned)
    problems = (Problem(str(result["msg"])),) if result.get("failed") else ()
    return Outcome(
        step="undo",
        mailbox=mailbox,
        good=not problems,
        text=_undone_text(result, planned=planned),
        planned=planned,
        complete=result["complete"],
        counts=counts,
        problems=problems,
        problem_count=len(problems),
    )


def archive_outcome(result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome that a result of ``mailbox_archive`` tells."""
    counts = result.get("counts")
    if counts is None:
        return without_result("archive", result, mailbox, planned=planned)
    problems = tuple(Problem(_place({**failure, "uid": 0}), failure["remedy"]) for failure in result["failures"])
    if not result["complete"] and not problems:
        problems = (Problem("the archiving did not come to its end", "Run again; it goes on where it stopped"),)
    return Outcome(
        step="archive",
        mailbox=mailbox,
        good=not problems,
        text=_archived_text(result, planned=planned),
        planned=planned,
        complete=result["complete"],
        counts=counts,
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def _archived_text(result: Mapping[str, Any], *, planned: bool) -> str:
    """What moved, folder by folder, and what is still too large. The year of a move back is 0."""
    counts = result["counts"]
    moved = [folder for folder in result["folders"] if folder["moves"]]
    back = any(move["year"] == 0 for folder in moved for move in folder["moves"])
    future, past = ("would bring back", "brought back") if back else ("would archive", "archived")
    verb = future if planned else past
    parts = []
    if counts["moved"]:
        sums = [(folder["folder"], sum(move["messages"] for move in folder["moves"])) for folder in moved]
        named = ", ".join(f"{number:,} of {folder}" for folder, number in sums)
        parts.append(f"{verb} {count(counts['moved'], 'message')} ({named})")
    if counts["recovered"]:
        parts.append(f"{counts['recovered']:,} of an interrupted run found moved")
    parts += [f"{item['folder']} still holds {item['messages']:,}: {item['reason']}" for item in result["over"]]
    return "; ".join(parts) or "nothing to archive"


def without_result(step: str, result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome of a task that ended before its work: a wrong variable, a worker that cannot be reached."""
    reason = str(result.get("msg") or "")
    problem = Problem(reason) if reason else Problem("the task ended without a reason", _NO_ANSWER)
    return Outcome(step, mailbox, False, "", planned, complete=False, problems=(problem,), problem_count=1)


def _place(failure: Mapping[str, Any]) -> str:
    uid = f" (uid {failure['uid']})" if failure["uid"] else ""
    return f"{failure['folder']}{uid}: {failure['reason']}" if failure["folder"] else str(failure["reason"])


def _text(verb: str, result: Mapping[str, Any]) -> str:
    """Everything that happened; empty for a pass that was cut off before anything did."""
    counts = result["counts"]
    happened = [text for number, text in _happenings(verb, result) if number]
    if happened:
        return "; ".join([*happened, *(text for number, text in _standing(result) if number)])
    return f"nothing new; {count(counts['already_there'], 'message')} there" if result["complete"] else ""


def _happenings(verb: str, result: Mapping[str, Any]) -> list[tuple[int, str]]:
    counts, made = result["counts"], len(result["folders_created"])
    amount = f"{count(counts['copied'], 'message')} ({size(counts['bytes'])}) of {count(counts['folders'], 'folder')}"
    return [
        (counts["copied"], f"{verb} {amount}"),
        (counts["flags_updated"], f"flags of {counts['flags_updated']:,} brought up to date"),
        (counts["moved"], f"{counts['moved']:,} moved along with their originals"),
        (counts["matched"], f"{counts['matched']:,} found there by their content"),
        (counts["recovered"], f"{counts['recovered']:,} of an interrupted run found there"),
        (made, f"{count(made, 'new folder')}"),
    ]


def _space(space: Mapping[str, Any] | None) -> list[tuple[int, str]]:
    """What labels add, and whether there is room for all of it."""
    if space is None:
        return []
    further = f"{count(space['label_messages'], 'further copy', 'further copies')} ({size(space['label_octets'])})"
    room = space["room"]
    lacking = space["needed"] - room if room is not None else 0
    return [
        (space["label_messages"], f"{further} of it for messages with several labels"),
        (max(lacking, 0), f"the destination has room for {size(max(room or 0, 0))} only: raise its quota"),
    ]


def _standing(result: Mapping[str, Any]) -> list[tuple[int, str]]:
    counts = result["counts"]
    left_out = listing(item["source"] for item in result["excluded"] if item["messages"])
    return [
        *_space(result.get("space")),
        (counts["already_there"], f"{counts['already_there']:,} were there already"),
        (counts["excluded"], f"{counts['excluded']:,} left out" + (f" ({left_out})" if left_out else "")),
        (counts["accepted"], f"{counts['accepted']:,} accepted as lost"),
    ]


def _undone_text(result: Mapping[str, Any], *, planned: bool) -> str:
    counts = result["counts"]
    verb = "would take back" if planned else "took back"
    parts = [f"{verb} {count(counts['taken_back'], 'message')} and {count(counts['folders_removed'], 'folder')}"]
    parts += [f"{group['count']:,} stay: {group['reason']}" for group in result["left"]]
    parts += [f"{item['folder']} stays: {item['reason']}" for item in result["folders_left"]]
    return "; ".join(parts)


def _verified_text(result: Mapping[str, Any]) -> str:
    explained = [f"{group['count']:,} ({group['reason']})" for group in result["explanations"]]
    notes = f"; explained: {'; '.join(explained)}" if explained else ""
    proof = result.get("proof") or {}
    numbers = f", {proof['here']:,} of {proof['messages']:,} messages are here" if proof else ""
    listed = " by the journal's word" if proof.get("depth") == "facts" else ""
    if result["passed"]:
        return f"PASS{listed}{numbers}{notes}"
    return f"FAIL{listed}, {count(len(result['differences']), 'difference')}{numbers}{notes}"
