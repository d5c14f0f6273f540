# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a person does to a mailbox with an ordinary mail program, over IMAP, on any server."""

from __future__ import annotations

import datetime
from types import TracebackType

from tests.support.folder_names import quote
from tests.support.mail_maker import MessageSpec
from tests.support.plain_imap import Appended, PlainImap


class MailUser:
    """A logged-in user; ``uids`` are UIDs as IMAP writes them (``2``, ``1:3``). Raises ``ImapRefused``."""

    def __init__(self, options: dict[str, object]) -> None:
        self._client = PlainImap(options)

    def __enter__(self) -> MailUser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def save(self, folder: str, message: MessageSpec) -> None:
        """Put a message into a folder, received now."""
        self._client.append(folder, [Appended(message.content(), message.flags, datetime.datetime.now(datetime.UTC))])

    def flag(self, folder: str, uids: str, flags: str) -> None:
        """Add flags (``\\Flagged $Work``)."""
        self._open(folder)
        self._client.command(f"UID STORE {uids} +FLAGS ({flags})".encode())

    def unflag(self, folder: str, uids: str, flags: str) -> None:
        """Take flags away."""
        self._open(folder)
        self._client.command(f"UID STORE {uids} -FLAGS ({flags})".encode())

    def delete(self, folder: str, uids: str) -> None:
        """Delete messages for good."""
        self.flag(folder, uids, "\\Deleted")
        self._client.command(b"EXPUNGE")

    def move(self, folder: str, uids: str, target: str) -> None:
        """Move messages into another folder as mail programs did before MOVE."""
        self._open(folder)
        self._client.command(f"UID COPY {uids} ".encode() + quote(target))
        self.delete(folder, uids)

    def create(self, folder: str) -> None:
        """Make a folder and subscribe to it."""
        self._client.create(folder)

    def rename(self, folder: str, target: str) -> None:
        """Give a folder another name."""
        self._client.command(b"SELECT INBOX")
        self._client.command(b"RENAME " + quote(folder) + b" " + quote(target))

    def _open(self, folder: str) -> None:
        self._client.command(b"SELECT " + quote(folder))
