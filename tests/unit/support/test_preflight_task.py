# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When a preflight of a mailbox does not begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support import preflight_task
from ansible_collections.mailops.migration.plugins.module_utils.sync.slots import ServerSlots


def look(state: Path, deadline: str, server_connections: int = 0) -> dict[str, Any]:
    nowhere = {"host": "127.0.0.1", "port": 1, "username": "anna", "password": "x", "encryption": "none"}
    given = {"mailbox": "anna@example.com", "state_dir": str(state), "source": {**nowhere}, "destination": {**nowhere},
             "limits": {"deadline": deadline, "server_connections": server_connections},
             "log_dir": str(state)}  # fmt: skip
    checked = ArgumentSpecValidator(preflight_task.preflight_spec()).validate(given)
    assert not checked.error_messages, checked.error_messages
    return preflight_task.run_preflight(checked.validated_parameters, check=False)


def test_after_its_deadline_nobody_is_asked_and_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight_task, "look_at_both", lambda *_of: pytest.fail("somebody was asked"))
    told = look(tmp_path, "2026-03-01T06:00:00+01:00")
    assert told["failed"] and not told["complete"] and "counts" not in told
    assert told["msg"].startswith("anna@example.com: not looked at: the time")


def test_deadline_ends_the_wait_for_a_connection_that_others_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight_task, "look_at_both", lambda *_of: pytest.fail("somebody was asked"))
    soon = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    with ServerSlots(str(tmp_path / "slots"), "127.0.0.1", 1, 1).one(wait=0):
        told = look(tmp_path, soon, server_connections=1)
    assert told["msg"].startswith("anna@example.com: not looked at: the time")


def test_slots_that_cannot_be_made_are_told_as_what_stands_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "slots").touch()
    told = look(tmp_path, "2999-03-01T06:00:00+01:00", server_connections=1)
    assert told["failed"] and "mailops_slots_dir" in told["msg"]


def test_before_its_deadline_both_sides_are_asked(tmp_path: Path) -> None:
    told = look(tmp_path, "2999-03-01T06:00:00+01:00")
    assert told["logins"]["source"]["error"] and told["logins"]["destination"]["error"]
