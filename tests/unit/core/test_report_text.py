# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Numbers and names as a person reads them."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.report_text import (
    count,
    listing,
    printable,
    sentence,
    size,
)
from hypothesis import given
from hypothesis import strategies as st


@given(st.text())
def test_printable_text_holds_nothing_that_a_terminal_acts_on(text: str) -> None:
    assert printable(text).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_letters_of_any_script_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


def test_escapes_line_ends_and_bidirectional_marks_are_spelled_out() -> None:
    assert printable("a\x1b[2Jb\nc\u202ed") == "a\\x1b[2Jb\\nc\\u202ed"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 kB"), (38_300_000, "38.3 MB"),
        (999_960, "1.0 MB"), (2 * 10**15, "2,000.0 TB"),
    ],
)  # fmt: skip
def test_size_is_told_in_the_unit_that_fits(octets: int, text: str) -> None:
    assert size(octets) == text


def test_counts_agree_with_their_noun() -> None:
    assert (count(1, "message"), count(1184, "message")) == ("1 message", "1,184 messages")
    assert count(2, "mailbox", "mailboxes") == "2 mailboxes"


def test_long_listing_says_how_many_follow() -> None:
    assert listing("abcdefg", most=5) == "a, b, c, d, e and 2 more"
    assert listing(["a", "b"]) == "a, b"


@pytest.mark.parametrize(
    ("reason", "remedy", "text"),
    [("It broke", "Mend it", "It broke. Mend it."), ("It broke.", "", "It broke."), ("", "Mend it.", "Mend it.")],
)
def test_sentence_has_one_stop_after_each_part(reason: str, remedy: str, text: str) -> None:
    assert sentence(reason, remedy) == text
