# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Random stories of mailboxes, each pass of them held against the model; docs/soak.md says more.

They are played side by side, for most of their time is waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.model.play import Figures, Report
from tests.model.story import make_story
from tests.model.theatre import Theatre

STORIES = [("model", seed) for seed in range(1, 41)]
STORIES += [(kind, seed) for kind in ("kill", "faults") for seed in range(1, 6)]
AT_ONCE = 12


@pytest.fixture(scope="module")
def reports() -> Iterator[dict[tuple[str, int], Future[Report]]]:
    """The report of every story."""
    with Theatre() as theatre, ThreadPoolExecutor(AT_ONCE) as pool:
        yield {(kind, seed): pool.submit(theatre.perform, make_story(seed, kind)) for kind, seed in STORIES}


@pytest.mark.parametrize(("kind", "seed"), STORIES)
def test_every_message_is_there_once_whatever_happens_meanwhile(
    reports: dict[tuple[str, int], Future[Report]], kind: str, seed: int
) -> None:
    report = reports[kind, seed].result()

    assert not report.wrong, report.text()


def test_stories_come_by_what_they_are_told_for(reports: dict[tuple[str, int], Future[Report]]) -> None:
    figures = Figures()
    for report in reports.values():
        figures.add(report.result().figures)

    assert figures.passes > 250
    assert figures.kills > 20
    assert figures.faults.total() > 40
    assert figures.copied > 1500
