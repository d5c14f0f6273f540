# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The works that are measured, made deterministically, and the changes between two passes."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tests.support import mail_maker
from tests.support.dovecot import DovecotServer
from tests.support.folder_names import quote
from tests.support.mail_maker import MEGABYTE, FolderSpec, MailboxSpec, make_message
from tests.support.plain_imap import Appended, PlainImap

NEW = REFLAGGED = 100
# Seconds for an answer: a folder of half a million files is read through for each delivery.
_PATIENCE = 600.0

WORKS: Mapping[str, Callable[[], MailboxSpec]] = {
    "few": lambda: mail_maker.small_work(folders=10, messages=200),
    "small": mail_maker.small_work,
    "mixed": mail_maker.mixed_work,
    "folders": mail_maker.many_folders,
    "big": mail_maker.big_folder,
    "large": lambda: mail_maker.one_large(100 * MEGABYTE),
    "huge": lambda: mail_maker.big_folder(500_000, 600, "huge"),
}


def shrink(spec: MailboxSpec, scale: float) -> MailboxSpec:
    """The same with fewer messages in each folder, for a quick look."""
    return MailboxSpec(tuple(_shrink_folder(folder, scale) for folder in spec.folders))


def _shrink_folder(folder: FolderSpec, scale: float) -> FolderSpec:
    return replace(folder, messages=folder.messages[: max(1, round(len(folder.messages) * scale))])


def octets(spec: MailboxSpec) -> int:
    """The size of all messages, as they are aimed at."""
    return sum(message.size for folder in spec.folders for message in folder.messages)


def change(server: DovecotServer, user: str, spec: MailboxSpec, round_number: int) -> None:
    """What happens at a source between two passes: 100 new messages, and 100 others are read or unread now."""
    folders = [folder for folder in spec.folders if folder.messages]
    with PlainImap(server.endpoint(user, "none"), _PATIENCE) as client:
        for folder, count in _share(folders, NEW):
            seed = f"delta/{round_number}/{'/'.join(folder.path)}"
            new = [make_message(f"{seed}/{n}", "plain", 4096) for n in range(count)]
            client.append("/".join(folder.path), [Appended(m.content(), m.flags, m.received) for m in new])
        for folder, count in _share(folders, REFLAGGED):
            _toggle_seen(client, "/".join(folder.path), min(count, len(folder.messages)))


def _share(folders: Sequence[FolderSpec], count: int) -> list[tuple[FolderSpec, int]]:
    """``count`` spread over folders chosen by a fixed seed."""
    chosen = random.Random(count).choices(folders, k=count)
    return [(folder, chosen.count(folder)) for folder in folders if folder in chosen]


def _toggle_seen(client: PlainImap, folder: str, count: int) -> None:
    client.command(b"SELECT " + quote(folder))
    seen, unseen = (_searched(client, b"UID 1:%d %s" % (count, state)) for state in (b"SEEN", b"UNSEEN"))
    for found, sign in ((seen, b"-"), (unseen, b"+")):
        if found:
            client.command(b"UID STORE %s %sFLAGS.SILENT (\\Seen)" % (found, sign))


def _searched(client: PlainImap, query: bytes) -> bytes:
    rows = [each.text for each in client.command(b"UID SEARCH " + query) if each.text.startswith(b"* SEARCH")]
    return b",".join(rows[0].split()[2:]) if rows else b""
