# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections import deque

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import FolderRefused
from ansible_collections.mailops.migration.plugins.module_utils.imap.fetch import Listing, PresentUids
from ansible_collections.mailops.migration.plugins.module_utils.imap.visits import Ask, Visit, Visited, visit_ahead

from tests.unit.imap.scripted import Peer, session_to

OPENED = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\n"


def quiet(line: bytes) -> Ask:
    return Ask(line, lambda response: None, "refused")


def test_further_folders_are_asked_for_before_the_first_has_answered() -> None:
    def script(peer: Peer) -> None:
        tags = [peer.line().split(b" ")[0] for _command in range(4)]
        peer.say(OPENED, *(tag + b" OK done\r\n" for tag in tags))

    with session_to(script) as session:
        visits = deque(Visit(name, (quiet(b"NOOP"),)) for name in ("A", "B"))
        assert [visited.visit.folder for visited in visit_ahead(session, visits)] == ["A", "B"]


def test_what_is_answered_after_a_refused_opening_is_no_answer() -> None:
    def script(peer: Peer) -> None:
        tags = [peer.line().split(b" ")[0] for _command in range(4)]
        peer.say(tags[0] + b" NO not there\r\n* 1 FETCH (UID 5 FLAGS ())\r\n" + tags[1] + b" OK done\r\n")
        peer.say(OPENED, tags[2] + b" OK in\r\n* 1 FETCH (UID 6 FLAGS ())\r\n" + tags[3] + b" OK done\r\n")

    with session_to(script) as session:
        listings = {name: Listing(session) for name in ("A", "B")}
        visits = deque(Visit(name, (listing.ask(b"1:*"),)) for name, listing in listings.items())
        first, second = visit_ahead(session, visits)
        assert isinstance(first.error, FolderRefused) and second.error is None
        assert [message.uid for name in "AB" for message in listings[name].messages()] == [6]


def test_answers_to_one_folder_may_come_in_another_order() -> None:
    def script(peer: Peer) -> None:
        opening, search, fetch = (peer.line().split(b" ")[0] for _command in range(3))
        peer.say(OPENED, opening + b" OK in\r\n* 1 FETCH (UID 6 FLAGS ())\r\n" + fetch + b" OK done\r\n")
        peer.say(b'* ESEARCH (TAG "' + search + b'") UID ALL 6\r\n' + search + b" OK done\r\n")

    with session_to(script, "ESEARCH") as session:
        listing, uids = Listing(session), PresentUids()
        [visited] = visit_ahead(session, deque([Visit("A", (uids.ask, listing.ask(b"1:*")))]))
        assert visited.error is None and list(uids.uids) == [message.uid for message in listing.messages()] == [6]


def test_refusal_in_an_empty_folder_is_none() -> None:
    def visited(exists: bytes) -> Visited:
        def script(peer: Peer) -> None:
            tags = [peer.line().split(b" ")[0] for _command in range(2)]
            peer.say(b"* " + exists + b" EXISTS\r\n" + tags[0] + b" OK in\r\n" + tags[1] + b" NO nothing there\r\n")

        with session_to(script) as session:
            [found] = visit_ahead(session, deque([Visit("A", (quiet(b"UID FETCH 1:* (UID)"),))]))
        return found

    assert visited(b"0").error is None
    assert isinstance(visited(b"3").error, FolderRefused)


def test_more_than_fits_ahead_is_asked_when_there_is_room() -> None:
    names = [f"folder {number}" for number in range(300)]

    def script(peer: Peer) -> None:
        for name in names:
            peer.answer(b'EXAMINE "' + name.encode() + b'"')

    with session_to(script) as session:
        assert [each.visit.folder for each in visit_ahead(session, deque(Visit(n, ()) for n in names))] == names
