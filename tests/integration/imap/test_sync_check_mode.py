# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Check mode writes nothing anywhere, and its plan is what the run then does."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import oracle
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.sync_runner import Migration, Result

INBOX = FolderSpec(("INBOX",), tuple(make_message(f"check/{n}", flags=["\\Seen"]) for n in range(6)))
SPEC = MailboxSpec((
    with_twins(INBOX), make_folder(("Work", "Deep"), 3, "check"), FolderSpec(("Empty",)),
    make_folder(("Trash",), 2, "check"),
))


def plan_of(result: Result) -> dict[str, Any]:
    """What check mode and the run after it must agree on."""
    names = ("changed", "counts", "folders", "folders_created", "folders_subscribed", "excluded", "failures", "diff")
    return {name: result[name] for name in names}


def test_first_pass_does_what_its_plan_said(migration: Migration) -> None:
    migration.fill(SPEC)

    planned, done = migration.run(check=True), migration.run()

    assert plan_of(planned) == plan_of(done)
    assert planned["counts"]["copied"] == 10


def test_check_before_the_first_pass_leaves_no_trace(migration: Migration) -> None:
    migration.fill(SPEC)
    migration.state_dir.rmdir()
    before = migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)

    migration.run(check=True)

    assert not migration.state_dir.exists()
    assert (migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)) == before


@pytest.fixture
def changed(migration: Migration) -> Migration:
    """A mailbox after its first pass on which both sides have gone on."""
    migration.fill(SPEC)
    migration.run()
    user, source, destination = migration.user, migration.source, migration.destination
    source.save(user, "INBOX", b"Subject: news\r\n\r\nnews\r\n")
    source.add_flags(user, "\\Flagged", "mailbox", "INBOX", "uid", "1:3")
    source.move(user, "Empty", "mailbox", "INBOX", "uid", "4:5")
    source.create_folders(user, ["Later"])
    destination.add_flags(user, "\\Answered", "mailbox", "INBOX", "uid", "2")
    destination.expunge(user, "mailbox", "INBOX", "uid", "4")
    destination.move(user, "Work.Deep", "mailbox", "INBOX", "uid", "6")
    return migration


def test_second_pass_does_what_its_plan_said(changed: Migration) -> None:
    planned, done = changed.run(check=True), changed.run()

    assert plan_of(planned) == plan_of(done)
    assert planned["counts"]["copied"] == 1
    assert planned["counts"]["moved"] == 1
    assert planned["counts"]["flags_updated"] == 2


def test_check_between_the_passes_leaves_no_trace(changed: Migration) -> None:
    before = oracle.snapshot(changed.destination, changed.user), changed.source_snapshot()
    written = {path: path.read_bytes() for path in changed.state_dir.rglob("*") if path.suffix in (".sqlite", ".jsonl")}

    changed.run(check=True)

    assert (oracle.snapshot(changed.destination, changed.user), changed.source_snapshot()) == before
    assert {path: path.read_bytes() for path in written} == written
    assert {path.suffix for path in changed.state_dir.iterdir()} <= {".sqlite", ".lock", ".snapshot", ""}
    assert len(written) == 2


def test_lost_journal_s_pass_does_what_its_plan_said(changed: Migration) -> None:
    changed.lose_journal()

    planned, done = changed.run(check=True), changed.run()

    assert plan_of(planned) == plan_of(done)
    assert planned["counts"]["held"]


def test_check_before_the_mailbox_is_there_plans_against_an_empty_destination(migration: Migration) -> None:
    migration.fill(SPEC)

    result = migration.run(check=True, destination={
        **migration.destination.endpoint(migration.user, "none"), "password": "there is no such mailbox yet"})

    assert "failed" not in result
    assert result["counts"]["copied"] == 10
    assert any(warning.startswith("not at the destination yet") for warning in result["warnings"])


def test_diff_shows_folders_with_their_numbers(changed: Migration) -> None:
    diff = changed.run(check=True)["diff"]

    assert "INBOX: 6 messages (flags of 2 updated)\n" in diff["after"]
    assert "Later: 0 messages\n" in diff["after"]
    assert "Later" not in diff["before"]
