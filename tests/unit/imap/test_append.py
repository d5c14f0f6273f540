# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import tempfile
from collections.abc import Sequence

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConnectionLost
from ansible_collections.mailops.migration.plugins.module_utils.imap.append import (
    FLUSH_AT,
    AppendAnswer,
    Appender,
    AppendItem,
    append_limits,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.body import MemoryBody, SpoolSink
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import Tagged
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imap.scripted import Peer, Script, session_to

DATE = b"01-Jan-2024 10:00:00 +0100"


def item(data: bytes, *flags: str, date: bytes = b"") -> AppendItem:
    return AppendItem(flags, date, MemoryBody(data))


def takes(*steps: bytes, status: bytes = b"OK done") -> Script:
    """A server that takes exactly these octets, asks to go on between two steps, and answers after the last."""
    head, _unused, rest = steps[0].partition(b"\r\n")

    def script(peer: Peer) -> None:
        tag = peer.expect(head)
        assert peer.read(len(rest)) == rest
        for step in steps[1:]:
            peer.say(b"* 3 EXISTS\r\n+ go on\r\n")
            assert peer.read(len(step)) == step
        peer.say(tag + b" " + status + b"\r\n")

    return script


def appended(script: Script, capabilities: Sequence[str], *items: AppendItem, folder: str = "INBOX") -> AppendAnswer:
    """The answer to one APPEND of these items at a server that follows ``script``."""
    with session_to(script, *capabilities) as session:
        appender = Appender(session)
        return appender.collect(appender.send(folder, items))


def test_literal_plus_sends_the_message_at_once() -> None:
    script = takes(b'APPEND "INBOX" (\\Seen $X) "%b" {6+}\r\na\r\n\nb\r\r\n' % DATE)
    assert appended(script, ["LITERAL+"], item(b"a\r\n\nb\r", "\\Seen", "$X", date=DATE)).ok


def test_message_without_date_and_flags_is_sent_without_them() -> None:
    assert appended(takes(b'APPEND "INBOX" () {1+}\r\na\r\n'), ["LITERAL+"], item(b"a")).ok


def test_server_without_literal_plus_is_waited_for() -> None:
    assert appended(takes(b'APPEND "INBOX" () {1}\r\n', b"a\r\n"), [], item(b"a")).ok


@pytest.mark.parametrize("size, steps", [(4096, 1), (4097, 2)])
def test_literal_minus_sends_only_small_messages_at_once(size: int, steps: int) -> None:
    head, body = b'APPEND "INBOX" () {%d%b}\r\n' % (size, b"+" if steps == 1 else b""), b"x" * size + b"\r\n"
    script = takes(head + body) if steps == 1 else takes(head, body)
    assert appended(script, ["LITERAL-"], item(b"x" * size)).ok


@pytest.mark.parametrize("capabilities, mark", [(["LITERAL+", "BINARY"], b"~"), (["LITERAL+"], b"")])
def test_message_with_nul_goes_as_literal8_where_the_server_takes_it(capabilities: list[str], mark: bytes) -> None:
    script = takes(b'APPEND "INBOX" () ' + mark + b"{3+}\r\na\0b\r\n")
    assert appended(script, capabilities, item(b"a\0b")).ok


def test_large_message_is_sent_when_it_is_asked_for_once_one_was_refused_for_its_size() -> None:
    script = takes(b'APPEND "INBOX" () {2+}\r\nab () {3}\r\n', b"abc\r\n")
    with session_to(script, "LITERAL+", "MULTIAPPEND") as session:
        appender = Appender(session)
        appender.ask_from = 3
        assert appender.collect(appender.send("INBOX", [item(b"ab"), item(b"abc")])).ok


@pytest.mark.parametrize(
    "capabilities, told, limit",
    [
        (["APPENDLIMIT=10"], None, 10),
        (["APPENDLIMIT"], b'* STATUS "INBOX" (APPENDLIMIT 20)', 20),
        (["APPENDLIMIT"], b'* STATUS "INBOX" (APPENDLIMIT NIL)', 0),
        ([], None, 0),
    ],
)
def test_limit_of_a_folder_is_asked_where_the_server_has_one_for_each(
    capabilities: list[str], told: bytes | None, limit: int
) -> None:
    def script(peer: Peer) -> None:
        if told is not None:
            peer.answer(b'STATUS "INBOX" (APPENDLIMIT)', told)

    with session_to(script, *capabilities) as session:
        assert append_limits(session, ["INBOX"]) == [limit]


def test_message_without_nul_goes_as_ordinary_literal_at_a_server_with_binary() -> None:
    assert appended(takes(b'APPEND "INBOX" () {1+}\r\na\r\n'), ["LITERAL+", "BINARY"], item(b"a")).ok


def test_several_messages_go_in_one_command() -> None:
    script = takes(
        b'APPEND "INBOX" (\\Seen) "%b" {1+}\r\na () {0+}\r\n () {2+}\r\nbc\r\n' % DATE,
        status=b"OK [APPENDUID 9 5:7] done",
    )
    answer = appended(
        script, ["LITERAL+", "MULTIAPPEND", "UIDPLUS"], item(b"a", "\\Seen", date=DATE), item(b""), item(b"bc")
    )
    assert (answer.ok, answer.uidvalidity, answer.uids) == (True, 9, (5, 6, 7))


def test_each_message_of_a_command_is_waited_for_without_literal_plus() -> None:
    script = takes(b'APPEND "INBOX" () {1}\r\n', b"a () {2}\r\n", b"bc\r\n")
    assert appended(script, ["MULTIAPPEND"], item(b"a"), item(b"bc")).ok


@given(st.lists(st.lists(st.sampled_from([b"\r\n", b"\n", b"\r", b"\0", b"{1+}\r\n", b"x" * 70_000])), min_size=1))
def test_octets_reach_the_server_unaltered(contents: list[list[bytes]]) -> None:
    bodies = [b"".join(content) for content in contents]
    command = b'APPEND "INBOX"' + b"".join(b" () {%d+}\r\n%b" % (len(body), body) for body in bodies) + b"\r\n"
    assert appended(takes(command), ["LITERAL+", "MULTIAPPEND"], *map(item, bodies)).ok


def test_message_that_lies_in_a_file_is_sent_whole() -> None:
    data = bytes(range(256)) * 4096
    sink = SpoolSink(tempfile.gettempdir())
    sink.write(data)
    command = b'APPEND "INBOX" () {%d+}\r\n%b\r\n' % (len(data), data)
    assert len(data) > FLUSH_AT
    assert appended(takes(command), ["LITERAL+"], AppendItem((), b"", sink.finish())).ok


def test_folder_name_is_encoded_and_quoted() -> None:
    script = takes(b'APPEND "Entw&APw-rfe.\\"a\\\\b\\"&-" () {1+}\r\na\r\n')
    assert appended(script, ["LITERAL+"], item(b"a"), folder='Entwürfe."a\\b"&').ok


def test_line_end_in_a_folder_name_cannot_end_the_command() -> None:
    script = takes(b'APPEND "a&AA0ACg-A9 LOGOUT" () {1+}\r\na\r\n')
    assert appended(script, ["LITERAL+"], item(b"a"), folder="a\r\nA9 LOGOUT").ok


@pytest.mark.parametrize("sent_before", [0, 1])
def test_refusal_before_the_message_was_sent_is_the_answer(sent_before: int) -> None:
    def script(peer: Peer) -> None:
        tag = peer.expect(b'APPEND "INBOX" () {1}')
        for _unused in range(sent_before):
            peer.say(b"+ go\r\n")
            assert peer.read(len(b"a () {1}\r\n")) == b"a () {1}\r\n"
        peer.say(tag + b" NO [TOOBIG] it is too big\r\n")
        peer.answer(b"NOOP")

    with session_to(script, "MULTIAPPEND") as session:
        appender = Appender(session)
        answer = appender.collect(appender.send("INBOX", [item(b"a"), item(b"b")]))
        assert answer == AppendAnswer(Tagged("NO", "TOOBIG", "it is too big"))
        assert session.wire.run(b"NOOP")[1].ok


def test_refusal_after_the_message_is_told_with_code_and_words() -> None:
    script = takes(b'APPEND "INBOX" () {1+}\r\na\r\n', status=b"NO [OVERQUOTA] Mailbox is full")
    assert appended(script, ["LITERAL+"], item(b"a")).tagged.words() == "[OVERQUOTA] Mailbox is full"


def test_commands_sent_ahead_get_each_its_own_answer() -> None:
    def script(peer: Peer) -> None:
        first = peer.expect(b'APPEND "INBOX" () {1+}')
        assert peer.read(3) == b"a\r\n"
        second = peer.expect(b'APPEND "INBOX" () {1+}')
        assert peer.read(3) == b"b\r\n"
        peer.say(first + b" NO first\r\n" + second + b" OK [APPENDUID 9 4] second\r\n")

    with session_to(script, "LITERAL+") as session:
        appender = Appender(session)
        first, second = appender.send("INBOX", [item(b"a")]), appender.send("INBOX", [item(b"b")])
        assert appender.collect(second).uids == (4,)
        assert appender.collect(first).tagged.text == "first"


def test_answer_to_an_earlier_command_is_kept_while_another_waits_to_go_on() -> None:
    def script(peer: Peer) -> None:
        first = peer.expect(b'APPEND "INBOX" () {1}')
        peer.say(b"+ go\r\n")
        assert peer.read(3) == b"a\r\n"
        second = peer.expect(b'APPEND "INBOX" () {1}')
        peer.say(first + b" OK first\r\n+ go\r\n")
        assert peer.read(3) == b"b\r\n"
        peer.say(second + b" OK second\r\n")

    with session_to(script) as session:
        appender = Appender(session)
        sent = [appender.send("INBOX", [item(b"a")]), appender.send("INBOX", [item(b"b")])]
        assert [appender.collect(each).tagged.text for each in sent] == ["first", "second"]


@pytest.mark.parametrize("uids, found", [(b"7,5", (7, 5)), (b"5:6", (5, 6)), (b"6:5", (6, 5))])
def test_uids_come_in_the_order_of_the_messages(uids: bytes, found: tuple[int, int]) -> None:
    script = takes(b'APPEND "INBOX" () {1+}\r\na () {1+}\r\nb\r\n', status=b"OK [APPENDUID 9 " + uids + b"] done")
    assert appended(script, ["LITERAL+", "MULTIAPPEND"], item(b"a"), item(b"b")).uids == found


@pytest.mark.parametrize("code", [b"", b"[APPENDUID 9 5:6] ", b"[APPENDUID 9 1:4294967295] ", b"[APPENDUID 9 ,:] "])
def test_uids_that_are_not_told_or_do_not_fit_are_unknown(code: bytes) -> None:
    script = takes(b'APPEND "INBOX" () {1+}\r\na\r\n', status=b"OK " + code + b"done")
    answer = appended(script, ["LITERAL+"], item(b"a"))
    assert (answer.ok, answer.uidvalidity, answer.uids) == (True, 0, ())


def test_connection_that_ends_before_the_answer_is_lost() -> None:
    def script(peer: Peer) -> None:
        peer.expect(b'APPEND "INBOX" () {1+}')
        peer.say(b"* BYE out of here\r\n")

    with pytest.raises(ConnectionLost, match="out of here"):
        appended(script, ["LITERAL+"], item(b"a"))
