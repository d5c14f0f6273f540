# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report is made from: facts as they lie in ticket.sqlite, in journals and in the run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..core.mx_history import MxSeen


@dataclass(frozen=True)
class FolderCount:
    """What a journal knows of a source folder: copies at the destination, their octets, what is archived of them."""

    here: int = 0
    octets: int = 0
    destination: str = ""


@dataclass(frozen=True)
class JournalFacts:
    """What one mailbox's journal tells. ``minutes``: messages and octets that were sent, by minutes since 1970.

    ``last`` is when the last pass ended, None before that; ``complete`` whether any came to its end.
    """

    folders: Mapping[str, FolderCount]
    minutes: Mapping[int, tuple[int, int]]
    last: float | None = None
    complete: bool = False

    def as_list(self) -> list[Any]:
        """Plain types, to be remembered."""
        folders = [[name, *vars(found).values()] for name, found in self.folders.items()]
        minutes = [[minute, *amounts] for minute, amounts in self.minutes.items()]
        return [folders, minutes, self.last, self.complete]

    @classmethod
    def from_list(cls, values: Sequence[Any]) -> JournalFacts:
        """What :meth:`as_list` made."""
        folders, minutes, last, complete = values
        return cls(
            {name: FolderCount(*found) for name, *found in folders},
            {minute: (messages, octets) for minute, messages, octets in minutes},
            last,
            complete,
        )


@dataclass(frozen=True)
class Account:
    """A row of the ticket: the host's name in the inventory, the mailbox, and the server that it comes from."""

    host: str
    mailbox: str
    source: str


@dataclass(frozen=True)
class Step:
    """What the last run of a step told of one host, and when."""

    time: float
    value: Mapping[str, Any]


@dataclass(frozen=True)
class Material:
    """Everything. ``steps`` by step (``sync``, ``verify``, ``archive``) and host; ``journals`` by mailbox, those that
    are on this machine. ``unreadable``: journals that are here and cannot be read, with the reason.

    ``stands`` are the domains of migration_phase; of those it did not ask ``mx`` tells what was seen last.
    ``switches`` are the domains of local_delivery_info, ``runs`` what is remembered of runs, ``contacts`` what was told
    of contacts and calendars, by mailbox. ``records`` are the domains of dns_record_check.
    """

    ticket: str
    made: float
    timezone: str
    phase: str
    accounts: Sequence[Account]
    steps: Mapping[str, Mapping[str, Step]]
    journals: Mapping[str, JournalFacts] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    stands: Sequence[Mapping[str, Any]] = ()
    mx: Mapping[str, MxSeen] = field(default_factory=dict)
    switches: Sequence[Mapping[str, Any]] = ()
    switches_seen: float | None = None
    records: Sequence[Mapping[str, Any]] = ()
    runs: Sequence[Mapping[str, Any]] = ()
    findings: Sequence[str] = ()
    notes: Sequence[str] = ()
    window_opens: str = ""
    contacts: Mapping[str, Step] = field(default_factory=dict)

    @cached_property
    def merged(self) -> frozenset[str]:
        """Mailboxes that several accounts lead into."""
        found = Counter(account.mailbox for account in self.accounts)
        return frozenset(mailbox for mailbox, number in found.items() if number > 1)
