# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The counts of a pass say of every message at the source what became of it, once, whatever happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, answer, at_command, before_answer
from tests.support.sync_runner import Migration, Result, accounted, counts, total

INBOX = tuple(make_message(f"counts/{n}", flags=["\\Deleted"] if n == 2 else ["\\Seen"]) for n in range(6))
SPEC = MailboxSpec((
    with_twins(FolderSpec(("INBOX",), INBOX)), make_folder(("Work",), 4, "counts"),
    make_folder(("Leads",), 3, "counts"), make_folder(("Trash",), 2, "counts"), FolderSpec(("Empty",)),
))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 13, "excluded": 3}
    return migration


@pytest.fixture(scope="module")
def small_messages_only() -> Iterator[DovecotServer]:
    shape = DovecotShape(separator=".", layout="maildir++", fsync="never", largest_message="100k")
    with DovecotServer(shape) as server:
        yield server


def check(migration: Migration, result: Result) -> None:
    assert accounted(result) == total(migration.at_source())
    for folder in result["folders"]:
        assert all(count >= 0 for count in folder.values() if isinstance(count, int)), folder


def nothing(migration: Migration) -> None:
    """Nothing new: folders are not even listed."""


def delete_and_mark(migration: Migration) -> None:
    migration.source.expunge(migration.user, "mailbox", "INBOX", "uid", "1")
    migration.source.add_flags(migration.user, "\\Deleted", "mailbox", "Work", "uid", "1:2")


def shuffle(migration: Migration) -> None:
    source, user = migration.source, migration.user
    source.move(user, "Leads", "mailbox", "INBOX", "uid", "1:2")
    source.move(user, "Trash", "mailbox", "Work", "uid", "1")
    source.move(user, "INBOX", "mailbox", "Trash", "uid", "1")
    source.rename_folder(user, "Leads", "Old leads")


def renumber(migration: Migration) -> None:
    migration.source.change_uid_validity(migration.user, "INBOX", 987654321)
    migration.source.save(migration.user, "INBOX", INBOX[0].content())


def live_there(migration: Migration) -> None:
    migration.destination.move(migration.user, "Leads", "mailbox", "INBOX", "uid", "1:2")
    migration.destination.expunge(migration.user, "mailbox", "Work", "uid", "1:2")
    migration.source.save(migration.user, "Work", b"Subject: news\r\n\r\nnews\r\n")


def lose(migration: Migration) -> None:
    migration.destination.expunge(migration.user, "mailbox", "Work", "uid", "1:2")
    migration.lose_journal()


@pytest.mark.parametrize("change", [nothing, delete_and_mark, shuffle, renumber, live_there, lose])
def test_every_message_is_counted_once(moved: Migration, change: Callable[[Migration], None]) -> None:
    change(moved)

    planned = moved.run(check=True)
    check(moved, planned)
    for _unused in range(3):
        check(moved, moved.run())


@pytest.mark.parametrize("fault", [
    Fault(before_answer("APPEND"), Cut()), Fault(at_command("CREATE"), Cut()), answer(b"NO not today", "CREATE"),
    answer(b"NO [OVERQUOTA] full", "APPEND", 2), answer(b"NO [LIMIT] no", "SUBSCRIBE"),
], ids=["cut-after-append", "cut-at-create", "no-create", "full", "no-subscribe"])
def test_every_message_is_counted_once_when_the_destination_fails(migration: Migration, fault: Fault) -> None:
    migration.fill(SPEC)
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port), fault) as proxy:
        result = migration.through(destination=proxy).attempt()
        assert proxy.script.fired

    check(migration, result)


@pytest.mark.parametrize("fault", [
    answer(b"NO not today", "EXAMINE", 2), Fault(at_command("UID FETCH", 2), Cut()),
    answer(b"NO not today", "UID FETCH", 2),
], ids=["no-examine", "cut-at-fetch", "no-fetch"])
@pytest.mark.parametrize("passes", [1, 2])
def test_every_message_is_counted_once_when_the_source_fails(migration: Migration, fault: Fault, passes: int) -> None:
    migration.fill(SPEC)
    if passes == 2:
        migration.run()
        for folder in ("INBOX", "Work", "Leads"):
            migration.source.save(migration.user, folder, b"Subject: news\r\n\r\nnews\r\n")
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), fault) as proxy:
        result = migration.through(source=proxy).attempt(limits={"connections": 1})
        assert proxy.script.fired

    check(migration, result)


def test_every_message_is_counted_once_when_the_pass_ends_early(migration: Migration) -> None:
    migration.fill(SPEC)

    for limits in ({"bytes_per_day": 1}, {"bytes_per_day": 4000}):
        result = migration.attempt(limits=limits)
        assert result["failed"]
        check(migration, result)


def test_refused_and_accepted_messages_are_counted_once(
    source_server: DovecotServer, small_messages_only: DovecotServer, migration: Migration
) -> None:
    migration = Migration(source_server, small_messages_only, migration.user, migration.state_dir)
    large = make_message("counts/large", "attachment", 200_000)
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), (*INBOX, large)), FolderSpec(("Work",), ()))))

    refused = migration.run()
    check(migration, refused)
    assert counts(refused)["refused"] == 1
    accepted = [failure["digest"] for failure in refused["failures"]]
    check(migration, migration.run(accepted=accepted))
    migration.source.move(migration.user, "Work", "mailbox", "INBOX", "uid", "7")
    moved, again = migration.run(accepted=accepted), migration.run(accepted=accepted)
    for result in (moved, again):
        check(migration, result)
        assert counts(result)["accepted"] == 1 and "failed" not in result
    check(migration, migration.run())


def test_diff_shows_moved_messages_where_they_were(moved: Migration) -> None:
    moved.source.move(moved.user, "Leads", "mailbox", "INBOX", "uid", "1:2")

    diff = moved.run()["diff"]

    assert {"INBOX: 6 messages", "Leads: 3 messages"} <= set(diff["before"].splitlines())
    assert {"INBOX: 4 messages", "Leads: 5 messages (2 moved here)"} <= set(diff["after"].splitlines())
