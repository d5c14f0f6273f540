# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The queue of a Postfix on this machine: what waits for a domain, and another try for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError

# What AnsibleModule.run_command does: exit code, standard output and standard error of a command.
RunCommand = Callable[..., tuple[int, str, str]]
_AT_ONCE = 1000
_PATIENCE = 60
_TIMED_OUT = 124


def waiting_messages(run: RunCommand, configuration: str, domains: Collection[str]) -> dict[str, list[str]]:
    """Queue ids of the messages with a recipient in each of ``domains`` that are still to be delivered.

    ``configuration``: Postfix's configuration directory. Raises :class:`PlatformError`.
    """
    return sort_by_domain(_postqueue(run, configuration, "-j").splitlines(), domains)


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


def try_again(run: RunCommand, configuration: str, queue_ids: Collection[str]) -> None:
    """Have Postfix try to deliver these messages now. Raises :class:`PlatformError`."""
    if len(queue_ids) > _AT_ONCE:
        _postqueue(run, configuration, "-f")
        return
    for queue_id in queue_ids:
        _postqueue(run, configuration, "-i", queue_id)


def _postqueue(run: RunCommand, configuration: str, *arguments: str) -> str:
    environment = {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin", "LC_ALL": "C.UTF-8"}
    command = ["timeout", str(_PATIENCE), "postqueue", "-c", configuration, *arguments]
    try:
        code, output, words = run(
            command, environ_update=environment, expand_user_and_vars=False, handle_exceptions=False
        )
    except OSError as error:
        raise _trouble(configuration, str(error)) from error
    if code == _TIMED_OUT:
        raise _trouble(configuration, f"no answer within {_PATIENCE} s")
    if code != 0:
        raise _trouble(configuration, words.strip() or f"exit code {code}")
    return output


def _trouble(configuration: str, words: str) -> PlatformError:
    return PlatformError(
        f"Postfix's queue cannot be asked ({words})",
        where=configuration,
        remedy="Run this on the mail server as a user that may use postqueue, or leave postfix_config_directory out",
    )
