# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A seed of the fault matrix as a story of the soak: the faults and the proof are those of the matrix."""

from __future__ import annotations

import traceback

from tests.model.judge import Complaint
from tests.model.play import Report, told
from tests.model.story import Story
from tests.support.fault_matrix import Played, play
from tests.support.sync_runner import Migration, total


def play_between(story: Story, migration: Migration) -> Report:
    """Play the story's seed with a new mailbox between its two servers."""
    report = Report(story)
    try:
        played = play(story.seed, migration)
    except Exception:
        report.wrong.append(Complaint("broken", traceback.format_exc()))
        return report.count_wrong()
    report.script += [f"abilities: {' -> '.join(played.shapes)}", f"faults: {dict(played.fired)}"]
    report.script += ["killed" if result is None else told(result) for result in played.results]
    report.figures.passes = len(played.results)
    report.figures.kills = played.kills
    report.figures.faults = played.fired
    report.figures.copied = total(played.found)
    report.wrong += _complaints(played)
    return report.count_wrong()


def _complaints(played: Played) -> list[Complaint]:
    if not (text := played.wrong()):
        return []
    found = [Complaint(kind, text, count) for kind, count in played.differences().items() if count]
    return found or [Complaint("result" if played.source_kept else "source", text)]
