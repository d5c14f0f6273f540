# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders that the destination's user removed or left stay so, until there is something new to put into them."""

from __future__ import annotations

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder
from tests.support.sync_runner import Migration, counts

SPEC = MailboxSpec((
    make_folder(("INBOX",), 2, "folders"), make_folder(("Leads",), 3, "folders"), FolderSpec(("Empty",)),
))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 5}
    return migration


def test_empty_folder_and_subscriptions_come_over(moved: Migration) -> None:
    assert "Empty" in moved.destination.folders(moved.user)
    assert {"Leads", "Empty"} <= set(moved.destination.subscriptions(moved.user))


@pytest.mark.parametrize("folder", ["Leads", "Empty"])
def test_removed_folder_stays_removed(moved: Migration, folder: str) -> None:
    moved.destination.delete_folder(moved.user, folder)

    assert not moved.run(check=True)["changed"]
    assert not moved.run()["changed"]
    assert folder not in moved.destination.folders(moved.user)


def test_removed_folder_comes_back_with_new_mail_alone(moved: Migration) -> None:
    moved.destination.delete_folder(moved.user, "Leads")
    moved.source.save(moved.user, "Leads", b"Subject: a new lead\r\n\r\nHello\r\n")

    result = moved.run()

    assert result["folders_created"] == ["Leads"]
    assert counts(result)["copied"] == 1
    assert sum(moved.at_destination()["Leads"].values()) == 1


def test_unsubscribed_folder_stays_unsubscribed(moved: Migration) -> None:
    moved.destination.doveadm("mailbox", "unsubscribe", "-u", moved.user, "Leads")
    moved.source.save(moved.user, "Leads", b"Subject: a new lead\r\n\r\nHello\r\n")

    assert moved.run()["folders_subscribed"] == []
    assert "Leads" not in moved.destination.subscriptions(moved.user)


def test_removed_folder_stays_removed_when_the_source_numbers_it_anew(moved: Migration) -> None:
    moved.destination.delete_folder(moved.user, "Leads")
    moved.source.change_uid_validity(moved.user, "Leads", 4711)

    assert not moved.run(check=True)["changed"]
    assert not moved.run()["changed"]
    assert "Leads" not in moved.destination.folders(moved.user)


def test_removed_folder_comes_back_for_a_copy_that_follows_its_message_there(moved: Migration) -> None:
    moved.destination.delete_folder(moved.user, "Leads")
    moved.source.move(moved.user, "Leads", "mailbox", "INBOX", "all")

    result = moved.run()

    assert result["folders_created"] == ["Leads"]
    assert counts(result)["moved"] == 2
    assert sum(moved.at_destination()["Leads"].values()) == 2


def test_removed_folder_stays_removed_when_a_message_comes_there_whose_copy_was_removed(moved: Migration) -> None:
    moved.destination.delete_folder(moved.user, "Leads")
    moved.destination.expunge(moved.user, "mailbox", "INBOX", "all")
    moved.source.move(moved.user, "Leads", "mailbox", "INBOX", "all")

    result = moved.run()

    assert result["folders_created"] == []
    assert counts(result) == {"already_there": 5}
    assert "Leads" not in moved.destination.folders(moved.user)


def test_folder_that_the_user_removed_stays_removed_while_others_of_its_messages_are_held_back(
    moved: Migration,
) -> None:
    """Without the journal: what misses is listed in each pass, and the folder is made only once."""
    moved.destination.expunge(moved.user, "mailbox", "Leads", "1")
    moved.lose_journal()
    assert counts(moved.run()) == {"matched": 4, "held": 1}
    moved.destination.rename_folder(moved.user, "Leads", "Customers")

    result = moved.run()

    assert counts(result) == {"already_there": 4, "held": 1}
    assert result["folders_created"] == []
    assert "Leads" not in moved.destination.folders(moved.user)
