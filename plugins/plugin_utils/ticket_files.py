# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where the ticket's files lie and how the controller reads them: once, into memory, decrypted."""

from __future__ import annotations

from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import FILES, check_ticket_id

_SHOWN_TICKETS = 10


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


def read_files(folder: str, loader: DataLoader) -> dict[str, bytes]:
    """Return the ticket's files by name; vault-encrypted ones are decrypted in memory. Raises ConfigurationError."""
    return {name: read_file(str(Path(folder) / name), loader) for name in FILES if (Path(folder) / name).is_file()}


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
