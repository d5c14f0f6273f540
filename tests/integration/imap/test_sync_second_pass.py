# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The second pass: what is new or changed at the source, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, MessageSpec, make_folder, make_message
from tests.support.plain_imap import Appended, PlainImap
from tests.support.proxy import FaultProxy
from tests.support.sync_runner import Contents, Migration, counts

SPEC = MailboxSpec((
    FolderSpec(("INBOX",), tuple(make_message(f"second/{n}", flags=["\\Seen"]) for n in range(4))),
    make_folder(("Work",), 3, "second"), make_folder(("Sent",), 2, "second"),
))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 9}
    return migration


def deliver(migration: Migration, folder: str, *messages: MessageSpec) -> None:
    """New mail at the source."""
    with PlainImap(migration.arguments()["source"]) as client:
        client.append(folder, [Appended(m.content(), m.flags, m.received) for m in messages])


def flags_at(migration: Migration, message: MessageSpec, found: Contents | None = None) -> set[frozenset[str]]:
    """The flags of every copy of a message at the destination."""
    digest = message.expected().digest
    folders = migration.at_destination() if found is None else found
    return {content.flags for folder in folders.values() for content in folder if content.digest == digest}


def test_nothing_new_is_no_change_and_costs_few_round_trips(moved: Migration) -> None:
    with (FaultProxy(("127.0.0.1", moved.source.place.imap_port)) as here,
          FaultProxy(("127.0.0.1", moved.destination.place.imap_port)) as there):
        result = moved.through(source=here, destination=there).run()

    assert not result["changed"]
    assert counts(result) == {"already_there": 9}
    assert here.traffic.commands["EXAMINE"] == here.traffic.commands["UID FETCH"] == 0
    assert here.traffic.connections == there.traffic.connections == 1
    assert max(here.traffic.round_trips, there.traffic.round_trips) <= 10


def test_new_messages_are_copied_and_the_others_are_not(moved: Migration) -> None:
    news = [make_message(f"news/{n}") for n in range(3)]
    deliver(moved, "INBOX", *news)

    result = moved.run()

    assert counts(result) == {"copied": 3, "already_there": 9}
    assert moved.at_destination() == moved.at_source()


def test_new_twin_of_an_old_message_is_copied(moved: Migration) -> None:
    deliver(moved, "INBOX", SPEC.folders[0].messages[0])

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 9}
    assert moved.at_destination() == moved.at_source()


@pytest.mark.parametrize(
    ("add", "remove"), [("\\Flagged", ""), ("$Forwarded", ""), ("", "\\Seen"), ("\\Answered", "\\Seen")]
)
def test_changed_flags_follow(moved: Migration, add: str, remove: str) -> None:
    query = ("mailbox", "INBOX", "uid", "2")
    if add:
        moved.source.add_flags(moved.user, add, *query)
    if remove:
        moved.source.remove_flags(moved.user, remove, *query)

    result = moved.run()

    assert counts(result) == {"flags_updated": 1, "already_there": 9}
    assert moved.at_destination() == moved.at_source()
    assert not moved.run()["changed"]


def test_flags_that_the_user_changed_at_the_destination_are_not_reset(moved: Migration) -> None:
    moved.destination.remove_flags(moved.user, "\\Seen", "mailbox", "INBOX", "uid", "1")
    moved.destination.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "2")
    moved.source.add_flags(moved.user, "\\Answered", "mailbox", "INBOX", "uid", "1:2")

    result = moved.run()

    assert not result["changed"]
    assert flags_at(moved, SPEC.folders[0].messages[0]) == {frozenset()}
    assert flags_at(moved, SPEC.folders[0].messages[1]) == {frozenset({"\\Seen", "\\Flagged"})}


def test_same_change_on_both_sides_is_a_new_base(moved: Migration) -> None:
    for server in (moved.source, moved.destination):
        server.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "1")
    first = moved.run()
    moved.source.remove_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "1")

    second = moved.run()

    assert not first["changed"]
    assert counts(second) == {"flags_updated": 1, "already_there": 9}
    assert moved.at_destination() == moved.at_source()


def test_changed_password_and_host_name_keep_the_journal(moved: Migration) -> None:
    moved.source.set_password(moved.user, "another one")
    changed = replace(moved, source_options={"host": "localhost", "password": "another one"})
    deliver(changed, "Work", make_message("after the change"))

    result = changed.run()

    assert counts(result) == {"copied": 1, "already_there": 9}
    assert moved.at_destination() == moved.at_source()


def test_alias_names_the_account_when_host_and_uidvalidity_are_others(migration: Migration) -> None:
    migration.fill(SPEC)
    replace(migration, source_options={"alias": "old provider"}).run()
    for folder in migration.source.folders(migration.user):
        migration.source.change_uid_validity(migration.user, folder, 4711)

    result = replace(migration, source_options={"alias": "old provider", "host": "localhost"}).run()

    assert counts(result) == {"already_there": 9}
    assert not result["changed"]


def test_mail_that_only_the_destination_has_is_never_touched(moved: Migration) -> None:
    moved.destination.save(moved.user, "INBOX", b"Subject: delivered here\r\n\r\nafter the change of MX\r\n")
    moved.source.add_flags(moved.user, "\\Flagged", "mailbox", "INBOX", "uid", "1:*")
    before = moved.at_destination()["INBOX"] - moved.at_source()["INBOX"]

    moved.run()

    own = moved.at_destination()["INBOX"] - moved.at_source()["INBOX"]
    assert own.total() == 1
    assert own <= before


def test_new_folder_at_the_source_arrives(moved: Migration) -> None:
    moved.source.create_folders(moved.user, ["Later"])
    deliver(moved, "Later", make_message("later"))

    result = moved.run()

    assert result["folders_created"] == ["Later"]
    assert moved.at_destination() == moved.at_source()


def test_folders_and_rules_that_change_between_the_passes_copy_nothing_twice(moved: Migration) -> None:
    result = moved.run(folders={"rename": {"Work": "Old work"}})

    assert counts(result) == {"already_there": 9}
    assert moved.at_destination()["Work"].total() == 3
