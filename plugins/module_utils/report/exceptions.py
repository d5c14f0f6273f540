# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What did not come over, grouped by kind and reason: a thousand mailboxes have one reason, not a thousand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from .material import Account, Material
from .values import KINDS, Group, Where

SHOWN_PLACES = 50
_NUMBER = re.compile(r"[0-9]+(?:[.,:][0-9]+)*")
_LOOK = "See the mailbox's manifest and page in the folder proof; run verify.yml again when it is mended"


@dataclass(frozen=True)
class _Met:
    kind: str
    reason: str
    remedy: str
    where: Where
    count: int = 1


def groups(material: Material) -> tuple[Group, ...]:
    """All of them: those that want somebody first, the largest first."""
    found: dict[tuple[str, str, str], list[tuple[str, _Met]]] = defaultdict(list)
    for account in material.accounts:
        for met in _of_account(account, material):
            words = _without_names(met.reason, account)
            found[met.kind, _NUMBER.sub("…", words), met.remedy].append((words, met))
    made = [_group(likeness, members) for (_kind, likeness, _remedy), members in found.items()]
    return tuple(sorted(made, key=lambda group: (KINDS.index(group.kind), -group.count, group.reason)))


def _without_names(reason: str, account: Account) -> str:
    words = re.sub(re.escape(account.mailbox), "…", reason, flags=re.IGNORECASE)
    return words.replace(account.mailbox.partition("@")[0] + "@", "…@")


def _group(likeness: str, members: list[tuple[str, _Met]]) -> Group:
    """Where the members' words differ the group has what they have in common, and each member its own."""
    first_words, first = members[0]
    differ = any(met.reason != first.reason for _words, met in members)
    common = first_words if all(words == first_words for words, _met in members) else likeness
    return Group(
        kind=first.kind,
        reason=common if differ else first.reason,
        remedy=first.remedy,
        count=sum(met.count for _words, met in members),
        mailboxes=len({met.where.mailbox for _words, met in members}),
        places=tuple(
            replace(met.where, detail=met.reason if differ else "", count=met.count)
            for _words, met in members[:SHOWN_PLACES]
        ),
    )


def _of_account(account: Account, material: Material) -> Iterator[_Met]:
    told = {name: found[account.host].value for name, found in material.steps.items() if account.host in found}
    if "sync" in told:
        yield from _failures(account, told["sync"], "failed")
        yield from _counted(account, told["sync"])
    if "archive" in told:
        yield from _failures(account, told["archive"], "archive")
    if "verify" in told:
        yield from _differences(account, told["verify"])


def _failures(account: Account, told: Mapping[str, Any], kind: str) -> Iterator[_Met]:
    for each in told["failures"]:
        where = Where(account.mailbox, each.get("folder") or "", each.get("uid") or 0)
        yield _Met(each.get("kind") or kind, each["reason"], each.get("remedy") or "", where)
    further = told["failure_count"] - len(told["failures"])
    if further > 0:
        where = Where(account.mailbox, "", 0)
        yield _Met(kind, "further ones of the same mailbox", "See the result of the run", where, further)


def _counted(account: Account, told: Mapping[str, Any]) -> Iterator[_Met]:
    """What is only counted: what the end of a window left, what is accepted, what is left out by rule."""
    for folder in told["folders"]:
        where = Where(account.mailbox, folder["source"], 0)
        if folder.get("left"):
            yield _Met("left", "the pass ended before these", "Run again; it goes on there", where, folder["left"])
        if folder.get("excluded"):
            reason = "marked as deleted, or left out by a rule"
            yield _Met("excluded", reason, "", where, folder["excluded"])
    for folder in told["excluded"]:
        where = Where(account.mailbox, folder["source"], 0)
        if folder["messages"]:
            yield _Met("excluded", folder["reason"], "", where, folder["messages"])
    accepted = told["counts"].get("accepted", 0)
    if accepted:
        reason = "refused by the destination, and their loss is accepted in ticket.yml"
        yield _Met("accepted", reason, "", Where(account.mailbox, "", 0), accepted)


def _differences(account: Account, told: Mapping[str, Any]) -> Iterator[_Met]:
    if told["fault"]:
        yield _Met("failed", told["fault"], _LOOK, Where(account.mailbox, "", 0))
    for each in told["differences"]:
        where = Where(account.mailbox, each["folder"] or "", each["uid"] or 0)
        yield _Met("failed", f"verify: {each['kind']}: {each['reason']}", _LOOK, where)
    further = told["difference_count"] - len(told["differences"])
    if further > 0:
        yield _Met("failed", "verify: further differences", _LOOK, Where(account.mailbox, "", 0), further)


def total(found: Iterable[Group], kind: str) -> int:
    """How many messages (or mailboxes, where no message is named) there are of a kind."""
    return sum(group.count for group in found if group.kind == kind)
