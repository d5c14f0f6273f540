# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real processes that a test starts, watches and kills."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

MODULE_UTILS = "ansible_collections.mailops.migration.plugins.module_utils"


@contextmanager
def python(code: str, *args: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs ``code``, in a session of its own; killed at the end if it still lives."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", code, *args]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line that the process prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def comes_true(condition: Callable[[], bool], *, within: float = 15.0) -> bool:
    """Whether ``condition`` is met in this time."""
    until = time.monotonic() + within
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()
