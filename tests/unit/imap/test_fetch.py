# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations, takewhile
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConnectionLost,
    FolderRefused,
    Stopped,
    Throttled,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import format_uids, parse_uids
from ansible_collections.mailops.migration.plugins.module_utils.imap.body import SPOOL_ABOVE, SpooledBody
from ansible_collections.mailops.migration.plugins.module_utils.imap.fetch import (
    GROUP,
    fetch_bodies,
    fetch_digests,
    fetch_flags,
    groups_of,
    list_messages,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import LONGEST_LINE

from tests.unit.imap.scripted import Peer, Script, session_to

LIST = b"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)"
BODIES = b"UID FETCH %b (UID FLAGS INTERNALDATE BODY.PEEK[])"
DATE = b"01-Jan-2024 10:00:00 +0100"


def listing(*responses: bytes, first: int = 1) -> list[Listed]:
    command = LIST.replace(b"1:*", b"%d:*" % first)
    with session_to(lambda peer: peer.answer(command, *responses)) as session:
        return list_messages(session, first=first)


def then_nothing(script: Script) -> Script:
    """After ``script`` every command is answered OK and nothing else."""

    def whole(peer: Peer) -> None:
        script(peer)
        with suppress(ConnectionError):
            while (line := peer.line()) and not line.endswith(b"LOGOUT"):
                peer.say(line.partition(b" ")[0] + b" OK done\r\n")
            peer.say(b"* BYE\r\n" + line.partition(b" ")[0] + b" OK out\r\n")

    return whole


def contents(uids: list[int], *responses: bytes) -> dict[int, bytes | None]:
    """Uid and octets of what the server sends for ``uids``, a group of neighbours."""
    command = BODIES % (b"%d:%d" % (uids[0], uids[-1]) if len(uids) > 1 else b"%d" % uids[0])
    with session_to(then_nothing(lambda peer: peer.answer(command, *responses))) as session:
        fetched = list(fetch_bodies(session, [uids], "/nowhere"))
    return {message.uid: None if message.body is None else b"".join(message.body.pieces()) for message in fetched}


def literal(data: bytes) -> bytes:
    return b"{%d}\r\n%b" % (len(data), data)


@pytest.mark.parametrize(
    "items", list(permutations([b"UID 7", b"FLAGS (\\Seen a)", b'INTERNALDATE "%b"' % DATE, b"RFC822.SIZE 12"]))
)
def test_items_of_a_listing_may_stand_in_any_order(items: tuple[bytes, ...]) -> None:
    assert listing(b"* 1 FETCH (" + b" ".join(items) + b")") == [Listed(7, frozenset({"\\Seen", "a"}), DATE, 12)]


@pytest.mark.parametrize("items", list(permutations([b"UID 7", b"FLAGS ()", b"BODY[] " + literal(b"UID 9)\r\n")])))
def test_items_of_a_body_may_stand_in_any_order(items: tuple[bytes, ...]) -> None:
    assert contents([7], b"* 1 FETCH (" + b" ".join(items) + b")") == {7: b"UID 9)\r\n"}


def test_messages_are_listed_by_uid_with_unknown_items_passed_over() -> None:
    first = b'* 2 fetch (MODSEQ (99) uid 9 rfc822.size 3 flags () internaldate "%b" EMAILID (M5))' % DATE
    second = b"* 1 FETCH (UID 4 FLAGS (\\Seen) INTERNALDATE NIL RFC822.SIZE 5)"
    assert listing(first, b"* 9 EXISTS", second) == [
        Listed(4, frozenset({"\\Seen"}), b"", 5),
        Listed(9, frozenset(), DATE, 3),
    ]


def test_last_message_of_a_folder_without_newer_ones_is_not_listed_again() -> None:
    assert listing(b"* 1 FETCH (UID 4 FLAGS () RFC822.SIZE 5)", first=5) == []


def test_flags_that_change_during_a_listing_leave_size_and_date_as_they_are() -> None:
    full = b'* 1 FETCH (UID 4 FLAGS () INTERNALDATE "%b" RFC822.SIZE 5)' % DATE
    assert listing(full, b"* 1 FETCH (UID 4 FLAGS (\\Seen))") == [Listed(4, frozenset({"\\Seen"}), DATE, 5)]


def test_message_told_in_several_responses_is_one_message() -> None:
    parts = [b"FLAGS (\\Seen)", b"RFC822.SIZE 5", b'INTERNALDATE "%b"' % DATE, b"MODSEQ (7)"]
    responses = [b"* 1 FETCH (UID 4 " + part + b")" for part in parts]
    assert listing(*responses) == [Listed(4, frozenset({"\\Seen"}), DATE, 5)]


def test_refused_listing_is_told_with_the_servers_words() -> None:
    script: Callable[[Peer], None] = lambda peer: peer.answer(LIST, status=b"NO [NOPERM] go away")  # noqa: E731
    with session_to(script) as session, pytest.raises(FolderRefused, match=r"\[NOPERM\] go away"):
        list_messages(session)


def test_server_that_asks_to_wait_names_the_time() -> None:
    status = b"NO Request is throttled. Suggested Backoff Time: 1500 milliseconds"
    with session_to(lambda peer: peer.answer(LIST, status=status)) as session, pytest.raises(Throttled) as error:
        list_messages(session)
    assert error.value.wait == 1.5


def test_present_flags_come_without_messages_that_are_gone() -> None:
    responses = [b"* 1 FETCH (UID 4 FLAGS (\\Seen))", b"* 2 FETCH (FLAGS (\\Draft))", b"* 1 FETCH (UID 4 MODSEQ (8))"]
    with session_to(lambda peer: peer.answer(b"UID FETCH 4:5 (UID FLAGS)", *responses)) as session:
        assert fetch_flags(session, [4, 5]) == {4: frozenset({"\\Seen"})}


@pytest.mark.parametrize("data", [b"", b"\0\r\n", b"a\nb\rc", "Grüße {3}\r\n".encode(), b"A1 OK done\r\n* BYE\r\n"])
def test_octets_of_a_message_are_unaltered(data: bytes) -> None:
    assert contents([7], b"* 1 FETCH (UID 7 FLAGS () BODY[] " + literal(data) + b")") == {7: data}


def test_message_as_literal8_is_read() -> None:
    assert contents([7], b"* 1 FETCH (UID 7 BODY[] ~{2}\r\n\0\n)") == {7: b"\0\n"}


@pytest.mark.parametrize(
    "quoted, data", [(b'""', b""), (b'"hi"', b"hi"), (rb'"a \"b\" \\ UID 3)"', rb'a "b" \ UID 3)')]
)
def test_message_as_quoted_string_is_read(quoted: bytes, data: bytes) -> None:
    assert contents([7], b"* 1 FETCH (UID 7 BODY[] " + quoted + b")") == {7: data}


def test_message_without_content_comes_without_body() -> None:
    assert contents([7], b"* 1 FETCH (UID 7 FLAGS () BODY[] NIL)") == {7: None}


def test_unasked_responses_between_bodies_are_no_messages() -> None:
    unasked = [b"* 3 EXISTS", b"* 1 FETCH (UID 7 FLAGS (\\Seen))", b"* 1 FETCH (FLAGS ())", b"* 2 EXPUNGE"]
    assert contents([7, 8], *unasked, b"* 1 FETCH (UID 7 BODY[] {1}\r\na)", *unasked) == {7: b"a"}


def test_flags_and_date_come_with_the_body() -> None:
    response = b'* 1 FETCH (UID 7 FLAGS (\\Seen $X) INTERNALDATE "%b" BODY[] {1}\r\na)' % DATE
    with session_to(lambda peer: peer.answer(BODIES % b"7", response)) as session:
        (message,) = fetch_bodies(session, [[7]], "/nowhere")
    assert (message.flags, message.internaldate) == (frozenset({"\\Seen", "$X"}), DATE)


def test_large_message_lies_in_a_file_without_a_name(tmp_path: Path) -> None:
    data = b"0123456789abcdef\r\n" * (SPOOL_ABOVE // 18 + 1)
    response = b"* 1 FETCH (UID 7 BODY[] " + literal(data) + b")"
    with session_to(lambda peer: peer.answer(BODIES % b"7", response)) as session:
        (message,) = fetch_bodies(session, [[7]], str(tmp_path))
    assert isinstance(message.body, SpooledBody)
    assert b"".join(message.body.pieces()) == data
    assert list(tmp_path.iterdir()) == []


def test_large_message_without_room_for_it_stops_the_pass() -> None:
    response = b"* 1 FETCH (UID 7 BODY[] {%d}\r\n" % (SPOOL_ABOVE + 1)
    with session_to(lambda peer: peer.answer(BODIES % b"7", response)) as session, pytest.raises(Stopped):
        list(fetch_bodies(session, [[7]], "/nowhere"))


def test_digests_are_those_of_the_octets() -> None:
    quoted, whole = b'* 1 FETCH (UID 7 BODY[] "hi")', b"* 2 FETCH (UID 8 BODY[] {3}\r\na\r\n)"
    nothing = b"* 3 FETCH (UID 9 BODY[] NIL)"
    with session_to(lambda peer: peer.answer(b"UID FETCH 7:9 (UID BODY.PEEK[])", quoted, whole, nothing)) as session:
        found = {uid: body.digest for uid, body in fetch_digests(session, [[7, 8, 9]])}
    assert found == {7: digest_of(b"hi"), 8: digest_of(b"a\r\n")}


def test_next_group_is_asked_for_before_the_first_is_read() -> None:
    def body(uid: int) -> bytes:
        return b"* 1 FETCH (UID %d BODY[] {1}\r\na)\r\n" % uid

    def script(peer: Peer) -> None:
        first, second = peer.expect(BODIES % b"1:2"), peer.expect(BODIES % b"3:4")
        peer.say(body(1), body(2), first + b" OK done\r\n")
        third = peer.expect(BODIES % b"5:6")
        peer.say(body(3), body(4), second + b" OK done\r\n", body(5), body(6), third + b" OK done\r\n")

    with session_to(script) as session:
        assert len(list(fetch_bodies(session, [[1, 2], [3, 4], [5, 6]], "/nowhere"))) == 6


def test_nothing_is_asked_for_beyond_a_single_message_that_has_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(peer: Peer) -> None:
        for uid in (3, 4):
            peer.answer(BODIES % b"%d" % uid, b"* 1 FETCH (UID %d BODY[] {1}\r\na)" % uid)

    with session_to(then_nothing(script)) as session:
        sent: list[bytes] = []
        command = session.wire.command
        monkeypatch.setattr(session.wire, "command", lambda line: (sent.append(line), command(line))[1])
        arriving = fetch_bodies(session, [[3], [4]], "/nowhere")
        assert (next(arriving).uid, len(sent)) == (3, 1)
        assert (next(arriving).uid, len(sent)) == (4, 2)


def test_what_an_answer_leaves_out_is_asked_for_once_more() -> None:
    late = b"* 1 FETCH (UID 2 BODY[] {1}\r\nb)"

    def script(peer: Peer) -> None:
        peer.answer(BODIES % b"1:3", b"* 1 FETCH (UID 1 BODY[] {1}\r\na)")
        peer.answer(BODIES % b"2:3", late)

    with session_to(then_nothing(script)) as session:
        assert [message.uid for message in fetch_bodies(session, [[1, 2, 3]], "/nowhere")] == [1, 2]


def test_message_that_arrives_after_the_answer_counts() -> None:
    def script(peer: Peer) -> None:
        tag = peer.expect(BODIES % b"1:2")
        peer.say(b"* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n" + tag + b" OK done\r\n")
        peer.answer(BODIES % b"2", b"* 2 FETCH (UID 2 BODY[] {1}\r\nb)")

    with session_to(script) as session:
        assert [message.uid for message in fetch_bodies(session, [[1, 2]], "/nowhere")] == [1, 2]


@pytest.mark.parametrize(
    "octets",
    [
        b"{3}\r\na longer one\r\nUID 7)",
        b"{40}\r\nshort)\r\n* 2 FETCH (UID 8 BODY[] {1}\r\nb)",
        b"{1}\r\nab)",
    ],
)
def test_length_that_does_not_fit_breaks_off_at_this_message(octets: bytes) -> None:
    response = b"* 1 FETCH (UID 7 BODY[] " + octets
    with session_to(then_nothing(lambda peer: peer.answer(BODIES % b"7:8", response))) as session:
        with pytest.raises(ConnectionLost) as error:
            list(fetch_bodies(session, [[7, 8]], "/nowhere"))
        assert error.value.waiting == (7, 8)


@pytest.mark.parametrize(
    "after", [b")", b" UID 7)", b' X-GM-LABELS ("a (b" \\Sent))', b" MODSEQ (12345))", b" FLAGS (a}))"]
)
def test_items_after_the_octets_are_no_sign_of_a_wrong_length(after: bytes) -> None:
    assert contents([7], b"* 1 FETCH (UID 7 BODY[] {1}\r\na" + after) == {7: b"a"}


def test_other_literal_before_the_octets_is_not_taken_for_them() -> None:
    assert contents([7], b"* 1 FETCH (UID 7 X-NOTE {3}\r\nabc BODY[] {2}\r\nhi)") == {7: b"hi"}


def test_loss_names_the_messages_that_were_due() -> None:
    response = b"* 1 FETCH (UID 3 BODY[] {1}\r\na)\r\n* 1 FETCH (UID 4 BODY[] {9}\r\nab"

    def script(peer: Peer) -> None:
        peer.expect(BODIES % b"3:5")
        peer.say(response)
        peer.sock.shutdown(socket.SHUT_WR)

    with session_to(script) as session, pytest.raises(ConnectionLost) as error:
        list(fetch_bodies(session, [[3, 4, 5]], "/nowhere"))
    assert error.value.waiting == (4, 5)


@pytest.mark.parametrize("bomb", [b"FLAGS (", b'INTERNALDATE "', b"BODY[] \"", b"((((", b"UID 1 FLAGS ("])
def test_brackets_without_end_cost_no_time(bomb: bytes) -> None:
    response = b"* 1 FETCH (" + bomb * (LONGEST_LINE // 2 // len(bomb))
    began = time.monotonic()
    assert listing(response) == []
    assert time.monotonic() - began < 30


def test_command_for_scattered_uids_stays_short() -> None:
    uids = range(4_000_000_001, 4_000_002_001, 2)
    groups = [format_uids(group) for group in groups_of(uids)]
    assert [uid for group in groups for uid in parse_uids(group)] == list(uids)
    assert max(map(len, groups)) < 930
    assert [len(group) for group in groups_of(range(1, 1000))] == [GROUP, GROUP, 299]


def serve_all_but(bad: set[int], asked: list[list[int]]) -> Callable[[Peer], None]:
    """A server that sends what stands before a bad message and then refuses the command."""

    def script(peer: Peer) -> None:
        while True:
            tag, verb, *rest = peer.line().split(b" ")
            if verb != b"UID":
                peer.say(b"* BYE\r\n" + tag + b" OK done\r\n")
                return
            uids = list(parse_uids(rest[1].decode()))
            asked.append(uids)
            good = list(takewhile(lambda uid: uid not in bad, uids))
            peer.say(*(b"* 1 FETCH (UID %d BODY[] {1}\r\na)\r\n" % uid for uid in good))
            peer.say(tag + (b" OK done\r\n" if good == uids else b" NO [SERVERBUG] cannot read it\r\n"))

    return script


@pytest.mark.parametrize("bad", [{1}, {40}, {3, 4, 5, 90}, {100}])
def test_message_that_the_server_cannot_send_costs_no_other(bad: set[int]) -> None:
    asked: list[list[int]] = []
    with session_to(serve_all_but(bad, asked)) as session:
        fetched = list(fetch_bodies(session, groups_of(range(1, 101)), "/nowhere"))
    assert sorted(message.uid for message in fetched if message.body) == [u for u in range(1, 101) if u not in bad]
    withheld = {message.uid: message.reason for message in fetched if message.body is None}
    assert withheld == dict.fromkeys(bad, "the source does not send it: [SERVERBUG] cannot read it")
    assert {uids[0] for uids in asked if len(uids) == 1} >= bad


def test_folder_whose_messages_are_all_refused_is_given_up() -> None:
    asked: list[list[int]] = []
    with session_to(serve_all_but(set(range(1, 1001)), asked)) as session:
        with pytest.raises(FolderRefused, match=r"\[SERVERBUG\] cannot read it"):
            list(fetch_bodies(session, groups_of(range(1, 1001)), "/nowhere"))
        assert session.wire.answered == {}
    assert len(asked) < 200


def test_courier_is_asked_for_whole_messages_as_rfc822_where_that_marks_nothing() -> None:
    whole = literal(b"all") + b")"

    def script(peer: Peer) -> None:
        peer.answer(b'EXAMINE "INBOX"')
        peer.answer(b"UID FETCH 7 (UID FLAGS INTERNALDATE RFC822)", b"* 1 FETCH (UID 7 RFC822 " + whole)
        peer.answer(b'SELECT "INBOX"')
        peer.answer(b"UID FETCH 7 (UID BODY.PEEK[])", b"* 1 FETCH (UID 7 BODY[] " + whole)

    with session_to(script, greeting=b"Courier-IMAP ready.") as session:
        session.examine("INBOX")
        [message] = fetch_bodies(session, [[7]], "/nowhere")
        session.select("INBOX")
        [(_uid, digested)] = fetch_digests(session, [[7]])

    assert message.body is not None
    assert message.body.digest == digested.digest == digest_of(b"all")
