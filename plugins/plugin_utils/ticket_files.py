# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the ticket's files lie and how the controller reads them: once, into memory, decrypted."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.owned_files import (
    KINDS,
    Entry,
    OwnedFile,
    State,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import (
    FILES,
    Ticket,
    check_ticket_id,
    read_ticket,
)

_SHOWN_TICKETS = 10
# What a run writes into the ticket's folder is nothing that it reads.
_WRITTEN = frozenset({"updates.md"})
_Files = tuple[tuple[str, int, int, int], ...]
_Stand = tuple[_Files, tuple[Entry, ...]]


def ticket_folder(tickets_dir: str, ticket_id: str) -> str:
    """Return the folder of a ticket. Raises ConfigurationError for an id that is not valid or not there."""
    folder = Path(tickets_dir) / check_ticket_id(ticket_id)
    if folder.is_dir():
        return str(folder)
    if not Path(tickets_dir).is_dir():
        raise ConfigurationError(
            f"the folder of all tickets, {tickets_dir}, does not exist",
            remedy="Correct tickets_dir in the inventory file, or set MAILOPS_TICKETS_DIR",
        )
    there = sorted(entry.name for entry in Path(tickets_dir).iterdir() if entry.is_dir())
    shown = ", ".join(there[:_SHOWN_TICKETS]) + (", …" if len(there) > _SHOWN_TICKETS else "")
    raise ConfigurationError(f"there is no ticket {ticket_id} in {tickets_dir}", remedy=f"There are: {shown or 'none'}")


def load_ticket(folder: str, loader: DataLoader, *, confirm_inferred: bool = False) -> Ticket:
    """Return the ticket as its files are now. Raises ConfigurationError.

    A worker of Ansible, forked from the process that read the ticket for the inventory, has it from there: reading it
    anew for each mailbox, decrypting it maybe, would cost more than the mailbox's pass.
    """
    return _load(folder, loader, confirm_inferred, _stand(folder))


def tickets_beside(folder: str) -> list[str]:
    """The folders of all other tickets, by name."""
    with os.scandir(os.path.dirname(folder)) as entries:
        folders = sorted(entry.path for entry in entries if entry.is_dir())
    return [each for each in folders if each != folder and os.path.isfile(os.path.join(each, FILES[0]))]


def unreadable(ticket: Ticket, folder: str) -> str:
    """Why ``ticket.yml`` or the migration request say nothing although they are there; empty where they can be read."""
    return "; ".join(each.text() for each in ticket.blockers if os.path.isfile(os.path.join(folder, each.file)))


@functools.lru_cache(maxsize=4)
def _load(folder: str, loader: DataLoader, confirm_inferred: bool, stand: _Stand) -> Ticket:
    files, entries = read_files(folder, loader), stand[1]
    return read_ticket(os.path.basename(folder), files, entries=entries, confirm_inferred=confirm_inferred)


def _stand(folder: str) -> _Stand:
    """What changes with any of the ticket's files, and with the names of contacts and calendars."""
    states = [(path.name, path.stat()) for path in _paths(folder)]
    files = tuple((name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states)
    return files, tuple(entries_of(folder))


def _paths(folder: str) -> list[Path]:
    return [path for name in FILES if (path := Path(folder) / name).is_file()]


def read_files(folder: str, loader: DataLoader) -> dict[str, bytes]:
    """Return the ticket's files by name; vault-encrypted ones are decrypted in memory. Raises ConfigurationError."""
    return {path.name: read_file(str(path), loader) for path in _paths(folder)}


def read_file(path: str, loader: DataLoader) -> bytes:
    """Return a file's content, decrypted. Raises ConfigurationError.

    Latin-1 maps each byte to the character of its number: the loader's only public reader gives text.
    """
    try:
        return str(loader.get_text_file_contents(path, encoding="latin-1")).encode("latin-1")
    except AnsibleError as problem:
        raise ConfigurationError(
            f"the file cannot be read: {problem.message.rstrip('.')}",
            where=path,
            remedy="For an encrypted file give --vault-password-file or --ask-vault-pass",
        ) from None


def entries_of(folder: str) -> Iterator[Entry]:
    """What lies in the ticket's folder, and everything below ``contacts`` and ``calendars``. Links are not followed."""
    for item in sorted(os.scandir(folder), key=lambda item: item.name):
        if item.name in _WRITTEN:
            continue
        top = Path(folder, item.name)
        yield Entry(item.name, _state(top, top.parent))
        if item.name in KINDS and item.is_dir(follow_symlinks=False):
            yield from _below(top, top, item.name)


def _below(folder: Path, top: Path, name: str) -> Iterator[Entry]:
    """The entries of a folder and of those in it. One that may not be listed is told when it is come to."""
    if not os.access(folder, os.R_OK | os.X_OK):
        return
    for path in sorted(folder.iterdir()):
        entry = Entry(f"{name}/{path.name}", _state(path, top))
        yield entry
        if entry.state == "folder":
            yield from _below(path, top, entry.path)


def _state(path: Path, top: Path) -> State:
    """What an entry is, and whether what it leads to lies below ``top``."""
    if path.is_symlink() and not path.resolve().is_relative_to(top.resolve()):
        return "outside"
    if path.is_dir():
        return "special" if path.is_symlink() else "folder" if os.access(path, os.R_OK | os.X_OK) else "unreadable"
    if not path.is_file():
        return "special"
    return "file" if os.access(path, os.R_OK) else "unreadable"


def read_owned_file(folder: str, file: OwnedFile, loader: DataLoader) -> bytes:
    """Return what a file of contacts or calendars holds, decrypted. Raises ConfigurationError."""
    return read_file(str(Path(folder) / file.path), loader)
