# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The 10,000 rule: which folders are archived, and the name of the folder that a year of one goes to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .errors import ConfigurationError
from .folder_names import (
    INBOX,
    Path,
    display_name,
    first_match,
    foreign_namespace,
    is_inbox,
    nfc,
    path_of,
    split_name,
)
from .folder_roles import VIEWS, folder_roles
from .folders import NOT_SELECTABLE, Side

TEMPLATE = "Archive/{folder}/{year}"
THRESHOLD = 10_000
KEPT_YEARS = 2
# Above this number of folders Outlook becomes slow.
MOST_FOLDERS = 500

_FOLDER, _YEAR = "{folder}", "{year}"
# What stands between levels in the one name that a server without hierarchy has.
_FLAT = "."
_NEVER = {"trash": "it is the Trash", "junk": "it is the Junk folder", "drafts": "it holds drafts"}


@dataclass(frozen=True)
class ArchiveRules:
    """Folders with more than ``threshold`` messages keep those of the last ``kept_years`` calendar years.

    ``template`` is the name of the folder for a year: levels separated by ``/``, one of them ``{folder}``, which
    stands for all levels of the folder's own name, and ``{year}`` in a level behind or before it. ``exempt`` are
    patterns of folders that are left alone, as in :class:`.folders.FolderRules`.
    """

    threshold: int = THRESHOLD
    kept_years: int = KEPT_YEARS
    template: str = TEMPLATE
    exempt: tuple[str, ...] = ()

    def first_kept(self, this_year: int) -> int:
        """The first year that stays; years beyond now stay too."""
        return this_year - self.kept_years + 1


@dataclass(frozen=True)
class Large:
    """A folder with more messages than the threshold. ``exempt`` says why it is left alone; empty: it is archived."""

    name: str
    messages: int
    exempt: str = ""


def checked(rules: ArchiveRules) -> ArchiveRules:
    """``rules`` when they can be followed; else raises :class:`ConfigurationError`."""
    for name, least in (("threshold", 1), ("kept_years", 1)):
        if getattr(rules, name) < least:
            raise ConfigurationError(f"it is below {least}", where=name, remedy=f"Give {least} or more")
    levels = rules.template.split("/")
    literal = [level for level in levels if level and level not in (_FOLDER, _YEAR)]
    if levels.count(_FOLDER) != 1 or rules.template.count(_YEAR) != 1 or not literal or "" in levels:
        raise ConfigurationError(
            f"{rules.template!r} is no name for archive folders",
            where="template",
            remedy=f"Write levels with / between: one {_FOLDER}, one with {_YEAR}, one of your own, as {TEMPLATE}",
        )
    return rules


def large_folders(side: Side, messages: Mapping[str, int], rules: ArchiveRules) -> tuple[Large, ...]:
    """The folders over the threshold, in the order of their names; ``messages`` by full name."""
    return tuple(
        Large(name, messages[name], reason)
        for name, reason in sorted(_with_reasons(side, rules))
        if messages.get(name, 0) > rules.threshold
    )


def archive_name(folder: str, year: int, side: Side, rules: ArchiveRules) -> str:
    """The full name of the folder that messages of ``year`` in ``folder`` go to.

    The levels of the folder keep the server's own spelling. A server without hierarchy gets one name with dots.
    """
    _head, levels = split_name(folder, side)
    if is_inbox(folder):
        levels = INBOX
    named: list[str] = []
    for level in rules.template.split("/"):
        named += levels if level == _FOLDER else [level.replace(_YEAR, str(year))]
    return side.prefix + (side.delimiter or _FLAT).join(named)


def is_archive(path: Path, rules: ArchiveRules) -> bool:
    """Whether a folder is one that this rule makes: ``Archive/<path>/<year>``."""
    levels = rules.template.split("/")
    at = levels.index(_FOLDER)
    if len(path) < len(levels):
        return False
    ends = (*path[:at], *path[len(path) - (len(levels) - at - 1) :])
    wanted = (*levels[:at], *levels[at + 1 :])
    return all(_fits(level, pattern) for level, pattern in zip(ends, wanted, strict=True))


def _with_reasons(side: Side, rules: ArchiveRules) -> Iterator[tuple[str, str]]:
    """Every folder that can be opened, and why it is left alone; empty when it is not."""
    roles = folder_roles(side)
    for folder in side.folders:
        if folder.attributes & NOT_SELECTABLE:
            continue
        if foreign_namespace(folder.name, side) is not None:
            yield folder.name, "it is shared or another user's"
            continue
        path = path_of(folder.name, side)
        yield folder.name, _reason(path, roles, side, rules)


def _reason(path: Path, roles: Mapping[Path, str], side: Side, rules: ArchiveRules) -> str:
    levels = path if side.delimiter else tuple(path[0].split(_FLAT))
    if is_archive(levels, rules):
        return "it is an archive of one year"
    for end in range(1, len(path) + 1):
        role = roles.get(path[:end], "")
        if role in _NEVER:
            return _NEVER[role] if end == len(path) else f"it lies below the folder for {role}"
    if roles.get(path) in VIEWS:
        return "it shows messages of other folders"
    if first_match(path, rules.exempt, side) is not None:
        return f"{display_name(path)} is exempt"
    return ""


def _fits(level: str, pattern: str) -> bool:
    """Whether a level is what a level of the template becomes."""
    wanted = re.escape(nfc(pattern)).replace(re.escape(_YEAR), r"\d{4}")
    return re.fullmatch(wanted, level) is not None
