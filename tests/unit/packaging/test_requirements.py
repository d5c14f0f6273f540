# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lower bounds are the versions that the matrix tries, and every requirement has a tested version."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
OPTIONAL = ("databases", "mailcow", "oauth", "progress", "proof")


def versions(name: str, relation: str) -> dict[str, str]:
    text = (ROOT / name).read_text(encoding="utf-8")
    found = re.findall(rf"^([\w.\[\]-]+){relation}(\S+)", text, re.MULTILINE)
    return {package.lower(): version for package, version in found}


def bounds() -> dict[str, str]:
    files = ("requirements.txt", *(f"requirements/{name}.txt" for name in OPTIONAL))
    return {package: version for name in files for package, version in versions(name, ">=").items()}


def same(first: str, second: str) -> bool:
    """Versions are equal though one has a zero more at its end."""
    return re.sub(r"(\.0)+$", "", first) == re.sub(r"(\.0)+$", "", second)


def test_lowest_versions_are_the_lower_bounds() -> None:
    lowest = versions("requirements/lowest.txt", "==")
    ansible = lowest.pop("ansible-core")

    assert lowest.keys() == bounds().keys()
    assert {name: version for name, version in lowest.items() if not same(version, bounds()[name])} == {}
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["requires_ansible"] == f">={ansible}"


def test_every_requirement_has_a_tested_version() -> None:
    assert bounds().keys() <= versions("requirements/tested.txt", "==").keys()
