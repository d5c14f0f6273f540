# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import (
    ListLine,
    Selected,
    Status,
    parse_list,
    parse_selected,
    parse_status,
    quote,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.wire import Response
from hypothesis import given
from hypothesis import strategies as st


def line(name: bytes, delimiter: str | None = "/", *attributes: str) -> ListLine:
    return ListLine(name, delimiter, frozenset(attributes))


@pytest.mark.parametrize(
    "text, expected",
    [
        (b'* LIST () "/" INBOX', line(b"INBOX")),
        (b'* LIST (\\HasNoChildren \\Sent) "." "INBOX.Sent"', line(b"INBOX.Sent", ".", "\\hasnochildren", "\\sent")),
        (b'* LSUB () "/" "a b"', line(b"a b")),
        (b"* list () nil x", line(b"x", None)),
        (b'* LIST () "" x', line(b"x", None)),
        (b'* LIST () "\\\\" "a\\\\b"', line(b"a\\b", "\\")),
        (b'* LIST () "/" "say \\"hi\\""', line(b'say "hi"')),
        (b'* LIST () "/" Entw&APw-rfe', line(b"Entw&APw-rfe")),
        (b'* LIST (\\Subscribed) "/" "x" ("CHILDINFO" ("SUBSCRIBED"))', line(b"x", "/", "\\subscribed")),
        (b'* LIST () "/" ""', line(b"")),
        (b'* LIST () "/" "Gr\xc3\xbc\xc3\x9fe"', line("Grüße".encode())),
    ],
)
def test_list_line_is_read(text: bytes, expected: ListLine) -> None:
    assert parse_list(Response(text)) == expected


def test_name_as_literal_is_read() -> None:
    assert parse_list(Response(b'* LIST () "/" {5}', (b'a"\r\nb',))) == line(b'a"\r\nb')


@given(st.binary().filter(lambda name: not set(name) & set(b"\r\n\0")))
def test_quoted_name_reads_back_as_it_is(name: bytes) -> None:
    assert parse_list(Response(b'* LIST () "/" ' + quote(name))) == line(name)
    assert parse_status(Response(b"* STATUS " + quote(name) + b" ()")) == (name, Status(0, 0, 0))


@pytest.mark.parametrize("text", [b"* 3 EXISTS", b"* STATUS x (MESSAGES 1)", b"* LIST", b"", b"A1 OK LIST done"])
def test_other_responses_are_no_list_line(text: bytes) -> None:
    assert parse_list(Response(text)) is None


@pytest.mark.parametrize(
    "items, status",
    [
        (b"MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7", Status(3, 9, 7)),
        (b"uidvalidity 7 highestmodseq 99 messages 3 uidnext 9", Status(3, 9, 7, 99)),
        (b"MESSAGES 3", Status(3, 0, 0)),
        (b"MESSAGES NIL UIDNEXT 9", Status(0, 9, 0)),
        (b"", Status(0, 0, 0)),
    ],
)
def test_status_is_read_with_items_in_any_order(items: bytes, status: Status) -> None:
    assert parse_status(Response(b'* STATUS "a b" (' + items + b")")) == (b"a b", status)


def test_status_of_a_name_with_brackets_is_read() -> None:
    assert parse_status(Response(b'* STATUS "a (b) (MESSAGES 5)" (MESSAGES 1)')) == (
        b"a (b) (MESSAGES 5)",
        Status(1, 0, 0),
    )


def test_status_with_spaces_at_its_end_is_read() -> None:
    assert parse_status(Response(b"* STATUS x (MESSAGES 1) ")) == (b"x", Status(1, 0, 0))


def test_other_responses_are_no_status() -> None:
    assert parse_status(Response(b'* LIST () "/" x')) is None


def test_opened_folder_is_read() -> None:
    texts = [
        b"* FLAGS (\\Seen \\Draft)",
        b"* OK [PERMANENTFLAGS (\\Seen \\* $X)] ok",
        b"* 17 EXISTS",
        b"* 2 RECENT",
        b"* OK [UIDVALIDITY 7] ok",
        b"* OK [UIDNEXT 30] ok",
        b"* OK [HIGHESTMODSEQ 12] ok",
    ]
    expected = Selected(17, 7, 30, 12, frozenset({"\\Seen", "\\*", "$X"}))
    assert parse_selected(map(Response, texts)) == expected
    assert parse_selected(map(Response, reversed(texts))) == expected


def test_folder_of_a_server_that_tells_nothing_is_empty_and_admits_unknown_flags() -> None:
    assert parse_selected([]) == Selected(0, 0, 0, 0, None)


def test_folder_that_keeps_no_flags_admits_none() -> None:
    assert parse_selected([Response(b"* OK [PERMANENTFLAGS ()] read-only")]).permanent_flags == frozenset()


def test_number_of_messages_is_the_last_one_told() -> None:
    assert parse_selected([Response(b"* 17 EXISTS"), Response(b"* 18 EXISTS")]).exists == 18


@pytest.mark.parametrize("value", [b"NIL", b"x", b"9" * 5000, b"9223372036854775808", b""])
def test_number_that_is_none_is_unknown(value: bytes) -> None:
    assert parse_selected([Response(b"* OK [UIDVALIDITY " + value + b"] odd")]).uidvalidity == 0
    assert parse_status(Response(b"* STATUS x (UIDNEXT " + value + b")")) == (b"x", Status(0, 0, 0))


def test_largest_number_of_the_protocol_is_read() -> None:
    found = parse_status(Response(b"* STATUS x (HIGHESTMODSEQ 9223372036854775807)"))
    assert found == (b"x", Status(0, 0, 0, 2**63 - 1))
