# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How much a mailbox holds and may hold: quota (RFC 9208)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .session import Session
from .wire import Response

_QUOTA = re.compile(rb'\* QUOTA (?:"(?:[^"\\]|\\.)*"|\{\d+\}|[^ ]+) \((?P<resources>[^)]*)\)', re.IGNORECASE)
_KIBIBYTE = 1024


@dataclass(frozen=True)
class Quota:
    """Use and limits of the quota root that is nearest to its limit; a limit of 0 means that there is none.

    ``used`` and ``limit`` are octets, ``messages`` and ``message_limit`` count messages.
    """

    used: int = 0
    limit: int = 0
    messages: int = 0
    message_limit: int = 0


def quota(session: Session) -> Quota | None:
    """The quota of INBOX; None where the server has none or tells none."""
    if not any(word == "QUOTA" or word.startswith("QUOTA=") for word in session.capabilities):
        return None
    responses, tagged = session.wire.run(b'GETQUOTAROOT "INBOX"')
    return parse_quota(responses) if tagged.ok else None


def parse_quota(responses: Iterable[Response]) -> Quota | None:
    """The quota that untagged answers to GETQUOTAROOT tell. Of several roots the one with the least left."""
    found = [
        _of_root(match["resources"]) for response in responses if (match := _QUOTA.match(response.text)) is not None
    ]
    limited = [root for root in found if root.limit or root.message_limit]
    return min(limited, key=_left) if limited else None


def _of_root(resources: bytes) -> Quota:
    words = resources.upper().split()
    triples = zip(words[::3], words[1::3], words[2::3], strict=False)
    values = {name: (int(used), int(limit)) for name, used, limit in triples if used.isdigit() and limit.isdigit()}
    used, limit = values.get(b"STORAGE", (0, 0))
    messages, message_limit = values.get(b"MESSAGE", (0, 0))
    return Quota(used * _KIBIBYTE, limit * _KIBIBYTE, messages, message_limit)


def _left(root: Quota) -> float:
    return root.limit - root.used if root.limit else float("inf")
