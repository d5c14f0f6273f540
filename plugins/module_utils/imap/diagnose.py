# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server's refusal means, and what the reader of it should do."""

from __future__ import annotations

import re

_WAIT = re.compile(
    r"(?:backoff time:?|(?:retry|try again|wait)(?: again)?(?: after| in| for)?:?)\s*(\d{1,9})\s*([a-z]*)",
    re.IGNORECASE,
)
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_THROTTLE = re.compile(
    r"throttl|\blimits?\b|UNAVAILABLE|INUSE|too many|too busy|toobusy|try again|temporar|connections? exceeded"
    r"|rate[ -]?limit|Session invalidated|in use|come back|overload|bandwidth",
    re.IGNORECASE,
)
_TEMPORARY = re.compile(r"throttl|UNAVAILABLE|INUSE|try again|temporar|backoff", re.IGNORECASE)
# A limit of what an account may do in a time; Gmail puts it under OVERQUOTA though nothing is full.
_OF_THE_ACCOUNT = re.compile(r"exceeded (?:command|bandwidth|download|rate)|bandwidth limit|rate limit", re.IGNORECASE)
# A limit that one message exceeds whenever it comes, by its size or its keywords.
_OF_THE_MESSAGE = re.compile(
    r"\bTOOBIG\b|too (?:big|large|long)|\bsize\b|\blength\b|\bmessage exceeds|\bkeywords?\b|\bflags?\b", re.IGNORECASE
)
_QUOTA = re.compile(r"OVERQUOTA|quota|mailbox (?:is )?full|disk full|not enough (?:disk )?space", re.IGNORECASE)
_OF_THE_FOLDER = re.compile(
    r"\bNOPERM\b|\bREAD-ONLY\b|read[ -]?only|permission|\bACL\b|access denied|not permitted|not authori[sz]ed",
    re.IGNORECASE,
)
_ABSENCE = re.compile(r"NONEXISTENT|does(?:n't| not) exist|no such (?:mailbox|folder)", re.IGNORECASE)

# The login itself is what is refused, whatever else the text says; asking again brings the account nearer to a lock.
_REFUSAL = re.compile(
    r"AUTHENTICATIONFAILED|AUTHORIZATIONFAILED|(?:invalid|wrong|incorrect|bad) (?:login|credentials|user|password)|"
    r"(?:login|authentication|auth) (?:failed|failure|denied)(?! *:? *temporar)|"
    r"too many (?:\w+ )*(?:fail|invalid|bad|incorrect|unsuccessful|login attempts|authentication attempts)|"
    r"account\b.{0,40}\b(?:locked|blocked|disabled|suspended)",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(r"temporary auth|\bUNAVAILABLE\b|\bINUSE\b|\bSERVERBUG\b", re.IGNORECASE)


def is_throttle(text: str, *, reading: bool = False) -> bool:
    """Whether the server's ``text`` asks to come back later (RFC 5530 codes and providers' own words).

    ``reading`` says that it answers a command that stores nothing: then a quota is one of commands or octets.
    """
    if _OF_THE_ACCOUNT.search(text) or (reading and "OVERQUOTA" in text.upper()):
        return True
    return bool(_THROTTLE.search(text)) and not _QUOTA.search(text) and not _OF_THE_MESSAGE.search(text)


def is_temporary(text: str) -> bool:
    """Whether the server's ``text`` says that the same may be done later; limits of names and depth do not pass."""
    return bool(_TEMPORARY.search(text)) and not _QUOTA.search(text)


def is_over_quota(text: str) -> bool:
    """Whether the server's ``text`` says that the mailbox is full (RFC 9208)."""
    return bool(_QUOTA.search(text)) and not _OF_THE_ACCOUNT.search(text)


def is_too_large(text: str) -> bool:
    """Whether the server's ``text`` refuses a message by its size."""
    return bool(re.search(r"\bTOOBIG\b|too (?:big|large)|\bsize\b|message exceeds", text, re.IGNORECASE))


def is_of_the_folder(text: str) -> bool:
    """Whether the server's ``text`` refuses a message for what the folder is: no other message would be taken."""
    return bool(_OF_THE_FOLDER.search(text))


def is_absence(text: str) -> bool:
    """Whether the server's ``text`` says that there is no such folder."""
    return bool(_ABSENCE.search(text))


def suggested_wait(text: str) -> float:
    """Seconds that the server asks to wait (Microsoft: "Suggested Backoff Time: N milliseconds"), 0 for none."""
    match = _WAIT.search(text)
    if match is None:
        return 0.0
    unit = match[2].lower()
    if unit.startswith(("ms", "milli")) or (not unit and "backoff" in match[0].lower()):
        return int(match[1]) / 1000
    return int(match[1]) * _UNITS.get(unit[:1], 1.0)


def is_login_refusal(text: str) -> bool:
    """Whether the answer to a login says that it is refused, and not only that it cannot be looked at now."""
    return bool(_REFUSAL.search(text)) and ("AUTHENTICATIONFAILED" in text.upper() or not _NOT_NOW.search(text))
