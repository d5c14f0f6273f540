# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UIDVALIDITY changes on either side: messages are known again by their content."""

from __future__ import annotations

import itertools
import re
import threading

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.proxy import FaultProxy
from tests.support.sync_runner import Migration, counts

INBOX = with_twins(FolderSpec(("INBOX",), tuple(make_message(f"validity/{n}", flags=["\\Seen"]) for n in range(4))))
SPEC = MailboxSpec((INBOX, make_folder(("Work",), 3, "validity")))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 8}
    return migration


def renumber(migration: Migration) -> None:
    """All folders of the source get another UIDVALIDITY, one and the same."""
    for folder in migration.source.folders(migration.user):
        migration.source.change_uid_validity(migration.user, folder, 987654321)


def test_new_uidvalidity_at_the_source_copies_nothing_again(moved: Migration) -> None:
    before = moved.at_destination()
    renumber(moved)

    first, second = moved.run(), moved.run()

    assert counts(first) == counts(second) == {"already_there": 8}
    assert not first["changed"] and not second["changed"]
    assert moved.at_destination() == before


def test_user_s_changes_survive_a_new_uidvalidity_at_the_source(moved: Migration) -> None:
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "uid", "2")
    moved.destination.move(moved.user, "Work", "mailbox", "INBOX", "uid", "3")
    before = moved.at_destination()
    renumber(moved)
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 8}
    assert (moved.at_destination()["INBOX"] - before["INBOX"]).total() == 1
    assert moved.at_destination()["Work"] == before["Work"]


def test_flags_still_follow_after_a_new_uidvalidity_at_the_source(moved: Migration) -> None:
    renumber(moved)
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "2")

    moved.run()
    moved.run()

    assert moved.at_destination() == moved.at_source()


def test_new_uidvalidity_at_the_destination_copies_nothing_again(moved: Migration) -> None:
    for folder in ("INBOX", "Work"):
        moved.destination.change_uid_validity(moved.user, folder, 987654321)
    moved.source.save(moved.user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 8}
    assert moved.at_destination() == moved.at_source()


def test_flags_still_follow_after_a_new_uidvalidity_at_the_destination(moved: Migration) -> None:
    moved.destination.change_uid_validity(moved.user, "INBOX", 987654321)
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "2")

    result = moved.run()

    assert counts(result) == {"flags_updated": 1, "already_there": 8}
    assert moved.at_destination() == moved.at_source()


def test_new_uidvalidity_on_both_sides_copies_nothing_again(moved: Migration) -> None:
    renumber(moved)
    for folder in ("INBOX", "Work"):
        moved.destination.change_uid_validity(moved.user, folder, 123456789)
    before = moved.at_destination()

    result = moved.run()

    assert "copied" not in counts(result)
    assert moved.at_destination() == before


def test_folder_made_anew_under_its_old_name_copies_only_what_is_new(moved: Migration) -> None:
    """The old messages went with the old folder; the new folder counts its uids from 1 again."""
    moved.source.delete_folder(moved.user, "Work")
    moved.source.create_folders(moved.user, ["Work"])
    moved.source.save(moved.user, "Work", b"Subject: other\r\n\r\nother\r\n")
    before = moved.at_destination()["Work"]

    result = moved.run()

    assert counts(result)["copied"] == 1
    assert (moved.at_destination()["Work"] - before).total() == 1


def test_source_that_numbers_anew_at_each_login_doubles_nothing(migration: Migration) -> None:
    """Each connection has UIDVALIDITY values of its own; the lanes beside the one that listed cannot copy."""
    migration.fill(SPEC)
    values, here = itertools.count(701), threading.local()

    def number_anew(line: bytes) -> bytes:
        """Each connection's answers are read by a thread of its own."""
        here.value = getattr(here, "value", 0) or next(values)
        return re.sub(rb"UIDVALIDITY \d+", b"UIDVALIDITY %d" % here.value, line)

    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), rewrites=[number_anew]) as proxy:
        first, second = migration.through(source=proxy).run(), migration.through(source=proxy).run()

    assert counts(first) == {"copied": 8}
    assert counts(second) == {"already_there": 8}
    assert any("numbered its messages anew" in warning for warning in second["warnings"])
    assert migration.at_destination() == migration.expected(SPEC)


def test_same_uids_in_folders_of_the_same_uidvalidity_are_different_messages(migration: Migration) -> None:
    migration.fill(SPEC)
    renumber(migration)

    migration.run()

    assert migration.at_destination() == migration.expected(SPEC)
