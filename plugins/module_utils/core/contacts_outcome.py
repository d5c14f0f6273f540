# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of a mailbox's contacts and calendars: results of ``dav_import`` in words, as a verdict, as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .outcome import SHOWN_PROBLEMS, Outcome, Problem, without_result
from .report_text import SHOWN_NAMES, count, printable

IMPORTED, VERIFIED = "contacts", "contacts_verified"
_IMPORT = "Run contacts_calendars.yml, then verify again"


@dataclass(frozen=True)
class ContactsProof:
    """What a customer is told of a mailbox: entries of the files, how many are here, and which could not go in.

    ``changed`` and ``deleted`` are what the user has done here since; ``missing`` should be here and are not;
    ``refused`` are the places and names of entries that cannot go in, or whole files.
    """

    mailbox: str
    entries: int
    here: int
    changed: int = 0
    deleted: int = 0
    missing: int = 0
    refused: tuple[str, ...] = ()


def contacts_outcome(result: Mapping[str, Any], mailbox: str, *, planned: bool) -> Outcome:
    """The outcome that a result of ``dav_import`` tells."""
    counts = result.get("counts")
    if counts is None:
        return without_result(IMPORTED, result, mailbox, planned=planned)
    return _outcome(IMPORTED, result, mailbox, _imported_text(result, planned=planned), _failures(result), planned)


def contacts_verdict(result: Mapping[str, Any], mailbox: str) -> Outcome:
    """The verdict of a plan of ``dav_import``: what it would still write is what is missing."""
    counts = result.get("counts")
    if counts is None:
        return without_result(VERIFIED, result, mailbox, planned=False)
    problems = [*_failures(result), *_differences(result)]
    return _outcome(VERIFIED, result, mailbox, _verified_text(result, passed=not problems), problems, planned=False)


def contacts_proof(result: Mapping[str, Any], mailbox: str, *, planned: bool) -> ContactsProof | None:
    """The numbers for the customer, of an import or (``planned``) of a verification. None where there is no result."""
    counts = result.get("counts")
    if not counts:
        return None
    to_write = counts["created"] + counts["updated"]
    return ContactsProof(
        mailbox,
        entries=counts["entries"],
        here=counts["unchanged"] + counts["kept"] + counts["superseded"] + (0 if planned else to_write),
        changed=counts["kept"],
        deleted=counts["deleted"],
        missing=counts["failed"] + (to_write if planned else 0),
        refused=tuple(entry_place(entry) for entry in result.get("refused", ())),
    )


def _outcome(
    step: str, result: Mapping[str, Any], mailbox: str, text: str, problems: Iterable[Problem], planned: bool
) -> Outcome:
    found = tuple(problems)
    return Outcome(
        step=step,
        mailbox=mailbox,
        good=not found,
        text=text,
        planned=planned,
        complete="msg" not in result,
        counts=result["counts"],
        problems=found[:SHOWN_PROBLEMS],
        problem_count=len(found),
    )


def _failures(result: Mapping[str, Any]) -> list[Problem]:
    return [
        Problem(
            f"{entry_place(failure)}: {failure['reason']}" if failure["file"] else failure["reason"], failure["remedy"]
        )
        for failure in result.get("failures", ())
    ]


def _differences(result: Mapping[str, Any]) -> list[Problem]:
    """What is not as the files say, and has no reason in what the user did."""
    problems = []
    for file in result.get("files", ()):
        wrong = [
            (file["created"], "not at the destination"),
            (file["updated"], "at the destination as before the file changed"),
        ]
        texts = [f"{count(number, 'entry', 'entries')} {words}" for number, words in wrong if number]
        problems += [Problem(f"{file['file']}: {', '.join(texts)}", _IMPORT)] if texts else []
    return problems


def _imported_text(result: Mapping[str, Any], *, planned: bool) -> str:
    counts = result["counts"]
    would = "would be " if planned else ""
    parts = [
        (counts["created"], f"{_by_kind(result, 'created')} {would}brought over"),
        (counts["updated"], f"{counts['updated']:,} {would}brought up to date"),
        (counts["unchanged"], f"{counts['unchanged']:,} there already"),
        *_explained(result),
    ]
    told = [text for number, text in parts if number]
    return f"contacts and calendars: {', '.join(told) or 'the files hold no entries'}"


def _verified_text(result: Mapping[str, Any], *, passed: bool) -> str:
    proof = contacts_proof(result, "", planned=True)
    numbers = f"{proof.here:,} of {count(proof.entries, 'entry', 'entries')} are here" if proof else ""
    explained = [text for number, text in _explained(result) if number]
    notes = f"; explained: {'; '.join(explained)}" if explained else ""
    return f"contacts and calendars: {'PASS' if passed else 'FAIL'}, {numbers}{notes}"


def _explained(result: Mapping[str, Any]) -> list[tuple[int, str]]:
    counts, refused = result["counts"], result.get("refused", ())
    return [
        (counts["superseded"], f"{counts['superseded']:,} older states of others"),
        (counts["kept"], f"{counts['kept']:,} left as the user has changed them"),
        (counts["deleted"], f"{counts['deleted']:,} deleted by the user since"),
        (len(refused), f"{len(refused):,} cannot go in ({_refused_text(refused)})"),
    ]


def _refused_text(refused: Iterable[Mapping[str, Any]]) -> str:
    entries = list(refused)
    shown = [f"{entry_place(entry)}: {printable(str(entry['reason']))}" for entry in entries[:SHOWN_NAMES]]
    more = len(entries) - len(shown)
    return "; ".join([*shown, *([f"and {more:,} more"] if more > 0 else [])])


def _by_kind(result: Mapping[str, Any], fate: str) -> str:
    """``12 contacts, 5 of calendars``: what a file is, the folder that it lies in says."""
    sums = {"contacts": 0, "calendars": 0}
    for file in result.get("files", ()):
        sums["contacts" if str(file["file"]).startswith("contacts/") else "calendars"] += file[fate]
    contacts = count(sums["contacts"], "contact")
    events = count(sums["calendars"], "calendar entry", "calendar entries")
    return " and ".join(text for number, text in zip(sums.values(), (contacts, events), strict=True) if number)


def entry_place(entry: Mapping[str, Any]) -> str:
    """File, number and name of an entry; a number of 0 is the whole file."""
    number = f", entry {entry['entry']}" if entry["entry"] else ""
    name = f" ({entry['name']})" if entry.get("name") else ""
    return printable(f"{entry['file']}{number}{name}")
