# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a ticket remembers of the results of a mailbox's steps: small, plain, and enough for a report without a run.

Each function takes a module's result and what was remembered before, and returns what is to be remembered now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.contacts_outcome import contacts_proof, entry_place

KEPT_FAILURES = 100
_NO_REASON = "the task ended without a reason"
_AGAIN = "Run again with -vvv"
_NAMES = ("failed", "refused", "held", "left", "excluded")


def sync_told(result: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Of ``imap_sync``. Octets add up over passes; a pass that saw no folder leaves those of the one before."""
    before = before or {}
    octets = {folder["source"]: folder["octets"] for folder in before.get("folders", ())}
    folders = [_folder(folder, octets) for folder in result.get("folders") or ()]
    counts = {name: number for name, number in (result.get("counts") or {}).items() if number}
    return {
        "complete": bool(result.get("complete")),
        "complete_once": any([result.get("complete"), before.get("complete_once"), before.get("complete")]),
        "counts": counts,
        "folders": folders or before.get("folders", []),
        "excluded": result.get("excluded") or before.get("excluded", []),
        **_failures(result),
    }


def verify_told(result: Mapping[str, Any]) -> dict[str, Any]:
    """Of ``mailbox_compare_info``."""
    proof = result.get("proof") or {}
    differences = list(result.get("differences") or ())
    names = ("messages", "here", "causes", "archived", "excluded", "marked_deleted", "moved")
    unable = str(result.get("msg") or "") if not proof else ""
    return {
        "passed": bool(result.get("passed")),
        "depth": proof.get("depth", ""),
        "signed": bool(proof.get("signed")),
        "fault": proof.get("fault", "") or unable,
        **{name: proof[name] for name in names if name in proof},
        "folders": [[each["source"], each["messages"], each["here"]] for each in proof.get("folders", ())],
        "differences": [
            {name: each.get(name) for name in ("kind", "folder", "uid", "reason")}
            for each in differences[:KEPT_FAILURES]
        ],
        "difference_count": len(differences),
    }


def archive_told(result: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Of ``mailbox_archive``. What was moved adds up over runs, until it is brought back."""
    moves = {(folder, to): messages for folder, to, messages in (before or {}).get("moves", ())}
    for folder in result.get("folders") or ():
        for move in folder["moves"]:
            if move["year"] == 0:
                moves = {}
                continue
            place = (folder["folder"], move["target"])
            moves[place] = moves.get(place, 0) + move["messages"]
    return {
        "complete": bool(result.get("complete")),
        "moves": [[folder, to, messages] for (folder, to), messages in sorted(moves.items())],
        "over": [dict(each) for each in result.get("over") or ()],
        **_failures(result),
    }


def contacts_told(result: Mapping[str, Any], *, planned: bool) -> dict[str, Any]:
    """Of ``dav_import``; ``planned`` where it only compared."""
    proof = contacts_proof(result, "", planned=planned)
    refused = [_not_imported("refused", each) for each in result.get("refused") or ()]
    failed = [_not_imported("failed", each) for each in result.get("failures") or ()]
    if not proof and not failed:
        failed = [{"kind": "failed", "place": "", "reason": str(result.get("msg") or _NO_REASON), "remedy": _AGAIN}]
    entries = {"contacts": 0, "events": 0}
    for file in result.get("files") or ():
        entries["contacts" if file["file"].startswith("contacts/") else "events"] += file["entries"]
    names = ("here", "changed", "deleted")
    return {
        **entries,
        **{name: getattr(proof, name) if proof else 0 for name in names},
        "failed": max(proof.missing if proof else 0, len(failed)),
        "refused": len(refused),
        "problems": [*failed[:KEPT_FAILURES], *refused[:KEPT_FAILURES]],
    }


def _not_imported(kind: str, entry: Mapping[str, Any]) -> dict[str, str]:
    place = entry_place(entry) if entry["file"] else ""
    return {"kind": kind, "place": place, "reason": entry["reason"], "remedy": entry["remedy"]}


def _folder(folder: Mapping[str, Any], octets: Mapping[str, int]) -> dict[str, Any]:
    here = folder["copied"] + folder["already_there"] + folder["matched"]
    return {
        "source": folder["source"],
        "destination": folder["destination"],
        "role": folder.get("role") or "",
        "here": here,
        "octets": octets.get(folder["source"], 0) + folder["bytes"],
        **{name: folder[name] for name in _NAMES if folder[name]},
    }


def _failures(result: Mapping[str, Any]) -> dict[str, Any]:
    """The failures, or the task's own words where it ended without any."""
    failures = [dict(each) for each in result.get("failures") or ()]
    if not failures and "counts" not in result:
        reason = str(result.get("msg") or _NO_REASON)
        failures = [{"folder": "", "uid": 0, "kind": "failed", "reason": reason, "remedy": _AGAIN}]
    return {"failures": failures[:KEPT_FAILURES], "failure_count": len(failures)}
