# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One logged-in IMAP session: folders, and the wire for message data."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from ..core.errors import ConnectionLost, FolderRefused, NameRefused, Throttled
from ..core.folder_wire import WireNames
from ..core.folders import FolderPlan, Side
from . import diagnose
from .ahead import run_ahead
from .endpoint import Endpoint
from .folder_list import FolderList, enables_utf8, speaks_utf8, status_command
from .listing import Selected, Status, parse_selected, parse_status, quote
from .refusal import refusal
from .wire import Response, Tagged, Wire

# Seconds that a server may take to answer LOGOUT.
_FAREWELL = 5.0
# Response codes (RFC 5530, 9208) of a refused CREATE that another name would not help.
_NOT_THE_NAME = frozenset({"OVERQUOTA", "NOPERM", "CONTACTADMIN", "CORRUPTION", "EXPIRED", "PRIVACYREQUIRED"})


class Session:
    """A logged-in session; ``wire`` carries message data over the same connection."""

    def __init__(self, client: Any, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint
        self.where = endpoint.where()
        imap = client._imap
        self.wire = Wire(client.socket(), imap.file, partial(_new_tag, imap), self.where)
        self.capabilities = frozenset(item.decode("ascii", "replace").upper() for item in client.capabilities())
        self.wire.read_in_large_pieces()
        self.names = WireNames()
        self._is_open = False
        self._is_read_only = False
        self._is_courier = b"Courier-IMAP" in imap.welcome
        self._farewell = b""
        self.dropped = False

    def has(self, capability: str) -> bool:
        return capability in self.capabilities

    @property
    def whole_message(self) -> bytes:
        """What to FETCH for all octets of a message without a mark on it.

        Of a message of several hundred parts Courier's BODY[] ends in the middle, RFC822 doesn't; both leave no mark
        where a folder is open read-only.
        """
        return b"RFC822" if self._is_courier and self._is_read_only else b"BODY.PEEK[]"

    def encode(self, name: str) -> bytes:
        """``name`` as a quoted string on the wire, spelled as the server listed it."""
        return quote(self._raw(name))

    def list_side(self) -> tuple[Side, dict[str, Status]]:
        """All folders, and the STATUS of those that can be opened; see :class:`FolderList`."""
        self._enable_utf8()
        return FolderList(self.wire, self.capabilities, self.names, self.where).run()

    def share_names(self, names: WireNames) -> None:
        """Spell folder names as another session of the same account does, the one that listed them."""
        self._enable_utf8()
        self.names = names

    def status(self, name: str) -> Status:
        """STATUS of one folder; raises :class:`FolderRefused` and Throttled."""
        status = self.statuses([name])[name]
        if isinstance(status, Status):
            return status
        raise status

    def statuses(self, names: Iterable[str]) -> dict[str, Status | FolderRefused | Throttled]:
        """STATUS of folders, asked for without waiting in between; the error where the server refuses it."""
        found: dict[str, Status | FolderRefused | Throttled] = {}
        lines: dict[str, bytes] = {}
        for name in names:
            try:
                lines[name] = status_command(self._raw(name), self.capabilities)
            except FolderRefused as error:
                found[name] = error
        for name, (responses, tagged) in zip(lines, run_ahead(self.wire, lines.values()), strict=True):
            told = [parsed[1] for parsed in map(parse_status, responses) if parsed]
            refused = refusal(tagged, "the server gives no STATUS", f"{self.where}, {name}")
            found[name] = told[-1] if tagged.ok and told else refused
        return found

    def examine(self, name: str) -> Selected:
        """Open a folder read-only."""
        return self._open(b"EXAMINE", name)

    def examine_ahead(self, name: str) -> Callable[[], Selected]:
        """Have a folder opened read-only; what is returned reads the answer, which is due before any other."""
        tag = self.wire.command(self.opening(b"EXAMINE", name))

        def answer() -> Selected:
            responses = list(self.wire.untagged(tag))
            return self.opened(name, responses, self.wire.answered.pop(tag))

        return answer

    def select(self, name: str) -> Selected:
        """Open a folder for changes."""
        return self._open(b"SELECT", name)

    def look_into(self, name: str) -> Selected:
        """Open a folder for changes and leave it at once."""
        if not self.has("UNSELECT"):
            selected = self.select(name)
            self.leave()
            return selected
        (responses, tagged), _left = run_ahead(self.wire, [self.opening(b"SELECT", name), b"UNSELECT"])
        self._is_open = False
        return self.opened(name, responses, tagged)

    def leave(self) -> None:
        """Leave the opened folder without expunging anything."""
        if self._is_open:
            if self.has("UNSELECT"):
                self.wire.run(b"UNSELECT")
            else:
                # CLOSE expunges only what is open for changes (RFC 9051 section 6.4.1).
                self.wire.run(b"EXAMINE INBOX")
                self.wire.run(b"CLOSE")
            self._is_open = False

    def create(self, name: str) -> bool:
        """Create a folder; false when it is there already.

        Raises :class:`NameRefused` where another name may do, Throttled, and FolderRefused for all other reasons.
        """
        _unused, tagged = self.wire.run(b"CREATE " + self.encode(name))
        if tagged.ok:
            return True
        throttled = self._asks_to_wait(tagged)
        if throttled is not None:
            raise throttled
        if self.has_folder(name):
            return False
        words = tagged.words()
        code = tagged.code.partition(" ")[0].upper()
        kind = FolderRefused if code in _NOT_THE_NAME else NameRefused
        raise kind(f"the server does not create it: {words}", where=f"{self.where}, {name}")

    def create_ahead(self, names: Sequence[str]) -> tuple[list[str], Throttled | None]:
        """Create folders without waiting in between: which of them the server made, and its word if it asks to wait."""
        sendable = [name for name in names if not set(self.names.raw(name)) & set(b"\r\n\0")]
        lines = [b"CREATE " + self.encode(name) for name in sendable]
        answers = [tagged for _unused, tagged in run_ahead(self.wire, lines)]
        throttled = (self._asks_to_wait(tagged) for tagged in answers if not tagged.ok)
        made = [name for name, tagged in zip(sendable, answers, strict=True) if tagged.ok]
        return made, next((error for error in throttled if error is not None), None)

    def _asks_to_wait(self, tagged: Tagged) -> Throttled | None:
        words = tagged.words()
        if not diagnose.is_temporary(words):
            return None
        return Throttled(f"the server asks to wait: {words}", where=self.where, wait=diagnose.suggested_wait(words))

    def has_folder(self, name: str) -> bool:
        """Whether the server answers to this name, listed or not."""
        try:
            self.status(name)
        except FolderRefused:
            return False
        except Throttled as error:
            # A limit of names and depth does not pass.
            if self.wire.broken or diagnose.is_temporary(error.what):
                raise
            return False
        return True

    def aliases(self, plan: FolderPlan, side: Side) -> Iterator[tuple[str, str]]:
        """Folders that a plan would create though the server holds them for the same as one that differs in case.

        Each with the listed name. It is asked only where there are such names.
        """
        listed = {folder.name.casefold(): folder.name for folder in side.folders}
        for pair in plan.pairs:
            twin = listed.get(pair.destination.casefold()) if pair.create else None
            if twin not in (None, pair.destination) and self.has_folder(pair.destination):
                yield pair.destination, str(twin)

    def list_names(self) -> frozenset[str]:
        """The names of all folders there are now."""
        return FolderList(self.wire, self.capabilities, self.names, self.where).names()

    def subscribe(self, names: Sequence[str]) -> dict[str, FolderRefused]:
        """Subscribe to folders; what the server said of those that it refuses. Raises Throttled."""
        refused = {}
        lines = [b"SUBSCRIBE " + self.encode(name) for name in names]
        for name, (_unused, tagged) in zip(names, list(run_ahead(self.wire, lines)), strict=True):
            error = None if tagged.ok else refusal(tagged, "the server does not subscribe", f"{self.where}, {name}")
            if isinstance(error, FolderRefused):
                refused[name] = error
            elif error is not None:
                raise error
        return refused

    def reset_on_close(self, enabled: bool) -> None:
        """Whether what is not sent yet is thrown away when this process dies: then the server never sees the end of a
        half-sent command, and what it has of it is known soon after."""
        linger = struct.pack("ii", 1 if enabled else 0, 0)
        self.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def take_leave(self) -> None:
        """Say that this session ends, without waiting for the answer; a broken connection is no error here."""
        with contextlib.suppress(OSError, ConnectionLost):
            self.reset_on_close(False)
            self.wire.sock.settimeout(_FAREWELL)
            self._farewell = self._farewell or self.wire.command(b"LOGOUT")

    def close(self) -> None:
        """Log out; a broken connection is no error here."""
        self.take_leave()
        if self._farewell:
            with contextlib.suppress(ConnectionLost):
                self.wire.wait_tagged(self._farewell)
        self.drop()

    def drop(self) -> None:
        """Close the socket as it is; a thread that waits for it is woken."""
        self.dropped = True
        self.wire.broken = True
        with contextlib.suppress(OSError):
            self.wire.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._client.shutdown()

    def opening(self, verb: bytes, name: str) -> bytes:
        """The command (EXAMINE or SELECT) that opens a folder, which goes out next; its answer: :meth:`opened`."""
        line = verb + b" " + self.encode(name)
        self._is_open = True
        self._is_read_only = verb == b"EXAMINE"
        return line

    def opened(self, name: str, responses: Iterable[Response], tagged: Tagged) -> Selected:
        """What the answer to the command that opens a folder says; raises FolderRefused and Throttled."""
        if not tagged.ok:
            raise refusal(tagged, "the server does not open it", f"{self.where}, {name}")
        return parse_selected(responses)

    def _open(self, verb: bytes, name: str) -> Selected:
        return self.opened(name, *self.wire.run(self.opening(verb, name)))

    def _raw(self, name: str) -> bytes:
        raw = self.names.raw(name)
        if any(octet in raw for octet in b"\r\n\0"):
            raise FolderRefused("its name holds a line end", where=f"{self.where}, {name!r}", remedy="Rename it there")
        return raw

    def _enable_utf8(self) -> None:
        """Names in UTF-8 where the server offers them; before the first name goes out or comes in."""
        if self.names.utf8 or not enables_utf8(self.capabilities):
            self.names.utf8 = self.names.utf8 or speaks_utf8(self.capabilities)
            return
        responses, tagged = self.wire.run(b"ENABLE UTF8=ACCEPT")
        self.names.utf8 = tagged.ok and any(b"UTF8=" in response.text.upper() for response in responses)


def _new_tag(imap: Any) -> bytes:
    """imaplib's next tag. It keeps a note of each until it has read the answer, which is read here and not there."""
    tag: bytes = imap._new_tag()
    imap.tagged_commands.pop(tag, None)
    return tag
