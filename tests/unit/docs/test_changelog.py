# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a changelog would show as it is typed is not typed in its fragments."""

from __future__ import annotations

import re
from pathlib import Path

FRAGMENTS = Path(__file__).parents[3] / "changelogs/fragments"


def test_fragments_are_written_without_the_markup_of_plugin_documentation() -> None:
    """The changelog is reStructuredText, in which ``C(...)`` and its like stay what they are."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in FRAGMENTS.glob("*.yml")}
    found = {name: re.findall(r"\b(?:[BCEIMOPV]|RV)\([^)\s]+\)", text) for name, text in texts.items()}

    assert texts
    assert {name: markup for name, markup in found.items() if markup} == {}
