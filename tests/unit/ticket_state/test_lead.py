# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Of several runs one leads, and the others begin when it is ready."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.lead import (
    FRESH,
    Lead,
    let_others_begin,
    take_lead,
)


def take(folder: Path, *, able: bool = True, wait: float = 30.0, told: list[str] | None = None) -> Lead:
    return take_lead(str(folder), able=able, wait=wait, tell=(told if told is not None else []).append)


def test_first_leads_and_the_second_begins_when_it_is_ready(tmp_path: Path) -> None:
    leader, told, waits = take(tmp_path), [], threading.Event()
    assert leader.handle is not None
    seen: list[Lead] = []

    def follow() -> None:
        seen.append(take_lead(str(tmp_path), able=True, wait=30.0, tell=lambda who: (told.append(who), waits.set())))

    thread = threading.Thread(target=follow)
    thread.start()
    assert waits.wait(20) and seen == []
    let_others_begin(str(tmp_path), leader)
    thread.join(20)
    assert seen == [Lead(None, leader.holder)] and told == [leader.holder]
    assert f"process {os.getpid()} on " in leader.holder


def test_run_that_died_before_it_was_ready_leaves_the_lead_to_the_next(tmp_path: Path) -> None:
    first = take(tmp_path)
    assert first.handle is not None
    os.close(first.handle)
    assert take(tmp_path).handle is not None


def test_what_an_earlier_lead_made_counts_for_those_that_cannot_lead_only_while_it_is_fresh(tmp_path: Path) -> None:
    first = take(tmp_path)
    let_others_begin(str(tmp_path), first)
    assert first.handle is not None
    os.close(first.handle)
    assert take(tmp_path, able=False, wait=0).holder == first.holder
    old = os.stat(tmp_path / "slices.ready").st_mtime - FRESH
    os.utime(tmp_path / "slices.ready", (old, old))
    assert take(tmp_path, able=False, wait=0) == Lead(None, "")


def test_new_lead_makes_the_others_wait_again(tmp_path: Path) -> None:
    first = take(tmp_path)
    let_others_begin(str(tmp_path), first)
    assert first.handle is not None
    os.close(first.handle)
    assert take(tmp_path).handle is not None
    told: list[str] = []
    assert take(tmp_path, able=False, wait=0.3, told=told).handle is None
    assert len(told) == 1
