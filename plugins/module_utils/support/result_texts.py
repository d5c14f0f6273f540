# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last that is done to a result: what the logins have to say, and no secrets in its texts."""

from __future__ import annotations

from typing import Any

from ..core.masking import mask
from ..imap.endpoint import Endpoint

# Where words of servers go, which may repeat what they were told; folders and counts are left as they are.
_TEXTS = ("msg", "failures", "warnings", "login", "logins", "differences", "interruptions")


def finished(answer: dict[str, Any], **endpoints: Endpoint) -> dict[str, Any]:
    """``answer`` with a warning where a login of these sides has something to say, and with their secrets masked."""
    notes = [f"{name}: {side.tokens.note()}" for name, side in endpoints.items() if side.tokens and side.tokens.note()]
    secrets = tuple(secret for side in endpoints.values() for secret in side.secrets())
    told = {**answer, "warnings": [*answer["warnings"], *notes]}
    return {name: _masked(value, secrets) if name in _TEXTS else value for name, value in told.items()}


def _masked(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return mask(value, secrets)
    if isinstance(value, dict):
        return {name: _masked(item, secrets) for name, item in value.items()}
    return [_masked(item, secrets) for item in value] if isinstance(value, list) else value
