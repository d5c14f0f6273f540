# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proxy's view of a stream doesn't depend on how it arrives."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.proxy_stream import Piece, Splitter, command_of

STREAM = (b"a1 LOGIN {3}\r\nbob {6}\r\nsecret\r\n" b"a2 APPEND INBOX (\\Seen) {12+}\r\nA: {9}\r\n\r\nx\r\n"
          b"a3 APPEND INBOX {0+}\r\n\r\n" b"DONE\r\n" b"a4 uid fetch 1:* (FLAGS)\r\n")


@given(st.lists(st.integers(0, len(STREAM))))
def test_commands_are_found_however_the_bytes_arrive(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    splitter = Splitter()

    pieces = [piece for begin, end in itertools.pairwise(edges) for piece in splitter.feed(STREAM[begin:end])]

    assert b"".join(piece.data for piece in pieces) == STREAM
    assert [command_of(piece.data) for piece in pieces if piece.starts] == [
        (b"a1", "LOGIN"), (b"a2", "APPEND"), (b"a3", "APPEND"), None, (b"a4", "UID FETCH")]
    assert sum(piece.ends for piece in pieces) == 5


def test_a_literal_is_given_out_before_it_is_complete() -> None:
    splitter = Splitter()

    pieces = list(splitter.feed(b"t APPEND x {1000+}\r\n" + b"y" * 10))

    assert pieces[1] == Piece(b"y" * 10, literal=1000, offset=0)


def test_after_a_refused_literal_the_next_line_begins_a_command() -> None:
    splitter = Splitter()
    list(splitter.feed(b"t APPEND x {1000}\r\n"))

    splitter.abandon_unsent()

    assert [piece.starts for piece in splitter.feed(b"u NOOP\r\n")] == [True]


def test_a_literal_that_is_on_its_way_is_not_given_up() -> None:
    splitter = Splitter()
    list(splitter.feed(b"t APPEND x {4+}\r\n"))

    splitter.abandon_unsent()

    assert [piece.literal for piece in splitter.feed(b"abcd\r\n")] == [4, None]
