# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When other tickets are worked on, and of which nobody can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.lookup.booked_windows import DOCUMENTATION, LookupModule
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

NAME = "mailops.migration.booked_windows"
WINDOW = "window: {start: '22:00', end: '06:00', days: [saturday]}\n"


def booked(folder: Path) -> dict[str, dict[str, Any]]:
    """What the lookup says to whoever works on ticket 1, by ticket."""
    options = yaml.safe_load(DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", NAME, options)
    lookup = LookupModule(loader=DataLoader())
    lookup._load_name = lookup.ansible_name = NAME
    lookup._redirected_names = [NAME]
    found = lookup.run([], {}, ticket_dir=str(folder / "tickets" / "1"), state_dir=str(folder / "state"))
    return {row["ticket"]: row for row in found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for ticket in ("1", "2", "3"):
        place = tmp_path / "tickets" / ticket
        place.mkdir(parents=True)
        (place / "ticket.yml").write_text(f"domains: [d{ticket}.example]\nsource: {{preset: gmail}}\n{WINDOW}")
        (place / "mailboxes.csv").write_text(f"email,password\nanna@d{ticket}.example,x\n")
    return tmp_path


def test_other_tickets_with_a_window_are_told_with_their_servers(folder: Path) -> None:
    found = booked(folder)
    assert set(found) == {"2", "3"} and found["2"]["servers"] == ["imap.gmail.com"]


def test_ticket_that_cannot_be_read_is_told_and_a_closed_one_is_not(folder: Path) -> None:
    (folder / "tickets" / "2" / "ticket.yml").write_text("domains: [d2.example\n")
    with open_ticket_state(str(folder / "state" / "3")) as state:
        state.close_domain("d3.example", 1.0)
    found = booked(folder)
    assert set(found) == {"2"} and "ticket.yml:" in found["2"]["trouble"]
