# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``imap_sync`` share: run the engine, make the result that Ansible shows."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import Any

from ..core.errors import MigrationError
from ..sync.engine import sync_mailbox
from ..sync.live import live_file
from ..sync.log import Log, LogFile, Silence
from ..sync.request import SyncRequest, SyncResult
from ..sync.supervise import Supervisor
from ..sync.tally import Failure, Tally
from .imap_arguments import sync_request
from .result_texts import finished


def run_sync(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Sync the mailbox that validated ``params`` name. ``failed`` and ``msg`` are set when something is left."""
    try:
        request = sync_request(params, check=check)
    except MigrationError as error:
        unable = SyncResult()
        unable.tally.fail(Failure("", 0, "failed", f"{error.where}: {error.what}", error.remedy))
        return as_result(params["mailbox"], unable)
    with Supervisor() as supervisor, _watched(request, params.get("progress_file") or "") as tally:
        result = sync_mailbox(request, stopped=supervisor.stopped, tally=tally)
    answer = as_result(request.mailbox, result)
    answer["diff"] = _diff(request.mailbox, answer["folders"], result)
    return finished(answer, source=request.source, destination=request.destination)


@contextmanager
def _watched(request: SyncRequest, progress_file: str) -> Iterator[Tally]:
    """What the pass counts in, with a log unless it only plans, and the file that says how far it is when wanted."""

    def secrets() -> tuple[str, ...]:
        return (*request.source.secrets(), *request.destination.secrets())

    with ExitStack() as stack:
        log: Log = Silence()
        if not request.check:
            log = stack.enter_context(LogFile(request.state_dir, request.mailbox, secrets, time.time))
        tally = Tally(log)
        if progress_file:
            stack.enter_context(live_file(os.path.expanduser(progress_file), request.mailbox, tally, secrets))
        yield tally


def as_result(mailbox: str, result: SyncResult) -> dict[str, Any]:
    """The documented return values."""
    totals = result.tally.totals()
    folders = _folders(result)
    answer: dict[str, Any] = {
        "changed": result.changed,
        "counts": {"folders": len(folders), **totals, "accepted": result.accepted, "recovered": result.recovered},
        "folders": folders,
        "folders_created": sorted(result.folders_created),
        "folders_subscribed": sorted(result.folders_subscribed),
        "excluded": _excluded(result),
        "failures": [asdict(failure) for failure in result.tally.failures()],
        "warnings": result.tally.warnings(),
        "complete": result.complete,
        "destination_found": result.destination_found,
        "largest_folder": result.largest_folder,
        "interruptions": result.interruptions.as_result(),
        "limits": result.limits,
    }
    if result.space is not None:
        answer["space"] = asdict(result.space)
    if result.failed:
        answer["failed"] = True
        answer["msg"] = _message(mailbox, result.tally.failures(), totals)
    return answer


def _folders(result: SyncResult) -> list[dict[str, Any]]:
    if result.plan is None:
        return []
    notes: dict[str, list[str]] = defaultdict(list)
    for remark in result.plan.remarks:
        for source in remark.sources:
            notes[source].append(remark.text)
    return [
        {
            "source": pair.source,
            "destination": pair.destination,
            "role": pair.role,
            "notes": notes[pair.source],
            **result.tally.of(pair.source),
        }
        for pair in result.plan.pairs
        if pair.selectable
    ]


def _excluded(result: SyncResult) -> list[dict[str, Any]]:
    excluded = result.plan.excluded if result.plan else ()
    return [
        {"source": item.source, "reason": item.reason, "messages": result.tally.of(item.source)["excluded"]}
        for item in excluded
    ]


def _message(mailbox: str, failures: list[Failure], totals: Mapping[str, int]) -> str:
    """One sentence on the state and one on the first failure, with its remedy."""
    done = totals["copied"] + totals["already_there"] + totals["matched"]
    if not failures:
        return f"{mailbox}: not complete; {done} messages are at the destination"
    # What ended the pass says more than what it met on the way.
    first = next((failure for failure in failures if not failure.folder), failures[0])
    place = f"{first.folder} (uid {first.uid}): " if first.uid else f"{first.folder}: " if first.folder else ""
    more = f" (and {len(failures) - 1} more, see failures)" if len(failures) > 1 else ""
    remedy = f". {first.remedy}" if first.remedy else ""
    left = f", {totals['left']} are left" if totals["left"] else ""
    return f"{mailbox}: {place}{first.reason}{remedy}{more}. {done} messages are at the destination{left}"


def _diff(mailbox: str, folders: list[dict[str, Any]], result: SyncResult) -> dict[str, str]:
    """Folders with their number of migrated messages, before and after."""
    created = set(result.folders_created)
    left = result.tally.moved_away()
    before, after = [], []
    for folder in folders:
        there = folder["already_there"] + folder["matched"]
        name, new = folder["destination"], folder["copied"]
        if name not in created:
            before.append(f"{name}: {there - folder['moved'] + left.pop(name, 0)} messages")
        after.append(f"{name}: {there + new} messages" + _followed(folder))
    for name, messages in left.items():
        before.append(f"{name}: {messages} messages")
        after.append(f"{name}: 0 messages")
    header = f"{mailbox}, migrated messages"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{line}\n" for line in sorted(before)),
        "after": "".join(f"{line}\n" for line in sorted(after)),
    }


def _followed(folder: Mapping[str, int]) -> str:
    words = []
    if folder["flags_updated"]:
        words.append(f"flags of {folder['flags_updated']} updated")
    if folder["moved"]:
        words.append(f"{folder['moved']} moved here")
    return f" ({', '.join(words)})" if words else ""
