# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What lies on a server at one moment, read past the product: the model compares such moments only."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tests.support import oracle
from tests.support.dovecot import STATUS_FIELDS, DovecotServer
from tests.support.plain_imap import PlainImap
from tests.support.server_shapes import Server

# \Recent belongs to the server; \Deleted never travels; some servers set the others by themselves.
_NOT_COMPARED = frozenset({"\\recent", "\\deleted", "$hasattachment", "$hasnoattachment"})

Flags = frozenset[str]


class Place(NamedTuple):
    """Where a message lies on its side."""

    folder: str
    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class Item:
    """One message on a server; ``flags`` in lower case, without those that mean nothing to the migration."""

    place: Place
    digest: str
    flags: Flags
    received: datetime.datetime
    is_deleted: bool = False

    @property
    def folder(self) -> str:
        return self.place.folder


@dataclass(frozen=True)
class Snapshot:
    """One side at one moment. ``folders`` gives UIDVALIDITY by name; ``mark`` is equal when nothing at all differs."""

    items: tuple[Item, ...]
    folders: Mapping[str, int]
    subscribed: frozenset[str]
    mark: str

    def by_content(self) -> dict[str, tuple[Item, ...]]:
        """The messages by digest, in the order of their places."""
        found: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda item: item.place):
            found[item.digest].append(item)
        return {digest: tuple(items) for digest, items in found.items()}

    def in_folder(self, folder: str) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.folder == folder)


def compared(flags: frozenset[str]) -> Flags:
    """Flags as they are compared between two sides."""
    return frozenset(flag.lower() for flag in flags) - _NOT_COMPARED


def read(server: Server, user: str) -> Snapshot:
    """The mailbox as it lies on the disk, and as doveadm or a bare IMAP client shows it."""
    if not isinstance(server, DovecotServer):
        return _read_other(server, user)
    states, messages, subscriptions = server.ask(
        ("mailboxStatus", {"user": user, "field": STATUS_FIELDS.split(), "mailboxMask": server.masks()}),
        ("fetch", {"user": user, "field": oracle.FIELDS, "query": ["all"]}),
        ("mailboxList", {"user": user, "subscriptions": True, "mailboxMask": server.masks()}),
    )
    assert messages is not None and subscriptions is not None, f"doveadm does not read {user}"
    # None where one name has no folder.
    status = server.status(user) if states is None else {row.pop("mailbox"): row for row in states}
    mailbox = oracle.from_rows(server, user, status, messages)
    folders = {name: int(row["uidvalidity"]) for name, row in status.items()}
    items = _items(mailbox, folders)
    subscribed = frozenset(row["mailbox"] for row in subscriptions)
    mark = sorted((name, sorted(row.items())) for name, row in status.items())
    return Snapshot(items, folders, subscribed, f"{mark} {sorted(subscribed)} {sorted(map(str, items))}")


def _read_other(server: Server, user: str) -> Snapshot:
    mailbox = oracle.read_mailbox(server, user)
    with PlainImap(server.endpoint(user, "none")) as client:
        told = {name: oracle.status(client, name, "UIDVALIDITY") for name in mailbox}
        subscribed = frozenset(each.name for each in client.list(subscribed=True))
    folders = {name: int(text.rstrip(")").split()[-1]) for name, text in told.items()}
    return Snapshot(_items(mailbox, folders), folders, subscribed, oracle.snapshot(server, user))


def _items(mailbox: oracle.OracleMailbox, folders: Mapping[str, int]) -> tuple[Item, ...]:
    return tuple(
        Item(
            Place(name, folders[name], message.uid),
            message.digest,
            compared(message.flags),
            message.received,
            any(flag.lower() == "\\deleted" for flag in message.flags),
        )
        for name, messages in mailbox.items()
        for message in messages
    )
