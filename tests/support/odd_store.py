# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the odd server holds, in memory, and the ways in which it can be made to depart from the RFCs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

ARRIVAL = b"02-Mar-2026 09:00:00 +0000"
SYSTEM_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"
CAPABILITIES = ("UIDPLUS", "LITERAL+", "MULTIAPPEND", "BINARY", "MOVE", "UNSELECT")


@dataclass(frozen=True)
class Stored:
    """One message: its octets as they lie there, flags, and INTERNALDATE as it is given out (without quotes)."""

    uid: int
    content: bytes
    flags: frozenset[str] = frozenset()
    received: bytes = ARRIVAL


@dataclass(frozen=True)
class Arriving:
    """A message of an APPEND; ``received`` is empty where the client named no date.
    ``utf8`` says that it came as mail in UTF-8 (RFC 6855)."""

    folder: str
    content: bytes
    flags: frozenset[str]
    received: bytes
    binary: bool
    utf8: bool = False


@dataclass(frozen=True)
class Oddities:
    """How the server departs from the RFCs; the defaults do not.

    ``stored_as`` makes of an arriving message what is kept; ``given_as`` of a kept one what FETCH gives out, None for
    NIL; ``size_of`` is RFC822.SIZE. ``judge`` gives the words of a refusal ("NO …", "BAD …", "BYE …"), or nothing.
    ``permanent`` are the PERMANENTFLAGS of folders, which drop all other flags without a word; other folders have all,
    ``\\*`` too. ``judge_flags`` gives the words with which a folder refuses flags, whatever it lists,
    ``judge_name`` those with which the server refuses to create a folder. ``shown`` is how
    many messages of a folder are shown at most, though STATUS counts all; ``withheld`` are uids that FETCH lists
    without content;
    ``fatal`` are uids whose content makes the server hang up. ``mute`` are the numbers of the APPEND commands, from 1,
    after which it hangs up in place of an answer, all messages stored. ``keeps_dates`` says whether APPEND's date is
    kept.
    """

    capabilities: tuple[str, ...] = CAPABILITIES
    stored_as: Callable[[Arriving], bytes] = lambda message: message.content
    given_as: Callable[[Stored], bytes | None] = lambda message: message.content
    size_of: Callable[[Stored], int] = lambda message: len(message.content)
    judge: Callable[[Arriving], bytes] = lambda message: b""
    judge_flags: Callable[[str, frozenset[str]], bytes] = lambda folder, flags: b""
    judge_name: Callable[[str], bytes] = lambda name: b""
    permanent: Mapping[str, str] = field(default_factory=dict)
    shown: int = 2**32
    withheld: frozenset[int] = frozenset()
    fatal: frozenset[int] = frozenset()
    mute: frozenset[int] = frozenset()
    keeps_dates: bool = True

    def kept(self, folder: str, flags: frozenset[str]) -> frozenset[str]:
        """Those of these flags that a folder keeps."""
        permanent = self.permanent.get(folder, "\\*").split()
        return flags if "\\*" in permanent else flags & frozenset(permanent)


@dataclass
class Folder:
    """One folder with its messages by ascending uid."""

    uidvalidity: int
    uidnext: int = 1
    messages: list[Stored] = field(default_factory=list)
    subscribed: bool = True

    def add(self, content: bytes, flags: Iterable[str] = (), received: bytes = ARRIVAL) -> Stored:
        """Put a message at the end."""
        self.messages.append(Stored(self.uidnext, content, frozenset(flags), received))
        self.uidnext += 1
        return self.messages[-1]

    def change(self, uid: int, **changes: object) -> None:
        """Replace parts of a message where it lies, as no IMAP client can."""
        self.messages = [replace(each, **changes) if each.uid == uid else each for each in self.messages]  # type: ignore[arg-type]

    def remove(self, uids: Iterable[int]) -> None:
        """Take messages away."""
        gone = set(uids)
        self.messages = [each for each in self.messages if each.uid not in gone]

    def contents(self) -> list[bytes]:
        """The octets of all messages in the order of their uids."""
        return [each.content for each in self.messages]


class Store:
    """The folders of the one mailbox; a lock for who changes them while the server runs."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.folders: dict[str, Folder] = {}
        self.create("INBOX")

    def create(self, name: str) -> Folder:
        """A new folder, each with a UIDVALIDITY of its own."""
        self.folders[name] = Folder(1_700_000_000 + len(self.folders))
        return self.folders[name]

    def append(self, messages: Iterable[Arriving], oddities: Oddities) -> list[int]:
        """Keep arriving messages; their uids."""
        with self.lock:
            return [self._append(message, oddities) for message in messages]

    def _append(self, message: Arriving, oddities: Oddities) -> int:
        received = message.received if message.received and oddities.keeps_dates else ARRIVAL
        flags = oddities.kept(message.folder, message.flags)
        return self.folders[message.folder].add(oddities.stored_as(message), flags, received).uid
