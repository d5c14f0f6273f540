# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one exception tree. Every error says what is, where, and what to do about it."""

from __future__ import annotations


class MigrationError(Exception):
    """An error that a person reads: what happened, where, and the remedy.

    :param what: what was found and what was expected, one sentence without a final stop. Never holds a secret.
    :param where: mailbox, folder, uid or ``file:line``; may be empty.
    :param remedy: what the reader should do next; may be empty.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(self.text())

    def text(self) -> str:
        """The whole message in one line: ``where: what. remedy``."""
        place = f"{self.where}: " if self.where else ""
        remedy = f". {self.remedy}" if self.remedy else ""
        return f"{place}{self.what}{remedy}"


class ConfigurationError(MigrationError):
    """What the operator or customer wrote cannot be used as it is."""


class ConnectionLost(MigrationError):
    """The link to a server broke or never came up; another attempt may succeed.

    ``waiting`` are the uids that the server still had to send of the FETCH it was answering, in their order.
    """

    waiting: tuple[int, ...] = ()


class Unreachable(ConnectionLost):
    """The server took no connection at all: the name does not resolve, or nobody listens or answers there."""


class FolderChanged(ConnectionLost):
    """A folder is not the one that was listed: made or numbered anew meanwhile. Another attempt sees it as it is."""


class Throttled(ConnectionLost):
    """The server asks to slow down. ``wait`` is the time in seconds that it named, or 0 when it named none."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", wait: float = 0.0) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.wait = wait


class LoginRefused(MigrationError):
    """The server was reached and did not take the login; trying again will not help."""


class TlsFailed(MigrationError):
    """The server's certificate or its TLS could not be verified; there is no fall-back to plain text."""


class FolderRefused(MigrationError):
    """A server did not open, create or list one folder; the others go on."""


class NameRefused(FolderRefused):
    """A server did not create a folder under this name; under another one it may."""


class FolderClosed(FolderRefused):
    """The destination takes no message into this folder, whatever it is."""


class MessageRefused(MigrationError):
    """The destination will never take this message as it is."""


class OverQuota(MigrationError):
    """The destination mailbox is full; nothing more of this mailbox can be copied now."""


class JournalError(MigrationError):
    """The journal cannot be read, is of a newer version, or is held by another run."""


class Stopped(MigrationError):
    """The pass ended before its work did: deadline, budget, or the parent process is gone."""


class PlatformError(MigrationError):
    """The destination's administration side cannot be read or did not take a change; nothing was written."""


class ChangedMeanwhile(PlatformError):
    """Somebody else has written what a change was planned from; nothing was written, and a new plan would do."""


class Unsupported(MigrationError):
    """The platform's driver cannot do what was asked, and does nothing similar instead."""
