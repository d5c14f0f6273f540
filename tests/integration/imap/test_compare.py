# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mailbox_compare_info on real servers: each difference that is made there is told for what it is."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support import oracle
from tests.support.compare_runner import compare, explained, told
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, variety, with_twins
from tests.support.oracle import maildir_folders
from tests.support.plain_imap import Appended, PlainImap
from tests.support.sync_runner import Migration, Result

SPEC = MailboxSpec(
    (
        with_twins(make_folder(("INBOX",), 6, "compare")),
        make_folder(("Leads",), 4, "compare"),
        make_folder(("Trash",), 2, "compare"),
    )
)
COUNTED = 11
ABSURD = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@pytest.fixture
def migrated(migration: Migration) -> Migration:
    """A mailbox that a pass has brought over."""
    migration.fill(SPEC)
    result = migration.run()
    assert result["counts"]["copied"] == COUNTED, result
    return migration


def place(result: Result) -> tuple[str, int]:
    (difference,) = result["differences"]
    return difference["destination_folder"], difference["destination_uid"]


def test_everything_that_a_pass_brought_is_identical(migration: Migration) -> None:
    spec = variety()
    migration.fill(spec)
    migration.run()
    before = migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)

    for journal in (True, False):
        result = compare(migration, journal=journal)
        assert (told(result), explained(result), result["journal"]) == ([], [], journal)
        assert result["counts"]["source"] == spec.count() - 6
        assert result["counts"]["identical"] + result["counts"]["normalised_by_server"] == spec.count() - 6
        assert result["counts"]["excluded"] == 6
        assert result["counts"]["folders"] == len(result["folders"]) == len(spec.folders) - 2
    assert (migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)) == before


def test_deleted_copy_is_missing_and_the_journal_knows_that_its_user_did_it(migrated: Migration) -> None:
    migrated.destination.expunge(migrated.user, "mailbox", "INBOX", "uid", "2")

    assert told(compare(migrated, journal=False)) == [("missing", "INBOX")]
    result = compare(migrated)
    assert told(result) == []
    assert explained(result) == [("missing", "deleted at the destination by its user", 1)]
    assert result["counts"]["explained"] == 1
    assert result["explanations"][0]["items"][0]["uid"] == 2


def test_copy_that_was_made_twice_is_duplicated(migrated: Migration) -> None:
    migrated.destination.doveadm("copy", "-u", migrated.user, "INBOX", "mailbox", "INBOX", "uid", "3")

    for journal in (False, True):
        result = compare(migrated, journal=journal)
        assert told(result) == [("duplicated", "INBOX")]
        assert place(result)[0] == "INBOX"
    assert place(compare(migrated)) == ("INBOX", 8)


def test_twin_of_the_source_is_no_duplicate_and_counts(migrated: Migration) -> None:
    migrated.destination.expunge(migrated.user, "mailbox", "INBOX", "uid", "7")

    assert told(compare(migrated, journal=False)) == [("missing", "INBOX")]


def test_flags_that_the_user_changed_are_explained(migrated: Migration) -> None:
    migrated.destination.doveadm(
        "flags", "replace", "-u", migrated.user, "\\Flagged $Later", "mailbox", "Leads", "uid", "1"
    )

    assert told(compare(migrated, journal=False)) == [("flags_differ", "Leads")]
    result = compare(migrated)
    assert told(result) == []
    assert explained(result) == [("flags_differ", "flags changed at the destination by its user", 1)]


def test_flags_that_changed_at_the_source_wait_for_the_next_pass(migrated: Migration) -> None:
    migrated.source.doveadm("flags", "replace", "-u", migrated.user, "\\Flagged $Later", "mailbox", "Leads", "uid", "1")

    result = compare(migrated)
    assert told(result) == [("flags_differ", "Leads")]
    assert result["differences"][0]["reason"].startswith("source changed since the last pass")
    migrated.run()
    assert told(compare(migrated)) == []


def test_copy_with_other_content_is_altered(migrated: Migration) -> None:
    folder = maildir_folders(migrated.destination.place.home(migrated.user))[
        migrated.destination.status(migrated.user)["Leads"]["guid"]
    ]
    damage(sorted((folder / "cur").iterdir())[0])

    for journal in (False, True):
        result = compare(migrated, journal=journal)
        assert told(result) == [("altered", "Leads")]
        assert place(result)[0] == "Leads"


def damage(file: Path) -> None:
    """Change the last letter of a stored message; its size and header stay."""
    content = file.read_bytes().rstrip(b"\n")
    tail = file.read_bytes()[len(content) :]
    file.write_bytes(content[:-1] + (b"#" if content[-1:] != b"#" else b"+") + tail)


def test_copy_with_another_date_is_told(migrated: Migration) -> None:
    original = oracle.read_mailbox(migrated.destination, migrated.user)["Leads"][1]
    with PlainImap(migrated.destination.endpoint(migrated.user, "none")) as client:
        (fetched,) = [each for each in client.fetch_all("Leads") if each.uid == original.uid]
        moved_on = fetched.received + datetime.timedelta(hours=1)
        client.append("Leads", [Appended(fetched.content, fetched.flags, moved_on)])
    migrated.destination.expunge(migrated.user, "mailbox", "Leads", "uid", str(original.uid))

    for journal in (False, True):
        assert told(compare(migrated, journal=journal)) == [("dates_differ", "Leads")]


def test_copy_in_another_folder_is_elsewhere_and_explained_by_the_journal(migrated: Migration) -> None:
    migrated.destination.create_folders(migrated.user, ["Archive", "Archive.2019"])
    migrated.destination.move(migrated.user, "Archive.2019", "mailbox", "Leads", "all")

    result = compare(migrated, journal=False)
    assert told(result) == [("elsewhere", "Leads")] * 4
    assert {item["destination_folder"] for item in result["differences"]} == {"Archive.2019"}
    result = compare(migrated)
    assert told(result) == []
    assert explained(result) == [("elsewhere", "moved to another folder at the destination by its user", 4)]


def test_folder_that_its_user_removed_is_explained_and_the_loss_of_its_mail_told(migrated: Migration) -> None:
    migrated.destination.delete_folder(migrated.user, "Leads")

    assert told(compare(migrated, journal=False)) == [("folders_missing", "Leads")] + [("missing", "Leads")] * 4
    assert told(compare(migrated)) == []


def test_destination_that_lost_every_copy_does_not_pass(migrated: Migration) -> None:
    migrated.destination.expunge(migrated.user, "mailbox", "*", "all")

    assert told(compare(migrated)) == [("missing", "INBOX")] * 7 + [("missing", "Leads")] * 4


def test_folder_that_lost_most_of_its_copies_is_warned_of(migration: Migration) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 2, "most"), make_folder(("Leads",), 12, "most"))))
    migration.run()
    migration.destination.expunge(migration.user, "mailbox", "Leads", "uid", "1:8")

    result = compare(migration)
    assert told(result) == []
    assert result["warnings"] == ["Leads: 8 of 12 copies are no longer at the destination; ask its user about it"]


def test_own_mail_at_the_destination_is_extra(migrated: Migration) -> None:
    migrated.destination.save(migrated.user, "INBOX", b"Subject: new\r\n\r\nhello\r\n")

    for journal in (False, True):
        result = compare(migrated, journal=journal)
        assert told(result) == []
        assert result["counts"]["extra"] == 1
        assert [folder["extra"] for folder in result["folders"]] == [1, 0]


def test_new_mail_at_the_source_is_missing_until_the_next_pass(migrated: Migration) -> None:
    migrated.source.save(migrated.user, "INBOX", b"Subject: late\r\n\r\nhello\r\n")

    result = compare(migrated)
    assert told(result) == [("missing", "INBOX")]
    assert result["differences"][0]["reason"] == "arrived at the source after the last pass"
    migrated.run()
    assert told(compare(migrated)) == []


def test_mail_that_left_the_source_since_is_no_difference(migrated: Migration) -> None:
    migrated.source.expunge(migrated.user, "mailbox", "INBOX", "uid", "2:3")

    result = compare(migrated)
    assert (told(result), explained(result)) == ([], [])
    assert (result["counts"]["source"], result["counts"]["extra"]) == (COUNTED - 2, 0)
    assert compare(migrated, journal=False)["counts"]["extra"] == 2


def test_mail_that_moved_at_the_source_waits_for_the_next_pass(migrated: Migration) -> None:
    migrated.source.move(migrated.user, "Leads", "mailbox", "INBOX", "uid", "2")

    assert told(compare(migrated)) == [("elsewhere", "Leads")]
    migrated.run()
    assert told(compare(migrated)) == []


def test_deleted_mark_at_the_source_excludes_what_was_not_copied(migration: Migration) -> None:
    deleted = make_message("deleted", flags=("\\Deleted",))
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), (make_message("kept"), deleted)),)))
    migration.run()

    for journal in (False, True):
        result = compare(migration, journal=journal)
        assert told(result) == []
        assert (result["counts"]["identical"], result["counts"]["excluded"]) == (1, 1)


def test_date_that_stands_in_for_an_absurd_one_passes(migration: Migration) -> None:
    message = replace(make_message("absurd"), received=ABSURD)
    with PlainImap(migration.source.endpoint(migration.user, "none")) as client:
        header = b"Date: Thu, 01 Feb 2024 10:00:00 +0100\r\nSubject: old\r\n\r\nbody\r\n"
        client.append("INBOX", [Appended(header, message.flags, message.received)])
    migration.run()

    for journal in (False, True):
        result = compare(migration, journal=journal)
        assert told(result) == []
        assert [kind for kind, _unused, _unused in explained(result)] == ["dates_differ"]


def test_mailbox_that_was_never_copied_is_missing_as_a_whole(migration: Migration) -> None:
    migration.fill(SPEC)

    result = compare(migration)
    assert result["counts"]["missing"] == COUNTED
    assert result["journal"] is False
    assert "holds no journal" in result["warnings"][0]
    assert not list(migration.state_dir.iterdir())


def test_refused_login_fails_with_its_reason(migrated: Migration) -> None:
    wrong = {**migrated.arguments()["source"], "password": "wrong-one"}

    result = compare(migrated, source=wrong)
    assert (result["failed"], result["passed"], result["differences"]) == (True, False, [])
    assert "refuses the login" in result["msg"]
    assert "wrong-one" not in str(result)


@pytest.fixture(scope="module")
def small_destination() -> Iterator[DovecotServer]:
    """A destination that takes no message above 100 kB."""
    shape = DovecotShape(separator=".", layout="maildir++", fsync="never", largest_message="100k")
    with DovecotServer(shape) as server:
        yield server


def test_refused_message_passes_once_its_loss_is_accepted(
    migration: Migration, small_destination: DovecotServer
) -> None:
    into_small = replace(migration, destination=small_destination)
    into_small.fill(MailboxSpec((FolderSpec(("INBOX",), (make_message("s"), make_message("l", "plain", 300_000))),)))
    (failure,) = into_small.run()["failures"]

    result = compare(into_small)
    assert told(result) == [("missing", "INBOX")]
    assert result["differences"][0]["reason"].startswith("refused and not accepted")
    accepted = compare(into_small, accepted=[failure["digest"].upper()])
    assert told(accepted) == []
    assert [kind for kind, _unused, _unused in explained(accepted)] == ["missing"]


def test_copies_held_back_after_the_loss_of_the_journal_are_missing(migrated: Migration) -> None:
    migrated.destination.expunge(migrated.user, "mailbox", "INBOX", "uid", "2")
    migrated.lose_journal()
    migrated.run()

    result = compare(migrated)
    assert told(result) == [("missing", "INBOX")]
    assert result["differences"][0]["reason"].startswith("held back")


def test_folder_that_cannot_be_read_is_a_difference_and_the_others_are_compared(migrated: Migration) -> None:
    folder = maildir_folders(migrated.destination.place.home(migrated.user))[
        migrated.destination.status(migrated.user)["Leads"]["guid"]
    ]
    (folder / "dovecot-uidlist").unlink()
    (folder / "dovecot-uidlist").mkdir()

    result = compare(migrated)
    assert ("unreadable", "Leads") in told(result)
    assert [item["kind"] for item in result["differences"]] == ["unreadable"]
    assert result["counts"]["identical"] == 7
