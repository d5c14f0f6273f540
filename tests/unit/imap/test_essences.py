# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import Throttled
from ansible_collections.mailops.migration.plugins.module_utils.core.essence import essence_of
from ansible_collections.mailops.migration.plugins.module_utils.imap.essences import fetch_essences

from tests.unit.imap.scripted import Peer, Script, session_to

CONTENT = b"Subject: a\r\n\r\nb\r\n"


def refusing(words: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.say(peer.expect(b"UID FETCH 1:2 (UID BODY.PEEK[])") + b" NO " + words + b"\r\n")

    return script


@pytest.mark.parametrize(
    ("shown", "content"),
    [(b"{%d}\r\n%b" % (len(CONTENT), CONTENT), CONTENT), (b'"Subject: \\"a\\""', b'Subject: "a"')],
)
def test_essence_is_that_of_the_octets_however_they_are_written(shown: bytes, content: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"UID FETCH 1 (UID BODY.PEEK[])", b"* 1 FETCH (UID 1 BODY[] " + shown + b")")

    with session_to(script) as session:
        assert list(fetch_essences(session, [[1]])) == [(1, len(content), essence_of([content]))]


@pytest.mark.parametrize("words", [b"[LIMIT] Too many requests", b"[THROTTLED] Suggested Backoff Time: 5000 ms"])
def test_server_that_asks_to_wait_is_heard(words: bytes) -> None:
    with session_to(refusing(words)) as session, pytest.raises(Throttled) as caught:
        list(fetch_essences(session, [[1, 2]]))
    assert caught.value.waiting == (1, 2)
