# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_names import (
    LONGEST_LEVEL,
    display_name,
    first_match,
    legal_level,
    matches,
    parse_display_name,
    path_of,
    server_name,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_wire import modified_utf7
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Side
from hypothesis import given
from hypothesis import strategies as st

SLASH = Side((), "/")
DOT = Side((), ".")
PREFIXED = Side((), ".", "INBOX.")
FLAT = Side((), "")
LEVELS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=300)


@pytest.mark.parametrize(
    ("name", "side", "path"),
    [
        ("INBOX", SLASH, ("INBOX",)),
        ("inbox", PREFIXED, ("INBOX",)),
        ("Inbox/Work", SLASH, ("INBOX", "Work")),
        ("Clients/Dr. Jones", SLASH, ("Clients", "Dr. Jones")),
        ("INBOX.Clients.Acme", PREFIXED, ("Clients", "Acme")),
        ("Inbox.Sent", PREFIXED, ("Sent",)),
        ("INBOX.Inbox.Status", PREFIXED, ("Inbox", "Status")),
        ("INBOX.INBOX", PREFIXED, ("Inbox",)),
        ("INBOX.", PREFIXED, ("INBOX",)),
        ("Public.x", PREFIXED, ("Public", "x")),
        ("Boxes/", SLASH, ("Boxes",)),
        ("a//b", SLASH, ("a", "", "b")),
        ("a/b.c", FLAT, ("a/b.c",)),
        ("Mu\u0308ller", SLASH, ("M\u00fcller",)),
    ],
)
def test_path_leaves_out_prefix_and_delimiters(name: str, side: Side, path: tuple[str, ...]) -> None:
    assert path_of(name, side) == path


@pytest.mark.parametrize("name", ["INBOX", "INBOX.Clients.Acme", "INBOX.Inbox.Status"])
def test_name_of_a_path_is_the_name_it_came_from(name: str) -> None:
    assert server_name(path_of(name, PREFIXED), PREFIXED) == name


def test_display_name_escapes_a_literal_slash() -> None:
    assert display_name(("Clients", "A/B")) == "Clients/A\\/B"
    assert parse_display_name("Clients/A\\/B") == ("Clients", "A/B")


@given(st.lists(LEVELS.filter(lambda level: not level.endswith("\\")), min_size=1, max_size=4))
def test_display_name_reads_back(levels: list[str]) -> None:
    path = path_of("/".join(level.replace("/", "|") for level in levels), SLASH)
    slashed = tuple(level.replace("|", "/") for level in path)
    assert parse_display_name(display_name(slashed)) == slashed


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("Clients/Acme", ("Clients", "Acme")),
        ("Clients/*", ("Clients", "Acme", "2019")),
        ("*\\/*", ("A/B",)),
        ("[Gmail]/Chats", ("[Gmail]", "Chats")),
        ("inbox", ("INBOX",)),
        ("Inbox/*", ("INBOX", "Work")),
        ("Mu\u0308ller", ("M\u00fcller",)),
    ],
)
def test_pattern_means_the_folder(pattern: str, path: tuple[str, ...]) -> None:
    assert matches(path, pattern, SLASH)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("clients/acme", ("Clients", "Acme")),
        ("Clients", ("Clients", "Acme")),
        ("A/B", ("A/B",)),
        ("inbox*", ("INBOX",)),
        ("[Gmail]/Chats", ("G", "Chats2")),
    ],
)
def test_pattern_does_not_mean_another_folder(pattern: str, path: tuple[str, ...]) -> None:
    assert not matches(path, pattern, SLASH)


def test_pattern_may_name_the_prefix() -> None:
    assert matches(("Sent",), "INBOX/Sent", PREFIXED)
    assert matches(("Sent",), "Sent", PREFIXED)
    assert not matches(("INBOX",), "INBOX/*", PREFIXED)


def test_exact_pattern_wins_over_an_earlier_wildcard() -> None:
    assert first_match(("Clients", "Acme"), ["Clients/*", "Clients/Acme"], SLASH) == "Clients/Acme"


@pytest.mark.parametrize(
    ("level", "side", "legal"),
    [
        ("Dr. Jones", DOT, "Dr_ Jones"),
        ("Dr. Jones", SLASH, "Dr. Jones"),
        ("a/b", DOT, "a_b"),
        ("a_b", Side((), "_"), "a-b"),
        (" Work\t", SLASH, "Work"),
        ("a\r\nb\x00", SLASH, "a__b_"),
        ("", SLASH, "_"),
        ("\u00a0", SLASH, "_"),
        (".", SLASH, "_"),
        ("..", SLASH, "__"),
        ("~root", SLASH, "_root"),
        ("Mu\u0308ller", SLASH, "M\u00fcller"),
        ('50% *"&\\ \U0001f600', SLASH, '50% *"&\\ \U0001f600'),
        ("\ud800", SLASH, "_"),
    ],
)
def test_level_is_altered_only_where_a_server_cannot_take_it(level: str, side: Side, legal: str) -> None:
    assert legal_level(level, side) == legal


def test_long_levels_are_cut_and_stay_apart() -> None:
    first, second = (legal_level("Ж" * 300 + end, SLASH) for end in ("a", "b"))
    assert first != second
    assert max(len(modified_utf7(name)) for name in (first, second)) <= LONGEST_LEVEL


@given(LEVELS, st.sampled_from([SLASH, DOT, PREFIXED, FLAT, Side((), "\\"), Side((), "_")]))
def test_legal_level_is_legal_and_stays_as_it_is(level: str, side: Side) -> None:
    legal = legal_level(level, side)
    assert legal == legal.strip() != ""
    assert not side.delimiter or side.delimiter not in legal
    assert len(legal.encode()) <= LONGEST_LEVEL
    assert legal_level(legal, side) == legal
