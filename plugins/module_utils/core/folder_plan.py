# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The map of folders from source to destination: what goes where, what stays out, and what the report says about it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import (
    INBOX,
    Path,
    display_name,
    first_match,
    foreign_namespace,
    matches,
    path_of,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_places import (
    FolderMap,
    Known,
    know,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_roles import VIEWS, source_roles
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    NOT_SELECTABLE,
    ExcludedFolder,
    Folder,
    FolderPair,
    FolderPlan,
    FolderRules,
    Remark,
    Side,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.not_mail import holds_other_items

_Located = tuple[Path, Folder]
_Placed = tuple[Path, Path, Folder]
_FIXED_START = re.compile(r"[^*?\[]*")


def plan_folders(source: Side, destination: Side, rules: FolderRules) -> FolderPlan:
    """Map every source folder that holds messages; pure, and the same again after the plan was applied.

    What counts for a folder, in this order: ``rename`` (folders below a renamed one go with it); its role, which leads
    to the destination's folder of that role where there is one; its own name below its parent's place, altered by
    `legal_level` only where the destination has no such folder already. Children of INBOX move to the top level where
    the destination has a namespace prefix or an INBOX that holds none. What the destination refuses goes to one of
    `other_places`, and where one of these exists, it is used. Folders that end up under one name are merged.
    Levels without messages are left to the server, which creates them with their children (RFC 9051 section 6.3.4).
    Trash and Junk are left out unless told, views of other folders always, other people's and shared folders unless a
    pattern of ``include`` begins with their namespace. Where folders are labels, All Mail is no view: it holds what has
    no label, and counts as the archive. Raises ConfigurationError when a rule renames to nothing.
    """
    roles = _roles(source)
    known = know(destination)
    kept, excluded = _select(source, roles, rules)
    folder_map = FolderMap(source, known, rules, roles)
    placed = [(folder_map.target(path), path, folder) for path, folder in kept]
    placed.sort(key=lambda place: (place[0] != INBOX, place[0], place[1] != INBOX, place[1], place[2].name))
    pairs = tuple(_pair(folder, known, target, roles.get(path)) for target, path, folder in placed)
    remarks = (
        *map(Remark, source.notes),
        *_unseen_remarks(source),
        *_place_remarks(placed, folder_map),
        *_merge_remarks(pairs),
        *_emptied_remarks(placed, known, roles),
    )
    return FolderPlan(pairs, excluded, remarks)


def _roles(source: Side) -> dict[Path, str]:
    roles = source_roles(source)
    return {path: "archive" if role == "all" else role for path, role in roles.items()} if source.has_labels else roles


def _select(
    source: Side, roles: Mapping[Path, str], rules: FolderRules
) -> tuple[list[_Located], tuple[ExcludedFolder, ...]]:
    """The source folders to migrate and those left out. Folders that cannot hold messages are in neither."""
    kept: list[_Located] = []
    excluded: list[ExcludedFolder] = []
    no_mail = holds_other_items(source) if rules.exchange else frozenset()
    for path, folder in _message_folders(source):
        view = _reason_in_view(roles.get(path)) or _reason_in_labels(roles.get(path), source, rules)
        reason = (
            _reason_in_namespace(path, folder, source, rules)
            or view
            or _reason_in_role(path, roles, rules)
            or _reason_in_kind(path, no_mail, rules)
            or _reason_in_rules(path, source, rules)
        )
        if reason is None:
            kept.append((path, folder))
        else:
            excluded.append(ExcludedFolder(folder.name, reason, reason == view))
    return kept, tuple(excluded)


def _message_folders(source: Side) -> list[_Located]:
    """Selectable folders in a fixed order, each once, though the server may list one (INBOX above all) twice."""
    found: dict[tuple[Path, str], Folder] = {}
    for folder in sorted(source.folders, key=lambda folder: folder.name):
        path = path_of(folder.name, source)
        if not folder.attributes & NOT_SELECTABLE:
            found.setdefault((path, "" if path == INBOX else folder.name), folder)
    return sorted(((path, folder) for (path, _name), folder in found.items()), key=lambda item: (item[0], item[1].name))


def _reason_in_namespace(path: Path, folder: Folder, source: Side, rules: FolderRules) -> str | None:
    """Why a folder outside the personal namespace stays out; None if a pattern of ``include`` names its namespace."""
    prefix = foreign_namespace(folder.name, source)
    if prefix is None:
        return None
    space = display_name(tuple(prefix.split(source.delimiter)) if source.delimiter else (prefix,))
    starts = {pattern: _FIXED_START.match(pattern) for pattern in rules.include if matches(path, pattern, source)}
    if any(start and start[0] and start[0].startswith(space) for start in starts.values()):
        return None
    return f'it is shared or of another user (namespace "{prefix}"): name it in folders.include to migrate it'


def _reason_in_view(role: str | None) -> str | None:
    return f"a view of messages that other folders hold (\\{role.capitalize()})" if role in VIEWS else None


def _reason_in_role(path: Path, roles: Mapping[Path, str], rules: FolderRules) -> str | None:
    """Why a folder's role, or that of the nearest folder above that has one, keeps it out; None if it doesn't."""
    holder = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in roles), path)
    role = roles.get(holder)
    place = "" if holder == path else f'below "{display_name(holder)}": '
    if role == "trash" and not rules.include_trash:
        return f"{place}Trash is migrated only with include_trash"
    if role == "junk" and not rules.include_junk:
        return f"{place}Junk is migrated only with include_junk"
    return None


def _reason_in_labels(role: str | None, source: Side, rules: FolderRules) -> str | None:
    if source.has_labels and rules.gmail_labels == "all_mail" and role not in ("archive", "trash", "junk"):
        return "All Mail holds its messages (gmail_labels: all_mail)"
    return None


def _reason_in_kind(path: Path, no_mail: frozenset[str], rules: FolderRules) -> str | None:
    """Why a folder that holds no mail stays out; None if a pattern of ``include`` begins with its name."""
    named = any(pattern.startswith(display_name(path[:1])) for pattern in rules.include)
    if path[0].casefold() not in no_mail or named:
        return None
    return "Exchange keeps no mail in it: name it in folders.include to migrate it as messages"


def _reason_in_rules(path: Path, source: Side, rules: FolderRules) -> str | None:
    pattern = first_match(path, rules.exclude, source)
    if pattern is not None:
        return f'excluded by the pattern "{pattern}"'
    if rules.include and first_match(path, rules.include, source) is None:
        return "matches no pattern of folders.include"
    return None


def _pair(folder: Folder, known: Known, target: Path, role: str | None) -> FolderPair:
    existing = known.folders.get(target)
    return FolderPair(
        source=folder.name,
        destination=known.full_name(target),
        role=role,
        create=existing is None and target != INBOX,
        subscribe=folder.subscribed and not (existing is not None and existing.subscribed),
    )


def _place_remarks(placed: list[_Placed], folder_map: FolderMap) -> Iterator[Remark]:
    """What was altered on the way to each place, for the folder itself or for all that lies below it."""
    for altered, text in folder_map.notes.items():
        sources = tuple(folder.name for _target, path, folder in placed if path[: len(altered)] == altered)
        if sources:
            yield Remark(text, sources)


def _merge_remarks(pairs: tuple[FolderPair, ...]) -> Iterator[Remark]:
    sources: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        sources[pair.destination].append(pair.source)
    for destination, names in sources.items():
        if len(names) > 1:
            *first, last = [f'"{name}"' for name in names]
            yield Remark(f'{", ".join(first)} and {last} are merged into "{destination}"', tuple(names))


def _unseen_remarks(source: Side) -> Iterator[Remark]:
    if source.has_labels and "all" not in source_roles(source).values():
        yield Remark(
            "the source does not show All Mail, so that archived messages without a label cannot be seen: turn on "
            '"Show in IMAP" for All Mail in the label settings of the account and run again'
        )


def _emptied_remarks(placed: list[_Placed], known: Known, roles: Mapping[Path, str]) -> Iterator[Remark]:
    """Ordinary folders whose name means Trash or Junk at the destination, which many servers empty by themselves."""
    for target, path, folder in placed:
        role = known.roles.get(target)
        if role in ("trash", "junk") and roles.get(path) != role:
            text = (
                f'"{display_name(path)}" goes to the destination\'s {role} folder "{display_name(target)}", which '
                "the server may empty by itself: give it another name in folders.rename to keep the mail"
            )
            yield Remark(text, (folder.name,))
