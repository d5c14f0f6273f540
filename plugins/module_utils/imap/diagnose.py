# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server's refusal means, and what the reader of it should do."""

from __future__ import annotations

import re

_WAIT = re.compile(r"backoff time:?\s*(\d+)", re.IGNORECASE)
_THROTTLE = re.compile(
    r"throttl|\blimits?\b|UNAVAILABLE|INUSE|too many|try again|temporar|connections? exceeded",
    re.IGNORECASE,
)
# A limit that one message exceeds whenever it comes, by its size or its keywords.
_OF_THE_MESSAGE = re.compile(
    r"\bTOOBIG\b|too (?:big|large|long)|\bsize\b|\blength\b|\bmessage exceeds|\bkeywords?\b|\bflags?\b", re.IGNORECASE
)
_QUOTA = re.compile(r"OVERQUOTA|quota|mailbox (?:is )?full|disk full|not enough (?:disk )?space", re.IGNORECASE)

GOOGLE = ("imap.gmail.com", "imap.googlemail.com")
MICROSOFT = ("outlook.office365.com", "outlook.office.com", "imap-mail.outlook.com")

_APP_PASSWORD = "Create an app password for this mailbox, or use OAuth2 (auth: xoauth2)"
_PASSWORD = "Check user name and password (web mail is a quick test), correct them in mailboxes.csv and run again"


def is_throttle(text: str) -> bool:
    """Whether the server's ``text`` asks to come back later (RFC 5530 codes and providers' own words)."""
    return bool(_THROTTLE.search(text)) and not _QUOTA.search(text) and not _OF_THE_MESSAGE.search(text)


def is_over_quota(text: str) -> bool:
    """Whether the server's ``text`` says that the mailbox is full (RFC 9208)."""
    return bool(_QUOTA.search(text))


def suggested_wait(text: str) -> float:
    """Seconds that the server asks to wait (Microsoft: "Suggested Backoff Time: N milliseconds"), 0 for none."""
    match = _WAIT.search(text)
    return int(match.group(1)) / 1000 if match else 0.0


def login_remedy(host: str, text: str) -> str:
    """What to do about a refused login at ``host`` whose server said ``text``."""
    host, lowered = host.lower(), text.lower()
    if "logindisabled" in lowered or "plaintext authentication disallowed" in lowered:
        return "Use encryption tls or starttls for this server"
    if "authenticated but not connected" in lowered:
        return "Microsoft 365 took the token but IMAP is not allowed: grant IMAP.AccessAsApp and access to this mailbox"
    if host in MICROSOFT:
        return "Microsoft takes no passwords for IMAP: use OAuth2 (auth: xoauth2)"
    if host in GOOGLE or "application-specific password" in lowered or "app password" in lowered:
        return _APP_PASSWORD
    if "imap" in lowered and ("disabled" in lowered or "not enabled" in lowered or "deactivated" in lowered):
        return "Turn on IMAP access in the settings of this mailbox at its provider"
    return _PASSWORD
