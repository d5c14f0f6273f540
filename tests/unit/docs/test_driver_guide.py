# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drivers of docs/drivers.md work as they stand there."""

from __future__ import annotations

import json
import re
import sys
import types
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError, Unsupported
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import planned_members
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import Route, RouteRules
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state
from ansible_collections.mailops.migration.plugins.module_utils.updates.outbox import deliver
from ansible_collections.mailops.migration.plugins.module_utils.updates.values import Update

PAGE = (Path(__file__).parents[3] / "docs/drivers.md").read_text()
PLATFORM, TICKETS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROW = Route("team@example.com", "bert@example.com", "lists.csv:2")


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch):
    """A module made of a block of the page."""

    def load(code: str) -> types.ModuleType:
        module = types.ModuleType("from_the_guide")
        # Dataclasses look their module up by its name.
        monkeypatch.setitem(sys.modules, module.__name__, module)
        exec(compile(code, "docs/drivers.md", "exec"), module.__dict__)
        return module

    return load


@pytest.fixture
def lists(loaded, tmp_path: Path):
    path = tmp_path / "lists.json"
    path.write_text(json.dumps({"team@example.com": ["anna@example.com"]}))
    return loaded(PLATFORM).JsonLists.opened({"path": str(path)})


def test_members_are_added_once(lists) -> None:
    plan = planned_members(lists, [ROW], RouteRules())
    lists.apply(plan.steps)

    assert json.loads(Path(lists.path).read_text()) == {"team@example.com": ["anna@example.com", "bert@example.com"]}
    assert planned_members(lists, [ROW], RouteRules()).steps == ()


def test_change_by_somebody_else_is_left_alone(lists) -> None:
    plan = planned_members(lists, [ROW], RouteRules())
    theirs = json.dumps({"team@example.com": ["zoe@example.com"]})
    Path(lists.path).write_text(theirs)

    with pytest.raises(PlatformError):
        lists.apply(plan.steps)
    assert Path(lists.path).read_text() == theirs


def test_what_it_cannot_do_is_refused_with_the_reason(lists) -> None:
    assert lists.abilities | lists.lacking.keys() == ABILITIES.keys()
    with pytest.raises(Unsupported, match="a file of lists holds nothing else"):
        lists.require("mailboxes")


def test_update_of_a_ticket_is_sent_once(loaded, tmp_path: Path) -> None:
    driver = loaded(TICKETS).LinesDriver(tmp_path / "updates.txt")
    update = Update(key="started", ticket="123", reference="", comment="We have begun.")
    with open_ticket_state(str(tmp_path / "state")) as state:
        state.add_update(update.key, update.as_dict(), 1.0)
        sent = [deliver(state, driver, lambda: 2.0, "tell").sent for _run in range(2)]

    assert sent == [["started"], []]
    assert driver.path.read_text() == "started\tWe have begun.\n"
