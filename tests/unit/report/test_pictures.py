# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pictures are well-formed, say in words what they show, and take names for text."""

from __future__ import annotations

from datetime import UTC
from xml.etree import ElementTree

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.report.pictures import Bar, bars, throughput
from ansible_collections.mailops.migration.plugins.module_utils.report.values import Span
from hypothesis import given
from hypothesis import strategies as st

EVIL = '</svg><script>alert(1)</script>"\'&\u202e\x00'


def rectangles(picture: str, kind: str) -> list[ElementTree.Element]:
    return [each for each in ElementTree.fromstring(picture).iter("rect") if each.get("class") == kind]


def test_columns_are_as_high_as_what_was_copied_and_say_it() -> None:
    picture = throughput([Span(0.0, 600.0, 1, 1000), Span(600.0, 600.0, 0, 0), Span(1200.0, 600.0, 7, 2000)], UTC)
    first, second = rectangles(picture, "bar")
    assert float(second.get("height", "")) == pytest.approx(2 * float(first.get("height", "")), rel=0.01)
    assert "8 messages (3.0 kB) from 1970-01-01 00:00 UTC" in ElementTree.fromstring(picture).get("aria-label", "")


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=150), st.sampled_from([60.0, 3600.0, 864000.0]))
def test_every_column_stays_within_the_picture(sizes: list[int], seconds: float) -> None:
    picture = throughput([Span(place * seconds, seconds, 1, size) for place, size in enumerate(sizes)], UTC)
    if not any(sizes):
        assert picture == ""
        return
    for column in rectangles(picture, "bar"):
        x, y, width, height = (float(column.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 84 and x + width <= 1093 and y >= 10 and y + height <= 219


def test_longest_bar_fills_its_track_and_names_are_text() -> None:
    picture = bars("Sizes", [Bar(EVIL, 10, "10 MB"), Bar("b" * 200, 5, "5 MB")])
    track, filled = rectangles(picture, "track")[0], rectangles(picture, "bar")[0]
    assert float(filled.get("width", "")) == float(track.get("width", ""))
    assert "script" not in {each.tag for each in ElementTree.fromstring(picture).iter()}
    assert "\u202e" not in picture
    assert max(len(each.text or "") for each in ElementTree.fromstring(picture).iter("text")) < 30


def test_nothing_to_show_is_no_picture() -> None:
    assert (throughput([], UTC), bars("Sizes", []), bars("Sizes", [Bar("a", 0, "0")])) == ("", "", "")
