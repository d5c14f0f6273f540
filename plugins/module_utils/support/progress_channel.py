# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How the callback learns how far mailboxes are: a file for each in a private folder that its workers inherit.

A mailbox that is worked on the controller writes there itself. For those of a worker over SSH one of the controller's
processes reads the worker's files every few seconds, by the connection that Ansible has anyway.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any

ENVIRONMENT = "MAILOPS_PROGRESS_FOLDER"
_LARGEST = 65536


def folder() -> str:
    """Where the callback of this run looks; empty where there is none."""
    return os.environ.get(ENVIRONMENT, "")


def file_name(host: str) -> str:
    """The name of the file of an inventory host."""
    return f"{hashlib.sha256(host.encode('utf-8', 'surrogateescape')).hexdigest()}.json"


def read(host: str, where: str) -> Any:
    """What the file of ``host`` in the folder ``where`` says; None where there is none, or none that can be read."""
    with contextlib.suppress(OSError, ValueError), open(os.path.join(where, file_name(host)), "rb") as file:
        return json.loads(file.read(_LARGEST))
    return None


def pass_on(name: str, content: str, where: str) -> None:
    """Put what a worker's file of this ``name`` says into the folder ``where``. Raises OSError."""
    path = os.path.join(where, os.path.basename(name))
    with open(f"{path}.new", "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(content[:_LARGEST])
    os.replace(f"{path}.new", path)
