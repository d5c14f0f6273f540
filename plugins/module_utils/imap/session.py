# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One logged-in IMAP session: folders, and the wire for message data."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

from ..core.errors import ConnectionLost, FolderRefused, MigrationError, Throttled
from ..core.folders import Folder, Side
from . import diagnose
from .endpoint import Endpoint
from .library import imap_exceptions, imap_utf7
from .listing import ListLine, Selected, Status, parse_list, parse_selected, parse_status, quote
from .wire import Tagged, Wire

_STATUS_ITEMS = b"MESSAGES UIDNEXT UIDVALIDITY"


class Session:
    """A logged-in session; ``wire`` carries message data over the same connection."""

    def __init__(self, client: Any, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint
        self.where = endpoint.where()
        imap = client._imap
        self.wire = Wire(client.socket(), imap.file, imap._new_tag, self.where)
        self.capabilities = frozenset(item.decode("ascii", "replace").upper() for item in client.capabilities())
        self._raw_names: dict[str, bytes] = {}
        self._is_open = False
        self.dropped = False

    def has(self, capability: str) -> bool:
        return capability in self.capabilities

    def encode(self, name: str) -> bytes:
        """``name`` as a quoted string on the wire, spelled as the server listed it."""
        raw = self._raw_names.get(name) or imap_utf7.encode(name)
        if any(octet in raw for octet in b"\r\n\0"):
            raise FolderRefused("its name holds a line end", where=f"{self.where}, {name!r}", remedy="Rename it there")
        return quote(raw)

    def list_side(self) -> tuple[Side, dict[str, Status]]:
        """All folders, and the STATUS of those that can be opened; one round trip where LIST-STATUS is offered."""
        extended = self.has("LIST-EXTENDED") and self.has("LIST-STATUS") and self.has("SPECIAL-USE")
        lines, statuses, subscribed = self._list_extended() if extended else self._list_plain()
        folders = tuple(
            Folder(self._decode(line.name), line.delimiter, line.attributes, self._decode(line.name) in subscribed)
            for line in lines
        )
        if not extended:
            statuses = self._status_pipelined([f.name for f in folders if not _is_container(f)])
        prefix, delimiter = self._namespace(folders)
        return Side(folders, delimiter, prefix), statuses

    def status(self, name: str) -> Status:
        """STATUS of one folder; raises :class:`FolderRefused`."""
        line = b"STATUS " + self.encode(name) + b" (" + self._status_items() + b")"
        responses, tagged = self.wire.run(line)
        found = [parsed[1] for parsed in map(parse_status, responses) if parsed]
        if not tagged.ok or not found:
            raise FolderRefused(f"the server gives no STATUS: {tagged.words()}", where=f"{self.where}, {name}")
        return found[-1]

    def examine(self, name: str) -> Selected:
        """Open a folder read-only."""
        return self._open(b"EXAMINE", name)

    def select(self, name: str) -> Selected:
        """Open a folder for changes."""
        return self._open(b"SELECT", name)

    def leave(self) -> None:
        """Leave the opened folder without expunging anything."""
        if self._is_open:
            self.wire.run(b"UNSELECT" if self.has("UNSELECT") else b"EXAMINE INBOX")
            self._is_open = False

    def create(self, name: str) -> None:
        """Create a folder; one that exists already is fine."""
        _unused, tagged = self.wire.run(b"CREATE " + self.encode(name))
        if not tagged.ok and "ALREADYEXISTS" not in tagged.code and "exists" not in tagged.text.lower():
            raise FolderRefused(f"the server does not create it: {tagged.words()}", where=f"{self.where}, {name}")

    def subscribe(self, name: str) -> None:
        """Subscribe to a folder."""
        _unused, tagged = self.wire.run(b"SUBSCRIBE " + self.encode(name))
        if not tagged.ok:
            raise FolderRefused(f"the server does not subscribe: {tagged.words()}", where=f"{self.where}, {name}")

    def reset_on_close(self, enabled: bool) -> None:
        """Whether what is not sent yet is thrown away when this process dies: then the server never sees the end of a
        half-sent command, and what it has of it is known soon after."""
        linger = struct.pack("ii", 1 if enabled else 0, 0)
        self.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def close(self) -> None:
        """Log out; a broken connection is no error here."""
        with contextlib.suppress(OSError, ConnectionLost, imap_exceptions.IMAPClientError):
            self.reset_on_close(False)
            self.wire.sock.settimeout(5)
            self._client.logout()
        self.drop()

    def drop(self) -> None:
        """Close the socket as it is; a thread that waits for it is woken."""
        self.dropped = True
        self.wire.broken = True
        with contextlib.suppress(OSError):
            self.wire.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._client.shutdown()

    def _open(self, verb: bytes, name: str) -> Selected:
        self._is_open = True
        responses, tagged = self.wire.run(verb + b" " + self.encode(name))
        if not tagged.ok:
            raise FolderRefused(f"the server does not open it: {tagged.words()}", where=f"{self.where}, {name}")
        return parse_selected(responses)

    def _status_items(self) -> bytes:
        return _STATUS_ITEMS + (b" HIGHESTMODSEQ" if self.has("CONDSTORE") else b"")

    def _list_extended(self) -> tuple[list[ListLine], dict[str, Status], set[str]]:
        returns = b"SUBSCRIBED SPECIAL-USE STATUS (" + self._status_items() + b")"
        responses, tagged = self.wire.run(b'LIST "" "*" RETURN (' + returns + b")")
        if not tagged.ok:
            raise self._unlisted(tagged)
        lines = [line for line in map(parse_list, responses) if line]
        statuses = {self._decode(parsed[0]): parsed[1] for parsed in map(parse_status, responses) if parsed}
        return lines, statuses, {self._decode(line.name) for line in lines if "\\subscribed" in line.attributes}

    def _list_plain(self) -> tuple[list[ListLine], dict[str, Status], set[str]]:
        special = b" RETURN (SPECIAL-USE)" if self.has("SPECIAL-USE") and self.has("LIST-EXTENDED") else b""
        responses, tagged = self.wire.run(b'LIST "" "*"' + special)
        if not tagged.ok:
            raise self._unlisted(tagged)
        lines = [line for line in map(parse_list, responses) if line]
        responses, _unused = self.wire.run(b'LSUB "" "*"')
        subscribed = {self._decode(line.name) for line in map(parse_list, responses) if line}
        return lines, {}, subscribed

    def _unlisted(self, tagged: Tagged) -> MigrationError:
        words = tagged.words()
        if diagnose.is_throttle(words):
            return Throttled(f"the server asks to wait: {words}", where=self.where, wait=diagnose.suggested_wait(words))
        return FolderRefused(f"the server does not list its folders: {words}", where=self.where)

    def _status_pipelined(self, names: list[str]) -> dict[str, Status]:
        """STATUS of many folders, sent ahead in groups; a folder whose STATUS is refused is left out."""
        found: dict[str, Status] = {}
        items = b" (" + self._status_items() + b")"
        for start in range(0, len(names), 50):
            lines = [b"STATUS " + self.encode(name) + items for name in names[start : start + 50] if _is_safe(name)]
            tags = [self.wire.command(line) for line in lines]
            for tag in tags:
                for response in self.wire.untagged(tag):
                    parsed = parse_status(response)
                    if parsed:
                        found[self._decode(parsed[0])] = parsed[1]
                self.wire.answered.pop(tag)
        return found

    def _namespace(self, folders: tuple[Folder, ...]) -> tuple[str, str]:
        delimiter = next((folder.delimiter for folder in folders if folder.delimiter), "/")
        if not self.has("NAMESPACE"):
            return _guess_prefix(folders, delimiter), delimiter
        with contextlib.suppress(imap_exceptions.IMAPClientError):
            personal = self._client.namespace().personal
            if personal:
                prefix, found = personal[0]
                return prefix, found or delimiter
        return "", delimiter

    def _decode(self, raw: bytes) -> str:
        try:
            name = str(imap_utf7.decode(raw))
        except (UnicodeError, ValueError):
            name = raw.decode("latin-1")
        name = "INBOX" if name.upper() == "INBOX" else name
        self._raw_names.setdefault(name, raw)
        return name


def _is_safe(name: str) -> bool:
    return not any(character in name for character in "\r\n\0")


def _guess_prefix(folders: tuple[Folder, ...], delimiter: str) -> str:
    """``INBOX.`` where all other folders lie below INBOX: a personal namespace that the server cannot tell."""
    prefix = f"INBOX{delimiter}"
    others = [folder.name for folder in folders if folder.name != "INBOX"]
    return prefix if others and all(name.startswith(prefix) for name in others) else ""


def _is_container(folder: Folder) -> bool:
    return bool(folder.attributes & {"\\noselect", "\\nonexistent"})
