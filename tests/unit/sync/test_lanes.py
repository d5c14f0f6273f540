# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the sessions of a lane end."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from ansible_collections.mailops.migration.plugins.module_utils.sync.lanes import Opened

from tests.unit.imap.scripted import Peer, session_to


def test_sessions_take_leave_of_both_servers_at_once() -> None:
    both = threading.Barrier(2, timeout=20)

    def script(peer: Peer) -> None:
        tag = peer.expect(b"LOGOUT")
        both.wait()
        peer.say(b"* BYE\r\n", tag + b" OK out\r\n")

    with ExitStack() as servers:
        sessions = [servers.enter_context(session_to(script)) for _unused in range(2)]
        with Opened() as opened:
            for session in sessions:
                opened.add(session)
        assert all(session.dropped for session in sessions)


def test_session_whose_server_is_gone_ends_without_a_word() -> None:
    with session_to(lambda peer: None) as session, Opened() as opened:
        opened.add(session).wire.broken = True

    assert session.dropped
