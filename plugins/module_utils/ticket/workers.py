# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which worker takes which mailbox: the same one in every run, and no other one's mailboxes move when one is lost.

Rendezvous hashing (Thaler and Ravishankar, 1998): each worker draws a number for the mailbox, the highest one takes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class Share:
    """Who takes a mailbox, and its worker's part of the connections that its source server allows (0: no limit)."""

    worker: str
    server_connections: int


def check_workers(workers: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of each worker. Raises ConfigurationError for what is none."""
    for name, variables in workers.items():
        if not _NAME.fullmatch(str(name)) or not isinstance(variables or {}, Mapping):
            raise ConfigurationError(
                f"workers: {name!r} is no worker",
                remedy="Name each one by letters, digits, '.', '_' and '-', with a map of its variables",
            )
    return {str(name): dict(variables or {}) for name, variables in workers.items()}


def share_of(mailbox: str, server: str, cap: int, workers: Collection[str]) -> Share:
    """The worker of ``mailbox``, whose source is ``server``.

    ``cap``: how many connections all workers together may have to that server. Slots are files on one machine, so each
    worker gets a part; where there are fewer connections than workers some workers take none of the server's mailboxes.
    """
    able = _drawn(server, workers)[:cap] if cap else workers
    worker = _drawn(address_key(mailbox), able)[0]
    return Share(worker, cap // len(able))


def _drawn(key: str, workers: Collection[str]) -> list[str]:
    """The workers, the one with the highest number first."""
    return sorted(workers, key=lambda name: hashlib.sha256(f"{name}\0{key}".encode()).digest(), reverse=True)
