# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.imap.diagnose import (
    is_absence,
    is_login_refusal,
    is_of_the_folder,
    is_over_quota,
    is_throttle,
    suggested_wait,
)

from tests.support.provider_words import LATER

THROTTLES = [
    "[THROTTLED] Slow down",
    "[LIMIT] Rate limit hit",
    "[UNAVAILABLE] Temporary authentication failure",
    "[INUSE] Mailbox is locked",
    "Request is throttled. Suggested Backoff Time: 5000 milliseconds",
    "Too many simultaneous connections. (Failure)",
    "Account exceeded command or bandwidth limits. (Failure)",
    "Server Unavailable. 15",
    "Maximum number of connections exceeded",
    "[UNAVAILABLE] Try again later",
]
FULL = [
    "[OVERQUOTA] Quota exceeded (mailbox for user is full)",
    "Mailbox is full",
    "Quota limit reached, try again later",
    "not enough disk space",
]
OF_THE_MESSAGE = [
    "[TOOBIG] Message too large",
    "Message exceeds the size limit",
    "[LIMIT] Message size exceeds the fixed limit of 10 MB",
    "[LIMIT] Too many keywords in this mailbox",
    "Too many user flags",
    "[SERVERBUG] Internal error",
    "Invalid message: NUL is not allowed",
    "",
]


@pytest.mark.parametrize("text", THROTTLES)
def test_request_to_come_back_later_is_a_throttle(text: str) -> None:
    assert is_throttle(text)
    assert not is_over_quota(text)


@pytest.mark.parametrize("name", LATER)
def test_providers_words_are_understood(name: str) -> None:
    text = LATER[name].decode().partition(" ")[2]
    assert is_throttle(text)
    assert is_throttle(text, reading=True)
    assert not is_over_quota(text)


def test_quota_of_a_command_that_stores_nothing_is_one_of_commands() -> None:
    assert is_throttle("[OVERQUOTA] Not now", reading=True)
    assert not is_throttle("[OVERQUOTA] Not now")


@pytest.mark.parametrize("text", ["[NOPERM] Permission denied", "Mailbox is read-only", "[READ-ONLY] No", "ACL"])
def test_refusal_for_what_the_folder_is_is_no_matter_of_a_message(text: str) -> None:
    assert is_of_the_folder(text)
    assert not is_throttle(text)
    assert not any(is_of_the_folder(other) for other in OF_THE_MESSAGE)


@pytest.mark.parametrize("text", FULL)
def test_full_mailbox_is_no_throttle(text: str) -> None:
    assert is_over_quota(text)
    assert not is_throttle(text)


@pytest.mark.parametrize("text", OF_THE_MESSAGE)
def test_refusal_of_one_message_is_neither_throttle_nor_full_mailbox(text: str) -> None:
    assert not is_throttle(text)
    assert not is_over_quota(text)


@pytest.mark.parametrize(
    "text, seconds",
    [
        ("Suggested Backoff Time: 1500 milliseconds", 1.5),
        ("suggested backoff time 20 ms", 0.02),
        ("Suggested Backoff Time: 299961", 299.961),
        ("Rate limit hit, try again in 30 seconds", 30.0),
        ("Too many logins. Retry after 5 minutes", 300.0),
        ("wait 2h", 7200.0),
        ("come back later", 0.0),
    ],
)
def test_time_to_wait_is_read_in_seconds(text: str, seconds: float) -> None:
    assert suggested_wait(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
        "[AUTHENTICATIONFAILED] temporarily not allowed, try again",
        "LOGIN failed.",
        "authentication failed",
        "Incorrect username or password.",
        "Too many failed login attempts, try again later",
        "Too many invalid IMAP commands or login attempts",
        "Your account is temporarily locked",
    ],
)
def test_refused_login_is_not_tried_again(text: str) -> None:
    assert is_login_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "[UNAVAILABLE] Temporary authentication failure.",
        "[UNAVAILABLE] LOGIN Server error - Please try again later",
        "[INUSE] try again",
        "Too many simultaneous connections. (Failure)",
        "[THROTTLED] slow down",
        "Server shutting down",
    ],
)
def test_login_that_cannot_be_looked_at_now_is_no_refusal(text: str) -> None:
    assert not is_login_refusal(text)


@pytest.mark.parametrize("text", ["Mailbox doesn't exist: Work", "[NONEXISTENT] No such mailbox", "no such folder"])
def test_absence_of_a_folder_is_told_from_other_refusals(text: str) -> None:
    assert is_absence(text)
    assert not is_absence("[NOPERM] Permission denied")
