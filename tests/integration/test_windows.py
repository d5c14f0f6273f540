# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ticket's window as operators and schedulers meet it, and the summary that they read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import read_ticket_state

from tests.integration.conftest import MakeProxy
from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import make_folder
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.workplace import Workplace

PLAYBOOKS = ROOT / "playbooks"
SCHEMA = json.loads((ROOT / "docs" / "summary.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return running_sandbox()


@pytest.fixture
def work(tmp_path: Path, sandbox: Sandbox, source_server: DovecotServer) -> Iterator[Workplace]:
    place = Workplace(tmp_path, sandbox, source_server)
    place.add_mailbox("anna", "secret-of-anna", make_folder(("Work",), 3, place.ticket))
    yield place
    place.clear()


def window(work: Workplace, opens: timedelta, closes: timedelta) -> datetime:
    """Give the ticket a window that opens and closes so long from now; when it opens."""
    now = datetime.now(UTC).replace(microsecond=0)
    start, end = (f"{now + each:%Y-%m-%d %H:%M:%SZ}" for each in (opens, closes))
    work.settings = f"timezone: Asia/Kathmandu\nwindow: {{start: '{start}', end: '{end}'}}\n"
    work.write()
    return now + opens


def summary(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(found, SCHEMA)
    return found


def test_closed_window_lets_nothing_write_until_the_operator_says_now(work: Workplace) -> None:
    opens = window(work, timedelta(days=2), timedelta(days=3))
    file = work.folder / "summary.json"
    run = work.run("final_sync.yml", "-e", f"mailops_summary_file={file}", cwd=PLAYBOOKS)
    assert run.code == 2
    local = opens + timedelta(hours=5, minutes=45)
    assert f"The ticket's window is closed; it opens {local:%a %Y-%m-%d %H:%M} Asia/Kathmandu (" in run.output
    assert "Run again then; -e now=true works on it all the same" in run.output
    told = summary(file)
    assert (told["good"], told["window"]["open"], told["mailboxes"]) == (False, False, [])
    assert datetime.fromisoformat(told["window"]["opens"]) == opens

    assert "would copy 7 messages" in "\n".join(work.run("migrate.yml", "--check", cwd=PLAYBOOKS).fine().lines)
    assert work.run("window.yml", cwd=PLAYBOOKS).code == 2
    assert (work.on_platform(), work.state_dir.exists()) == (set(), False)
    reason = json.dumps({"reason": "the customer moves offices tonight"})
    free = work.run("migrate.yml", "-e", "now=true", "-e", reason, cwd=PLAYBOOKS).fine()
    assert "The window does not bind this run: -e now=true." in free.stand
    assert is_moved(work)
    with read_ticket_state(str(work.state_dir)) as state:
        known = [(override.action, override.reason) for override in state.overrides(work.domain)]
    assert known == [("work outside the window", "the customer moves offices tonight")]


def test_run_ends_with_its_window_and_the_next_one_goes_on_until_nothing_is_new(
    work: Workplace, make_proxy: MakeProxy, source_server: DovecotServer
) -> None:
    proxy = make_proxy(source_server)
    through: dict[str, dict[str, str]] = {"anna": {"port": str(proxy.port), "encryption": "none"}}
    file = work.folder / "summary.json"
    told = ("-e", f"mailops_summary_file={file}")
    window(work, timedelta(hours=-1), timedelta(hours=1))
    open_window = work.settings
    # It comes while Ansible is still starting: before the mailbox has its turn.
    work.settings += f"limits: {{deadline: '{datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%d %H:%M:%SZ}'}}\n"
    work.write(**through)
    cut = work.run("migrate.yml", "--tags", "provision,sync", *told, cwd=PLAYBOOKS)
    assert (cut.code, cut.failed, work.on_platform()) == (2, {work.address("anna")}, {"anna"})
    assert any(line.startswith("Work ended at ") and "1 of 1 mailbox left" in line for line in cut.lines)
    assert (summary(file)["left"], proxy.traffic.connections) == ([work.address("anna")], 0)

    work.settings = open_window
    work.write(**through)
    done = work.run("final_sync.yml", *told, cwd=PLAYBOOKS).fine()
    assert "The ticket's window is open until " in "\n".join(done.stand)
    assert (summary(file)["good"], summary(file)["left"], summary(file)["window"]["open"]) == (True, [], True)
    assert is_moved(work)

    before = proxy.traffic.round_trips
    work.add_mailbox("bert", "secret-of-bert")
    work.write(**through, bert={"password": "wrong"})
    again = work.run("final_sync.yml", *told, cwd=PLAYBOOKS)
    assert (again.code, again.failed, again.changed) == (2, {work.address("bert")}, {})
    assert proxy.traffic.round_trips - before <= 10
    assert (summary(file)["good"], summary(file)["totals"]["bad"]) == (False, 1)
    assert summary(file)["left"] == [work.address("bert")]


def is_moved(work: Workplace) -> bool:
    """Whether the platform holds exactly what the source holds."""
    return work.at_platform("anna") == {f: m for f, m in work.at_source("anna").items() if m}
