# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of traps names tests that are there, and every trap has its line."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs/traps.md").read_text()
FOLDERS = {"unit": "tests/unit", "imap": "tests/integration/imap", "tests": "tests"}
NAMED = sorted(set(re.findall(r"`(unit|imap|tests)/([\w/]+\.py)::(\w+)`", TABLE)))


def test_every_trap_has_a_line_that_names_a_test_or_says_open() -> None:
    lines = re.findall(r"^\| (\d+) .*\| (.*) \|$", TABLE, re.MULTILINE)

    assert [int(number) for number, _held in lines] == list(range(1, 35))
    assert all("::test_" in held or held == "Open" for _number, held in lines)


@pytest.mark.parametrize(("folder", "file", "name"), NAMED)
def test_named_test_is_there(folder: str, file: str, name: str) -> None:
    assert f"def {name}(" in (ROOT / FOLDERS[folder] / file).read_text()


def test_names_are_found_in_the_table() -> None:
    assert len(NAMED) == len(set(re.findall(r"`[^`]+::[^`]+`", TABLE))) > 50
