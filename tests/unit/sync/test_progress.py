# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far a ticket is, read from its journals."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal, journal_path
from ansible_collections.mailops.migration.plugins.module_utils.sync.progress import has_complete_pass

ANNA = "anna@example.com"


def end_passes(state_dir: Path, *outcomes: str) -> None:
    journal = Journal.open(journal_path(str(state_dir), ANNA), ANNA)
    for outcome in outcomes:
        journal.begin_pass(1.0)
        journal.end_pass(2.0, outcome)
    journal.close()


def test_pass_that_came_to_its_end_counts_though_a_later_one_did_not(tmp_path: Path) -> None:
    end_passes(tmp_path, "incomplete", "complete", "incomplete")
    assert has_complete_pass(str(tmp_path), ANNA.upper())


def test_pass_that_was_cut_off_does_not_count(tmp_path: Path) -> None:
    end_passes(tmp_path, "incomplete")
    assert not has_complete_pass(str(tmp_path), ANNA)


def test_asking_makes_neither_folder_nor_journal(tmp_path: Path) -> None:
    assert not has_complete_pass(str(tmp_path / "none"), ANNA)
    assert list(tmp_path.iterdir()) == []


def test_asking_leaves_nothing_beside_a_journal(tmp_path: Path) -> None:
    end_passes(tmp_path, "complete")
    before = sorted(tmp_path.iterdir())
    has_complete_pass(str(tmp_path), ANNA)
    assert sorted(tmp_path.iterdir()) == before


def test_broken_journal_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    Path(journal_path(str(tmp_path), ANNA)).write_bytes(b"this is no database, and long enough to be looked at" * 30)
    with pytest.raises(JournalError) as caught:
        has_complete_pass(str(tmp_path), ANNA)
    assert "-e phase=first" in caught.value.remedy
