# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values that describe messages: as a server lists them, as the journal knows them, as copies at the destination.

What is made of every message is a named tuple: it costs a third of what a frozen dataclass does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .digest import Digest

INTENDED, CONFIRMED, REFUSED, HELD, FAILED = "intended", "confirmed", "refused", "held", "failed"
# What an undo is about to take back from the destination, and what it has taken back: that is new to the next pass.
WITHDRAWING, WITHDRAWN = "withdrawing", "withdrawn"
APPENDED, MATCHED = "appended", "matched"


class Listed(NamedTuple):
    """One message as a listing shows it. ``internaldate`` is as the server wrote it, empty when it gave none.

    ``msgid`` and ``labels`` are Gmail's (X-GM-EXT-1), 0 and empty elsewhere: a message has the same ``msgid`` in every
    folder, and ``labels`` names the other folders that it lies in, decoded.
    """

    uid: int
    flags: frozenset[str]
    internaldate: bytes
    size: int
    msgid: int = 0
    labels: frozenset[str] = frozenset()


class Place(NamedTuple):
    """Where a message lies on its side: folder, UIDVALIDITY and uid. A uid of 0 means that it is not known."""

    folder: str
    uidvalidity: int
    uid: int


class Entry(NamedTuple):
    """What is known of a message when it is written into the journal."""

    source: Place
    listed_size: int
    internaldate: bytes
    digest: Digest
    destination: str
    flags: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Row:
    """One message in the journal.

    ``listed_size`` is the source's RFC822.SIZE, ``digest`` that of the octets sent, ``uidnext`` the destination's
    before the send. ``flags`` is the base of the three-way comparison, None when none was agreed. ``time`` is
    seconds since the epoch.
    """

    id: int
    source: Place
    listed_size: int
    internaldate: bytes
    digest: Digest
    destination: Place
    uidnext: int
    flags: frozenset[str] | None
    provenance: str
    state: str
    reason: str
    time: float


@dataclass(frozen=True, slots=True)
class Copy:
    """A message at the destination that the journal does not account for; ``internaldate`` as the server wrote it."""

    place: Place
    size: int
    canonical: bytes
    internaldate: bytes = b""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was read: ``raw`` and ``canonical`` are SHA-256 digests (see :class:`~.digest.Digest`).

    Of one that was not read and that the journal does not know, ``raw`` is empty and ``canonical`` equals no other.
    """

    place: Place
    flags: frozenset[str]
    internaldate: bytes
    raw: bytes
    canonical: bytes
    size: int = 0
