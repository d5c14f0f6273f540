# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A source that goes by another name in the second pass: nothing is copied again; merged accounts stay apart."""

from __future__ import annotations

import pytest

from tests.support.fill import fill_maildir
from tests.support.mail_maker import MailboxSpec, make_folder, with_twins
from tests.support.sync_runner import Migration, counts

SPEC = MailboxSpec((with_twins(make_folder(("INBOX",), 5, "accounts")), make_folder(("Work",), 3, "accounts")))
MESSAGES = SPEC.count()


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": MESSAGES}
    return migration


def renamed(migration: Migration, **changes: object) -> dict[str, object]:
    return {**migration.arguments()["source"], **changes}


def test_other_login_of_the_same_mailbox_copies_nothing_again(moved: Migration) -> None:
    source = moved.source.master_endpoint(moved.user, "none")
    moved.source.add_flags(moved.user, "\\Answered", "mailbox", "INBOX", "uid", "2")
    moved.source.save(moved.user, "Work", b"Subject: new\r\n\r\nHello\r\n")

    result = moved.run(source=source)

    assert counts(result)["copied"] == 1
    assert counts(result)["flags_updated"] == 1
    assert moved.at_destination() == moved.mirrored()
    assert not moved.run(source=source)["changed"]


def test_other_host_name_copies_nothing_again(moved: Migration) -> None:
    assert not moved.run(source=renamed(moved, host="localhost"))["changed"]


def test_other_host_name_and_uidvalidity_copy_nothing_again(moved: Migration) -> None:
    for folder, value in (("INBOX", 77), ("Work", 78)):
        moved.source.change_uid_validity(moved.user, folder, value)

    result = moved.run(source=renamed(moved, host="localhost"))

    assert "copied" not in counts(result)
    assert moved.at_destination() == moved.mirrored()


def test_other_name_and_uidvalidity_subscribe_to_nothing_against_the_user(moved: Migration) -> None:
    moved.destination.doveadm("mailbox", "unsubscribe", "-u", moved.user, "Work")
    for folder, value in (("INBOX", 77), ("Work", 78)):
        moved.source.change_uid_validity(moved.user, folder, value)

    result = moved.run(source=renamed(moved, host="localhost"))

    assert not result["folders_subscribed"] and not result["changed"]


def test_merged_accounts_keep_their_own_messages(moved: Migration) -> None:
    other = f"second-{moved.user}"
    fill_maildir(moved.source, other, SPEC)
    source = moved.source.endpoint(other, "none")

    assert counts(moved.run(source=source, merge=True))["copied"] == MESSAGES
    assert not moved.run(merge=True)["changed"]
    assert not moved.run(source=source, merge=True)["changed"]
