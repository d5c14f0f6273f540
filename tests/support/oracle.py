# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a mailbox really holds, read past the product: files for the bytes, doveadm for flags, dates and UIDs.

``read_mailbox`` and ``snapshot`` are for any server of the tests: what is here is Dovecot's, others register theirs.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.support.dovecot import DovecotServer
from tests.support.folder_names import quote
from tests.support.plain_imap import PlainImap

DBOX_MAGIC = b"\x01\x02"
FIELDS = ("mailbox-guid", "uid", "guid", "flags", "date.received.unixtime")


@dataclass(frozen=True)
class Content:
    """What must arrive of a message: digest of its bytes with CRLF, flags without ``\\Recent``, received in UTC."""

    digest: str
    flags: frozenset[str]
    received: datetime.datetime


@dataclass(frozen=True)
class OracleMessage:
    """One message as it lies on the server; ``size`` counts CRLF line ends."""

    uid: int
    digest: str
    flags: frozenset[str]
    received: datetime.datetime
    size: int

    def content(self) -> Content:
        """The message without its place."""
        return Content(self.digest, self.flags, self.received)


OracleMailbox = dict[str, list[OracleMessage]]


def canonical(content: bytes) -> bytes:
    """The bytes with every line ended by CRLF, as IMAP gives them out."""
    return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def digest(content: bytes) -> str:
    """SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(content)).hexdigest()


def contents(messages: Iterable[OracleMessage]) -> Counter[Content]:
    """The multiset of what a folder holds."""
    return Counter(message.content() for message in messages)


@functools.singledispatch
def read_mailbox(server: DovecotServer, user: str) -> OracleMailbox:
    """Every selectable folder of a mailbox by its full decoded name, messages in UID order."""
    return _read(server, user, server.status(user))


def _read(server: DovecotServer, user: str, status: Mapping[str, Mapping[str, str]]) -> OracleMailbox:
    return from_rows(server, user, status, server.doveadm_rows("fetch", "-u", user, " ".join(FIELDS), "all"))


def from_rows(
    server: DovecotServer, user: str, status: Mapping[str, Mapping[str, str]], rows: Iterable[Mapping[str, str]]
) -> OracleMailbox:
    """The same from what doveadm has told already: ``DovecotServer.status``, and ``FIELDS`` of all messages."""
    names = {row["guid"]: name for name, row in status.items()}
    stored = _stored(server, user)
    mailbox: OracleMailbox = {name: [] for name in names.values()}
    for row in rows:
        content = stored[_key(row)].read() if _key(row) in stored else stored[row["guid"]].read()
        mailbox[names[row["mailbox-guid"]]].append(_from_row(row, content))
    return {name: sorted(messages, key=lambda message: message.uid) for name, messages in mailbox.items()}


def read_by_imap(options: Mapping[str, Any]) -> OracleMailbox:
    """The same of any server, through a bare IMAP client of the tests. Folders that cannot be selected are left out."""
    with PlainImap(options) as client:
        folders = [each.name for each in client.list() if not each.attributes & {"\\noselect", "\\nonexistent"}]
        return {name: [_message(each.uid, each.content, each.flags, each.received) for each in client.fetch_all(name)]
                for name in folders}


def read_stored(options: Mapping[str, Any], stored: Callable[[str], Mapping[int, bytes]]) -> OracleMailbox:
    """The same, but the bytes are those that ``stored`` finds for each UID of a folder in the server's own files."""
    mailbox = {}
    for name, messages in read_by_imap(options).items():
        files = stored(name) if messages else {}
        assert files.keys() >= {message.uid for message in messages}, f"{name} holds messages without a file"
        mailbox[name] = [replace(message, digest=digest(files[message.uid]), size=len(canonical(files[message.uid])))
                         for message in messages]
    return mailbox


def status(client: PlainImap, folder: str, items: str) -> str:
    """The server's answer to STATUS."""
    command = b"STATUS " + quote(folder) + b" (" + items.encode() + b")"
    [answer] = [each.text for each in client.command(command) if each.text.startswith(b"* STATUS ")]
    return answer.decode()


def snapshot_by_imap(options: Mapping[str, Any], mailbox: OracleMailbox, *more: str) -> str:
    """A digest of a mailbox that was read and of its folders' states and subscriptions as the server tells them."""
    lines = [f"{name} {_line(message)}" for name, messages in mailbox.items() for message in messages]
    with PlainImap(options) as client:
        items = " ".join(("MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY", *more))
        lines += [f"{name} {status(client, name, items)}" for name in mailbox]
        lines += [repr(each) for each in client.command(b'LSUB "" "*"')[:-1]]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


@functools.singledispatch
def snapshot(server: DovecotServer, user: str) -> str:
    """A digest of everything that must not change at a source: messages, flags, UIDs, folder states, subscriptions."""
    status = server.status(user)
    mailbox = _read(server, user, status)
    lines = [f"{name} {_line(message)}" for name, messages in mailbox.items() for message in messages]
    lines += [f"{name} {sorted(state.items())}" for name, state in status.items()]
    lines += [str(server.folders(user)), str(server.subscriptions(user))]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _line(message: OracleMessage) -> str:
    return f"{message.uid} {message.digest} {sorted(message.flags)} {message.received} {message.size}"


@dataclass(frozen=True)
class Stored:
    """Where the bytes of one message lie; a ``size`` of None means up to the end of the file."""

    path: Path
    offset: int = 0
    size: int | None = None

    def read(self) -> bytes:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


def _stored(server: DovecotServer, user: str) -> dict[str, Stored]:
    """All messages by mailbox GUID and UID (Maildir) or by their own GUID (sdbox, mdbox)."""
    home = server.place.home(user)
    if server.shape.mail_format == "maildir":
        return dict(_maildir_messages(home))
    return dict(_dbox_messages(home))


def _key(row: Mapping[str, str]) -> str:
    return f"{row['mailbox-guid']} {row['uid']}"


def _maildir_messages(home: Path) -> Iterator[tuple[str, Stored]]:
    for guid, folder in maildir_folders(home).items():
        files = {path.name.partition(":")[0]: path for name in ("cur", "new") for path in (folder / name).iterdir()}
        for line in (folder / "dovecot-uidlist").read_text().splitlines()[1:]:
            uid, _unused, name = line.partition(" :")
            path = files.get(name.partition(":")[0])
            if path is not None:
                yield f"{guid} {uid.split()[0]}", Stored(path)


def maildir_folders(home: Path) -> dict[str, Path]:
    """The folder on disk of each mailbox GUID, whatever the layout: uidlists name theirs in the first line."""
    found = {}
    for uidlist in home.rglob("dovecot-uidlist"):
        with uidlist.open() as lines:
            if match := re.search(r" G([0-9a-f]{32})", lines.readline()):
                found[match[1]] = uidlist.parent
    return found


def _dbox_messages(home: Path) -> Iterator[tuple[str, Stored]]:
    for path in (*home.rglob("u.[0-9]*"), *home.rglob("m.[0-9]*")):
        content = path.read_bytes()
        at = content.index(b"\n") + 1
        while content[at:at + 2] == DBOX_MAGIC:
            begin = content.index(b"\n", at) + 1
            size = int(content[at:begin].split()[-1], 16)
            at = content.index(b"\n\n", begin + size + 1) + 2
            guid = re.search(rb"\nG([0-9a-f]{32})\n", content[begin + size:at])
            assert guid is not None, f"{path} holds a message without a GUID"
            yield guid[1].decode(), Stored(path, begin, size)


def _from_row(row: Mapping[str, str], content: bytes) -> OracleMessage:
    received = datetime.datetime.fromtimestamp(int(row["date.received.unixtime"]), datetime.UTC)
    return _message(int(row["uid"]), content, frozenset(row["flags"].split()) - {"\\Recent"}, received)


def _message(uid: int, content: bytes, flags: frozenset[str], received: datetime.datetime) -> OracleMessage:
    whole = canonical(content)
    return OracleMessage(uid, hashlib.sha256(whole).hexdigest(), flags, received.astimezone(datetime.UTC), len(whole))
