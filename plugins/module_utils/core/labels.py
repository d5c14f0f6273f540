# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that are labels (Gmail): from which of its folders a message is copied, and how often.

https://developers.google.com/workspace/gmail/imap/imap-extensions. A message lies in the folder of each of its labels
and in All Mail; there it has all its labels, elsewhere all but that of the folder. Spam and Trash are apart. Starred
and Important are views. Whether a label has a folder at all is the account's own setting ("Show in IMAP").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from .folder_names import Path, path_of
from .folder_roles import VIEWS, source_roles
from .folder_wire import from_modified_utf7
from .folders import NOT_SELECTABLE, FolderPlan, Side
from .message_list import MessageList
from .messages import Listed

# folders: a copy for each label, from All Mail what has none. one_copy: in one of these places only.
# all_mail: everything in the place of All Mail.
FOLDERS, ONE_COPY, ALL_MAIL = POLICIES = ("folders", "one_copy", "all_mail")

_SYSTEM = {"\\inbox": "inbox", "\\sent": "sent", "\\draft": "drafts", "\\drafts": "drafts"}
_RANKS = ("inbox", "sent", "drafts")


@dataclass(frozen=True)
class Spread:
    """What the labels of a mailbox cost: messages and octets as copied, those of them that are second copies, and how
    many messages are copied from each source folder."""

    messages: int = 0
    octets: int = 0
    extra_messages: int = 0
    extra_octets: int = 0
    by_folder: Mapping[str, int] = field(default_factory=dict)


class Labels:
    """The label folders of one side under one plan and policy. ``active`` is false where folders are only folders."""

    def __init__(self, side: Side, plan: FolderPlan, policy: str) -> None:
        roles = source_roles(side)
        found = {f.name: _role(f.name, side, roles) for f in side.folders if not f.attributes & NOT_SELECTABLE}
        self.active = side.has_labels
        self.policy = policy
        self.all_mail = next((name for name, role in found.items() if role == "all"), "") if self.active else ""
        self._targets = {pair.source: pair.destination for pair in plan.pairs if pair.selectable}
        apart = VIEWS | {"trash", "junk"}
        ranked = sorted(
            (n for n, role in found.items() if role not in apart), key=lambda name: _rank(name, found[name])
        )
        self._order = {name: rank for rank, name in enumerate(ranked)}
        self._by_label = {name: name for name in ranked}
        by_role = {found[name]: name for name in reversed(ranked)}
        self._by_label |= {label: by_role[role] for label, role in _SYSTEM.items() if role in by_role}
        self._named: dict[frozenset[str], tuple[str, ...]] = {}
        self._hidden: set[tuple[str, int]] = set()

    @property
    def folders(self) -> list[str]:
        """The label folders that are migrated, the one that counts first in front."""
        return [name for name in self._order if name in self._targets]

    def hide(self, folder: str, msgids: Iterable[int]) -> None:
        """Note messages that have the label of ``folder`` and are not shown there."""
        self._hidden.update((folder, msgid) for msgid in msgids)

    def homes(self, message: Listed) -> list[str]:
        """The folders where a message is shown by its labels, the one that counts first in front."""
        named = self._named.get(message.labels)
        if named is None:
            names = {self._folder_of(label) for label in message.labels} - {""}
            named = self._named[message.labels] = tuple(sorted(names, key=self._order.__getitem__))
        return [name for name in named if (name, message.msgid) not in self._hidden]

    def count(self, listed: Iterable[Listed]) -> Counter[str]:
        """How many of these messages of All Mail each label folder should show."""
        return Counter(name for message in listed for name in self.homes(message))

    def copied_from(self, folder: str, listed: MessageList) -> MessageList:
        """Those of the messages listed in ``folder`` that are copied from there, and not from another folder."""
        if not self.active or (folder != self.all_mail and folder not in self._order):
            return listed
        return listed.where(lambda message: folder in self._places(message, folder))

    def spread(self, listed: Iterable[Listed]) -> Spread:
        """What becomes of the messages of All Mail."""
        by_folder: Counter[str] = Counter()
        octets = extra_messages = extra_octets = 0
        for message in listed:
            places = self._places(message, self.all_mail)
            by_folder.update(places)
            extra = max(len(places) - 1, 0)
            octets += len(places) * message.size
            extra_messages, extra_octets = extra_messages + extra, extra_octets + extra * message.size
        return Spread(by_folder.total(), octets, extra_messages, extra_octets, by_folder)

    def _folder_of(self, label: str) -> str:
        """A label may be spelled in modified UTF-7 where folders are in UTF-8."""
        key = label.lower() if label.startswith("\\") else label
        other = from_modified_utf7(label.encode()) or ""
        return self._by_label.get(key) or self._by_label.get(other, "")

    def _places(self, message: Listed, folder: str) -> Collection[str]:
        """The source folders that a message found in ``folder`` is copied from, one for each copy."""
        if self.policy == ALL_MAIL:
            return [self.all_mail] if self.all_mail in self._targets else []
        homes = self.homes(message)
        if folder != self.all_mail and folder not in homes:
            homes = sorted((folder, *homes), key=self._order.__getitem__)
        if not homes:
            return [self.all_mail] if self.all_mail in self._targets else []
        # Labels that share a place at the destination bring one copy.
        chosen = {self._targets[name]: name for name in reversed(homes) if name in self._targets}
        places = [name for name in homes if name in chosen.values()]
        return places[:1] if self.policy == ONE_COPY else places


def _role(name: str, side: Side, roles: Mapping[Path, str]) -> str:
    return roles.get(path_of(name, side), "")


def _rank(name: str, role: str) -> tuple[int, str]:
    return (_RANKS.index(role) if role in _RANKS else len(_RANKS), name)
