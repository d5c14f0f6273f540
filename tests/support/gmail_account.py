# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mailbox whose folders are labels, as Gmail's: one store of messages, and folders that show some of them.

Facts: https://developers.google.com/workspace/gmail/imap/imap-extensions and
https://developers.google.com/workspace/gmail/api/reference/rest/v1/ImapSettings (size limits of folders).
"""

from __future__ import annotations

import datetime
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from tests.support.oracle import Content, digest

INBOX, SENT, DRAFT, IMPORTANT, STARRED = "\\Inbox", "\\Sent", "\\Draft", "\\Important", "\\Starred"
SYSTEM = (INBOX, SENT, DRAFT, IMPORTANT)
ENGLISH = {
    "\\All": "All Mail", "\\Drafts": "Drafts", "\\Important": "Important", "\\Sent": "Sent Mail", "\\Junk": "Spam",
    "\\Flagged": "Starred", "\\Trash": "Trash",
}
GERMAN = {
    "\\All": "Alle Nachrichten", "\\Drafts": "Entwürfe", "\\Important": "Wichtig", "\\Sent": "Gesendet",
    "\\Junk": "Spam", "\\Flagged": "Markiert", "\\Trash": "Papierkorb",
}
_FIRST_ID = 1_278_455_344_230_334_865


@dataclass
class Mail:
    """One message. ``where`` is ``mail``, ``trash``, ``spam`` or ``chat``; labels are decoded."""

    msgid: int
    content: bytes
    received: datetime.datetime
    flags: set[str]
    labels: set[str]
    where: str = "mail"

    def expected(self) -> Content:
        """What an oracle must read wherever this message has arrived."""
        return Content(digest(self.content), frozenset(self.flags), self.received.astimezone(datetime.UTC))

    def all_labels(self) -> set[str]:
        return self.labels | ({STARRED} if "\\Flagged" in self.flags else set())


@dataclass
class Folder:
    """What a label shows: ``members`` has uids by message id. ``label`` is the one that is not told here."""

    name: str
    attributes: tuple[str, ...]
    shows: Callable[[Mail], bool]
    label: str
    uidvalidity: int
    uidnext: int = 1
    modseq: int = 1
    members: dict[int, int] = field(default_factory=dict)


class GmailAccount:
    """``names`` are those of the system folders by attribute, ``container`` the level above them.

    ``folder_limit`` is the owner's setting for the number of messages that a folder shows, 0 for none; ``unseen`` are
    attributes of system folders, and names of labels, that are not shown over IMAP.
    """

    def __init__(self, names: Mapping[str, str] | None = None, container: str = "[Gmail]",
                 unseen: Iterable[str] = ()) -> None:
        self.lock = threading.RLock()
        self.mails: dict[int, Mail] = {}
        self.container = container
        self.names = dict(names or ENGLISH)
        self.unseen = set(unseen)
        self.folder_limit = 0
        self.folders: dict[str, Folder] = {}
        self._validity = 1_700_000_000
        self._add("INBOX", (), lambda mail: _is_labelled(mail, INBOX), INBOX)
        for attribute, name in self.names.items():
            if attribute not in self.unseen:
                self._add(f"{container}/{name}", (attribute,), *_SHOWS[attribute])

    def path(self, attribute: str) -> str:
        """The full name of a system folder."""
        return f"{self.container}/{self.names[attribute]}"

    def deliver(self, content: bytes, *labels: str, flags: Iterable[str] = (), where: str = "mail",
                received: datetime.datetime | None = None) -> Mail:
        """A new message with these labels; user labels that miss are made."""
        with self.lock:
            count = len(self.mails)
            when = received or datetime.datetime(2020, 5, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=count)
            mail = Mail(_FIRST_ID + count, content, when, set(flags), set(labels), where)
            self.mails[mail.msgid] = mail
            self.add_labels(*labels)
            return mail

    def add_labels(self, *labels: str) -> None:
        """Make user labels that miss, and show each message where it belongs now."""
        with self.lock:
            for label in labels:
                if label not in SYSTEM and label not in self.folders and label not in self.unseen:
                    self._add(label, (), partial(_is_labelled, label=label), label)
            self.settle()

    def show_chats(self) -> None:
        with self.lock:
            self._add(f"{self.container}/Chats", (), lambda mail: mail.where == "chat", "")
            self.settle()

    def change(self, mail: Mail, *, add: Iterable[str] = (), remove: Iterable[str] = (), where: str = "") -> None:
        """Add and remove labels, or put it into the trash or spam."""
        with self.lock:
            mail.labels = (mail.labels | set(add)) - set(remove)
            mail.where = where or mail.where
            self.add_labels(*add)

    def flag(self, mail: Mail, *flags: str) -> None:
        """Set flags; they are the message's, whatever its labels."""
        with self.lock:
            mail.flags |= set(flags)
            for folder in self.folders.values():
                folder.modseq += mail.msgid in folder.members
            self.settle()

    def rename_label(self, old: str, new: str) -> None:
        with self.lock:
            del self.folders[old]
            for mail in self.mails.values():
                mail.labels = {new if label == old else label for label in mail.labels}
            self.add_labels(new)

    def delete_label(self, label: str) -> None:
        with self.lock:
            del self.folders[label]
            for mail in self.mails.values():
                mail.labels.discard(label)
            self.settle()

    def settle(self) -> None:
        """Give uids to what a folder shows from now on, and take away what it does not. A change of labels alone tells
        nothing in the folders where the message was and stays."""
        with self.lock:
            for folder in self.folders.values():
                shown = sorted(mail.msgid for mail in self.mails.values() if folder.shows(mail))
                shown = shown[-self.folder_limit:] if self.folder_limit else shown
                before = dict(folder.members)
                folder.members = {msgid: uid for msgid, uid in before.items() if msgid in set(shown)}
                for msgid in shown:
                    if msgid not in folder.members:
                        folder.members[msgid] = folder.uidnext
                        folder.uidnext += 1
                folder.modseq += folder.members != before

    def _add(self, name: str, attributes: tuple[str, ...], shows: Callable[[Mail], bool], label: str) -> None:
        self._validity += 1
        self.folders[name] = Folder(name, attributes, shows, label, self._validity)


def _is_labelled(mail: Mail, label: str) -> bool:
    return mail.where == "mail" and label in mail.labels


_SHOWS: dict[str, tuple[Callable[[Mail], bool], str]] = {
    "\\All": (lambda mail: mail.where == "mail", ""),
    "\\Drafts": (lambda mail: _is_labelled(mail, DRAFT), DRAFT),
    "\\Important": (lambda mail: _is_labelled(mail, IMPORTANT), IMPORTANT),
    "\\Sent": (lambda mail: _is_labelled(mail, SENT), SENT),
    "\\Junk": (lambda mail: mail.where == "spam", ""),
    "\\Flagged": (lambda mail: mail.where == "mail" and "\\Flagged" in mail.flags, STARRED),
    "\\Trash": (lambda mail: mail.where == "trash", ""),
}
