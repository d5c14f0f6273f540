# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered of a ticket as a whole."""

from __future__ import annotations

from dataclasses import dataclass


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


@dataclass(frozen=True)
class Override:
    """A guard that somebody overrode: what was done in spite of it, and why."""

    domain: str
    action: str
    reason: str
    time: float
