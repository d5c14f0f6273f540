# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Verification at both depths on real servers, and the files of its proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import oracle
from tests.support.compare_runner import compare, explained, told
from tests.support.mail_maker import MailboxSpec, make_folder, variety, with_twins
from tests.support.sync_runner import Migration

SPEC = MailboxSpec(
    (
        with_twins(make_folder(("INBOX",), 6, "proof")),
        make_folder(("Leads",), 4, "proof"),
        make_folder(("Trash",), 2, "proof"),
    )
)
COUNTED = 11


@pytest.fixture
def migrated(migration: Migration) -> Migration:
    """A mailbox that a pass has brought over."""
    migration.fill(SPEC)
    assert migration.run()["counts"]["copied"] == COUNTED
    return migration


def proof_in(migration: Migration, **more: Any) -> dict[str, Any]:
    return {"dir": str(migration.state_dir / "proof"), "ticket": "123", **more}


def manifest(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(result["proof"]["manifest"]).read_bytes().splitlines()]


def test_facts_find_everything_there_without_reading_a_message(migration: Migration) -> None:
    spec = variety()
    migration.fill(spec)
    migration.run()
    before = migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)

    result = compare(migration, depth="facts")
    assert (told(result), explained(result)) == ([], [])
    assert (result["proof"]["messages"], result["proof"]["here"]) == (spec.count() - 6, spec.count() - 6)
    assert (migration.source_snapshot(), oracle.snapshot(migration.destination, migration.user)) == before


def test_facts_read_no_message_at_either_side(migrated: Migration, make_proxy: Any) -> None:
    proxies = make_proxy(migrated.source), make_proxy(migrated.destination)
    watched = migrated.through(source=proxies[0], destination=proxies[1])
    compare(watched, depth="facts")
    # A listing for each folder that holds messages.
    assert [proxy.traffic.commands["UID FETCH"] for proxy in proxies] == [2, 2]
    assert max(proxy.traffic.round_trips for proxy in proxies) <= 15
    listed = [proxy.traffic.server_bytes for proxy in proxies]
    assert max(listed) < sum(message.size for message in oracle.read_mailbox(migrated.source, migrated.user)["INBOX"])


def test_both_depths_say_the_same_of_what_the_user_did(migrated: Migration) -> None:
    user, there = migrated.user, migrated.destination
    there.create_folders(user, ["Sorted", "Archive.Leads.2023"])
    there.expunge(user, "mailbox", "INBOX", "uid", "2")
    there.move(user, "Sorted", "mailbox", "INBOX", "uid", "3")
    there.move(user, "Archive.Leads.2023", "mailbox", "Leads", "uid", "1:2")
    there.add_flags(user, "\\Flagged", "mailbox", "Leads", "uid", "3")
    there.save(user, "INBOX", b"Subject: own\r\n\r\nThe user's own.\r\n")

    full, facts = compare(migrated), compare(migrated, depth="facts")
    assert (told(full), told(facts)) == ([], [])
    assert explained(facts) == explained(full)
    assert {**facts["proof"], "depth": "full"} == full["proof"]
    assert full["proof"]["causes"] == {"deleted": 1}
    assert full["proof"]["archived"] == [{"folder": "Leads", "to": "Archive.Leads.2023", "messages": 2}]
    assert (full["proof"]["here"], full["proof"]["moved"], full["counts"]["extra"]) == (COUNTED - 1, 1, 1)


def test_both_depths_find_what_is_left_and_what_is_lost(migrated: Migration) -> None:
    migrated.source.save(migrated.user, "INBOX", b"Subject: late\r\n\r\nLate.\r\n")
    for depth in ("full", "facts"):
        result = compare(migrated, depth=depth)
        assert told(result) == [("missing", "INBOX")]
        assert result["proof"]["causes"] == {"waiting": 1}
    migrated.destination.expunge(migrated.user, "mailbox", "*", "all")
    for depth in ("full", "facts"):
        result = compare(migrated, depth=depth)
        assert result["proof"]["causes"] == {"lost": COUNTED, "waiting": 1}
        assert not result["passed"]


def test_facts_say_that_a_double_is_for_the_other_depth_to_tell(migrated: Migration) -> None:
    migrated.destination.doveadm("copy", "-u", migrated.user, "INBOX", "mailbox", "INBOX", "uid", "3")
    result = compare(migrated, depth="facts")
    assert told(result) == []
    assert any("INBOX: 1 messages look like migrated ones" in warning for warning in result["warnings"])


def test_facts_without_a_journal_are_refused_with_the_way_out(migration: Migration) -> None:
    migration.fill(SPEC)
    for journal in (True, False):
        result = compare(migration, journal=journal, depth="facts")
        assert result["failed"]
        assert "depth facts rests on its word. Verify with depth full, or run a sync first" in result["msg"]


def test_facts_of_an_empty_mailbox_pass_once_a_pass_was_complete(migration: Migration) -> None:
    migration.run()
    result = compare(migration, depth="facts")
    assert (told(result), result["warnings"]) == ([], [])
    assert (result["passed"], result["proof"]["messages"], result["proof"]["here"]) == (True, 0, 0)

    migration.fill(SPEC)
    later = compare(migration, depth="facts")
    assert (later["passed"], later["proof"]["messages"], later["proof"]["here"]) == (False, COUNTED, 0)


def test_manifest_has_every_message_with_its_places_and_content(migrated: Migration) -> None:
    migrated.destination.expunge(migrated.user, "mailbox", "INBOX", "uid", "2")
    result = compare(migrated, proof=proof_in(migrated))
    lines = manifest(result)
    messages = [line for line in lines if line["kind"] == "message"]

    at_source = oracle.read_mailbox(migrated.source, migrated.user)
    assert {(m["folder"], m["uid"], m["sha256"], m["size"]) for m in messages} == {
        (folder, m.uid, m.digest, m.size) for folder in ("INBOX", "Leads") for m in at_source[folder]
    }
    there = oracle.read_mailbox(migrated.destination, migrated.user)
    copies = {(folder, m.uid): m.digest for folder, found in there.items() for m in found}
    here = [m for m in messages if m["here"]]
    assert [copies[m["destination"]["folder"], m["destination"]["uid"]] for m in here] == [m["sha256"] for m in here]
    (gone,) = [m for m in messages if not m["here"]]
    assert (gone["uid"], gone["cause"], gone["destination"]) == (2, "deleted", None)
    assert [line["messages"] for line in lines if line["kind"] == "excluded"] == [2]
    text = Path(result["proof"]["manifest"]).read_text()
    assert "correct-horse" not in text
    assert "Subject" not in text


def test_second_verification_writes_the_same_octets_and_check_mode_none(migrated: Migration) -> None:
    first = compare(migrated, proof=proof_in(migrated))
    folder = migrated.state_dir / "proof"
    before = {path.name: (path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()}
    assert {path.suffix for path in folder.iterdir()} == {".manifest", ".md", ".html"}
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    migrated.run()
    assert compare(migrated, proof=proof_in(migrated)) == first
    assert {path.name: (path.stat().st_ino, path.read_bytes()) for path in folder.iterdir()} == before
    assert "11 of 11 messages are here" in next(folder.glob("*.md")).read_text()


@pytest.mark.parametrize("depth", ["full", "facts"])
def test_manifest_that_was_changed_fails_and_stays(migrated: Migration, depth: str) -> None:
    path = Path(compare(migrated, depth=depth, proof=proof_in(migrated))["proof"]["manifest"])
    changed = path.read_bytes().replace(b'"here":true', b'"here":false', 1)
    path.write_bytes(changed)
    result = compare(migrated, depth=depth, proof=proof_in(migrated))
    assert not result["passed"]
    assert "was changed: its SHA-256 is" in result["proof"]["fault"]
    assert path.read_bytes() == changed
    path.unlink()
    assert compare(migrated, depth=depth, proof=proof_in(migrated))["passed"]
