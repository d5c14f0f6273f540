# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_wire import (
    WireNames,
    from_modified_utf7,
    modified_utf7,
    readable,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support import folder_names

RAWS = st.one_of(
    st.binary(min_size=1, max_size=8),
    st.text(min_size=1, max_size=6).map(lambda text: text.encode()),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).map(modified_utf7),
    st.sampled_from([b"A&B", b"A&-B", b"&APw-", b"\xc3\xbc", b"\xfc", b"INBOX", b"inbox", b"&AGE-", b"a"]),
)


@pytest.mark.parametrize(
    ("name", "encoded"),
    [
        ("Entwürfe", b"Entw&APw-rfe"),
        ("R&D", b"R&-D"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("\U0001f600", b"&2D3eAA-"),
        ("\n", b"&AAo-"),
    ],
)
def test_modified_utf7_follows_the_rfc(name: str, encoded: bytes) -> None:
    assert modified_utf7(name) == encoded
    assert from_modified_utf7(encoded) == name


@given(st.text(st.characters(codec="utf-8")))
def test_modified_utf7_reads_back_and_agrees_with_another_implementation(name: str) -> None:
    assert from_modified_utf7(modified_utf7(name)) == name
    assert modified_utf7(name) == folder_names.encode(name)


@pytest.mark.parametrize("raw", [
    b"A&B", b"A&", b"&ZZ", b"&ZZ-", b"&A-", b"&AGE-", b"&AC8-", b"&2D0-", b"&AP/-", b"&AP=-", b"Entw\xfcrfe", b"&&-",
])  # fmt: skip
def test_what_is_no_modified_utf7_stays_as_it_is_spelled(raw: bytes) -> None:
    assert from_modified_utf7(raw) is None
    assert readable(raw, utf8=False) == raw.decode("latin-1")


def test_two_shifts_side_by_side_are_read_as_text() -> None:
    assert from_modified_utf7(b"&APw-&APY-") == "üö"


def test_eight_bits_are_utf8_where_they_can_be_and_latin1_else() -> None:
    assert readable("Entwürfe".encode(), utf8=False) == "Entwürfe"
    assert readable("Entwürfe".encode("latin-1"), utf8=False) == "Entwürfe"


def test_names_in_utf8_are_not_read_as_modified_utf7() -> None:
    assert readable(b"Entw&APw-rfe", utf8=True) == "Entw&APw-rfe"
    assert readable("R&D ü".encode(), utf8=True) == "R&D ü"


def test_new_name_is_spelled_as_the_server_spells() -> None:
    names = WireNames()
    assert names.raw("Entwürfe") == b"Entw&APw-rfe"
    names.utf8 = True
    assert names.raw("Entwürfe") == "Entwürfe".encode()


@pytest.mark.parametrize("order", [1, -1])
def test_of_names_that_read_alike_the_proper_one_keeps_the_text(order: int) -> None:
    names = WireNames()
    proper, raw, latin = b"Entw&APw-rfe", "Entwürfe".encode(), "Entwürfe".encode("latin-1")
    notes = names.learn([raw, proper, latin][::order])
    assert names.name(proper) == "Entwürfe"
    assert names.name(raw).startswith("Entwürfe~")
    assert [names.raw(names.name(each)) for each in (proper, raw, latin)] == [proper, raw, latin]
    assert len(notes) == 2
    assert 'two folders are listed as "Entwürfe"' in notes[0]


def test_inbox_is_the_inbox_however_it_is_listed() -> None:
    names = WireNames()
    assert names.learn([b"Inbox", b"INBOX", b"inbox"]) == []
    assert {names.name(raw) for raw in (b"Inbox", b"INBOX", b"inbox")} == {"INBOX"}
    assert names.raw("INBOX") == b"INBOX"
    assert names.name("\u0131nbox".encode()) == "\u0131nbox"


@given(st.lists(RAWS, unique=True), st.booleans())
def test_every_folder_is_reached_by_a_name_of_its_own(raws: list[bytes], utf8: bool) -> None:
    names, shuffled = WireNames(), WireNames()
    names.utf8 = shuffled.utf8 = utf8
    names.learn(raws)
    shuffled.learn(reversed(raws))
    others = [raw for raw in raws if raw.upper() != b"INBOX"]
    assert [names.raw(names.name(raw)) for raw in others] == others
    assert [shuffled.name(raw) for raw in raws] == [names.name(raw) for raw in raws]
