# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``mailbox_compare_info`` share: run the audit, make the result Ansible shows."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from ..audit.audit import DEPTHS, FULL, Audit, audit_mailbox
from ..audit.proving import proof_of
from ..core.difference import KINDS, Difference
from ..core.errors import JournalError, MigrationError
from ..sync.request import SyncRequest
from ..sync.supervise import Supervisor
from .endpoint_arguments import endpoint
from .imap_arguments import folder_rules, limits, slots_dir, sync_spec
from .proof_files import PROOF_ARGUMENT, ProofFiles, proof_files
from .result_texts import finished
from .step_log import LOG_ARGUMENT, logged

# At most so many explained differences are shown one by one; all of them are counted.
SHOWN = 200
COUNTS = ("identical", "normalised_by_server", *KINDS, "explained", "extra", "excluded")


def compare_spec() -> dict[str, Any]:
    """The argument spec of ``mailbox_compare_info``."""
    shared = sync_spec()
    folders = ("include_trash", "include_junk", "folders", "gmail_labels")
    names = ("mailbox", "source", "destination", *folders, "accepted", "limits", "slots_dir")
    return {
        **{name: shared[name] for name in names},
        "state_dir": {"type": "path"},
        "depth": {"type": "str", "choices": list(DEPTHS), "default": FULL},
        "proof": PROOF_ARGUMENT,
        "log_dir": LOG_ARGUMENT,
    }


def run_compare(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Compare the mailbox that validated ``params`` name. ``failed`` and ``msg`` when a side cannot be read.

    Nothing is ever written at either side; with ``check`` no file of the proof either.
    """
    try:
        request = _request(params)
        files = proof_files(params.get("proof"), request)
    except MigrationError as error:
        return _unable(params["mailbox"], error)
    sides = {"source": request.source, "destination": request.destination}
    log_dir = None if check else params.get("log_dir")
    depth = params["depth"]
    answer = logged("verify", log_dir, request.mailbox, sides, lambda: _compared(request, files, depth, check=check))
    return finished(answer, **sides)


def _compared(request: SyncRequest, files: ProofFiles, depth: str, *, check: bool) -> dict[str, Any]:
    try:
        with Supervisor() as supervisor:
            audit = audit_mailbox(request, depth=depth, stopped=supervisor.stopped)
            proof = proof_of(audit, request.mailbox, depth)
            kept = files.keep(audit, proof, check=check)
    except MigrationError as error:
        return _unable(request.mailbox, error)
    except OSError as error:
        unable = JournalError(f"the proof cannot be written: {error.strerror}", where=str(error.filename or ""))
        return _unable(request.mailbox, unable)
    answer = {**as_result(audit), "proof": {**proof.as_dict(), **kept}}
    answer["passed"] = answer["passed"] and not kept["fault"]
    return answer


def as_result(audit: Audit) -> dict[str, Any]:
    """The documented return values."""
    folders = _folders(audit)
    explained = [difference for difference in audit.differences if difference.explained]
    return {
        "changed": False,
        "passed": audit.passed,
        "counts": _totals(audit, len(folders), explained),
        "folders": folders,
        "excluded": [
            {"source": item.source, "reason": item.reason, "messages": audit.left_out.get(item.source, 0)}
            for item in audit.plan.excluded
        ],
        "differences": [_plain(difference) for difference in audit.differences if not difference.explained],
        "explanations": _explanations(explained),
        "journal": audit.has_journal,
        "warnings": list(audit.warnings),
    }


def _request(params: Mapping[str, Any]) -> SyncRequest:
    state_dir = params.get("state_dir")
    return SyncRequest(
        mailbox=params["mailbox"],
        source=endpoint(params["source"], "source"),
        destination=endpoint(params["destination"], "destination"),
        state_dir=os.path.expanduser(state_dir) if state_dir else "",
        rules=folder_rules(params),
        source_alias=params["source"].get("alias") or "",
        limits=limits(params.get("limits") or {}),
        slots_dir=slots_dir(params),
        accepted=frozenset(digest.lower() for digest in params["accepted"] or ()),
        check=True,
    )


def _unable(mailbox: str, error: MigrationError) -> dict[str, Any]:
    return {
        "changed": False,
        "failed": True,
        "msg": f"{mailbox}: not compared: {error.text()}",
        "passed": False,
        "counts": dict.fromkeys(("folders", "source", "destination", *COUNTS), 0),
        "folders": [],
        "excluded": [],
        "differences": [],
        "explanations": [],
        "proof": {},
        "journal": False,
        "warnings": [],
    }


def _totals(audit: Audit, folders: int, explained: list[Difference]) -> dict[str, int]:
    kinds = Counter(difference.kind for difference in audit.differences if not difference.explained)
    comparison = audit.comparison
    paired: Counter[bool] = Counter()
    for kind, number in comparison.paired().items():
        paired[kind.is_identical] += number
    return {
        "folders": folders,
        "source": len(audit.source.messages),
        "destination": len(audit.destination.messages),
        "identical": paired[True],
        "normalised_by_server": paired[False],
        **{kind: kinds[kind] for kind in KINDS},
        "explained": len(explained),
        "extra": len(comparison.extra),
        "excluded": len(comparison.excluded) + sum(audit.left_out.values()),
    }


def _folders(audit: Audit) -> list[dict[str, Any]]:
    """Each source folder with its counts; messages and extra ones at the destination are those of the whole folder."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    comparison = audit.comparison
    for kind, number in comparison.paired().items():
        counts[kind.source]["identical" if kind.is_identical else "normalised_by_server"] += number
    for message in comparison.excluded:
        counts[message.place.folder]["excluded"] += 1
    for difference in audit.differences:
        counts[difference.folder]["explained" if difference.explained else difference.kind] += 1
    here, there = (side.messages.by_folder() for side in (audit.source, audit.destination))
    extra = Counter(message.place.folder for message in comparison.extra)
    return [
        {
            "source": pair.source,
            "destination": pair.destination,
            "role": pair.role,
            "source_messages": here[pair.source],
            "destination_messages": there[pair.destination],
            **{name: counts[pair.source][name] for name in COUNTS},
            "extra": extra[pair.destination],
        }
        for pair in audit.plan.pairs
        if pair.selectable
    ]


def _plain(difference: Difference) -> dict[str, Any]:
    copy = difference.copy
    return {
        "kind": difference.kind,
        "folder": difference.folder,
        "uid": difference.uid,
        "destination_folder": copy.folder if copy else "",
        "destination_uid": copy.uid if copy else 0,
        "explained": difference.explained,
        "reason": difference.reason,
        "digest": difference.digest.hex(),
    }


def _explanations(explained: Iterable[Difference]) -> list[dict[str, Any]]:
    """Explained differences by kind and reason, the most frequent first; of each the first ones in full."""
    groups: dict[tuple[str, str], list[Difference]] = defaultdict(list)
    for difference in explained:
        groups[difference.kind, difference.reason].append(difference)
    share = SHOWN // max(len(groups), 1)
    return [
        {"kind": kind, "reason": reason, "count": len(members), "items": [_plain(item) for item in members[:share]]}
        for (kind, reason), members in sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))
    ]
