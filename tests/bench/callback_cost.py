# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-playbook, with the processor time that the callback mailops.migration.progress costs it written to a file.

What two runs differ by is more than the callback costs, so its own parts are measured in one run: loading it, every
event that Ansible tells it (with the copy of the result that Ansible makes for it), its thread, what passes through its
screen, and in the workers the threads that write how far a mailbox is. Each process, for workers are forked, adds up in
a file of its own: seconds by line.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible.cli.playbook import PlaybookCLI
from ansible.executor.task_queue_manager import TaskQueueManager
from ansible.plugins.loader import init_plugin_loader

NAME = "progress"
_inside = threading.local()


class Meter:
    """Adds up the processor time of what it measures, nested parts once; several threads may be in it."""

    def __init__(self, path: str) -> None:
        self._path = path

    @contextmanager
    def running(self) -> Iterator[None]:
        """Measure the block."""
        if getattr(_inside, "meter", False):
            yield
            return
        _inside.meter, began = True, time.thread_time()
        try:
            yield
        finally:
            spent, _inside.meter = time.thread_time() - began, False
            # Its own file for each process: what a forked worker adds must not be lost when it ends abruptly.
            with open(f"{self._path}.{os.getpid()}", "a", encoding="ascii") as file:
                file.write(f"{spent:.7f}\n")

    def around(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """``method``, measured."""

        @functools.wraps(method)
        def measured(*args: Any, **options: Any) -> Any:
            with self.running():
                return method(*args, **options)

        return measured


def _measure_events(meter: Meter) -> None:
    send = TaskQueueManager.send_callback

    def sent(manager: Any, *args: Any, **options: Any) -> None:
        everyone = manager._callback_plugins
        ours = [each for each in everyone if getattr(each, "CALLBACK_NAME", "").endswith(f".{NAME}")]
        try:
            manager._callback_plugins = [each for each in everyone if each not in ours]
            send(manager, *args, **options)
            manager._callback_plugins = ours
            with meter.running():
                send(manager, *args, **options)
        finally:
            manager._callback_plugins = everyone

    TaskQueueManager.send_callback = sent


def _measure_threads(meter: Meter) -> None:
    """Starting the thread of a mailbox, and all that it does."""
    start, run = threading.Thread.start, threading.Thread.run

    def started(thread: threading.Thread) -> None:
        if thread.name != "live-file":
            start(thread)
        else:
            with meter.running():
                start(thread)

    def ran(thread: threading.Thread) -> None:
        if thread.name != "live-file":
            run(thread)
        else:
            with meter.running():
                run(thread)

    threading.Thread.start, threading.Thread.run = started, ran


def main() -> None:
    """``python -m tests.bench.callback_cost FILE ansible-playbook ARGUMENT…``"""
    path, *arguments = sys.argv[1:]
    meter = Meter(path)
    init_plugin_loader()
    with meter.running():
        from ansible_collections.mailops.migration.plugins.callback.progress import CallbackModule
        from ansible_collections.mailops.migration.plugins.plugin_utils.bottom_of_screen import BottomOfScreen
    CallbackModule.__init__ = meter.around(CallbackModule.__init__)
    CallbackModule._tick = meter.around(CallbackModule._tick)
    BottomOfScreen.passed = meter.around(BottomOfScreen.passed)
    _measure_events(meter)
    _measure_threads(meter)
    PlaybookCLI.cli_executor(arguments)


if __name__ == "__main__":
    main()
