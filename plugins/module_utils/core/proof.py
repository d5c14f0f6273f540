# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an audit proves of one mailbox, in numbers: what is here, what is not and why, what lies elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from .folder_names import path_of
from .folders import Side

# Why a folder was left out, by words of the reason that the folder plan gives.
_LEFT_OUT = {
    "trash": "include_trash",
    "junk": "include_junk",
    "view": "a view of messages",
    "labels": "gmail_labels: all_mail",
    "shared": "it is shared",
    "no_mail": "Exchange keeps no mail",
}
RULES = "rules"
LEFT_OUT = (*_LEFT_OUT, RULES)
_YEAR = re.compile(r"[0-9]{4}")


@dataclass(frozen=True)
class FolderProof:
    """A folder of the source with its messages, those marked as deleted left out, and how many of them are here."""

    source: str
    destination: str
    messages: int
    here: int


@dataclass(frozen=True)
class LeftOut:
    """A folder that is not migrated. ``cause`` is one of :data:`LEFT_OUT`."""

    folder: str
    messages: int
    cause: str


@dataclass(frozen=True)
class Archived:
    """Messages of a folder of the destination that lie in another one now, where they were archived."""

    folder: str
    to: str
    messages: int


@dataclass(frozen=True)
class Proof:
    """The whole. ``messages`` should be here, ``here`` are; ``causes`` counts the others (``compare.CAUSES``).

    ``moved`` are here, in folders that their user moved them to. ``marked_deleted`` were no part of it.
    """

    mailbox: str
    depth: str
    passed: bool
    messages: int
    here: int
    causes: Mapping[str, int] = field(default_factory=dict)
    folders: tuple[FolderProof, ...] = ()
    excluded: tuple[LeftOut, ...] = ()
    archived: tuple[Archived, ...] = ()
    moved: int = 0
    marked_deleted: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain types for the plugin boundary."""
        parts = {name: [asdict(item) for item in getattr(self, name)] for name in ("folders", "excluded", "archived")}
        return {**vars(self), "causes": dict(self.causes), **parts}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Proof:
        """What :meth:`as_dict` made."""
        parts = {
            "folders": tuple(FolderProof(**item) for item in values["folders"]),
            "excluded": tuple(LeftOut(**item) for item in values["excluded"]),
            "archived": tuple(Archived(**item) for item in values["archived"]),
        }
        return cls(**{**values, **parts})


def left_out_cause(reason: str) -> str:
    """Which of :data:`LEFT_OUT` a reason of the folder plan is. What is in quotes is somebody's name for something."""
    words = re.sub(r'"[^"]*"', "", reason)
    return next((cause for cause, sign in _LEFT_OUT.items() if sign in words), RULES)


def is_archive(folder: str, side: Side) -> bool:
    """Whether a folder's name is one that an archiver makes: ``Archive``, a folder's path, a year."""
    path = path_of(folder, side)
    return len(path) > 2 and path[0].casefold() == "archive" and _YEAR.fullmatch(path[-1]) is not None
