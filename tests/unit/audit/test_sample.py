# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A few messages are read to know how fast a source is: of a large mailbox only, never marked, never many."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.audit.sample import (
    MOST_OCTETS,
    NO_SAMPLE,
    WORTH_OCTETS,
    read_sample,
)
from ansible_collections.mailops.migration.plugins.module_utils.audit.survey import FolderContent
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder

from tests.unit.imap.scripted import Peer, session_to

MESSAGE = b"Subject: x\r\n\r\n" + b"y" * 100_000


def content(name: str, octets: int) -> FolderContent:
    return FolderContent(Folder(name, "/"), None, "", selectable=True, migrated=True, octets=octets, copied=9)


class Server:
    """Has ``count`` equal messages in each folder; writes down what it is asked, and refuses what changes anything."""

    def __init__(self, count: int, refusal: bytes = b"") -> None:
        self.asked: list[bytes] = []
        self._count, self._refusal = count, refusal

    def __call__(self, peer: Peer) -> None:
        while (line := peer.line()) and not line.endswith(b"LOGOUT"):
            tag, _unused, command = line.partition(b" ")
            self.asked.append(command)
            if self._refusal and command.startswith(b"UID FETCH"):
                peer.say(tag + self._refusal + b"\r\n")
                continue
            self._answer(peer, command)
            assert b"SELECT" not in command and b"BODY[]" not in command and b"STORE" not in command
            peer.say(tag + b" OK done\r\n")
        peer.say(b"* BYE\r\n" + line.partition(b" ")[0] + b" OK out\r\n")

    def _answer(self, peer: Peer, command: bytes) -> None:
        if command.startswith(b"EXAMINE"):
            peer.say(b"* %d EXISTS\r\n* OK [UIDVALIDITY 1]\r\n* OK [UIDNEXT %d]\r\n" % (self._count, self._count + 1))
        elif b"RFC822.SIZE" in command:
            for uid in range(1, self._count + 1):
                told = b'* %d FETCH (UID %d FLAGS () INTERNALDATE "01-Jan-2024 10:00:00 +0100" RFC822.SIZE %d)\r\n'
                peer.say(told % (uid, uid, len(MESSAGE)))
        elif command.startswith(b"UID FETCH"):
            first, _unused, last = command.split()[2].partition(b":")
            for uid in range(int(first), int(last or first) + 1):
                peer.say(b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (uid, uid, len(MESSAGE), MESSAGE))


def test_largest_folder_is_read_without_marking_anything() -> None:
    server, clock = Server(3), itertools.count(0.0, 0.5)
    with session_to(server) as session:
        seconds, messages, octets = read_sample(
            session, [content("Small", 10), content("Big", WORTH_OCTETS)], lambda: next(clock)
        )
    assert (messages, octets) == (3, 3 * len(MESSAGE)) and seconds > 0
    assert [command for command in server.asked if command.startswith(b"EXAMINE")] == [b'EXAMINE "Big"']


def test_no_more_is_read_than_is_allowed() -> None:
    with session_to(Server(400)) as session:
        _seconds, messages, octets = read_sample(session, [content("Big", WORTH_OCTETS)])
    assert messages < 400 and MOST_OCTETS <= octets < 2 * MOST_OCTETS


def test_small_mailbox_is_not_read() -> None:
    server = Server(3)
    with session_to(server) as session:
        assert read_sample(session, [content("Big", WORTH_OCTETS - 1)]) == NO_SAMPLE
    assert server.asked == []


@pytest.mark.parametrize("refusal", [b" NO not now", b" NO [THROTTLED] later"])
def test_server_that_does_not_take_part_costs_the_sample_only(refusal: bytes) -> None:
    with session_to(Server(3, refusal)) as session:
        assert read_sample(session, [content("Big", WORTH_OCTETS)]) == NO_SAMPLE
