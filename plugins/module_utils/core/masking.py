# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets kept out of texts, in the forms in which a server may repeat them."""

from __future__ import annotations

import base64
import re
import urllib.parse
from collections.abc import Iterable

MASK = "***"
# Shorter ones are only taken out where they stand alone: they are part of too many words.
_SHORT = 4


def mask(text: str, secrets: Iterable[str]) -> str:
    """``text`` without the ``secrets``: as they are, quoted, percent-encoded, in base64 alone or amid other octets."""
    forms = {form for secret in secrets if secret for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
        else:
            text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> Iterable[str]:
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    octets = secret.encode("utf-8", "surrogateescape")
    yield from (
        secret,
        escaped,
        repr(octets)[2:-1],
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote_plus(secret),
    )
    if len(octets) >= _SHORT:
        yield from (_base64_at(octets, before) for before in range(3))


def _base64_at(octets: bytes, before: int) -> str:
    """What is certain of base64 of the octets with so many others before them (modulo 3) and any after them."""
    encoded = base64.b64encode(b"\0" * before + octets).decode("ascii")
    start = (0, 2, 3)[before]
    left = (before + len(octets)) % 3
    return encoded[start:] if not left else encoded[start : left - 4]
