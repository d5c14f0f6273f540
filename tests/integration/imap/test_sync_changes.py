# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A folder that a pass worked off is asked for what changed since; nothing of what is still to be done is missed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_message
from tests.support.plain_imap import Appended, PlainImap
from tests.support.proxy import FaultProxy
from tests.support.sync_runner import Migration, counts

# Not one of those few that are asked for in any case.
THIRD = make_message("changes/third", flags=["\\Seen"])
OTHERS = [make_message(f"changes/{n}") for n in range(40)]
SPEC = MailboxSpec((
    FolderSpec(("INBOX",), (*OTHERS[:2], THIRD, *OTHERS[2:])),
    *(FolderSpec((f"Folder {number}",), tuple(make_message(f"changes/{number}/{n}", flags=["\\Seen"]) for n in "12"))
      for number in range(30)),
))
MESSAGES = SPEC.count()


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": MESSAGES}
    return migration


def store(endpoint: Mapping[str, Any], folder: str, words: bytes, uid: int = 1) -> None:
    """Change flags of one message of a folder."""
    with PlainImap(endpoint) as client:
        client.command(b'SELECT "' + folder.encode() + b'"')
        client.command(b"UID STORE %d %b" % (uid, words))


def flags_of_third(migration: Migration) -> frozenset[str]:
    digest = THIRD.expected().digest
    folders = migration.at_destination().values()
    [found] = [content.flags for folder in folders for content in folder if content.digest == digest]
    return found


def test_flags_that_change_in_many_folders_come_in_few_round_trips(moved: Migration) -> None:
    for number in range(30):
        store(moved.arguments()["source"], f"Folder {number}", b"+FLAGS.SILENT (\\Answered)")
    with (FaultProxy(("127.0.0.1", moved.source.place.imap_port)) as here,
          FaultProxy(("127.0.0.1", moved.destination.place.imap_port)) as there):
        result = moved.through(source=here, destination=there).run()

    assert counts(result) == {"already_there": MESSAGES, "flags_updated": 30}
    assert max(here.traffic.round_trips, there.traffic.round_trips) <= 25
    assert moved.at_destination() == moved.mirrored()


def test_flags_that_were_not_agreed_are_brought_when_the_copy_is_as_it_was(moved: Migration) -> None:
    store(moved.arguments()["destination"], "INBOX", b"+FLAGS.SILENT (\\Flagged)", 3)
    store(moved.arguments()["source"], "INBOX", b"+FLAGS.SILENT (\\Answered)", 3)
    moved.run()
    assert flags_of_third(moved) == {"\\Seen", "\\Flagged"}

    store(moved.arguments()["destination"], "INBOX", b"-FLAGS.SILENT (\\Flagged)", 3)
    news = make_message("changes/news")
    with PlainImap(moved.arguments()["source"]) as client:
        client.append("INBOX", [Appended(news.content(), news.flags, news.received)])
    moved.run()

    assert flags_of_third(moved) == {"\\Seen", "\\Answered"}


def test_messages_that_left_a_changed_folder_are_not_counted_there(moved: Migration) -> None:
    with PlainImap(moved.arguments()["source"]) as client:
        client.command(b'SELECT "Folder 1"')
        client.command(b"UID STORE 1 +FLAGS.SILENT (\\Deleted)")
        client.command(b"EXPUNGE")
    store(moved.arguments()["source"], "INBOX", b"+FLAGS.SILENT (\\Answered)")

    assert counts(moved.run()) == {"already_there": MESSAGES - 1, "flags_updated": 1}
    assert counts(moved.run()) == {"already_there": MESSAGES - 1}
