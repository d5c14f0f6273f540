# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Proof by a TXT record that a customer rules a domain."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns

PREFIX = "mailops-verification="
_TOKEN_LENGTH = 32


class OwnershipState(Enum):
    """Whether the record is there."""

    VERIFIED = "verified"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """DNS did not answer, so nothing is known."""


@dataclass(frozen=True)
class Ownership:
    """``reason``: the end of a sentence that begins with the domain; ``remedy``: what to do. Empty when verified."""

    state: OwnershipState
    reason: str = ""
    remedy: str = ""


def ownership_record(secret: str, domain: str, prefix: str = PREFIX) -> str:
    """The TXT record that proves ``domain`` (canonical name); nobody makes another domain's without ``secret``."""
    token = hmac.new(secret.encode(), domain.encode(), hashlib.sha256).hexdigest()[:_TOKEN_LENGTH]
    return f"{prefix}{token}"


def ownership(dns: Dns, domain: str, record: str) -> Ownership:
    """Whether one of the domain's own servers has ``record`` as a TXT record of ``domain`` itself."""
    return judge(dns.authoritative(domain, "TXT"), domain, record)


def judge(answers: Sequence[Answer], domain: str, record: str) -> Ownership:
    """What the answers of the domain's servers prove. Spaces and quotes around the record are no difference."""
    found = [text.strip().strip('"') for answer in answers for text in answer.records]
    if record in found:
        return Ownership(OwnershipState.VERIFIED)
    remedy = f'Have the customer add the TXT record "{record}" to {domain}, or confirm the domain by your own word'
    if not all(answer.is_known for answer in answers):
        troubles = "; ".join(dict.fromkeys(answer.trouble() for answer in answers if not answer.is_known))
        return Ownership(
            OwnershipState.UNKNOWN, f"cannot be verified: {troubles}", f"Try again when DNS answers. {remedy}"
        )
    prefix = record.partition("=")[0]
    other = [text for text in found if text.startswith(f"{prefix}=")]
    what = f"has another verification record, {other[0]}" if other else "has no verification record in DNS"
    return Ownership(OwnershipState.MISSING, what, remedy)
