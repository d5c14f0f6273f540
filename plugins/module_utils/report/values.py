# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket's report as one value, from which every form of it is made. Times are seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# How a mailbox stands, the best first.
PROVED, COPIED, PARTIAL, WAITING, FAILED = "proved", "copied", "partial", "waiting", "failed"
STATES = (PROVED, COPIED, PARTIAL, WAITING, FAILED)
# What did not come over, by why: the first four want somebody.
KINDS = ("failed", "refused", "held", "left", "accepted", "excluded", "archive")


@dataclass(frozen=True)
class FolderLine:
    """A folder of the source. ``octets`` is None where nobody knows; ``reason`` says why it is left out."""

    source: str
    destination: str
    role: str
    messages: int
    here: int
    octets: int | None
    failed: int = 0
    refused: int = 0
    held: int = 0
    left: int = 0
    excluded: int = 0
    archived: int = 0
    reason: str = ""


@dataclass(frozen=True)
class MailboxLine:
    """A mailbox. ``verified`` is ``pass``, ``fail`` or empty; ``last`` is when it was worked on, None for never."""

    mailbox: str
    source: str
    state: str
    text: str
    messages: int = 0
    here: int = 0
    octets: int | None = None
    failed: int = 0
    refused: int = 0
    held: int = 0
    left: int = 0
    accepted: int = 0
    excluded: int = 0
    archived: int = 0
    verified: str = ""
    depth: str = ""
    last: float | None = None
    folders: tuple[FolderLine, ...] = ()


@dataclass(frozen=True)
class Where:
    """Where an exception was met, and how often. ``uid`` 0 is the whole folder, an empty ``folder`` the mailbox."""

    mailbox: str
    folder: str
    uid: int
    detail: str = ""
    count: int = 1


@dataclass(frozen=True)
class Group:
    """Exceptions of one kind with one reason. ``places`` are the first ones of ``count`` (messages)."""

    kind: str
    reason: str
    remedy: str
    count: int
    mailboxes: int
    places: tuple[Where, ...]


@dataclass(frozen=True)
class DomainLine:
    """Where a domain stands. ``local_delivery`` is in words; ``next`` what it waits for.

    ``records_state`` is the worst state of its DNS records, empty where nobody asked; ``records`` those that are not
    as they shall be, in words.
    """

    domain: str
    phase: str
    why: str
    next: str
    mx: str
    mx_text: str
    mx_hosts: tuple[str, ...]
    mx_ttl: int
    resolver_text: str
    local_delivery: str
    mailboxes: int
    behind: int
    passes: str
    closed: float | None
    overrides: tuple[str, ...]
    records_state: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """What was copied in ``seconds`` from ``start`` on."""

    start: float
    seconds: float
    messages: int
    octets: int


@dataclass(frozen=True)
class RunLine:
    """A run over the ticket's mailboxes."""

    started: float
    ended: float
    phase: str
    mailboxes: int
    bad: int
    copied: int
    octets: int


@dataclass(frozen=True)
class Archived:
    """Older messages of a folder that lie in another one now; or, with an empty ``to``, what is still too large."""

    mailbox: str
    folder: str
    to: str
    messages: int
    reason: str = ""


@dataclass(frozen=True)
class NotImported:
    """An entry of the customer's files that is not here: ``refused`` where it never will be, else ``failed``.

    ``place`` names file and entry; it is empty where the whole import failed.
    """

    kind: str
    place: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class ContactsLine:
    """Contacts and calendars of a mailbox: ``contacts`` and ``events`` are entries of its files, ``here`` those at the
    destination; ``changed`` of these and ``deleted`` are the user's doing.

    ``failed`` may come with another run, ``refused`` never will; ``problems`` are the first of both.
    """

    mailbox: str
    contacts: int
    events: int
    here: int
    changed: int
    deleted: int
    failed: int
    refused: int
    last: float
    problems: tuple[NotImported, ...] = ()


@dataclass(frozen=True)
class Step:
    """What the operator does next. ``when`` is in words; ``command`` is for a shell, or empty."""

    when: str
    what: str
    command: str = ""


@dataclass(frozen=True)
class TicketReport:
    """The whole. ``verdict`` is one of ``good``, ``going``, ``bad``; ``headline`` says it in words.

    ``spans_from`` says where ``spans`` are from: ``journals``, ``runs``, or empty. ``missing`` are sentences on data
    that nobody has here.
    """

    ticket: str
    made: float
    timezone: str
    phase: str
    verdict: str
    headline: str
    totals: Mapping[str, int]
    states: Mapping[str, int]
    domains: tuple[DomainLine, ...]
    mailboxes: tuple[MailboxLine, ...]
    groups: tuple[Group, ...]
    spans: tuple[Span, ...]
    spans_from: str
    runs: tuple[RunLine, ...]
    archive: tuple[Archived, ...]
    notes: tuple[str, ...]
    findings: tuple[str, ...]
    steps: tuple[Step, ...]
    missing: tuple[str, ...]
    contacts: tuple[ContactsLine, ...] = ()
