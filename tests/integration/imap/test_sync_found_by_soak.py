# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the random stories of ``bin/bench soak`` brought to light, each in its shortest form."""

from __future__ import annotations

import pytest

from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.sync_runner import Migration, counts, filled, total

INBOX = tuple(make_message(f"soak/{n}", flags=["\\Seen"]) for n in range(4))
SPEC = MailboxSpec((FolderSpec(("INBOX",), INBOX), make_folder(("Work",), 3, "soak"),
                    make_folder(("Work", "Deep"), 2, "soak")))


@pytest.fixture
def moved(migration: Migration) -> Migration:
    """A mailbox after its first pass."""
    migration.fill(SPEC)
    assert counts(migration.run()) == {"copied": 9}
    return migration


def test_flags_follow_into_a_folder_that_is_made_in_the_same_pass(moved: Migration) -> None:
    moved.source.rename_folder(moved.user, "Work", "Projects")
    moved.source.add_flags(moved.user, "\\Flagged $Label1", "mailbox", "Projects", "all")

    moved.run()
    moved.run()

    assert filled(moved.at_destination()) == filled(moved.mirrored())


def test_folder_that_the_destination_lists_and_does_not_have_is_made(moved: Migration) -> None:
    """Dovecot shows the name of a folder that was removed from above another one as if there were one."""
    moved.destination.doveadm("mailbox", "delete", "-u", moved.user, "Work")
    moved.source.save(moved.user, "Work", b"Subject: news\r\n\r\nnews\r\n")

    result = moved.run()

    assert counts(result) == {"copied": 1, "already_there": 9}
    assert "failed" not in result
    assert total(moved.at_destination()) == 7


def test_folder_that_the_source_lists_and_does_not_have_is_no_failure(migration: Migration) -> None:
    turned = Migration(migration.destination, migration.source, migration.user, migration.state_dir)
    turned.fill(MailboxSpec((FolderSpec(("INBOX",), INBOX), FolderSpec(("Work",)),
                              make_folder(("Work", "Deep"), 2, "soak"))))
    turned.source.doveadm("mailbox", "delete", "-u", turned.user, "-s", "Work")

    result = turned.run()

    assert counts(result) == {"copied": 6}
    assert "failed" not in result
