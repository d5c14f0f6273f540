# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.sync.log import KEPT, LogFile, log_path
from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import Failure, Tally

ANNA = "Anna@example.com"


def log_of(folder: Path, **options: Any) -> LogFile:
    return LogFile(str(folder / "123"), ANNA, lambda: ("s3cret pass",), lambda: 1.7e9, **options)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(log_path(str(folder / "123"), ANNA)).read_text().splitlines()]


def events(folder: Path) -> list[str]:
    return [line["event"] for line in lines(folder)]


def test_each_event_is_a_line_that_says_when_and_whose(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.note("login", side="source", seconds=0.1)
    assert lines(tmp_path) == [{
        "time": "2023-11-14T22:13:20.000+00:00", "mailbox": ANNA, "ticket": "123", "process": os.getpid(),
        "event": "login", "side": "source", "seconds": 0.1,
    }]  # fmt: skip


def test_another_pass_goes_on_in_the_same_file(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with log_of(tmp_path) as log:
            log.note(name)
    assert events(tmp_path) == ["one", "two"]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.note("login")
    path = Path(log_path(str(tmp_path / "123"), ANNA))
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_log_is_found_by_its_address_and_stays_in_its_folder() -> None:
    assert os.path.basename(log_path("/s", ANNA)).startswith("anna@example.com-")
    assert log_path("/s", "../../etc/passwd").startswith("/s/logs/.._.._etc_passwd-")
    assert log_path("/s", "a/b@example.com") != log_path("/s", "a_b@example.com")
    assert len(os.path.basename(log_path("/s", "x" * 4000))) < 255


def test_line_break_in_a_folder_name_makes_no_second_line(tmp_path: Path) -> None:
    with log_of(tmp_path) as log:
        log.note("folder_begin", folder='a\n{"event": "forged"}\u2028b\udcff')
    assert events(tmp_path) == ["folder_begin"]


def test_secret_that_a_server_repeats_is_masked(tmp_path: Path) -> None:
    encoded = base64.b64encode(b"\0anna\0s3cret pass").decode()
    with log_of(tmp_path) as log:
        log.note("retry", reason=f"NO s3cret pass {encoded}")
    written = Path(log_path(str(tmp_path / "123"), ANNA)).read_text()
    assert "s3cret pass" not in written and encoded not in written and "***" in written


def test_log_is_bounded_in_size_and_number(tmp_path: Path) -> None:
    with log_of(tmp_path, limit=1000) as log:
        for number in range(200):
            log.note("failure", uid=number)
    files = sorted((tmp_path / "123/logs").iterdir())
    assert len(files) == 1 + KEPT
    assert all(500 < file.stat().st_size <= 1000 for file in files)
    assert lines(tmp_path)[-1]["uid"] == 199
    oldest_first = [json.loads(line)["uid"] for file in [*reversed(files[1:]), files[0]]
                    for line in file.read_text().splitlines()]
    assert oldest_first == list(range(oldest_first[0], 200))


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    with log_of(tmp_path, limit=20_000) as log, ThreadPoolExecutor(8) as pool:
        for lane in range(8):
            pool.submit(lambda lane: [log.note("x", lane=lane, text="y" * 50) for _unused in range(30)], lane)
    found = [json.loads(line) for file in (tmp_path / "123/logs").iterdir() for line in file.read_text().splitlines()]
    assert len(found) == 240 and {line["event"] for line in found} == {"x"}


@pytest.mark.parametrize("broken", ["folder", "file"])
def test_log_that_cannot_be_written_stops_nobody(tmp_path: Path, broken: str) -> None:
    if broken == "folder":
        (tmp_path / "123").write_text("no folder")
    else:
        os.makedirs(log_path(str(tmp_path / "123"), ANNA))
    with log_of(tmp_path) as log:
        log.note("login")


class Notes:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def note(self, event: str, **facts: Any) -> None:
        self.told.append((event, facts))


def test_tally_tells_when_the_last_message_of_a_folder_is_settled() -> None:
    notes = Notes()
    tally = Tally(notes)
    tally.add("INBOX", left=3, already_there=5)
    tally.begin("INBOX", 300)
    tally.add("INBOX", copied=2, bytes=200, left=-2)
    assert notes.told == [("folder_begin", {"folder": "INBOX", "messages": 3, "octets": 300})]
    tally.add("INBOX", matched=1, left=-1)
    assert notes.told[1:] == [
        ("folder_end", {"folder": "INBOX", "copied": 2, "bytes": 200, "already_there": 5, "matched": 1})
    ]


def test_tally_tells_failures_and_each_warning_once() -> None:
    notes = Notes()
    tally = Tally(notes)
    tally.fail(Failure("INBOX", 7, "refused", "too big", digest="ab"))
    tally.warn("careful")
    tally.warn("careful")
    assert notes.told == [
        ("failure", {"folder": "INBOX", "uid": 7, "kind": "refused", "reason": "too big", "digest": "ab"}),
        ("warning", {"text": "careful"}),
    ]
