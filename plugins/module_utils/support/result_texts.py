# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The texts of a result, kept free of secrets: a server may repeat in any answer what it was told."""

from __future__ import annotations

from typing import Any

from ..core.masking import mask
from ..imap.endpoint import Endpoint

# Where words of servers go; names of folders and counts are left as they are.
_TEXTS = ("msg", "failures", "warnings", "login", "differences")


def without_secrets(answer: dict[str, Any], *endpoints: Endpoint) -> dict[str, Any]:
    """``answer`` with the passwords of ``endpoints`` masked in its texts."""
    secrets = tuple(endpoint.password for endpoint in endpoints)
    return {name: _masked(value, secrets) if name in _TEXTS else value for name, value in answer.items()}


def _masked(value: Any, secrets: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return mask(value, secrets)
    if isinstance(value, dict):
        return {name: _masked(item, secrets) for name, item in value.items()}
    return [_masked(item, secrets) for item in value] if isinstance(value, list) else value
