# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What people and their programs do in a mailbox by IMAP, and the words for it."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress

from tests.model import names
from tests.support.folder_names import quote
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import MessageSpec, make_message
from tests.support.plain_imap import Appended, ImapRefused, PlainImap
from tests.support.server_shapes import Server

FLAGS = ("\\Seen", "\\Seen", "\\Flagged", "\\Answered", "\\Draft", "$Forwarded", "$Label1", "Work")
KINDS = (*EVERYDAY, "no_message_id", "same_message_id", "same_header", "empty_header", "header_only", "body_only",
         "no_final_line_end", "mbox_lines", "bare_cr")
SIZES = (300, 800, 2000, 2000, 6000, 40_000)


class Person:
    """One connection to a mailbox. Each action says in words what it did, or nothing where there was nothing to do.

    ``chance`` makes the same choices again wherever the mailbox is the same; ``mark`` makes new messages unlike all
    others.
    """

    def __init__(self, server: Server, user: str, chance: random.Random, mark: str) -> None:
        self._server = server
        self._user = user
        self._shape = server.shape
        self._client = PlainImap(server.endpoint(user, "none"))
        self._chance = chance
        self._mark = mark

    def close(self) -> None:
        self._client.close()

    # Messages

    def receive(self, most: int = 4) -> str:
        """New mail of all kinds, in one folder."""
        folder = self._folder()
        messages = [make_message(f"{self._mark}/{n}", self._chance.choice(KINDS), self._chance.choice(SIZES))
                    for n in range(self._chance.randint(1, most))]
        return f"{self._append(folder, messages)} new in {folder}"

    def move(self, *, own: bool = False) -> str:
        """Some messages to another folder; to one of the person's ``own`` making."""
        folder, uids = self._some()
        target = self._own_folder() if own else self._folder()
        if not uids or target == folder:
            return ""
        self._move(folder, uids, target)
        return f"{_told(uids)} of {folder} moved to {target}"

    def copy(self) -> str:
        """One or two messages to any folder, their own included: twins."""
        folder, uids = self._some(most=2)
        target = self._folder()
        if not uids:
            return ""
        self._do(b"UID COPY %s %s", uids, quote(target))
        return f"{_told(uids)} of {folder} copied to {target}"

    def mark_deleted(self) -> str:
        folder, uids = self._some()
        return self._store(folder, uids, "+", "\\Deleted")

    def unmark_deleted(self) -> str:
        folder, uids = self._some(b"DELETED")
        return self._store(folder, uids, "-", "\\Deleted")

    def expunge(self) -> str:
        """Some messages gone for good."""
        folder, uids = self._some()
        if not uids:
            return ""
        self._store(folder, uids, "+", "\\Deleted")
        self._do(b"UID EXPUNGE %s", uids)
        return f"{_told(uids)} of {folder} expunged"

    def flag(self) -> str:
        """Set a flag or keyword."""
        folder, uids = self._some()
        return self._store(folder, uids, "+", self._chance.choice(FLAGS))

    def unflag(self) -> str:
        """Take away a flag that the first of some messages has."""
        word = self._chance.choice(FLAGS[:4])
        folder, uids = self._some(word[1:].upper().encode())
        return self._store(folder, uids, "-", word)

    def empty_folder(self) -> str:
        folder = self._folder()
        uids = self._uids(folder)
        if not uids:
            return ""
        self._store(folder, uids, "+", "\\Deleted")
        self._do(b"UID EXPUNGE %s", uids)
        return f"{folder} emptied of {len(uids)}"

    def empty_all(self) -> str:
        """Everything expunged, in every folder."""
        for folder in self._folders():
            # Dovecot lists some that are not there.
            with suppress(ImapRefused):
                if uids := self._uids(folder):
                    self._store(folder, uids, "+", "\\Deleted")
                    self._do(b"UID EXPUNGE %s", uids)
        return "everything expunged"

    def archive(self) -> str:
        """Messages of a folder to Archive, its path and their year, as an archiver of the platform's does."""
        folder = self._folder()
        path = names.path_of(folder, self._shape)
        if path[0].lower() in ("archive", "trash"):
            return ""
        by_year: dict[str, list[int]] = defaultdict(list)
        for uid in self._uids(folder):
            date = self._client.command(b"UID FETCH %d (INTERNALDATE)" % uid)[0].text.decode()
            if match := re.search(r"-(20\d\d) ", date):
                by_year[match[1]].append(uid)
        years = sorted(by_year)[: self._chance.randint(1, 6)]
        for year in years:
            target = names.name_of(("Archive", *path, year), self._shape)
            self._make(target)
            self._select(folder)
            self._move(folder, by_year[year], target)
        return f"{folder} archived up to {years[-1]}" if years else ""

    # Folders

    def create_folder(self) -> str:
        name = self._new_name()
        if not name:
            return ""
        self._client.create(name)
        return f"{name} created"

    def rename_folder(self) -> str:
        folder, name = self._folder(plain=True), self._new_name()
        if not folder or not name or name.startswith(folder):
            return ""
        self._client.command(b"RENAME %s %s" % (quote(folder), quote(name)))
        return f"{folder} renamed to {name}"

    def delete_folder(self) -> str:
        """Without those below it."""
        folder = self._folder(plain=True)
        if not folder:
            return ""
        self._client.command(b"DELETE " + quote(folder))
        return f"{folder} deleted"

    def swap_folders(self) -> str:
        first, second = self._folder(plain=True), self._folder(plain=True)
        below = (first + self._shape.separator, second + self._shape.separator)
        if not first or first == second or first.startswith(below[1]) or second.startswith(below[0]):
            return ""
        between = names.name_of(("swap",), self._shape)
        for old, new in ((first, between), (second, first), (between, second)):
            self._client.command(b"RENAME %s %s" % (quote(old), quote(new)))
        return f"{first} and {second} swapped"

    def subscribe(self) -> str:
        folder = self._folder()
        self._client.command(b"SUBSCRIBE " + quote(folder))
        return f"{folder} subscribed"

    def unsubscribe(self) -> str:
        folder = self._folder()
        self._client.command(b"UNSUBSCRIBE " + quote(folder))
        return f"{folder} unsubscribed"

    def make_tree(self, most: int) -> list[str]:
        """Some folders with awkward names; parents as well."""
        paths = [path for path in names.SOURCE_PATHS if names.fits(path, self._shape)]
        chosen = self._chance.sample(paths, self._chance.randint(2, most))
        made = sorted({path[:end] for path in chosen for end in range(1, len(path) + 1)})
        for path in made:
            with suppress(ImapRefused):
                self._client.create(names.name_of(path, self._shape))
        return self._folders()

    def fill(self, folder: str, count: int) -> None:
        """Mail in one folder, twins and look-alikes among it."""
        messages = [make_message(f"{self._mark}/{folder}/{n}", self._chance.choice(KINDS), self._chance.choice(SIZES))
                    for n in range(count)]
        if messages and self._chance.random() < 0.4:
            messages.append(self._chance.choice(messages))
        self._append(folder, messages)

    # Inside

    def _append(self, folder: str, messages: Sequence[MessageSpec]) -> int:
        """Put mail into a folder; how many the server takes, for some take no odd ones."""
        taken = 0
        for each in messages:
            with suppress(ImapRefused):
                self._client.append(folder, [Appended(each.content(), each.flags, each.received)])
                taken += 1
        return taken

    def _folders(self) -> list[str]:
        return sorted(each.name for each in self._client.list()
                      if not each.attributes & {"\\noselect", "\\nonexistent"})

    def _folder(self, *, plain: bool = False) -> str:
        """Any folder, INBOX more often; with ``plain`` one without a role, or none."""
        folders = self._folders()
        if plain:
            folders = [folder for folder in folders if not names.has_role(folder, self._shape)]
            return self._chance.choice(folders) if folders else ""
        return "INBOX" if self._chance.random() < 0.3 else self._chance.choice(folders)

    def _own_folder(self) -> str:
        name = names.name_of(self._chance.choice(names.OWN_PATHS), self._shape)
        self._make(name)
        return name

    def _new_name(self) -> str:
        """The name of a folder that is not there."""
        present = set(self._folders())
        paths = [path for path in names.SOURCE_PATHS if names.fits(path, self._shape)]
        name = names.name_of(self._chance.choice(paths), self._shape)
        return "" if name in present or names.has_role(name, self._shape) else name

    def _make(self, name: str) -> None:
        if name not in self._folders():
            self._client.create(name)

    def _select(self, folder: str) -> None:
        self._client.command(b"SELECT " + quote(folder))

    def _uids(self, folder: str, query: bytes = b"ALL") -> list[int]:
        self._select(folder)
        found = [each.text for each in self._client.command(b"UID SEARCH " + query)]
        return [int(word) for text in found if text.startswith(b"* SEARCH") for word in text.split()[2:]]

    def _some(self, query: bytes = b"ALL", most: int = 4) -> tuple[str, list[int]]:
        """Some messages of a folder that has any, opened."""
        folders = self._folders()
        self._chance.shuffle(folders)
        for folder in folders:
            uids = self._uids(folder, query)
            if uids:
                return folder, sorted(self._chance.sample(uids, min(len(uids), self._chance.randint(1, most))))
        return "", []

    def _store(self, folder: str, uids: Sequence[int], sign: str, flag: str) -> str:
        if not uids:
            return ""
        self._do(b"UID STORE %s " + sign.encode() + b"FLAGS.SILENT (" + flag.encode() + b")", uids)
        return f"{_told(uids)} of {folder} {sign}{flag}"

    def _move(self, folder: str, uids: Sequence[int], target: str) -> None:
        """Out of the opened folder, by MOVE or as older programs do it."""
        if "MOVE" in self._client.capabilities:
            self._do(b"UID MOVE %s %s", uids, quote(target))
            return
        self._do(b"UID COPY %s %s", uids, quote(target))
        self._store(folder, uids, "+", "\\Deleted")
        self._do(b"UID EXPUNGE %s", uids)

    def _do(self, command: bytes, uids: Sequence[int], *more: bytes) -> None:
        self._client.command(command % (",".join(map(str, uids)).encode(), *more))


def _told(uids: Sequence[int]) -> str:
    return ",".join(map(str, uids))


Action = Callable[[Person], str]
SOURCE_ACTIONS: dict[str, tuple[int, Action]] = {
    "new mail": (5, Person.receive),
    "move": (5, Person.move),
    "copy": (3, Person.copy),
    "mark deleted": (2, Person.mark_deleted),
    "unmark deleted": (1, Person.unmark_deleted),
    "expunge": (3, Person.expunge),
    "flag": (5, Person.flag),
    "unflag": (3, Person.unflag),
    "create folder": (2, Person.create_folder),
    "rename folder": (3, Person.rename_folder),
    "delete folder": (1, Person.delete_folder),
    "swap folders": (1, Person.swap_folders),
    "empty folder": (1, Person.empty_folder),
}
DESTINATION_ACTIONS: dict[str, tuple[int, Action]] = {
    "own mail": (4, Person.receive),
    "move": (4, Person.move),
    "file": (4, lambda person: person.move(own=True)),
    "copy": (2, Person.copy),
    "mark deleted": (1, Person.mark_deleted),
    "expunge": (4, Person.expunge),
    "flag": (4, Person.flag),
    "unflag": (2, Person.unflag),
    "create folder": (1, Person.create_folder),
    "rename folder": (1, Person.rename_folder),
    "delete folder": (1, Person.delete_folder),
    "subscribe": (1, Person.subscribe),
    "unsubscribe": (1, Person.unsubscribe),
    "archive": (3, Person.archive),
    "empty folder": (1, Person.empty_folder),
}
