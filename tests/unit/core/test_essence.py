# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.essence import (
    LONGEST_HEADER,
    Essence,
    essence_of,
    fields_from_text,
    is_rewritten,
    pair_rewritten,
    rewriting,
)
from hypothesis import given
from hypothesis import strategies as st

MESSAGE = b"From: a@example.com\r\nSubject: long words\r\n here\r\nTo: b\r\n\r\nbody\r\n\r\nof two parts\r\n"
OCTETS = st.lists(st.sampled_from([b"\r\n", b"\n", b" ", b"\t", b"A: ", b"b", b"\0", b"\xff"])).map(b"".join)


def of(message: bytes) -> Essence:
    return essence_of([message])


@given(OCTETS, st.integers(0, 60))
def test_essence_is_the_same_however_the_message_is_cut(data: bytes, at: int) -> None:
    assert essence_of([data[:at], data[at:]]) == of(data)
    assert essence_of(data[place : place + 1] for place in range(len(data))) == of(data)


@pytest.mark.parametrize(
    "copy",
    [
        b"X-Added: 1\r\n" + MESSAGE,
        MESSAGE.replace(b"long words\r\n here", b"long\r\n\twords here"),
        MESSAGE.replace(b"\r\n", b"\n"),
        MESSAGE.rstrip(b"\r\n"),
        MESSAGE + b" \r\n\r\n",
        MESSAGE.replace(b"To: b\r\n", b"To: b\r\nTo: b\r\n"),
        b"To: b\r\n" + MESSAGE.replace(b"To: b\r\n", b""),
        MESSAGE.replace(b"Subject", b"SUBJECT"),
    ],
)
def test_what_servers_do_while_storing_is_rewriting(copy: bytes) -> None:
    assert is_rewritten(of(MESSAGE), of(copy))
    assert rewriting(of(MESSAGE), of(copy)).is_mere


@pytest.mark.parametrize(
    "copy, words",
    [
        (MESSAGE.replace(b"two", b"2"), "the body is another"),
        (MESSAGE.replace(b"body\r\n\r\n", b"body\r\n"), "the body is another"),
        (MESSAGE.replace(b"To: b\r\n", b""), "header fields lost: to"),
        (MESSAGE.replace(b"To: b", b"To: c"), "header fields changed: to"),
        (MESSAGE.replace(b"To: b\r\n", b"X: y\r\n"), "header fields lost: to; header fields added: x"),
        (MESSAGE.replace(b"\r\n\r\nbody", b"\r\nbody"), "header fields added: body; the body is another"),
        (b"\r\n" + MESSAGE, "header fields lost: from, subject, to; the body is another"),
        (b"", "header fields lost: from, subject, to; the body is another"),
    ],
)
def test_what_servers_do_not_is_none_and_is_told(copy: bytes, words: str) -> None:
    assert not is_rewritten(of(MESSAGE), of(copy))
    assert rewriting(of(MESSAGE), of(copy)).words == words
    assert not rewriting(of(MESSAGE), of(copy)).is_mere


def test_changes_without_a_name_are_told_too() -> None:
    assert rewriting(of(MESSAGE), of(MESSAGE.rstrip())).words == "lines folded anew or blanks at the end dropped"


def test_no_more_than_five_names_are_told() -> None:
    five = b"".join(b"X%d: 1\r\n" % number for number in range(5))
    assert rewriting(of(MESSAGE), of(five + MESSAGE)).words == "header fields added: x0, x1, x2, x3, x4"
    added = b"".join(b"X%d: 1\r\n" % number for number in range(7))
    assert rewriting(of(MESSAGE), of(added + MESSAGE)).words == "header fields added: x0, x1, x2, x3, x4 and 2 more"


def test_message_that_begins_with_an_empty_line_has_no_header() -> None:
    assert not of(b"\r\nA: b\r\n").fields
    assert of(b"\r\nA: b\r\n").body == of(b"\nA: b").body != of(b"").body


def test_header_without_end_is_a_header_unless_it_is_too_long() -> None:
    assert len(of(b"A: b\r\nC: d").fields) == 2
    endless = b"A: b\r\n" * (LONGEST_HEADER // 6 + 1)
    assert not of(endless).fields
    assert of(endless) == essence_of([endless[:100], endless[100:]])


def test_pairs_use_each_copy_once_and_keep_to_what_may_be() -> None:
    essence, other = of(MESSAGE), of(b"A: b\r\n\r\nother")
    found = [("x", of(b"X: 1\r\n" + MESSAGE)), ("y", other), ("z", of(b"X: 2\r\n" + MESSAGE))]
    wanted = [(1, essence), (2, essence), (3, essence), (4, other)]
    assert pair_rewritten(wanted, found, lambda want, item: True) == [(1, "x"), (2, "z"), (4, "y")]
    assert pair_rewritten(wanted, found, lambda want, item: item != "x") == [(1, "z"), (4, "y")]


def test_fields_come_back_from_their_text_as_they_were() -> None:
    essence = essence_of([b"X-\xff\x00: a\r\nReceived: b\r\nReceived: b\r\nno colon\r\n\r\nbody"])
    assert fields_from_text(essence.fields_as_text()) == essence.fields
