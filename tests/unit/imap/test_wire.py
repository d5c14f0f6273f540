# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import itertools
import socket
import threading

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConnectionLost, Stopped
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import (
    LARGEST_LITERAL,
    LONGEST_LINE,
    PIECE,
    BytesSink,
    Response,
    Tagged,
    Wire,
    parse_tagged,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.imap.scripted import Peer, wire_to
from tests.unit.sync.processes import comes_true

# What would be read as protocol if a literal were not taken by its length alone.
SNARES = [b"\r\n", b"\n", b"\r", b"\0", b"A1 OK done\r\n", b"* BYE so long\r\n", b"{5}\r\n", b"+ go\r\n", b')\r\n"']
CONTENT = st.lists(st.sampled_from(SNARES) | st.binary(max_size=20)).map(b"".join)


def told(data: bytes, *cuts: int) -> list[Response]:
    """What the wire makes of ``data``, which arrives in packets cut at these places, up to the answer of A1."""
    edges = [0, *sorted({cut % len(data) for cut in cuts}), len(data)]
    packets = [data[first:last] for first, last in itertools.pairwise(edges) if last > first]
    with wire_to(lambda peer: peer.say(*packets), kind=socket.SOCK_SEQPACKET) as wire:
        return list(wire.untagged(b"A1"))


def lost(data: bytes) -> str:
    """The words of the error that ``data`` and a hang-up lead to."""
    with pytest.raises(ConnectionLost) as error:
        told(data)
    return error.value.what


@given(CONTENT, st.sampled_from([b"{%d}", b"~{%d}", b"{%d+}"]), st.lists(st.integers(0, 5000), max_size=20))
def test_literal_comes_out_unaltered_however_it_arrives(content: bytes, mark: bytes, cuts: list[int]) -> None:
    data = b"* 1 FETCH (BODY[] " + mark % len(content) + b"\r\n" + content + b" UID 7)\r\nA1 OK done\r\n"
    text = b"* 1 FETCH (BODY[] {%d} UID 7)" % len(content)
    assert told(data, *cuts) == [Response(text, (content,))]


@given(st.lists(CONTENT, min_size=1, max_size=4), st.lists(st.integers(0, 5000), max_size=20))
def test_literals_of_one_response_come_in_order(contents: list[bytes], cuts: list[int]) -> None:
    body = b" ".join(b"{%d}\r\n%b" % (len(content), content) for content in contents)
    response = Response(b"* X " + b" ".join(b"{%d}" % len(content) for content in contents), tuple(contents))
    assert told(b"* X " + body + b"\r\n* Y\r\nA1 OK done\r\n", *cuts) == [response, Response(b"* Y")]


def test_response_cut_at_every_octet_is_the_same_response() -> None:
    data = b'* LIST () "/" {4}\r\na\r\nb\r\n* 2 EXISTS\r\nA1 OK [X] done\r\n'
    whole = [Response(b'* LIST () "/" {4}', (b"a\r\nb",)), Response(b"* 2 EXISTS")]
    assert all(told(data, cut) == whole for cut in range(len(data)))
    assert told(data, *range(len(data))) == whole


@pytest.mark.parametrize(
    "rest, tagged",
    [
        (b"OK done", Tagged("OK", "", "done")),
        (b"ok [APPENDUID 7 1:3] stored", Tagged("OK", "APPENDUID 7 1:3", "stored")),
        (b"NO [OVERQUOTA] Mailbox full", Tagged("NO", "OVERQUOTA", "Mailbox full")),
        (b"BAD", Tagged("BAD", "", "")),
        (b"NO [ALERT", Tagged("NO", "", "[ALERT")),
        (b"NO Vollst\xc3\xa4ndig", Tagged("NO", "", "Vollständig")),
        (b"NO \xff", Tagged("NO", "", "\ufffd")),
    ],
)
def test_tagged_answer_is_read(rest: bytes, tagged: Tagged) -> None:
    assert parse_tagged(rest) == tagged


def test_words_of_an_answer_hold_code_and_text() -> None:
    assert Tagged("NO", "LIMIT", "slow down").words() == "[LIMIT] slow down"
    assert Tagged("NO", "", "slow down").words() == "slow down"


def test_answers_of_commands_sent_ahead_are_kept_in_any_order() -> None:
    def script(peer: Peer) -> None:
        first, second = peer.expect(b"ONE"), peer.expect(b"TWO")
        peer.say(second + b" NO two\r\n* X\r\n" + first + b" OK one\r\n")

    with wire_to(script) as wire:
        first, second = wire.command(b"ONE"), wire.command(b"TWO")
        assert list(wire.untagged(first)) == [Response(b"* X")]
        assert wire.wait_tagged(second) == Tagged("NO", "", "two")
        assert wire.wait_tagged(first) == Tagged("OK", "", "one")
        assert wire.answered == {}


def test_run_gives_all_of_one_answer() -> None:
    with wire_to(lambda peer: peer.answer(b"NOOP", b"* 1 EXISTS", b"* 1 RECENT")) as wire:
        responses, tagged = wire.run(b"NOOP")
    assert [response.text for response in responses] == [b"* 1 EXISTS", b"* 1 RECENT"]
    assert tagged.ok


def test_continuation_is_waited_for_past_other_answers() -> None:
    with wire_to(lambda peer: peer.say(b"* 1 EXISTS\r\nA1 OK earlier\r\n+ go\r\n")) as wire:
        wire.begin()
        assert wire.wait_continuation(wire.begin())
        assert wire.answered[b"A1"].ok


def test_answer_instead_of_a_continuation_is_told() -> None:
    with wire_to(lambda peer: peer.say(b"A2 NO [TOOBIG] no\r\n")) as wire:
        assert not wire.wait_continuation(b"A2")
        assert wire.wait_tagged(b"A2").code == "TOOBIG"


@pytest.mark.parametrize(
    "data, words",
    [
        (b"* BYE [UNAVAILABLE] Come back\r\n", "the server closed the connection: [UNAVAILABLE] Come back"),
        (b"* bye\r\n", "the server closed the connection: "),
        (b"* 1 EXI", "the server hung up"),
        (b"* X {9}\r\nabc", "the server hung up in the middle of a message"),
        (b"* X {3}\r\nabc", "the server hung up"),
    ],
)
def test_connection_that_ends_is_told_by_how_it_ended(data: bytes, words: str) -> None:
    assert lost(data) == words


def test_line_without_end_is_given_up() -> None:
    with wire_to(lambda peer: peer.say(b"* " + b"x" * LONGEST_LINE)) as wire, pytest.raises(ConnectionLost) as error:
        wire.read(BytesSink)
    assert error.value.what == "a response line without end"


def test_huge_literal_where_a_name_is_due_is_given_up() -> None:
    size = LONGEST_LINE + 1
    assert lost(b'* LIST () "/" {%d}\r\n' % size) == f"the server sends {size} octets where a name or a text is due"


@pytest.mark.parametrize("size", [LARGEST_LITERAL + 1, 10**17])
def test_length_that_no_message_has_is_given_up(size: int) -> None:
    announced = b"* 1 FETCH (BODY[] {%d}\r\n" % size
    with wire_to(lambda peer: peer.say(announced)) as wire, pytest.raises(ConnectionLost, match=f"announces {size}"):
        wire.read(Pieces)


def test_response_of_literals_without_end_is_given_up() -> None:
    assert lost(b"* X" + b" {0}\r\n" * 2000) == "a response without end"


def test_lines_that_are_no_response_are_passed_over_and_not_without_end() -> None:
    assert told(b"\r\nwhat?\r\n* X\r\nA1 OK done\r\n") == [Response(b"* X")]
    assert lost(b"Subject: Hello\r\n" * 100) == "the server sends what is no answer: Subject: Hello"


def test_text_for_people_that_ends_like_a_literal_is_none() -> None:
    assert told(b"* OK see {5}\r\nA1 OK [X] see {7}\r\n") == [Response(b"* OK see {5}")]


def test_length_beyond_all_measure_is_no_literal() -> None:
    text = b"* X {" + b"9" * 5000 + b"}"
    assert told(text + b"\r\nA1 OK done\r\n") == [Response(text)]


def test_silent_server_is_given_up_after_the_time_limit() -> None:
    with wire_to(lambda peer: peer.farewell()) as wire:
        wire.sock.settimeout(0.05)
        with pytest.raises(ConnectionLost, match="no answer within the time limit"):
            wire.read(BytesSink)


def test_lost_connection_stays_lost() -> None:
    with wire_to(lambda peer: peer.say(b"* BYE\r\n* 1 EXISTS\r\n")) as wire:
        for _unused in range(2):
            with pytest.raises(ConnectionLost):
                wire.read(BytesSink)
        with pytest.raises(ConnectionLost, match="the connection is broken"):
            wire.send(b"A2 NOOP\r\n")


def test_sending_to_a_server_that_hung_up_is_a_lost_connection() -> None:
    def send(wire: Wire) -> None:
        while True:
            wire.send(b"x" * 1024 * 1024)

    with wire_to(lambda peer: None) as wire, pytest.raises(ConnectionLost, match="broke while sending"):
        send(wire)


class Pieces:
    """Notes the length of each piece of a literal."""

    def __init__(self, size: int) -> None:
        self.lengths: list[int] = []

    def write(self, piece: bytes) -> None:
        self.lengths.append(len(piece))

    def finish(self) -> Pieces:
        return self

    def __len__(self) -> int:
        return sum(self.lengths)


def test_large_literal_passes_in_bounded_pieces() -> None:
    size = 3 * 1024 * 1024 + 1
    with wire_to(lambda peer: peer.say(b"* X {%d}\r\n" % size, b"x" * size, b"\r\n")) as wire:
        (literal,) = wire.read(Pieces).literals
    assert isinstance(literal, Pieces)
    assert len(literal) == size
    assert max(literal.lengths) <= PIECE


class FullDisk(Pieces):
    def write(self, piece: bytes) -> None:
        raise Stopped("no room")


def test_rest_of_a_literal_that_nobody_takes_is_not_read_as_responses() -> None:
    with wire_to(lambda peer: peer.say(b"* X {300000}\r\n", b"* 1 EXISTS\r\n" * 25000)) as wire:
        with pytest.raises(Stopped):
            wire.read(FullDisk)
        with pytest.raises(ConnectionLost):
            wire.read(BytesSink)


def test_answers_that_came_together_are_known_to_be_there() -> None:
    asked = threading.Event()

    def script(peer: Peer) -> None:
        peer.line()
        peer.line()
        assert asked.wait(20)
        peer.say(b"A1 OK done\r\nA2 OK done\r\n")
        peer.line()

    with wire_to(script) as wire:
        first, second = wire.command(b"NOOP"), wire.command(b"NOOP")
        assert not wire.has_input()
        asked.set()
        wire.wait_tagged(first)
        assert wire.has_input()
        wire.wait_tagged(second)
        assert not wire.has_input()


def test_what_was_in_the_small_buffer_is_read_before_what_follows() -> None:
    answers = [b"* OK %d" % number for number in range(2000)]
    with wire_to(lambda peer: peer.say(b"\r\n".join([*answers, b""]))) as wire:
        found = [wire.read(BytesSink).text]
        wire.read_in_large_pieces()
        found += [wire.read(BytesSink).text for _unused in answers[1:]]
    assert found == answers


def test_much_that_came_is_read_at_once() -> None:
    asked = threading.Event()

    def script(peer: Peer) -> None:
        assert asked.wait(20)
        peer.say(b"* X {65536}\r\n" + b"x" * 65536 + b"\r\n")
        peer.line()

    with wire_to(script) as wire:
        wire.read_in_large_pieces()
        asked.set()
        assert comes_true(lambda: len(wire.sock.recv(1 << 20, socket.MSG_PEEK)) > 65536)
        assert len(wire.file.peek(1)) > 65536


def test_peer_that_hung_up_is_known_to_have_said_something() -> None:
    with wire_to(lambda peer: None) as wire:
        assert comes_true(wire.has_input)
