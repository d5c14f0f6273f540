# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import Stopped
from ansible_collections.mailops.migration.plugins.module_utils.imap.body import (
    DigestSink,
    MemoryBody,
    MemorySink,
    SpooledBody,
    SpoolSink,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import PIECE
from hypothesis import given
from hypothesis import strategies as st

PIECES = st.lists(st.sampled_from([b"\0", b"\r", b"\r\n", b"x" * 1000]) | st.binary(min_size=1))


def spooled(*pieces: bytes, folder: str = "/tmp") -> SpooledBody:
    sink = SpoolSink(folder)
    for piece in pieces:
        sink.write(piece)
    return sink.finish()


def in_memory(*pieces: bytes) -> MemoryBody:
    sink = MemorySink(sum(map(len, pieces)))
    for piece in pieces:
        sink.write(piece)
    return sink.finish()


@given(PIECES)
def test_body_is_the_same_in_memory_and_in_a_file(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    for body in (in_memory(*pieces), spooled(*pieces)):
        assert b"".join(body.pieces()) == data
        assert (len(body), body.has_nul(), body.digest) == (len(data), b"\0" in data, digest_of(data))
        body.close()


@given(PIECES)
def test_digest_alone_is_that_of_the_octets(pieces: list[bytes]) -> None:
    sink = DigestSink(0)
    for piece in pieces:
        sink.write(piece)
    assert sink.finish().digest == digest_of(b"".join(pieces))
    assert len(sink.finish()) == sum(map(len, pieces))


@pytest.mark.parametrize("make", [in_memory, spooled])
def test_body_is_readable_again_after_a_first_look(make: type[MemoryBody]) -> None:
    body = make(b"a" * (2 * PIECE))
    next(iter(body.pieces()))
    assert b"".join(body.pieces()) == b"".join(body.pieces()) == b"a" * (2 * PIECE)


def test_file_is_read_in_bounded_pieces() -> None:
    assert [len(piece) for piece in spooled(b"a" * (PIECE + 1)).pieces()] == [PIECE, 1]


def test_file_has_no_name_while_it_is_written(tmp_path: Path) -> None:
    sink = SpoolSink(str(tmp_path))
    sink.write(b"a" * PIECE)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_stops_the_pass_and_is_named() -> None:
    with pytest.raises(Stopped) as error:
        spooled(b"a", folder="/nowhere")
    assert error.value.where == "/nowhere"
    assert "Make room" in error.value.remedy


def test_closed_body_holds_no_octets() -> None:
    body = in_memory(b"a" * 100)
    body.close()
    assert b"".join(body.pieces()) == b""
