# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Scripted servers: one that holds a few messages, one that takes messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ansible_collections.mailops.migration.plugins.module_utils.core.uids import parse_uids

from tests.unit.imap.scripted import Peer, Script

Folders = Mapping[str, Mapping[int, bytes]]
UIDVALIDITY = 7
_LITERAL = re.compile(rb"\((?P<flags>[^()]*)\) \{(?P<size>\d+)(?P<plus>\+?)\}\Z")


def serving(folders: Folders, asked: list[bytes]) -> Script:
    """A server of these folders (uid → octets); notes every command in ``asked``."""

    def script(peer: Peer) -> None:
        here: Mapping[int, bytes] = {}
        while line := peer.line():
            tag, _unused, command = line.partition(b" ")
            asked.append(command)
            verb, *words = command.split(b" ")
            if verb == b"LOGOUT":
                peer.say(b"* BYE\r\n" + tag + b" OK out\r\n")
                return
            if verb in (b"EXAMINE", b"STATUS"):
                name = words[0].strip(b'"').decode()
                peer.say(_examined(folders[name]) if verb == b"EXAMINE" else _status(name, folders[name]))
                here = folders[name] if verb == b"EXAMINE" else here
            else:
                peer.say(*_fetched(here, words))
            peer.say(tag + b" OK done\r\n")

    return script


def _examined(messages: Mapping[int, bytes]) -> bytes:
    return b"* %d EXISTS\r\n* OK [UIDVALIDITY %d] ok\r\n" % (len(messages), UIDVALIDITY)


def _status(name: str, messages: Mapping[int, bytes]) -> bytes:
    values = len(messages), max(messages, default=0) + 1, UIDVALIDITY
    return b'* STATUS "%b" (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)\r\n' % (name.encode(), *values)


def _fetched(messages: Mapping[int, bytes], words: list[bytes]) -> list[bytes]:
    if words[1] == b"1:*":
        return [b"* 1 FETCH (UID %d FLAGS () RFC822.SIZE %d)\r\n" % (uid, len(data)) for uid, data in messages.items()]
    uids = [uid for uid in parse_uids(words[1].decode()) if uid in messages]
    return [b"* 1 FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, len(messages[uid]), messages[uid]) for uid in uids]


class Taker:
    """A server's APPEND, with LITERAL+ and MULTIAPPEND.

    ``judge`` gets the octets of a command's messages with their flags, and gives the status line of the answer;
    ``taken`` are the messages of the commands that it answered OK; ``asked`` those that waited to be asked for,
    each with how many came before it in its command.
    """

    def __init__(self, judge: Callable[[list[tuple[bytes, bytes]]], bytes] = lambda messages: b"OK done") -> None:
        self._judge = judge
        self.taken: list[tuple[bytes, bytes]] = []
        self.asked: list[tuple[bytes, int]] = []
        self.commands: list[bytes] = []

    def __call__(self, peer: Peer) -> None:
        while line := peer.line():
            tag, _unused, command = line.partition(b" ")
            self.commands.append(command.split(b" ")[0])
            if command.startswith(b"APPEND"):
                peer.say(tag + b" " + self._append(peer, command) + b"\r\n")
            elif command.startswith(b"STATUS"):
                peer.say(_status("INBOX", {}) + tag + b" OK done\r\n")
            else:
                peer.say(tag + b" OK done\r\n")
                if command == b"LOGOUT":
                    return

    def _append(self, peer: Peer, line: bytes) -> bytes:
        messages = []
        while found := _LITERAL.search(line):
            if not found["plus"]:
                peer.say(b"+ go on\r\n")
            messages.append((found["flags"], peer.read(int(found["size"]))))
            if not found["plus"]:
                self.asked.append((messages[-1][1], len(messages) - 1))
            line = peer.line()
        status = self._judge(messages)
        if status.startswith(b"OK"):
            self.taken += messages
        return status
