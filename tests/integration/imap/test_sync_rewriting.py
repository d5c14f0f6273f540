# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A destination that rewrites mail while storing it: nothing is doubled or told as lost, and what it changed is told.
What is no rewriting fails the proof all the same."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from tests.support.compare_runner import compare, explained, told
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import make_message
from tests.support.odd_server import OddServer
from tests.support.odd_store import CAPABILITIES, Arriving, Folder, Oddities
from tests.support.sync_runner import Migration, counts

KINDS = (*EVERYDAY, "no_message_id", "same_message_id", "same_header", "long_line", "header_only", "bare_lf")
COUNT = 3 * len(KINDS)
USER = "user@example.com"
DAY = 86400.0


def with_header(message: Arriving) -> bytes:
    """A field above the others, and one below."""
    head, line_end, body = message.content.partition(b"\r\n\r\n")
    below = b"\r\nX-Spam-Level: 0" if line_end else b""
    return b"X-Store: 7\r\n" + head + below + line_end + body


def refolded(message: Arriving) -> bytes:
    """Fields folded at every blank, and nothing at the end but one line end."""
    head, line_end, body = message.content.partition(b"\r\n\r\n")
    return head.replace(b" ", b"\r\n\t") + line_end + body.rstrip(b"\r\n") + b"\r\n"


def like_a_unix_file(message: Arriving) -> bytes:
    return with_header(message).replace(b"\r\n", b"\n").rstrip(b"\n")


WAYS = (with_header, refolded, like_a_unix_file)


@pytest.fixture
def source() -> OddServer:
    """A source with two folders of all kinds, not yet started; two messages are twins."""
    server = OddServer()
    for number in range(COUNT):
        spec = make_message(f"rewriting {number}", KINDS[number % len(KINDS)], 1500)
        date = spec.received.strftime("%d-%b-%Y %H:%M:%S %z").encode()
        server.folder("INBOX" if number % 3 else "Leads").add(spec.content(), spec.flags, date)
    first = server.folder().messages[0]
    server.folder().add(first.content, first.flags, first.received)
    return server


def rewriting(
    way: Callable[[Arriving], bytes], capabilities: tuple[str, ...] = CAPABILITIES, mute: frozenset[int] = frozenset()
) -> OddServer:
    """A destination that makes this of what it is given, and tells sizes that are none."""
    return OddServer(Oddities(capabilities, stored_as=way, size_of=lambda each: len(each.content) + 33, mute=mute))


def held(server: OddServer) -> int:
    return sum(len(folder.messages) for folder in server.store.folders.values())


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ("LITERAL+",)])
@pytest.mark.parametrize("way", WAYS)
def test_second_pass_changes_nothing_and_the_proof_says_what_the_server_changed(
    source: OddServer, way: Callable[[Arriving], bytes], capabilities: tuple[str, ...], state_dir: Path
) -> None:
    with source, rewriting(way, capabilities) as destination:
        migration = Migration(source, destination, USER, state_dir)

        assert counts(migration.run()) == {"copied": COUNT + 1}
        again = migration.run()

        assert (counts(again), again["changed"]) == ({"already_there": COUNT + 1}, False)
        assert held(destination) == COUNT + 1
        verdict = compare(migration)
        assert told(verdict) == []
        assert verdict["counts"]["normalised_by_server"] + verdict["counts"]["identical"] == COUNT + 1
        assert all(
            kind == "altered" and reason.startswith("rewritten by the destination's server while storing: ")
            for kind, reason, _unused in explained(verdict)
        )
        if way is with_header:
            words = "header fields added: x-spam-level, x-store"
            assert any(words in reason for _unused, reason, _unused in explained(verdict))


def test_answers_that_got_lost_double_nothing(source: OddServer, state_dir: Path) -> None:
    with source, rewriting(like_a_unix_file, ("LITERAL+", "UIDPLUS"), mute=frozenset({1, 5, 11})) as destination:
        migration = Migration(source, destination, USER, state_dir)

        result = migration.attempt()
        again = migration.attempt()

        assert result["failures"] == []
        assert held(destination) == COUNT + 1
        assert (counts(again), again["changed"]) == ({"already_there": COUNT + 1}, False)
        assert told(compare(migration)) == []


@pytest.mark.parametrize("way", WAYS)
def test_lost_journal_doubles_nothing(source: OddServer, way: Callable[[Arriving], bytes], state_dir: Path) -> None:
    with source, rewriting(way) as destination:
        migration = Migration(source, destination, USER, state_dir)
        migration.run()
        migration.lose_journal()

        result = migration.run()

        assert counts(result) == {"matched": COUNT + 1}
        assert held(destination) == COUNT + 1
        assert told(compare(migration)) == []


def test_lost_journal_doubles_nothing_within_a_daily_budget_that_counts_each_reading(
    source: OddServer, state_dir: Path
) -> None:
    """Mail that was rewritten is read twice to be known again: for its digests, and for what is left of it."""
    octets = sum(len(content) for folder in source.store.folders.values() for content in folder.contents())
    budget, today = round(octets * 0.7), time.time()
    with source, rewriting(with_header) as destination:
        migration = Migration(source, destination, USER, state_dir)
        migration.run()
        migration.lose_journal()

        days = [
            migration.attempt(partial(float, today + day * DAY), limits={"bytes_per_day": budget}) for day in range(4)
        ]

        assert [day["complete"] for day in days] == [False, False, False, True]
        assert all("daily budget" in day["msg"] for day in days[:3])
        assert all(day["limits"]["bytes_today"] <= budget for day in days)
        assert sum(day["limits"]["bytes_today"] for day in days) == 2 * octets
        assert counts(days[-1]) == {"matched": COUNT + 1}
        assert held(destination) == COUNT + 1


def test_what_no_server_does_while_storing_fails_the_proof(source: OddServer, state_dir: Path) -> None:
    with source, rewriting(with_header) as destination:
        migration = Migration(source, destination, USER, state_dir)
        migration.run()
        inbox = destination.folder()
        damage(inbox, 1, lambda content: content[:-4] + b"#\r\n")
        damage(inbox, 2, lambda content: re.sub(rb"Subject: [^\r]*\r\n", b"", content))
        damage(inbox, 3, lambda content: re.sub(rb"Subject: [^\r]*\r\n", b"Subject: another\r\n", content))
        inbox.change(4, content=inbox.messages[4].content)

        verdict = compare(migration)

        assert told(verdict) == [("altered", "INBOX")] * 4
        reasons = [item["reason"] for item in verdict["differences"]]
        assert "the body is another" in reasons[0]
        assert "header fields lost: subject" in reasons[1]
        assert "header fields changed: subject" in reasons[2]


def test_header_field_that_one_copy_of_many_has_gained_fails_the_proof(source: OddServer, state_dir: Path) -> None:
    with source, OddServer() as destination:
        migration = Migration(source, destination, USER, state_dir)
        migration.run()
        damage(destination.folder(), 2, lambda content: b"X-Gained: 1\r\n" + content)

        verdict = compare(migration)

        assert told(verdict) == [("altered", "INBOX")]
        assert "header fields added: x-gained" in verdict["differences"][0]["reason"]


def test_copies_that_changed_places_or_content_fail_the_proof(source: OddServer, state_dir: Path) -> None:
    with source, OddServer() as destination:
        migration = Migration(source, destination, USER, state_dir)
        migration.run()
        inbox = destination.folder()
        first, second = inbox.contents()[1:3]
        inbox.change(2, content=second)
        inbox.change(3, content=first)
        damage(inbox, 5, lambda content: content[:-3] + bytes([content[-3] ^ 1]) + content[-2:])

        for journal, found in ((True, [("altered", "INBOX")] * 3), (False, [])):
            verdict = compare(migration, journal=journal)
            assert verdict["passed"] is False
            assert told(verdict) == found or not journal


def test_new_mail_that_quotes_the_old_is_not_taken_for_its_copy(source: OddServer, state_dir: Path) -> None:
    """After a lost answer, a message that came in the same window is one of its own."""
    with source, rewriting(with_header, ("LITERAL+", "UIDPLUS"), mute=frozenset({1})) as destination:
        migration = Migration(source, destination, USER, state_dir)
        first = source.folder().messages[0]
        judge = deliver_before(destination, first.content + b"PS\r\n")
        destination.oddities = replace(destination.oddities, judge=judge)

        migration.attempt()

        assert held(destination) == COUNT + 2


def deliver_before(server: OddServer, content: bytes) -> Callable[[Arriving], bytes]:
    """Mail arrives at INBOX when the first APPEND does."""
    waiting = [content]

    def judge(message: Arriving) -> bytes:
        if waiting:
            server.folder().add(waiting.pop())
        return b""

    return judge


def damage(folder: Folder, uid: int, change: Callable[[bytes], bytes]) -> None:
    (content,) = [each.content for each in folder.messages if each.uid == uid]
    assert change(content) != content
    folder.change(uid, content=change(content))
