# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the rows of different files say about each other: aliases that are taken already, mail that runs in circles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import AliasRow, ForwardRow

Edges = dict[str, set[str]]


def free_aliases(
    aliases: Iterable[AliasRow], mailboxes: Collection[str], lists: Collection[str], findings: Findings
) -> tuple[AliasRow, ...]:
    """Leave out aliases whose address is a mailbox or a list. :param mailboxes: and lists as address keys."""
    kept = []
    for row in aliases:
        key = address_key(row.alias)
        taken = "mailbox" if key in mailboxes else "list" if key in lists else ""
        if taken:
            message = f"{row.alias} is a {taken} of this ticket and cannot be an alias too"
            findings.error(row.line, "alias", message, "Take one of the two out")
        else:
            kept.append(row)
    return tuple(kept)


def without_loops(
    aliases: Iterable[AliasRow], forwards: Iterable[ForwardRow], of_aliases: Findings, of_forwards: Findings
) -> tuple[tuple[AliasRow, ...], tuple[ForwardRow, ...]]:
    """Leave out the rows through which mail would come back to where it was."""
    aliases, forwards = tuple(aliases), tuple(forwards)
    steps = [(row.alias, row.mailbox) for row in aliases] + [(row.email, row.forward_to) for row in forwards]
    loop = _on_loops(steps)
    kept_aliases = tuple(row for row in aliases if not _is_step(row.alias, row.mailbox, loop))
    kept_forwards = tuple(row for row in forwards if not _is_step(row.email, row.forward_to, loop))
    for alias in set(aliases) - set(kept_aliases):
        of_aliases.error(alias.line, "mailbox", _told(alias.alias), "Let one of the addresses lead somewhere else")
    for forward in set(forwards) - set(kept_forwards):
        of_forwards.error(forward.line, "forward_to", _told(forward.email), "Let one of them lead somewhere else")
    return kept_aliases, kept_forwards


def _told(address: str) -> str:
    return f"mail to {address} would come back to it through the ticket's aliases and forwards"


def _is_step(source: str, target: str, loop: Collection[str]) -> bool:
    return address_key(source) in loop and address_key(target) in loop


def _on_loops(steps: Iterable[tuple[str, str]]) -> set[str]:
    """What remains when all that leads nowhere, and all that nothing leads to, is taken away again and again."""
    forth: Edges = defaultdict(set)
    for source, target in steps:
        forth[address_key(source)].add(address_key(target))
    return set(_without_dead_ends(_turned(_without_dead_ends(forth))))


def _turned(edges: Mapping[str, set[str]]) -> Edges:
    turned: Edges = defaultdict(set)
    for source, targets in edges.items():
        for target in targets:
            turned[target].add(source)
    return turned


def _without_dead_ends(edges: Mapping[str, set[str]]) -> Edges:
    left = {source: set(targets) for source, targets in edges.items()}
    back = _turned(edges)
    dead = [address for address in back if address not in left]
    while dead:
        end = dead.pop()
        for source in back[end]:
            left[source].discard(end)
            if not left[source]:
                del left[source]
                dead.append(source)
    return left
