# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How far mailboxes of a worker are, read over the connection of the task that waits for one of them."""

from __future__ import annotations

import contextlib
import contextvars
import copy
import fcntl
import hashlib
import itertools
import os
import shlex
import threading
from collections.abc import Iterator
from typing import Any

from .progress_channel import file_name, folder, pass_on

# A look costs a command over SSH, for all mailboxes of a worker together.
INTERVAL = 3.0
_OPTIONS = ("remote_addr", "host", "port", "remote_user")


def worker_file(state_dir: str, host: str) -> str:
    """Where on its worker the engine says how far the mailbox of an inventory host is."""
    return f"{state_dir}/live/{file_name(host)}"


@contextlib.contextmanager
def following(action: Any, file: str, interval: float = INTERVAL) -> Iterator[None]:
    """While the block runs, the files beside ``file`` on the action's host are passed on to the callback's folder.

    Of all tasks that wait for one worker only one reads, for all of them; when it ends the next one takes over.
    """
    done = threading.Event()
    where = folder()
    reader = copy.copy(action)
    # Connection plugins keep what belongs to one command in themselves: this is one of its own over the same channel.
    reader._connection = copy.copy(action._connection)

    def follow() -> None:
        with open(os.path.join(where, f"{_worker(reader, file)}.lock"), "a", encoding="utf-8") as lock:
            while not done.wait(interval):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _look(reader, os.path.dirname(file), where)

    def quietly() -> None:
        """Whatever goes wrong here concerns nobody's mail."""
        with contextlib.suppress(Exception):
            follow()

    thread = threading.Thread(target=contextvars.copy_context().run, args=(quietly,), name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=interval)


def _worker(action: Any, file: str) -> str:
    """What tells one worker's files from another's."""
    connection = action._connection
    options = [str(connection.get_option(name)) for name in _OPTIONS if connection.has_option(name)]
    become = action.get_become_option("become_user") if connection.become else ""
    told = "\0".join([connection.transport, *options, str(become), os.path.dirname(file)])
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()


def _look(action: Any, there: str, where: str) -> None:
    """Each file's name and its one line."""
    command = f'for f in {_quoted(there)}/*.json; do test -f "$f" && echo "$f" && cat "$f" && echo; done; true'
    lines = str(action._low_level_execute_command(command)["stdout"]).splitlines()
    for name, content in itertools.pairwise(lines):
        if name.endswith(".json") and content.startswith("{"):
            pass_on(name, content, where)


def _quoted(path: str) -> str:
    """The path for a shell that still has to say where home is."""
    head, slash, rest = path.partition("/")
    return f"{head}{slash}{shlex.quote(rest)}" if head == "~" else shlex.quote(path)
