# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an undo takes back, and why everything else stays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core import undo_plan
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    CONFIRMED,
    FAILED,
    HELD,
    INTENDED,
    MATCHED,
    REFUSED,
    WITHDRAWING,
    WITHDRAWN,
    Listed,
    Place,
    Row,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.undo_plan import (
    concerns,
    known_reason,
    seen_reason,
)

DATE = b"01-Feb-2024 10:00:00 +0100"
SEEN = frozenset({"\\Seen"})
ROW = Row(
    1, Place("INBOX", 1, 7), 100, DATE, Digest(b"r", b"c", 100, 101), Place("INBOX", 9, 3), 3, SEEN, APPENDED,
    CONFIRMED, "", 0.0,
)  # fmt: skip
COPY = Listed(3, SEEN, DATE, 101)


@pytest.mark.parametrize("state", [CONFIRMED, WITHDRAWING, INTENDED])
def test_what_is_or_may_be_there_concerns_it(state: str) -> None:
    assert concerns(replace(ROW, state=state))


@pytest.mark.parametrize("state", [REFUSED, HELD, FAILED, WITHDRAWN])
def test_what_was_never_brought_or_is_gone_does_not(state: str) -> None:
    assert not concerns(replace(ROW, state=state))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (ROW, ""),
        (replace(ROW, state=WITHDRAWING), ""),
        (replace(ROW, provenance=MATCHED), undo_plan.WAS_THERE),
        (replace(ROW, flags=None), undo_plan.WAS_THERE),
        (replace(ROW, state=INTENDED), undo_plan.CUT_OFF),
        (replace(ROW, destination=Place("INBOX", 9, 0)), undo_plan.NO_UID),
    ],
)
def test_only_what_the_journal_is_sure_of_is_looked_at(row: Row, reason: str) -> None:
    assert known_reason(row) == reason


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        (COPY, ""),
        (COPY._replace(flags=SEEN | {"\\Recent", "$HasAttachment"}), ""),
        (COPY._replace(size=999), ""),
        (COPY._replace(internaldate=b"02-Feb-2024 10:00:00 +0100"), ""),
        (COPY._replace(internaldate=b"01-Feb-2024 09:00:00 +0000", size=999), ""),
        (COPY._replace(internaldate=b"02-Feb-2024 10:00:00 +0100", size=999), undo_plan.ANOTHER),
        (COPY._replace(flags=SEEN | {"\\Flagged"}), undo_plan.TOUCHED),
        (COPY._replace(flags=frozenset()), undo_plan.TOUCHED),
        (COPY._replace(flags=SEEN | {"$Work"}), undo_plan.TOUCHED),
        (COPY._replace(flags=SEEN | {"\\deleted"}), undo_plan.MARKED),
    ],
)
def test_copy_that_anybody_touched_stays(copy: Listed, reason: str) -> None:
    assert seen_reason(ROW, {3: copy}) == reason


def test_mark_that_an_earlier_undo_set_is_its_own() -> None:
    marked = COPY._replace(flags=SEEN | {"\\Deleted"})
    assert seen_reason(replace(ROW, state=WITHDRAWING), {3: marked}) == ""
    assert seen_reason(replace(ROW, state=WITHDRAWING), {3: marked._replace(flags=marked.flags | {"$x"})}) != ""


def test_copy_or_folder_that_is_gone_is_told_apart() -> None:
    assert seen_reason(ROW, {}) == undo_plan.GONE
    assert seen_reason(ROW, None) == undo_plan.FOLDER_GONE
