# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shows how far a run is while it lasts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
short_description: Show how far a migration is while it runs
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Shows for each phase of a run how many mailboxes are through, what is being worked on, messages and bytes, their
    rates and the time that is left.
  - On a terminal with bars below the other output, where the Python library C(rich) is there; in plain lines otherwise,
    the longer the run the fewer.
  - Everything goes to standard error, so that standard output stays what the stdout callback makes of it.
  - It sees into mailboxes that the controller or a worker over SSH works on. What a worker plans in check mode it sees
    when it is done.
requirements:
  - enabling, C(callbacks_enabled = mailops.migration.progress) in C(ansible.cfg)
  - rich, for bars
options:
  mode:
    description: How to show it. V(auto) shows bars on a terminal and plain lines elsewhere.
    type: str
    choices: [auto, bars, plain, "off"]
    default: auto
    env:
      - name: MAILOPS_PROGRESS
    ini:
      - section: callback_progress
        key: mode
  interval:
    description:
      - Seconds between plain lines. After so many lines that a sixtieth of the time so far is longer, it is that.
    type: float
    default: 30.0
    env:
      - name: MAILOPS_PROGRESS_INTERVAL
    ini:
      - section: callback_progress
        key: interval
"""

import atexit
import functools
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants as C
from ansible.plugins.callback import CallbackBase
from ansible.utils.display import Display
from ansible_collections.mailops.migration.plugins.module_utils.core.progress_text import end_line, plain_lines
from ansible_collections.mailops.migration.plugins.module_utils.core.run_progress import RunProgress, View, live_from
from ansible_collections.mailops.migration.plugins.module_utils.support import progress_channel
from ansible_collections.mailops.migration.plugins.plugin_utils.bottom_of_screen import BottomOfScreen

TICK = 1.0
_MOST_PLAIN = 3
_MOST_BARS = 8
# A plain line comes after a part of the time so far, so that a night does not fill a log.
_PART = 60
_WORK = {
    "imap_sync": "sync",
    "mailbox_compare_info": "verify",
    "mailbox_archive": "archive",
    "imap_mailbox_info": "look",
    "imap_preflight_info": "preflight",
}


def _harmless(method: Callable[..., None]) -> Callable[..., None]:
    """A defect in here ends what is shown, never the run."""

    @functools.wraps(method)
    def guarded(self: CallbackModule, *args: Any, **options: Any) -> None:
        if not self.disabled:
            try:
                method(self, *args, **options)
            except Exception as error:
                self.give_up(error)

    return guarded


class CallbackModule(CallbackBase):
    """Listens to the tasks that work on mailboxes, and draws in a thread."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "mailops.migration.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, display: Any = None) -> None:
        super().__init__(display=display)
        self._lock = threading.Lock()
        self._phases: dict[str, RunProgress] = {}
        self._current = ""
        self._hosts = 0
        self._folder = ""
        self._screen: BottomOfScreen | None = None
        self._bars: Any = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._spoke = 0.0
        self._has_spoken = False

    # What Ansible tells

    @_harmless
    def v2_playbook_on_start(self, playbook: Any) -> None:
        """The workers inherit where to write."""
        if self.get_option("mode") == "off":
            self.disabled = True
            return
        self._folder = tempfile.mkdtemp(prefix="mailops-progress-", dir=C.DEFAULT_LOCAL_TMP)
        os.environ[progress_channel.ENVIRONMENT] = self._folder
        atexit.register(self._leave, os.getpid())

    @_harmless
    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A play tells over how many mailboxes its tasks go."""
        self._end_phase()
        # There is no public way to it; without it the total is what has begun.
        inventory = getattr(play.get_variable_manager(), "_inventory", None)
        self._hosts = len(inventory.get_hosts(play.hosts)) if inventory else 0

    @_harmless
    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """With the strategy linear a task begins when the one before has ended."""
        if self._current and task._uuid != self._current:
            self._end_phase()

    @_harmless
    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """The work on a mailbox begins."""
        work = _WORK.get(str(task.action).rpartition(".")[2])
        if work is None or not str(task.resolved_action or task.action).startswith("mailops.migration."):
            return
        with self._lock:
            phase = self._phases.get(task._uuid)
            if phase is None:
                self._current = task._uuid
                self._spoke, self._has_spoken = time.monotonic(), False
                word = "plan" if work == "sync" and task.check_mode else work
                phase = self._phases[task._uuid] = RunProgress(word, self._hosts, time.monotonic())
            phase.start(host.get_name())
        self._begin_to_show()

    @_harmless
    def v2_runner_on_ok(self, result: Any) -> None:
        """A mailbox is through; whether well, its result tells: the roles collect failures."""
        phase = self._phases.get(result.task._uuid)
        if phase is not None:
            told = result.result
            counts = told.get("counts") if phase.work in ("sync", "plan") else None
            counts = counts if isinstance(counts, Mapping) else {}
            with self._lock:
                phase.end(
                    result.host.get_name(),
                    good=_is_good(told),
                    messages=int(counts.get("copied", 0)),
                    octets=int(counts.get("bytes", 0)),
                )

    @_harmless
    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A mailbox that the task could not work on."""
        self._failed(result)

    @_harmless
    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A worker that cannot be reached."""
        self._failed(result)

    @_harmless
    def v2_runner_on_skipped(self, result: Any) -> None:
        """A mailbox for which there is nothing to do."""
        phase = self._phases.get(result.task._uuid)
        if phase is not None:
            with self._lock:
                phase.skip(result.host.get_name())

    @_harmless
    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run has come to its end."""
        self._end_phase()
        self._leave(os.getpid())

    # What is shown

    def give_up(self, error: BaseException) -> None:
        """Show nothing any more."""
        self.disabled = True
        self._stop.set()
        if self._screen is not None:
            self._screen.close()
        self._display.warning(f"mailops.migration.progress shows nothing any more: {type(error).__name__}: {error}")

    def _failed(self, result: Any) -> None:
        phase = self._phases.get(result.task._uuid)
        if phase is not None:
            with self._lock:
                phase.end(result.host.get_name(), good=False)

    def _begin_to_show(self) -> None:
        if self._thread is not None:
            return
        mode = self.get_option("mode")
        on_terminal = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        if mode == "bars" or (mode == "auto" and on_terminal):
            self._open_screen()
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
        self._thread.start()

    def _open_screen(self) -> None:
        # Loaded only where it is wanted: rich takes as long as a few mailboxes.
        from ansible_collections.mailops.migration.plugins.module_utils.support.progress_bars import HAS_RICH, bars

        if HAS_RICH:
            self._bars = bars
            self._screen = BottomOfScreen(Display()._lock)

    def _show(self) -> None:
        while not self._stop.wait(TICK):
            try:
                self._tick()
            except Exception as error:
                self.give_up(error)

    def _tick(self) -> None:
        view = self._view()
        if view is None or not view.active:
            if self._screen is not None:
                self._screen.clear()
            return
        if self._screen is not None:
            size = shutil.get_terminal_size()
            most = min(_MOST_BARS, max(size.lines - 5, 0))
            self._screen.draw(self._bars(view, width=size.columns, most=most, color=not C.ANSIBLE_NOCOLOR))
        elif time.monotonic() - self._spoke >= max(float(self.get_option("interval")), view.seconds / _PART):
            self._say(plain_lines(view, _MOST_PLAIN))

    def _view(self) -> View | None:
        """The phase as its mailboxes tell it now."""
        with self._lock:
            phase = self._phases.get(self._current)
            at_work = list(phase.active) if phase else []
        told = [(host, live_from(progress_channel.read(host, self._folder))) for host in at_work]
        with self._lock:
            for host, live in told:
                if phase and live:
                    phase.look(host, live)
            return phase.view(time.monotonic()) if phase else None

    def _say(self, lines: list[str]) -> None:
        self._spoke, self._has_spoken = time.monotonic(), True
        for line in lines:
            self._display.display(line, stderr=True)

    def _end_phase(self) -> None:
        """Tell in a line what became of a phase, if it was long enough to be told of before."""
        with self._lock:
            phase = self._phases.get(self._current)
            self._current = ""
        if self._screen is not None:
            self._screen.clear()
        if phase is not None:
            view = phase.view(time.monotonic())
            if view.done and (self._has_spoken or view.seconds >= float(self.get_option("interval"))):
                self._say([end_line(view)])

    def _leave(self, process: int) -> None:
        """Leave no file behind; a worker, which is forked from this process, leaves all where it is."""
        if os.getpid() != process or not self._folder:
            return
        self._stop.set()
        if self._screen is not None:
            self._screen.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        os.environ.pop(progress_channel.ENVIRONMENT, None)
        self._folder = ""


def _is_good(result: Mapping[str, Any]) -> bool:
    return bool(result.get("complete", True)) and bool(result.get("passed", True)) and not result.get("failures")
