# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints ``PASSED FAILED`` of a JUnit report. Skipped tests count as failed, and so does a run without a test."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree


def count(report: str) -> tuple[int, int]:
    """Passed and failed tests of the report's XML; at least one test has failed when none ran."""
    suites = list(ElementTree.fromstring(report).iter("testsuite"))
    total = sum(int(suite.get("tests", 0)) for suite in suites)
    failed = sum(int(suite.get(kind, 0)) for suite in suites for kind in ("failures", "errors", "skipped"))
    return (total - failed, failed) if total else (0, max(1, failed))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    print(*(count(path.read_text(encoding="utf-8")) if path.exists() else (0, 1)))
