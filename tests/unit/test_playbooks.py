# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What holds for all playbooks, read as text: no run is needed to see it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
# Roles that write in bulk, for which the ticket's window is waited for. Not undo: whoever takes a migration back means
# to do so now, and confirms it by the ticket's name.
BOUND = {"mailops.migration.sync", "mailops.migration.archive"}
GUARD = "mailops.migration.window"


def roles_of(path: Path) -> list[str]:
    """The entry points that a playbook calls, in their order."""
    found = []
    for play in yaml.safe_load(path.read_text(encoding="utf-8")):
        for task in play.get("tasks", []):
            called = task.get("ansible.builtin.import_role") or task.get("ansible.builtin.include_role") or {}
            if called.get("tasks_from", "main") == "main":
                found.append(called.get("name", ""))
    return found


@pytest.mark.parametrize("path", sorted(PLAYBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_nothing_is_written_in_bulk_before_the_window_was_looked_at(path: Path) -> None:
    roles = roles_of(path)
    bound = [roles.index(role) for role in BOUND if role in roles]
    assert not bound or (GUARD in roles and roles.index(GUARD) < min(bound))
