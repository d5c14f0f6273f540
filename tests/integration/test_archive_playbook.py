# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archive as operators and timers run it: at the end of a migration, by itself, and over the whole platform."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.archive.record import Record

from tests.support.archive_runner import over_years
from tests.support.dovecot import DovecotServer
from tests.support.sandbox import Sandbox, running_sandbox
from tests.support.workplace import Workplace

THIS_YEAR = datetime.now(UTC).year
OLD = THIS_YEAR - 3
RULE = ("-e", json.dumps({"mailops_archive": {"threshold": 5}}))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return running_sandbox()


@pytest.fixture
def work(tmp_path: Path, sandbox: Sandbox, source_server: DovecotServer) -> Iterator[Workplace]:
    """A ticket of two mailboxes, one with a large folder."""
    place = Workplace(tmp_path, sandbox, source_server)
    place.add_mailbox("anna", "secret-of-anna", over_years(("Leads",), (OLD, THIS_YEAR), place.ticket, 4))
    place.add_mailbox("bert", "secret-of-bert")
    yield place
    place.clear()


def held(work: Workplace) -> dict[str, int]:
    """How many messages the folders of the large mailbox hold on the platform, but for INBOX."""
    found = {name: messages.total() for name, messages in work.at_platform("anna").items() if messages}
    del found["INBOX"]
    return found


def test_large_folders_are_archived_at_the_end_and_by_themselves_and_come_back(work: Workplace) -> None:
    there, archived = {"Leads": 8}, {"Leads": 4, f"Archive/Leads/{OLD}": 4}
    work.run("playbooks/migrate.yml", *RULE).fine()
    assert held(work) == there

    preview = work.run("playbooks/archive.yml", *RULE, "--check", "--diff").fine()
    assert held(work) == there
    assert f"{work.address('anna')}: would archive 4 messages (4 of Leads)" in "\n".join(preview.lines)
    assert f"+Archive.Leads.{OLD}: 4 more" in preview.output

    final = work.run("playbooks/migrate.yml", *RULE, "-e", "phase=final").fine()
    assert held(work) == archived
    assert final.changed == {work.address("anna"): 1}
    told = "\n".join(final.lines)
    assert "archived 4 messages (4 of Leads)" in told and "PASS, 12 of 12 messages are here" in told
    # What the customer reads is true at once.
    proof = work.state_dir / "proof"
    for page in (proof / "ticket.md", *proof.glob("anna*.md")):
        assert f"Archive.Leads.{OLD}" in page.read_text(encoding="utf-8").replace("\\", ""), page
    # No task more for a mailbox without a large folder.
    assert (final.tasks(work.address("anna")), final.tasks(work.address("bert"))) == (3, 2)

    again = work.run("playbooks/migrate.yml", *RULE, "-e", "phase=final").fine()
    assert again.changed == {}
    assert "nothing new" in again.output

    assert work.run("playbooks/archive.yml", *RULE, "-e", "archive_state=absent").fine().changed
    assert held(work) == there


def test_all_mailboxes_of_the_platform_are_worked_without_a_ticket(work: Workplace) -> None:
    work.run("playbooks/migrate.yml", *RULE).fine()

    run = work.run("playbooks/archive.yml", *RULE, "-e", "scope=platform", "--check", ticket="")

    told = "\n".join(run.lines)
    assert f"{work.address('anna')}: would archive 4 messages (4 of Leads)" in told
    assert work.address("bert") not in told
    assert held(work) == {"Leads": 8}


def test_mailbox_that_fails_holds_up_none_of_the_others(work: Workplace) -> None:
    work.run("playbooks/migrate.yml", *RULE).fine()
    folder = work.sandbox.folder / "state" / "mailbox_archive"
    broken = record_of(work, "bert")
    folder.mkdir(mode=0o700, exist_ok=True)
    broken.write_bytes(b"this is no database, but it is long enough to be looked at as if it were one" * 20)

    run = work.run("playbooks/archive.yml", *RULE, "-e", "scope=platform", "--limit",
                   f"localhost,{work.address('anna')},{work.address('bert')}", ticket="")

    assert run.code != 0 and run.failed == {work.address("bert")}
    assert "the record of the archive cannot be read" in run.output
    assert held(work) == {"Leads": 4, f"Archive/Leads/{OLD}": 4}


def record_of(work: Workplace, name: str) -> Path:
    return Path(Record.path(str(work.sandbox.folder / "state"), work.address(name)))
