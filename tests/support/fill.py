# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write a described mailbox to a server: straight into the Maildir, or by APPEND with exact bytes."""

from __future__ import annotations

import functools
import os
import string
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape, mail_uid
from tests.support.mail_maker import FolderSpec, MailboxSpec, MessageSpec
from tests.support.oracle import canonical, maildir_folders
from tests.support.plain_imap import Appended, PlainImap

MAILDIR_FLAGS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}


class Namespace(Protocol):
    """What of a server's shape its folder names follow from."""

    @property
    def separator(self) -> str: ...

    @property
    def prefix(self) -> str: ...


def folder_name(path: Sequence[str], shape: Namespace) -> str:
    """The full name that a server of this shape gives to a path; INBOX stands outside the prefix.

    Raises ``ValueError`` for a level that holds the separator: this server has no such folder.
    """
    if any(shape.separator in level for level in path):
        raise ValueError(f"{path} holds the separator {shape.separator!r}; take a server with another one")
    name = shape.separator.join(path)
    inside = path[0] == "INBOX" and (len(path) == 1 or shape.prefix.startswith("INBOX"))
    return name if inside else shape.prefix + name


@functools.singledispatch
def fill_mailbox(server: DovecotServer, user: str, spec: MailboxSpec) -> None:
    """Write the mailbox in the quickest way the server allows. What is here is for Dovecot, others register theirs."""
    if server.shape.mail_format == "maildir":
        fill_maildir(server, user, spec)
    else:
        endpoint, shape = server.endpoint(user, "none"), server.shape
        fill_by_append(endpoint, spec, separator=shape.separator, prefix=shape.prefix)


def fill_maildir(server: DovecotServer, user: str, spec: MailboxSpec) -> None:
    """Write the mailbox as files: 20,000 messages in seconds. UIDs count from 1; its folders must be empty before.

    The prefix and the separator are those of the server's shape.
    """
    names = {folder_name(folder.path, server.shape): folder for folder in spec.folders}
    make_folders(server, user, names)
    places = maildir_folders(server.place.home(user))
    for name, status in server.status(user).items():
        if name in names:
            _write_folder(places[status["guid"]], names[name].messages)


def make_folders(server: DovecotServer, user: str, names: Mapping[str, FolderSpec]) -> None:
    """Create what is missing of these folders, INBOX too, and subscribe to those that say so."""
    missing = [name for name in names if name != "INBOX"]
    if missing:
        server.doveadm("mailbox", "create", "-u", user, *missing)
    if not server.doveadm_rows("mailbox", "status", "-u", user, "guid", "INBOX", absent_is_fine=True):
        server.doveadm("mailbox", "create", "-u", user, "INBOX")
    subscribed = [name for name, folder in names.items() if folder.subscribed]
    if subscribed:
        server.subscribe(user, subscribed)


def _write_folder(folder: Path, messages: Sequence[MessageSpec]) -> None:
    uidlist = folder / "dovecot-uidlist"
    head, *lines = uidlist.read_text().splitlines()
    if lines:
        raise ValueError(f"{folder} holds messages already; fill only empty folders")
    keywords = sorted({flag for message in messages for flag in message.flags if flag not in MAILDIR_FLAGS})
    letters = {**MAILDIR_FLAGS, **dict(zip(keywords, string.ascii_lowercase, strict=False))}
    names = [_write_message(folder / "cur", number, message, letters) for number, message in enumerate(messages, 1)]
    version, validity, _unused, guid = head.split()
    rows = [f"{version} {validity} N{len(names) + 1} {guid}", *(f"{n} :{name}" for n, name in enumerate(names, 1))]
    _write_owned(str(uidlist), "".join(row + "\n" for row in rows).encode())
    _write_owned(f"{folder}/dovecot-keywords", "".join(f"{n} {word}\n" for n, word in enumerate(keywords)).encode())


def _write_message(folder: Path, number: int, message: MessageSpec, letters: Mapping[str, str]) -> str:
    """One file with LF line ends as Dovecot itself writes it; returns its name without flags."""
    whole = canonical(message.content())
    content = whole.replace(b"\r\n", b"\n")
    received = int(message.received.timestamp())
    name = f"{received}.M{number}P1.maker,S={len(content)},W={len(whole)}"
    flags = "".join(sorted(letters[flag] for flag in message.flags))
    _write_owned(f"{folder}/{name}:2,{flags}", content, received)
    return name


def _write_owned(path: str, content: bytes, modified: int | None = None) -> None:
    with open(path, "wb", buffering=0) as file:
        file.write(content)
        os.fchown(file.fileno(), mail_uid(), mail_uid())
        if modified is not None:
            os.utime(file.fileno(), (modified, modified))


def fill_by_append(options: Mapping[str, Any], spec: MailboxSpec, *, separator: str = "/", prefix: str = "") -> None:
    """Write the mailbox over IMAP to any server; existing folders are added to."""
    shape = DovecotShape(separator=separator, prefix=prefix)
    with PlainImap(options) as client:
        present = {each.name for each in client.list()}
        for folder in spec.folders:
            name = folder_name(folder.path, shape)
            if name not in present and name != "INBOX":
                client.create(name)
            client.append(name, (_appended(message) for message in folder.messages))


def _appended(message: MessageSpec) -> Appended:
    content = message.content()
    appended = Appended(content, message.flags, message.received)
    return replace(appended, binary=b"\x00" in content)
