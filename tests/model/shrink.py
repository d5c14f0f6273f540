# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The shortest story that still goes wrong."""

from __future__ import annotations

from collections.abc import Callable

from tests.model.play import Report
from tests.model.story import Step, Story


def shrink(failed: Report, perform: Callable[[Story], Report], tries: int = 60) -> Report:
    """Leave out steps, many at first and then one by one, as long as the story goes wrong in the same way."""
    best, size = failed, max(1, len(failed.story.steps) // 2)
    while size and tries > 0:
        shorter = _one_shorter(best, perform, size, tries)
        tries -= shorter.tries
        if shorter.report is None:
            size //= 2
        else:
            best = shorter.report
    return best


class _Shorter:
    def __init__(self, report: Report | None, tries: int) -> None:
        self.report = report
        self.tries = tries


def _one_shorter(best: Report, perform: Callable[[Story], Report], size: int, tries: int) -> _Shorter:
    """A story without ``size`` of its steps that still fails, from the end; the first step stays."""
    steps = best.story.steps
    for tried, end in enumerate(range(len(steps), 1, -size), 1):
        kept: tuple[Step, ...] = (*steps[: max(1, end - size)], *steps[end:])
        report = perform(best.story.only(kept))
        if report.worst() == best.worst():
            return _Shorter(report, tried)
        if tried >= tries:
            break
    return _Shorter(None, tried)
