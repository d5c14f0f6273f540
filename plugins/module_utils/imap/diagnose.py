# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server's refusal means, and what the reader of it should do."""

from __future__ import annotations

import re

_WAIT = re.compile(r"backoff time:?\s*(\d+)", re.IGNORECASE)
_THROTTLE = re.compile(
    r"throttl|\blimits?\b|UNAVAILABLE|INUSE|too many|try again|temporar|connections? exceeded",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(r"throttl|UNAVAILABLE|INUSE|try again|temporar|backoff", re.IGNORECASE)
# A limit that one message exceeds whenever it comes, by its size or its keywords.
_OF_THE_MESSAGE = re.compile(
    r"\bTOOBIG\b|too (?:big|large|long)|\bsize\b|\blength\b|\bmessage exceeds|\bkeywords?\b|\bflags?\b", re.IGNORECASE
)
_QUOTA = re.compile(r"OVERQUOTA|quota|mailbox (?:is )?full|disk full|not enough (?:disk )?space", re.IGNORECASE)

# The login itself is what is refused, whatever else the text says; asking again brings the account nearer to a lock.
_REFUSAL = re.compile(
    r"AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|(?:invalid|wrong|incorrect|bad) (?:login|credentials|user|password)|"
    r"(?:login|authentication|auth) (?:failed|failure|denied)(?! *:? *temporar)|"
    r"too many (?:\w+ )*(?:fail|invalid|bad|incorrect|unsuccessful|login attempts|authentication attempts)|"
    r"account\b.{0,40}\b(?:locked|blocked|disabled|suspended)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(r"temporary auth|\bUNAVAILABLE\b|\bINUSE\b|\bSERVERBUG\b", re.IGNORECASE)


def is_throttle(text: str) -> bool:
    """Whether the server's ``text`` asks to come back later (RFC 5530 codes and providers' own words)."""
    return bool(_THROTTLE.search(text)) and not _QUOTA.search(text) and not _OF_THE_MESSAGE.search(text)


def is_temporary(text: str) -> bool:
    """Whether the server's ``text`` says that the same may be done later; limits of names and depth do not pass."""
    return bool(_TEMPORARY.search(text)) and not _QUOTA.search(text)


def is_over_quota(text: str) -> bool:
    """Whether the server's ``text`` says that the mailbox is full (RFC 9208)."""
    return bool(_QUOTA.search(text))


def suggested_wait(text: str) -> float:
    """Seconds that the server asks to wait (Microsoft: "Suggested Backoff Time: N milliseconds"), 0 for none."""
    match = _WAIT.search(text)
    return int(match.group(1)) / 1000 if match else 0.0


def is_login_refusal(text: str) -> bool:
    """Whether the answer to a login says that it is refused, and not only that it cannot be looked at now."""
    return bool(_REFUSAL.search(text)) and ("AUTHENTICATIONFAILED" in text.upper() or not _NOT_NOW.search(text))
