# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The callback's parts: what goes wrong in it, the bottom of the screen, the bars, the way from a worker."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unicodedata import east_asian_width

import pytest
from ansible_collections.mailops.migration.plugins.callback import progress
from ansible_collections.mailops.migration.plugins.module_utils.core.run_progress import Live, View
from ansible_collections.mailops.migration.plugins.module_utils.support import progress_channel
from ansible_collections.mailops.migration.plugins.module_utils.support.progress_bars import bars
from ansible_collections.mailops.migration.plugins.module_utils.support.progress_follower import (
    _quoted,
    following,
    worker_file,
)
from ansible_collections.mailops.migration.plugins.plugin_utils.bottom_of_screen import BottomOfScreen

ANNA = Live("anna@example.com", "copying", ("a\x1b[2J",), 40, 400, 60, 600)
VIEW = View("sync", 61.0, 1000, 412, 3, (ANNA,) * 20, 45_120, 3_200_000_000, 120.4, 8_400_000.0, 720.0)


class Quiet:
    """Keeps warnings."""

    verbosity = 0

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, text: str) -> None:
        self.warnings.append(text)


def test_defect_in_the_callback_ends_what_it_shows_and_nothing_else() -> None:
    display = Quiet()
    callback = progress.CallbackModule(display=display)
    callback._phases["task"] = progress.RunProgress("sync", 1, 0.0)
    callback.v2_runner_on_ok(SimpleNamespace(task=SimpleNamespace(_uuid="task")))
    callback.v2_runner_on_ok(None)
    [warning] = display.warnings
    assert "shows nothing any more: AttributeError" in warning and callback.disabled


class Terminal(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def test_lines_take_the_place_of_others_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    screen = BottomOfScreen(threading.RLock())
    screen.draw(["one", "two"])
    screen.draw(["three"])
    screen.close()
    assert terminal.pieces == ["one\ntwo\n", "\x1b[2A\r\x1b[Jthree\n", "\x1b[1A\r\x1b[J"]


def test_screen_of_eighty_columns_shows_whole_bars_and_rates() -> None:
    long = replace(ANNA, mailbox="buchhaltung.und.rechnungswesen.inland@bench.example", folders=("見積書と請求書" * 4,))
    view = replace(VIEW, active=(replace(ANNA, folders=("INBOX",)), long), messages_per_second=1100.4)
    lines = bars(view, width=80, most=5, color=False)
    assert all(sum(1 + (east_asian_width(char) in "WF") for char in line) <= 80 for line in lines)
    assert lines[0].endswith("412 of 1,000 mailboxes, 3 failed, about 12 min 00 s left")
    assert lines[1] == "      45,120 messages, 3.2 GB, 1,100 messages/s, 8.4 MB/s"
    anna, other = (line.rstrip() for line in lines[2:])
    assert anna.startswith("  anna@example.com ") and anna.endswith("INBOX, 40 of 100 messages, 400 bytes")
    assert "━━━━╸       " in anna and other.startswith("  buchhaltung.") and other.endswith("…")


def test_long_name_keeps_its_end_and_is_shortened_once() -> None:
    name = "buchhaltung.und.rechnungswesen.auslandsgeschaefte@bench.example"
    lines = bars(replace(VIEW, active=(replace(ANNA, mailbox=name),)), width=112, most=5, color=False)
    (line,) = [line for line in lines if "buchhaltung" in line]
    assert "efte@bench.example  " in line and line.count("…") == 1


def test_output_of_others_passes_unaltered_and_finds_our_lines_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    screen = BottomOfScreen(threading.RLock())
    screen.draw(["one", "two"])
    print("\x1b[32mok: [a]\x1b[0m" + "x" * 500)
    screen.draw(["three"])
    sys.stdout.write("Password: ")
    screen.draw(["later"])
    print()
    screen.draw(["four"])
    screen.close()
    print("after")
    gone = "\x1b[{}A\r\x1b[J"
    assert terminal.getvalue() == (
        f"one\ntwo\n{gone.format(2)}\x1b[32mok: [a]\x1b[0m{'x' * 500}\none\ntwo\n{gone.format(2)}three\n"
        f"{gone.format(1)}Password: \nlater\n{gone.format(1)}four\n{gone.format(1)}after\n")
    assert sys.stdout is terminal


@pytest.mark.parametrize("width", [40, 80, 200])
def test_bars_fit_into_the_terminal_and_hold_no_commands_of_others(width: int) -> None:
    lines = bars(VIEW, width=width, most=5, color=False)
    assert len(lines) == 8 and all(len(line) <= width for line in lines)
    assert not any("\x1b" in line for line in lines) and (width < 80 or re.match("sync +━", lines[0]))


def test_bars_tell_the_run_and_a_few_of_its_mailboxes() -> None:
    lines = bars(VIEW, width=200, most=5, color=False)
    assert "412 of 1,000 mailboxes, 3 failed, about 12 min 00 s left" in lines[0]
    assert "45,120 messages, 3.2 GB, 120 messages/s" in lines[1]
    assert "anna@example.com" in lines[2] and "40 of 100 messages" in lines[2]
    assert lines[-1].strip() == "and 15 more"


class Machine:
    """An action on a worker that is this machine."""

    def __init__(self) -> None:
        self.looks = 0
        self._connection = SimpleNamespace(transport="ssh", become=None, has_option=lambda name: name == "port",
                                           get_option=lambda name: 22)

    def get_become_option(self, name: str) -> None:
        return None

    def _low_level_execute_command(self, command: str) -> dict[str, Any]:
        self.looks += 1
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
        return {"stdout": done.stdout}

    def __copy__(self) -> Machine:
        return self


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    where = tmp_path / "callback's"
    where.mkdir()
    monkeypatch.setenv(progress_channel.ENVIRONMENT, str(where))
    return where


def until(condition: Any) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    assert condition()


def test_what_a_worker_writes_reaches_the_callback(folder: Path, tmp_path: Path) -> None:
    file = worker_file(f"{tmp_path}/state of 1's", "anna")
    Path(file).parent.mkdir(parents=True)
    Path(file).write_text(json.dumps({"mailbox": "anna", "folders": ["x\n{"]}))
    (Path(file).parent / "broken.json").write_text("")
    with following(Machine(), file, interval=0.01):
        until(lambda: progress_channel.read("anna", str(folder)) is not None)
    assert progress_channel.read("anna", str(folder)) == {"mailbox": "anna", "folders": ["x\n{"]}


def test_of_many_tasks_for_one_worker_one_looks_and_another_takes_over(folder: Path, tmp_path: Path) -> None:
    file = worker_file(str(tmp_path), "anna")
    first, second = Machine(), Machine()
    with following(second, file, interval=0.01):
        until(lambda: second.looks > 0)
        with following(first, file, interval=0.01):
            time.sleep(0.1)
            assert first.looks == 0
    with following(first, file, interval=0.01):
        until(lambda: first.looks > 0)


def test_worker_that_cannot_be_read_disturbs_nobody(folder: Path, tmp_path: Path) -> None:
    machine = Machine()
    machine._low_level_execute_command = lambda command: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    with following(machine, worker_file(str(tmp_path), "anna"), interval=0.01):
        time.sleep(0.05)


def test_path_from_home_is_left_to_the_shell() -> None:
    paths = ("~/a b/live", "/x y/live", "/x/live")
    assert [_quoted(path) for path in paths] == ["~/'a b/live'", "'/x y/live'", "/x/live"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_file_that_is_half_written_or_none_is_nothing(folder: Path, content: bytes) -> None:
    (folder / progress_channel.file_name("anna")).write_bytes(content)
    assert progress_channel.read("anna", str(folder)) is None
    assert progress_channel.read("bert", str(folder)) is None
