# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import FolderRefused
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import parse_uids
from ansible_collections.mailops.migration.plugins.module_utils.imap.change import can_move, move, store_flags

from tests.unit.imap.scripted import Peer, Script, session_to


def test_flags_are_stored_silently() -> None:
    with session_to(lambda peer: peer.answer(b"UID STORE 1:2,5 +FLAGS.SILENT (\\Seen $X)")) as session:
        store_flags(session, [1, 2, 5], ["\\Seen", "$X"], sign="+")


def test_refused_flags_are_told() -> None:
    status = b"NO [NOPERM] read only"
    script: Script = lambda peer: peer.answer(b"UID STORE 1 -FLAGS.SILENT (a)", status=status)  # noqa: E731
    with session_to(script) as session, pytest.raises(FolderRefused, match="read only"):
        store_flags(session, [1], ["a"], sign="-")


def test_move_tells_the_new_uids() -> None:
    responses = [b"* OK [COPYUID 9 3:4,8 20:22] moved", b"* 1 EXPUNGE"]
    with session_to(lambda peer: peer.answer(b'UID MOVE 3:4,8 "Archive"', *responses), "MOVE") as session:
        assert move(session, [3, 4, 8], "Archive") == {3: 20, 4: 21, 8: 22}


def test_server_without_move_copies_and_expunges_only_these_messages() -> None:
    def script(peer: Peer) -> None:
        peer.answer(b'UID COPY 3 "Archive"', status=b"OK [COPYUID 9 3 20] done")
        peer.answer(b"UID STORE 3 +FLAGS.SILENT (\\Deleted)")
        peer.answer(b"UID EXPUNGE 3", b"* 1 EXPUNGE")

    with session_to(script, "UIDPLUS") as session:
        assert move(session, [3], "Archive") == {3: 20}


def test_copy_that_is_refused_deletes_nothing() -> None:
    full = b"NO [OVERQUOTA] Quota exceeded"
    with session_to(lambda peer: peer.answer(b'UID COPY 3 "Archive"', status=full), "UIDPLUS") as session:
        with pytest.raises(FolderRefused, match="full"):
            move(session, [3], "Archive")
        assert session.wire.answered == {}


@pytest.mark.parametrize("code", [b"[COPYUID 9 1:4294967295 1:4294967295] ", b"[COPYUID 9 ,, ::] ", b""])
def test_uids_that_were_not_asked_for_are_not_taken(code: bytes) -> None:
    with session_to(lambda peer: peer.answer(b'UID MOVE 3 "A"', status=b"OK " + code + b"done"), "MOVE") as session:
        assert move(session, [3], "A") == {}


def test_move_of_many_scattered_messages_uses_short_commands() -> None:
    uids, lines = list(range(1_000_000, 1_004_000, 2)), []

    def script(peer: Peer) -> None:
        while len([uid for line in lines for uid in parse_uids(line.split(b" ")[3].decode())]) < len(uids):
            lines.append(peer.line())
            tag, _unused, _unused, asked, _unused = lines[-1].split(b" ")
            peer.say(tag + b" OK [COPYUID 9 " + asked + b" " + asked + b"] done\r\n")

    with session_to(script, "MOVE") as session:
        assert move(session, uids, "A") == {uid: uid for uid in uids}
    assert max(map(len, lines)) < 4096


@pytest.mark.parametrize("capabilities, able", [(["MOVE"], True), (["UIDPLUS"], True), ([], False)])
def test_server_that_can_only_expunge_everything_does_not_move(capabilities: list[str], able: bool) -> None:
    with session_to(lambda peer: None, *capabilities) as session:
        assert can_move(session) is able
