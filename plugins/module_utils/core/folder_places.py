# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a source folder belongs at the destination: what exists there, and the rules that lead to a place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_fallback import (
    mark_in,
    mark_of,
    other_places,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import (
    INBOX,
    INBOX_BELOW_PREFIX,
    Path,
    display_name,
    first_match,
    foreign_namespace,
    is_inbox,
    legal_level,
    nfc,
    parse_display_name,
    path_of,
    server_name,
    split_name,
    substitute_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_roles import (
    NAMES,
    folder_roles,
    name_rank,
    roles_by_attribute,
    source_roles,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    NOT_SELECTABLE,
    Folder,
    FolderRules,
    Side,
)

_MAIL_OF_ROLE = {
    "sent": "sent mail",
    "drafts": "drafts",
    "trash": "deleted mail",
    "junk": "junk mail",
    "archive": "archived mail",
}


@dataclass(frozen=True)
class Known:
    """What a side has: server names of all levels by path, folders that hold messages, and roles."""

    side: Side
    names: Mapping[Path, str]
    folders: Mapping[Path, Folder]
    roles: Mapping[Path, str]
    by_attribute: Mapping[Path, str]

    @property
    def inbox_holds_folders(self) -> bool:
        """Whether a folder can be created below INBOX itself."""
        inbox = self.folders.get(INBOX)
        return not self.side.prefix and not (inbox is not None and "\\noinferiors" in inbox.attributes)

    def full_name(self, path: Path) -> str:
        """The server's name of a path, in the spelling (NFC or NFD) of the levels that exist."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.names:
                return self.side.delimiter.join((self.names[path[:end]], *path[end:]))
        return server_name(path, self.side)

    def place_of_role(self, role: str, own: Path, claimed: Collection[Path]) -> Path:
        """The folder of this role, or ``own``: that of an attribute first, else of a name unless ``own`` exists.

        So a folder that an earlier pass created under its own name stays the place; and so does one that was there,
        when an ordinary folder in ``claimed`` brings a better name for the role with it.
        """
        by_attribute = [path for path, known in self.by_attribute.items() if known == role]
        by_name = [path for path, known in self.roles.items() if known == role and path not in claimed]
        candidates = by_attribute or by_name
        if not candidates or own in candidates or (own in self.names and not by_attribute):
            return own
        return min(candidates, key=lambda path: (len(path), name_rank(path), path))

    def is_thrown_away(self, path: Path) -> bool:
        """Whether a folder lies below Trash or Junk."""
        return any(self.roles.get(path[:end]) in ("trash", "junk") for end in range(1, len(path)))


def _container(source: Side) -> Path | None:
    """The level that holds All Mail and the like where folders are labels (``[Gmail]``); no folder of a person's."""
    roles = source_roles(source) if source.has_labels else {}
    return next((path[:-1] for path, role in roles.items() if role == "all" and len(path) > 1), None)


def know(side: Side) -> Known:
    """Index one side. Where it holds both spellings (NFC and NFD) of one name, the composed one counts."""
    names: dict[Path, str] = {INBOX: "INBOX"}
    folders: dict[Path, Folder] = {}
    own = [folder for folder in side.folders if foreign_namespace(folder.name, side) is None]
    for folder in sorted(own, key=lambda folder: (folder.name != nfc(folder.name), folder.name)):
        path = path_of(folder.name, side)
        head, levels = split_name(folder.name, side)
        for end in range(len(path), 0, -1):
            names.setdefault(path[:end], head + side.delimiter.join(levels[:end]))
        is_chosen = path == INBOX or names[path] == head + side.delimiter.join(levels)
        if is_chosen and not folder.attributes & NOT_SELECTABLE:
            folders.setdefault(path, folder)
    return Known(side, names, folders, folder_roles(side), roles_by_attribute(side))


class FolderMap:
    """Destination paths of source paths. ``notes`` has a sentence for each that was changed without being asked."""

    def __init__(self, source: Side, destination: Known, rules: FolderRules, roles: Mapping[Path, str]) -> None:
        self.notes: dict[Path, str] = {}
        self._source = source
        self._known = destination
        self._renames = dict(rules.rename)
        self._roles = roles
        self._container = _container(source)
        self._places: dict[Path, Path] = {}
        self._ordinary: frozenset[Path] | None = None
        self._aliases = dict(destination.side.aliases)
        self._marked = {mark_in(place[-1]): place for place in sorted(destination.folders, reverse=True)}

    def target(self, path: Path) -> Path:
        """The destination path of a source path; that of its parents is settled first."""
        if path not in self._places:
            self._places[path] = self._place(path)
        return self._places[path]

    def _place(self, path: Path) -> Path:
        pattern = first_match(path, self._renames, self._source)
        if pattern is not None:
            return self._renamed(path, self._renames[pattern])
        if path == INBOX:
            return INBOX
        role = self._roles.get(path, "")
        parent, level = self._parent(path), self._level(path, role)
        own = self._below(parent, level)
        place = self._known.place_of_role(role, own, self._claimed()) if role in _MAIL_OF_ROLE else own
        if place != own:
            self._note(path, place, f"it is the destination's folder for {_MAIL_OF_ROLE[role]}")
            return place
        if own != (*parent, level):
            self._note(path, own, self._why_altered(parent))
        elif own != path and path[:-1] == self._container:
            self._note(path, own, "the level above it is the source's own")
        return self._as_taken(path, own)

    def _claimed(self) -> frozenset[Path]:
        """The places of ordinary folders, as far as they are at the top level, where names stand for roles."""
        if self._ordinary is None:
            paths = {path_of(folder.name, self._source) for folder in self._source.folders}
            ordinary = sorted(path for path in paths if self._roles.get(path, "") not in _MAIL_OF_ROLE)
            near = [
                path
                for path in ordinary
                if path[:-1] in ((), INBOX, self._container) or first_match(path, self._renames, self._source)
            ]
            self._ordinary = frozenset(self.target(path) for path in near)
        return self._ordinary

    def _as_taken(self, path: Path, own: Path) -> Path:
        """``own``, or another place where the destination refuses it or, as can be seen, has refused it before."""
        known = self._known
        if own == INBOX or own in known.folders:
            return own
        name = known.full_name(own)
        if name in self._aliases:
            place = path_of(self._aliases[name], known.side)
            self._note(path, place, "the destination holds both names for the same")
            return place
        place = self._marked.get(mark_of(path), own)
        if known.is_thrown_away(place) and not known.is_thrown_away(own):
            place = own
        if place == own and name in known.side.refused:
            places = other_places(path, own[:-1], known.side)
            place = next((place for place in places if known.full_name(place) not in known.side.refused), own)
        if place != own:
            self._note(path, place, "the destination refuses its name, its length or its depth")
        return place

    def _parent(self, path: Path) -> Path:
        return self.target(path[:-1]) if len(path) > 1 and path[:-1] != self._container else ()

    def _level(self, path: Path, role: str) -> str:
        """Below the container of the server's own folders, those of a role have its most usual name."""
        return NAMES[role][0] if role in NAMES and path[:-1] == self._container else path[-1]

    def _renamed(self, path: Path, wanted: str) -> Path:
        levels = parse_display_name(wanted)
        if not levels:
            raise ConfigurationError(
                f'the new name of folder "{display_name(path)}" is empty',
                remedy="Write the destination's name in folders.rename, levels separated by /",
            )
        place = INBOX if levels[:1] == INBOX else ()
        for level in levels[len(place) :]:
            place = self._below(place, level)
        if place != levels:
            self._note(path, place, f'the destination cannot hold "{display_name(levels)}" as it is')
        return self._as_taken(path, place)

    def _below(self, parent: Path, level: str) -> Path:
        """The path of a level below a destination path, altered where the destination cannot hold it as it is."""
        if parent == INBOX and not self._known.inbox_holds_folders:
            parent = ()
        if parent and not self._known.side.delimiter:
            parent, level = (), "_".join((*parent, level))
        legal = level if (*parent, level) in self._known.names else legal_level(level, self._known.side)
        if not parent and is_inbox(legal):
            return (INBOX_BELOW_PREFIX,) if self._known.side.prefix else INBOX
        while foreign_namespace(server_name((*parent, legal), self._known.side), self._known.side) is not None:
            legal += substitute_of(self._known.side)
        return (*parent, legal)

    def _why_altered(self, parent: Path) -> str:
        if parent == INBOX and not self._known.inbox_holds_folders:
            return "the destination keeps no folders below INBOX"
        return "the destination does not take it as it is"

    def _note(self, path: Path, place: Path, why: str) -> None:
        self.notes[path] = f'"{display_name(path)}" goes to "{display_name(place)}": {why}'
