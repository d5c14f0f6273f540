# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of one mailbox in a run: small, plain, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    """One step (``sync`` or ``verify``) of one mailbox.

    ``planned``: nothing was written, ``text`` says what would be. ``problem_count`` counts all, ``problems`` holds the
    first ones. ``destination_found`` is false where the destination opened no such mailbox.
    """

    step: str
    mailbox: str
    good: bool
    text: str
    planned: bool = False
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
        text=_planned_text(result) if planned else _done_text(result),
        planned=planned,
        destination_found=result.get("destination_found", True),
        counts=counts,
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def verify_outcome(result: Mapping[str, Any], mailbox: str) -> Outcome:
    """The outcome that a result of ``mailbox_compare_info`` tells."""
    if result.get("passed") is None:
        return without_result("verify", result, mailbox, planned=False)
    problems = tuple(Problem(_difference(item)) for item in result["differences"] if not item["explained"])
    passed = bool(result["passed"])
    if not passed and not problems:
        problems = (Problem(str(result.get("msg") or "the comparison found differences")),)
    return Outcome(
        step="verify",
        mailbox=mailbox,
        good=passed,
        text=_verified_text(result, len(problems)),
        counts=result["counts"],
        problems=problems[:SHOWN_PROBLEMS],
        problem_count=len(problems),
    )


def without_result(step: str, result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome of a task that ended before its work: a wrong variable, a worker that cannot be reached."""
    reason = str(result.get("msg") or "the task gave no reason")
    problem = Problem(reason, "" if result.get("msg") else _NO_ANSWER)
    return Outcome(step, mailbox, good=False, text="", planned=planned, problems=(problem,), problem_count=1)


def _place(failure: Mapping[str, Any]) -> str:
    uid = f" (uid {failure['uid']})" if failure["uid"] else ""
    return f"{failure['folder']}{uid}: {failure['reason']}" if failure["folder"] else str(failure["reason"])


def _difference(item: Mapping[str, Any]) -> str:
    return f"{item['kind']}: {_place(item)}"


def _planned_text(result: Mapping[str, Any]) -> str:
    counts = result["counts"]
    parts = [_amount("would copy ", counts, "")] if counts["copied"] else []
    return "; ".join([*parts, *_others(result)]) or _nothing_new(counts)


def _done_text(result: Mapping[str, Any]) -> str:
    counts = result["counts"]
    parts = [_amount("copied ", counts, "")] if counts["copied"] else []
    return "; ".join([*parts, *_others(result)]) or _nothing_new(counts)


def _amount(verb: str, counts: Mapping[str, int], end: str) -> str:
    folders = count(counts["folders"], "folder")
    return f"{verb}{count(counts['copied'], 'message')} ({size(counts['bytes'])}) of {folders}{end}"


def _others(result: Mapping[str, Any]) -> list[str]:
    """Everything worth telling that is no copying; empty when nothing happened."""
    counts = result["counts"]
    told = [
        (counts["flags_updated"], f"flags of {counts['flags_updated']:,} brought up to date"),
        (counts["moved"], f"{counts['moved']:,} moved along with their originals"),
        (counts["matched"], f"{counts['matched']:,} found there by their content"),
        (counts["recovered"], f"{counts['recovered']:,} of an interrupted run found there"),
        (len(result["folders_created"]), _created(result["folders_created"])),
    ]
    happened = [text for number, text in told if number]
    standing = [
        (counts["already_there"], f"{counts['already_there']:,} were there already"),
        (counts["excluded"], _excluded(result)),
        (counts["accepted"], f"{counts['accepted']:,} accepted as lost"),
    ]
    if not happened and not counts["copied"]:
        return []
    return happened + [text for number, text in standing if number]


def _created(folders: Sequence[str]) -> str:
    return f"{count(len(folders), 'folder')} made"


def _excluded(result: Mapping[str, Any]) -> str:
    names = [item["source"] for item in result["excluded"] if item["messages"]]
    return f"{result['counts']['excluded']:,} left out" + (f" ({listing(names)})" if names else "")


def _nothing_new(counts: Mapping[str, int]) -> str:
    return f"nothing new; {count(counts['already_there'], 'message')} there"


def _verified_text(result: Mapping[str, Any], unexplained: int) -> str:
    explained = len(result["differences"]) - unexplained
    notes = f"; {count(explained, 'difference')} explained" if explained > 0 else ""
    if result["passed"]:
        return f"PASS{notes}"
    return f"FAIL, {count(unexplained, 'difference')}{notes}"
