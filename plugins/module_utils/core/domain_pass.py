# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pass of a domain's mailboxes, as a ticket remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class DomainPass:
    """A pass of all of a domain's mailboxes, or of a part of them.

    Times in seconds since 1970. ``worked`` of ``mailboxes`` were taken through it, ``complete`` of them to its end.
    ``copied`` counts new messages; ``verified`` the mailboxes whose comparison with the source passed.
    """

    domain: str
    phase: str
    started: float
    ended: float
    mailboxes: int
    worked: int
    complete: int
    copied: int
    verified: int = 0

    @property
    def is_complete(self) -> bool:
        """Whether no mailbox of the domain was left behind."""
        return self.complete == self.mailboxes


def domain_passes(
    mailboxes: Iterable[Mapping[str, Any]],
    stands: Iterable[Mapping[str, Any]],
    destinations: Sequence[str],
) -> list[dict[str, Any]]:
    """What a run was for each domain, as module migration_record wants it but for the time.

    :param mailboxes: those of the run's summary. What was only planned is no pass.
    :param stands: the domains of migration_phase, or domain and phase alone.
    :param destinations: all mailboxes of the ticket. A domain none of which was in the run is left out.
    """
    found = [_domain_pass(stand, list(mailboxes), destinations) for stand in stands]
    return [row for row in found if row["worked"] or not row["mailboxes"]]


def _domain_pass(
    stand: Mapping[str, Any], mailboxes: Sequence[Mapping[str, Any]], destinations: Sequence[str]
) -> dict[str, Any]:
    domain = stand["domain"]
    # Several source accounts may lead into one mailbox.
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for each in mailboxes:
        if _domain(each["mailbox"]) == domain and "sync" in each and not each["sync"].get("planned"):
            parts.setdefault(each["mailbox"].lower(), []).append(each)
    synced = [[each["sync"] for each in found] for found in parts.values()]
    return {
        "domain": domain,
        "phase": stand["phase"],
        "old_end": stand.get("old_end"),
        "mailboxes": len({address.lower() for address in destinations if _domain(address) == domain}),
        "worked": len(parts),
        "complete": sum(all(step["complete"] and step["good"] for step in steps) for steps in synced),
        "copied": sum(step["counts"].get("copied", 0) for steps in synced for step in steps),
        "verified": sum(all(each.get("verify", {}).get("good") for each in found) for found in parts.values()),
    }


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()
