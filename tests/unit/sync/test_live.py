# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.sync.live import live_file
from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import Tally

QUICK = 0.01


def awaited(path: Path) -> dict[str, Any]:
    until = time.monotonic() + 60
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.005)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_file_says_how_far_the_pass_is_while_it_lasts(tmp_path: Path) -> None:
    path, tally = tmp_path / "live" / "anna.json", Tally()
    tally.add("INBOX", left=10)
    tally.plan(1000)
    tally.begin("INBOX", 1000)
    tally.stage, tally.waiting = "copying", "slow down, s3cret"
    tally.add("INBOX", copied=4, bytes=400, left=-4)
    with live_file(str(path), "anna@example.com", tally, lambda: ("s3cret",), interval=QUICK):
        found = awaited(path)
        assert path.stat().st_mode & 0o777 == 0o600
    assert found["mailbox"] == "anna@example.com" and found["began"] <= found["time"]
    assert (found["copied"], found["left"], found["bytes"], found["bytes_left"]) == (4, 6, 400, 600)
    assert (found["stage"], found["folders"], found["waiting"]) == ("copying", ["INBOX"], "slow down, ***")
    assert list(path.parent.iterdir()) == []


def test_short_pass_writes_nothing(tmp_path: Path) -> None:
    with live_file(str(tmp_path / "live" / "x.json"), "x", Tally(), tuple, interval=60):
        pass
    assert list(tmp_path.iterdir()) == []


def test_file_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "live").write_text("no folder")
    with live_file(str(tmp_path / "live" / "x.json"), "x", Tally(), tuple, interval=QUICK):
        time.sleep(5 * QUICK)


def test_folder_that_is_through_is_no_longer_at_work() -> None:
    tally = Tally()
    tally.add("INBOX", left=1)
    tally.begin("INBOX", 10)
    assert tally.snapshot()["folders"] == ["INBOX"]
    tally.add("INBOX", copied=1, bytes=10, left=-1)
    assert tally.snapshot()["folders"] == []


def test_what_is_left_counts_from_the_present_attempt() -> None:
    tally = Tally()
    tally.plan(1000)
    tally.add("INBOX", copied=1, bytes=300)
    tally.restart()
    tally.plan(700)
    assert tally.snapshot()["bytes_left"] == 700
