# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose mailboxes a domain's switch waits for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.lookup.open_tickets import DOCUMENTATION, LookupModule
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

NAME = "mailops.migration.open_tickets"


def open_tickets(folder: Path, *domains: str) -> list[dict[str, Any]]:
    """What the lookup says to whoever works on ticket 1."""
    options = yaml.safe_load(DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", NAME, options)
    lookup = LookupModule(loader=DataLoader())
    lookup._load_name = lookup.ansible_name = NAME
    lookup._redirected_names = [NAME]
    return lookup.run(list(domains), {}, ticket_dir=str(folder / "tickets" / "1"), state_dir=str(folder / "state"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tickets: one with two domains, one with a mailbox in the first of them, one of another customer."""
    people = {"1": ["anna@a.example", "bert@b.example"], "2": ["emil@a.example"], "3": ["zoe@z.example"]}
    for ticket, addresses in people.items():
        place = tmp_path / "tickets" / ticket
        place.mkdir(parents=True)
        (place / "ticket.yml").write_text("source: {preset: gmail}\n")
        (place / "mailboxes.csv").write_text("email,password\n" + "".join(f"{each},x\n" for each in addresses))
    return tmp_path


def test_all_tickets_with_mailboxes_in_the_domain_count(folder: Path) -> None:
    found = {row["ticket"]: row["addresses"] for row in open_tickets(folder, "A.example")}
    assert found == {"1": ["anna@a.example"], "2": ["emil@a.example"]}


def test_ticket_that_has_closed_the_domain_counts_no_more_but_the_own_one_does(folder: Path) -> None:
    for ticket in ("1", "2"):
        with open_ticket_state(str(folder / "state" / ticket)) as state:
            state.close_domain("a.example", 1.0)
    assert [row["ticket"] for row in open_tickets(folder, "a.example", "b.example")] == ["1"]


def test_other_ticket_whose_files_cannot_be_read_says_so_and_an_unfinished_one_does_not(folder: Path) -> None:
    (folder / "tickets" / "2" / "ticket.yml").write_text("domains: [a.example\n")
    (folder / "tickets" / "3" / "mailboxes.csv").write_text("a,b\n1,2\n")
    (folder / "tickets" / "4").mkdir()
    (folder / "tickets" / "4" / "ticket.yml").write_text("domains: [x.example]\n")
    told = {row["ticket"]: row["trouble"] for row in open_tickets(folder, "a.example")}
    assert set(told) == {"1", "2", "3"}
    assert "ticket.yml:" in told["2"] and "mailboxes.csv" in told["3"]
