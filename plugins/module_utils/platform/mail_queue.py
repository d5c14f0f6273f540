# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The queue of a Postfix on this machine: what waits for a domain, and another try for it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError

_AT_ONCE = 1000
_PATIENCE = 60.0


def waiting_messages(configuration: str, domains: Collection[str]) -> dict[str, list[str]]:
    """Queue ids of the messages with a recipient in each of ``domains`` that are still to be delivered.

    ``configuration``: Postfix's configuration directory. Raises :class:`PlatformError`.
    """
    return sort_by_domain(_postqueue(configuration, "-j").splitlines(), domains)


def sort_by_domain(lines: Iterable[str], domains: Collection[str]) -> dict[str, list[str]]:
    """The same from the lines of ``postqueue -j`` (Postfix 3.1), each a JSON object."""
    found: dict[str, list[str]] = {domain: [] for domain in domains}
    for line in lines:
        if not line.strip():
            continue
        message: Mapping[str, Any] = json.loads(line)
        for domain in {recipient["address"].rpartition("@")[2].lower() for recipient in message["recipients"]}:
            if domain in found:
                found[domain].append(message["queue_id"])
    return found


def try_again(configuration: str, queue_ids: Collection[str]) -> None:
    """Have Postfix try to deliver these messages now. Raises :class:`PlatformError`."""
    if len(queue_ids) > _AT_ONCE:
        _postqueue(configuration, "-f")
        return
    for queue_id in queue_ids:
        _postqueue(configuration, "-i", queue_id)


def _postqueue(configuration: str, *arguments: str) -> str:
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin", "LC_ALL": "C.UTF-8"}
    command = ["postqueue", "-c", configuration, *arguments]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, stdin=subprocess.DEVNULL,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError) as error:
        raise _trouble(configuration, str(error)) from error
    if done.returncode != 0:
        raise _trouble(configuration, done.stderr.strip() or f"exit code {done.returncode}")
    return done.stdout


def _trouble(configuration: str, words: str) -> PlatformError:
    return PlatformError(
        f"Postfix's queue cannot be asked ({words})",
        where=configuration,
        remedy="Run this on the mail server as a user that may use postqueue, or leave postfix_config_directory out",
    )
