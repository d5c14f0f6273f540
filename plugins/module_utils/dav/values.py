# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is read from the customer's files: entries, what becomes of them, and those that cannot go in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from .meaning import meaning


class Kind(StrEnum):
    """What a resource is, by the name of its component."""

    CONTACT = "VCARD"
    EVENT = "VEVENT"
    TASK = "VTODO"
    JOURNAL = "VJOURNAL"


@dataclass(frozen=True)
class Origin:
    """An entry's place: the file, and its number among the file's entries, from 1 on. ``name`` is for people."""

    file: str
    number: int
    name: str = ""


@dataclass(frozen=True)
class Refusal:
    """An entry that does not go in. ``number`` 0 stands for the whole file."""

    origin: Origin
    reason: str
    remedy: str


@dataclass(frozen=True)
class Note:
    """Something of an entry that is not carried as it was."""

    origin: Origin
    text: str


@dataclass(frozen=True)
class Item:
    """One resource: a contact, or an event with its exceptions. ``digest`` is its meaning (see :mod:`.meaning`).

    ``version`` orders states of the same entry: sequence, then time of the last change. ``origins`` are all entries of
    the files that are in it, equal ones included. ``likeness`` is by what one without a UID is known again when it
    changed: file and name (of an event also its start), as a digest; empty for one that has a UID.
    """

    uid: str
    kind: Kind
    text: str
    digest: str
    origins: tuple[Origin, ...]
    version: tuple[int, str] = (0, "")
    likeness: str = ""

    @property
    def name(self) -> str:
        return self.origins[0].name

    def under(self, uid: str) -> Item:
        """One whose UID was made, under another one. Such a UID is in the text once, on a line of its own."""
        text = self.text.replace(f"\r\nUID:{self.uid}\r\n", f"\r\nUID:{uid}\r\n")
        return replace(self, uid=uid, text=text, digest=meaning(text))


@dataclass(frozen=True)
class Gathered:
    """All files together. ``entries`` counts them by file; ``superseded``: older states of ``items``."""

    items: tuple[Item, ...]
    refusals: tuple[Refusal, ...]
    notes: tuple[Note, ...]
    superseded: tuple[Origin, ...] = ()
    entries: dict[str, int] = field(default_factory=dict)
