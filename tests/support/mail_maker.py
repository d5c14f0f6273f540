# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whole mailboxes by seed: what lies in them is described here and written by ``fill``."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime

from tests.support import mail_content
from tests.support.mail_content import EVERYDAY, ODD
from tests.support.oracle import Content, digest

MEGABYTE = 1_000_000
FIRST_DAY = datetime.datetime(2009, 1, 1, tzinfo=datetime.UTC)
LAST_DAY = datetime.datetime(2025, 12, 31, tzinfo=datetime.UTC)
ZONES = (0, 60, 120, -300, -480, 330, 765)
FLAG_SETS: tuple[frozenset[str], ...] = tuple(map(frozenset, (
    (), (), ("\\Seen",), ("\\Seen",), ("\\Seen",), ("\\Seen", "\\Answered"), ("\\Flagged",), ("\\Seen", "\\Flagged"),
    ("\\Seen", "$Forwarded"), ("\\Seen", "$MDNSent", "$Label1"), ("\\Draft",), ("Work", "\\Seen"),
)))
NFD_CAFE = "Cafe\u0301"


@dataclass(frozen=True)
class MessageSpec:
    """One message; ``size`` in bytes is aimed at, ``received`` is the INTERNALDATE with its zone."""

    kind: str
    seed: str
    size: int
    received: datetime.datetime
    flags: frozenset[str] = frozenset()

    def content(self) -> bytes:
        """The message's bytes, always the same ones."""
        return mail_content.content(self.kind, self.seed, format_datetime(self.received), self.size)

    def expected(self) -> Content:
        """What an oracle must read wherever this message has arrived."""
        return Content(digest(self.content()), self.flags, self.received.astimezone(datetime.UTC))


@dataclass(frozen=True)
class FolderSpec:
    """One folder: its path of decoded level names without any prefix, and its messages in UID order."""

    path: tuple[str, ...]
    messages: tuple[MessageSpec, ...] = ()
    subscribed: bool = True


@dataclass(frozen=True)
class MailboxSpec:
    """One mailbox: its folders, parents before children."""

    folders: tuple[FolderSpec, ...]

    def count(self) -> int:
        """How many messages it holds."""
        return sum(len(folder.messages) for folder in self.folders)


TREE: tuple[tuple[str, ...], ...] = (
    ("INBOX",), ("Sent",), ("Drafts",), ("Trash",), ("Junk",), ("Archive",), ("Archive", "2019"),
    ("Leads",), ("Projects", "Müller & Söhne", "Angebote"), ("日本語", "受信"), ("📁 Bilder",),
    ("Spam reports",), ("Clients", "Trash talk"), ("Clients", "Acme"), ("a&b",), ("a&-b",), ('quo"ted',),
    ("50 % off",), ("case",), ("CASE",), (NFD_CAFE,), ("L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9", "L10"),
)
HARD_NAMES: tuple[tuple[str, ...], ...] = (
    ("Dr. Jones",), ("back\\slash",), ("star *",), (" edge",), ("edge ",), ("INBOX", "Status"), ("#hash",),
)


def make_message(seed: str, kind: str = "plain", size: int = 2000, flags: Iterable[str] | None = None) -> MessageSpec:
    """A message whose date, zone and flags follow from its seed, unless the flags are given."""
    chance = random.Random(seed)
    span = int((LAST_DAY - FIRST_DAY).total_seconds())
    zone = datetime.timezone(datetime.timedelta(minutes=chance.choice(ZONES)))
    received = (FIRST_DAY + datetime.timedelta(seconds=chance.randrange(span))).astimezone(zone)
    chosen = chance.choice(FLAG_SETS) if flags is None else frozenset(flags)
    return MessageSpec(kind, seed, size, received, chosen)


def make_folder(path: Sequence[str], count: int, seed: str, kinds: Sequence[str] = ("plain",),
                size: int = 2000) -> FolderSpec:
    """A folder of ``count`` messages that take the kinds in turn."""
    name = f"{seed}/{'/'.join(path)}"
    messages = (make_message(f"{name}/{n}", kinds[n % len(kinds)], size) for n in range(count))
    return FolderSpec(tuple(path), tuple(messages))


def with_twins(folder: FolderSpec) -> FolderSpec:
    """The folder with its first message once more at its end, byte for byte."""
    return replace(folder, messages=folder.messages + folder.messages[:1])


def variety(
    seed: str = "variety", extra_kinds: Sequence[str] = (), tree: Sequence[tuple[str, ...]] = TREE
) -> MailboxSpec:
    """A small mailbox of every kind: all of them and twins in INBOX, three messages in each other folder, one empty."""
    kinds = (*EVERYDAY, *ODD, *extra_kinds)
    inbox = with_twins(make_folder(("INBOX",), len(kinds), seed, kinds))
    others = [make_folder(path, 3, seed, tuple(EVERYDAY)) for path in tree if path != ("INBOX",)]
    return MailboxSpec((inbox, *others, FolderSpec(("Empty",))))


def small_work(folders: int = 10, messages: int = 2000, size: int = 4096, seed: str = "small") -> MailboxSpec:
    """Many small messages: 20,000 of 4 kB in ten folders."""
    paths = [("INBOX",), *(("Work", f"Folder {n}") for n in range(1, folders))]
    return MailboxSpec(tuple(make_folder(path, messages, seed, size=size) for path in paths))


def mixed_work(messages: int = 3000, total: int = 500 * MEGABYTE, seed: str = "mixed") -> MailboxSpec:
    """Messages from 2 kB to several MB as people have them, ``total`` bytes within a few per cent, in six folders."""
    chance = random.Random(seed)
    weights = [chance.lognormvariate(0, 1.7) for _unused in range(messages)]
    scale = total / sum(weights)
    kinds = tuple(EVERYDAY)
    specs = [make_message(f"{seed}/{n}", kinds[n % len(kinds)] if weight * scale < 100_000 else "attachment",
                          max(1500, int(weight * scale))) for n, weight in enumerate(weights)]
    paths = (("INBOX",), ("Sent",), ("Archive",), ("Clients", "Acme"), ("Clients", "Müller"), ("Leads",))
    return MailboxSpec(tuple(FolderSpec(path, tuple(specs[n::len(paths)])) for n, path in enumerate(paths)))


def big_folder(messages: int = 50_000, size: int = 2000, seed: str = "big") -> MailboxSpec:
    """One folder with very many messages."""
    return MailboxSpec((make_folder(("INBOX",), messages, seed, size=size),))


def many_folders(folders: int = 200, messages: int = 10, seed: str = "folders") -> MailboxSpec:
    """Very many folders with few messages each."""
    paths = [("INBOX",), *(("Clients", f"Client {n:03}") for n in range(1, folders))]
    return MailboxSpec(tuple(make_folder(path, messages, seed) for path in paths))


def one_large(size: int = 50 * MEGABYTE, seed: str = "large") -> MailboxSpec:
    """One message of ``size`` bytes."""
    return MailboxSpec((make_folder(("INBOX",), 1, seed, ("attachment",), size),))
