# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ansible-playbook that also tells what part of its processor time the callback ``progress`` took.

``python -m tests.bench.callback_cost FILE ARGUMENTS…``: seconds of the callback and of the whole run as JSON in FILE.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.cli.playbook import main as ansible_playbook
from ansible_collections.mailops.migration.plugins.callback.progress import CallbackModule

_spent: dict[int, float] = {}


def main() -> None:
    """Every way into the callback is counted, by the clock of the thread that goes it."""
    target, sys.argv = Path(sys.argv[1]), ["ansible-playbook", *sys.argv[2:]]
    for name, method in list(vars(CallbackModule).items()):
        if name.startswith("v2_") or name == "_tick":
            setattr(CallbackModule, name, _counted(method))
    atexit.register(_tell, target, os.getpid())
    ansible_playbook()


def _counted(method: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(method)
    def counting(*arguments: Any, **options: Any) -> None:
        began = time.thread_time()
        try:
            method(*arguments, **options)
        finally:
            thread = threading.get_ident()
            _spent[thread] = _spent.get(thread, 0.0) + time.thread_time() - began

    return counting


def _tell(target: Path, process: int) -> None:
    if os.getpid() == process:
        used = os.times()
        whole = used.user + used.system + used.children_user + used.children_system
        target.write_text(json.dumps({"callback": sum(_spent.values()), "whole": whole}))


if __name__ == "__main__":
    main()
