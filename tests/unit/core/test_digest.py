# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import hashlib
import itertools

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import (
    Digest,
    DigestStream,
    canonical_form,
    digest_of,
)
from hypothesis import given
from hypothesis import strategies as st

# Line ends and NUL far more often than chance would have them.
OCTETS = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"\0", b"\x80", b"a", b"\xff", b"From x"]) | st.binary()).map(
    b"".join
)
LINES = st.lists(st.binary(max_size=20).map(lambda line: line.translate(None, b"\r\n\0")), min_size=1)
LINE_ENDS = st.sampled_from([b"\r\n", b"\n", b"\r"])


def streamed(*pieces: bytes) -> Digest:
    stream = DigestStream()
    for piece in pieces:
        stream.update(piece)
    return stream.finish()


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """``data`` in pieces, cut at these places; some may be empty."""
    edges = [0, *sorted(place % (len(data) + 1) for place in at), len(data)]
    return [data[first:last] for first, last in itertools.pairwise(edges)]


@given(OCTETS, st.lists(st.integers(0, 500)))
def test_digest_is_the_same_however_the_message_is_cut(data: bytes, at: list[int]) -> None:
    assert streamed(*cut(data, at)) == digest_of(data)


@given(OCTETS)
def test_digest_is_the_same_octet_by_octet(data: bytes) -> None:
    assert streamed(*(data[place : place + 1] for place in range(len(data)))) == digest_of(data)


@given(OCTETS)
def test_raw_digest_and_size_are_those_of_the_octets(data: bytes) -> None:
    digest = digest_of(data)
    assert (digest.raw, digest.size) == (hashlib.sha256(data).digest(), len(data))


@given(LINES, st.data())
def test_canonical_digest_is_the_same_for_any_mix_of_line_ends(lines: list[bytes], data: st.DataObject) -> None:
    # Bare CR before an empty line would read as one line end with the next.
    following = [*lines[1:], b""]
    mixed = b"".join(
        line + data.draw(LINE_ENDS if line and after else st.sampled_from([b"\r\n", b"\r\r\n"]))
        for line, after in zip(lines, following, strict=True)
    )
    plain = b"".join(line + b"\r\n" for line in lines)
    assert digest_of(mixed).canonical == digest_of(plain).raw
    assert digest_of(mixed).canonical_size == len(plain)


@given(OCTETS)
def test_canonical_digest_is_that_of_what_a_server_stores(data: bytes) -> None:
    stored = canonical_form(data.rstrip(b"\r"))
    stored += b"" if not data or stored.endswith(b"\n") else b"\r\n"
    digest = digest_of(data)
    assert (digest.canonical, digest.canonical_size) == (hashlib.sha256(stored).digest(), len(stored))


@given(OCTETS)
def test_canonical_form_of_a_canonical_form_is_itself(data: bytes) -> None:
    assert canonical_form(canonical_form(data)) == canonical_form(data)


def test_missing_final_line_end_does_not_make_another_message() -> None:
    assert digest_of(b"body").canonical == digest_of(b"body\r\n").canonical
    assert digest_of(b"body").raw != digest_of(b"body\r\n").raw


@pytest.mark.parametrize("more", [b"\r\n", b" ", b"\0"])
def test_further_octets_make_another_message(more: bytes) -> None:
    assert digest_of(b"body\r\n" + more).canonical != digest_of(b"body\r\n").canonical


def test_nul_equals_the_octet_that_dovecot_stores_for_it() -> None:
    assert digest_of(b"a\0b\r\n").canonical == digest_of(b"a\x80b\r\n").canonical


def test_empty_message_has_the_digest_of_nothing() -> None:
    nothing = hashlib.sha256(b"").digest()
    assert digest_of(b"") == streamed() == streamed(b"", b"") == Digest(nothing, nothing, 0, 0)


def test_line_end_cut_in_two_is_one_line_end() -> None:
    assert streamed(b"a\r", b"\nb\r", b"\n").canonical == digest_of(b"a\r\nb\r\n").raw


@pytest.mark.parametrize("end", [b"\r", b"\r\r", b"\r\n\r", b"\n\r\r"])
def test_carriage_returns_at_the_very_end_count_for_nothing(end: bytes) -> None:
    """Dovecot stores one less of them than it is given."""
    assert streamed(b"a", end).canonical == streamed(b"a" + end).canonical == digest_of(b"a\r\n").raw


def test_carriage_returns_before_a_line_end_belong_to_it() -> None:
    assert digest_of(b"a\r\r\nb\r\r\r\n").canonical == digest_of(b"a\r\nb\r\n").raw
    assert streamed(b"a\r", b"\r", b"\nb\r\n").canonical == digest_of(b"a\r\nb\r\n").raw


@pytest.mark.parametrize("length", [2046, 2047, 2048, 4094, 4095, 16_383, 16_384, 16_385, 40_000])
def test_every_octet_of_a_message_of_any_length_counts(length: int) -> None:
    data = (b"0123456789abcdef" * (length // 16 + 1))[: length - 2] + b"\r\n"
    expected = hashlib.sha256(data).digest()
    assert digest_of(data) == streamed(data) == Digest(expected, expected, length, length)
