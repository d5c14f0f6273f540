# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What real servers say when they want to be left alone for a while, as their users report it.

Waits that they name are shortened to some milliseconds.
"""

from __future__ import annotations

from tests.support.proxy_faults import Fault, Say, answer, at_command, bye

LATER: dict[str, bytes] = {
    "gmail-bandwidth": b"NO [OVERQUOTA] Account exceeded command or bandwidth limits.",
    "gmail-connections": b"NO [ALERT] Too many simultaneous connections. (Failure)",
    "microsoft-backoff": b"NO Request is throttled. Suggested Backoff Time: 120 milliseconds",
    "microsoft-bad": b"BAD Request is throttled. Suggested Backoff Time: 120 milliseconds",
    "exchange-unavailable": b"NO Server Unavailable. 15",
    "exchange-throttled": b"NO [THROTTLED] Too many requests",
    "yahoo-rate": b"NO [LIMIT] UID FETCH Rate limit hit.",
    "yahoo-error": b"NO [UNAVAILABLE] UID FETCH Server error - Please try again later",
    "yahoo-in-use": b"NO [INUSE] Mailbox in use, please try again later",
    "dovecot-connections": b"NO [UNAVAILABLE] Maximum number of connections from user+IP exceeded"
                           b" (mail_max_userip_connections=10)",
    "dovecot-login": b"NO [UNAVAILABLE] Temporary authentication failure.",
}
GOODBYE: dict[str, bytes] = {
    "microsoft-busy": b"Session invalidated - ServerTooBusy",
    "microsoft-closed": b"Connection closed. 14",
    "yahoo-out": b"IMAP4rev1 Server logging out",
    "dovecot-error": b"Internal error occurred. Refer to server log for more information.",
    "gmail-system": b"System Error",
    "stalwart-down": b"Server shutting down.",
}


def said(name: str, verb: str, number: int = 1, times: int = 1) -> Fault:
    """The server says these words instead of carrying out a command."""
    if name in LATER:
        return answer(LATER[name], verb, number, times)
    return bye(GOODBYE[name], verb, number, times)


def refused_and_closed(verb: str, number: int = 1) -> Fault:
    """Microsoft's way: the refusal first, then the end of the connection."""
    words = b"* BAD Request is throttled. Suggested Backoff Time: 120 milliseconds\r\n* BYE Connection closed. 14\r\n"
    return Fault(at_command(verb, number), Say(untagged=words))
