# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An audit as a proof: its numbers, and the lines of its manifest, one for each message of the source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..core.difference import ALTERED, MISSING, UNREADABLE, Difference
from ..core.internaldate import parse_internaldate
from ..core.matching import Pair
from ..core.messages import Message, Place
from ..core.proof import Archived, FolderProof, LeftOut, Proof, is_archive, left_out_cause
from .audit import Audit

VERSION = 1


def proof_of(audit: Audit, mailbox: str, depth: str) -> Proof:
    """The numbers."""
    causes = Counter(item.cause for item in audit.differences if item.cause)
    marked = audit.comparison.excluded
    expected = audit.source.messages.by_folder()
    expected.subtract(message.place.folder for message in marked)
    expected.update(fault.folder for fault in audit.source.faults if fault.uid)
    here: Counter[str] = Counter()
    for paired, number in audit.comparison.paired().items():
        here[paired.source] += number
    archived, moved = _elsewhere(audit)
    return Proof(
        mailbox=mailbox,
        depth=depth,
        passed=audit.passed,
        messages=expected.total(),
        here=here.total(),
        causes=dict(sorted(causes.items())),
        folders=tuple(
            FolderProof(pair.source, pair.destination, expected[pair.source], here[pair.source])
            for pair in audit.plan.pairs
            if pair.selectable
        ),
        excluded=tuple(
            LeftOut(item.source, audit.left_out.get(item.source, 0), left_out_cause(item.reason))
            for item in audit.plan.excluded
        ),
        archived=tuple(Archived(*names, number) for names, number in sorted(archived.items())),
        moved=moved,
        marked_deleted=len(marked),
    )


def manifest_lines(audit: Audit, proof: Proof, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the manifest says, in its order. ``head`` are the facts of the whole: ticket, mailbox, servers."""
    yield {"kind": "manifest", "version": VERSION, "depth": proof.depth, **head}
    pairs, marked = _pairs(audit), {message.place for message in audit.comparison.excluded}
    lost = {(item.folder, item.uid): item for item in audit.differences if item.kind in (MISSING, ALTERED)}
    settled = audit.comparison.settled
    for number, message in audit.source.messages.by_place():
        place = message.place
        pair = pairs.get(place)
        copy = pair.copy.place if pair else settled.copy_of(number)
        if place not in marked:
            yield _line(message, copy, lost.get((place.folder, place.uid)))
    for item in audit.differences:
        if item.kind == UNREADABLE:
            yield {"kind": UNREADABLE, "folder": item.folder, "uid": item.uid, "destination": _place(item.copy)}
    for folder in proof.folders:
        yield {"kind": "folder", **vars(folder)}
    reasons = {item.source: item.reason for item in audit.plan.excluded}
    for left_out in proof.excluded:
        yield {"kind": "excluded", **vars(left_out), "reason": reasons[left_out.folder]}
    for archived in proof.archived:
        yield {"kind": "archived", **vars(archived)}
    yield {"kind": "total", **{name: getattr(proof, name) for name in _TOTALS}, "causes": dict(proof.causes)}


_TOTALS = ("messages", "here", "moved", "marked_deleted", "passed")


def _line(message: Message, copy: Place | None, lost: Difference | None) -> dict[str, Any]:
    moment = parse_internaldate(message.internaldate)
    found = {"cause": lost.cause} if copy is None and lost is not None else {}
    return {
        "kind": "message",
        "folder": message.place.folder,
        "uidvalidity": message.place.uidvalidity,
        "uid": message.place.uid,
        "sha256": message.raw.hex(),
        "size": message.size,
        "date": moment.isoformat() if moment else "",
        "here": copy is not None,
        "destination": _place(copy),
        **found,
    }


def _place(place: Place | None) -> dict[str, Any] | None:
    return {"folder": place.folder, "uidvalidity": place.uidvalidity, "uid": place.uid} if place else None


def _pairs(audit: Audit) -> dict[Place, Pair]:
    """The copy of each message that is here and not settled, by the place of the message."""
    both = (*audit.comparison.identical, *audit.comparison.normalised)
    return {pair.expected.source.place: pair for pair in both if pair.expected.source is not None}


def _elsewhere(audit: Audit) -> tuple[Counter[tuple[str, str]], int]:
    """How many messages of which folder are archived where, and how many their user moved."""
    archived: Counter[tuple[str, str]] = Counter()
    moved = 0
    for pair in _pairs(audit).values():
        home, place, row = pair.expected.folder, pair.copy.place, pair.expected.row
        if place.folder == home:
            continue
        if is_archive(place.folder, audit.there) or (row is not None and row.destination == place):
            archived[home, place.folder] += 1
        else:
            moved += 1
    return archived, moved
