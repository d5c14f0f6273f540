# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered of all tickets, broken ones among them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.lookup.remembered_tickets import DOCUMENTATION, LookupModule
from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

NAME = "mailops.migration.remembered_tickets"


def remembered(folder: Path, *tickets: str) -> dict[str, dict[str, Any]]:
    options = yaml.safe_load(DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", NAME, options)
    lookup = LookupModule(loader=DataLoader())
    lookup._load_name = lookup.ansible_name = NAME
    lookup._redirected_names = [NAME]
    found = lookup.run(list(tickets), {}, tickets_dir=str(folder / "tickets"), state_dir=str(folder / "state"))
    return {each["ticket"]: each for each in found}


def add(folder: Path, ticket: str, text: str) -> None:
    (folder / "tickets" / ticket).mkdir(parents=True)
    (folder / "tickets" / ticket / "ticket.yml").write_text(text)


def test_domains_are_those_of_the_ticket_or_those_that_runs_have_seen(tmp_path: Path) -> None:
    add(tmp_path, "1", "domains: [a.example, b.example]\n")
    add(tmp_path, "2", "source: {preset: gmail}\n")
    with open_ticket_state(str(tmp_path / "state/2")) as state:
        state.add_pass(DomainPass("z.example", "first", 1.0, 2.0, 5, 5, 4, 9))
    found = remembered(tmp_path)
    assert [row["domain"] for row in found["1"]["domains"]] == ["a.example", "b.example"]
    assert [(row["domain"], row["left"]) for row in found["2"]["domains"]] == [("z.example", 1)]
    assert set(remembered(tmp_path, "2")) == {"2"}


@pytest.mark.parametrize(("text", "trouble"), [
    ("domain: [x.example]\n", "ticket.yml:1"), ("domains: [x\n", "ticket.yml:"), ("\x00", "ticket.yml"),
    ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "--vault-password-file"),
])  # fmt: skip
def test_ticket_that_is_broken_says_why_and_the_others_are_told(tmp_path: Path, text: str, trouble: str) -> None:
    add(tmp_path, "1", text)
    add(tmp_path, "2", "domains: [b.example]\n")
    found = remembered(tmp_path)
    assert trouble in found["1"]["trouble"] and found["1"]["domains"] == []
    assert found["2"]["trouble"] == "" and found["2"]["domains"][0]["phase"] == "new"


def test_memory_that_is_broken_and_folder_without_a_ticket_are_told(tmp_path: Path) -> None:
    add(tmp_path, "1", "domains: [a.example]\n")
    (tmp_path / "state/1").mkdir(parents=True)
    (tmp_path / "state/1/ticket.sqlite").write_text("no database, but long enough to be taken for one" * 50)
    (tmp_path / "tickets/2").mkdir()
    found = remembered(tmp_path)
    assert "cannot be read" in found["1"]["trouble"] and "there is no ticket.yml" in found["2"]["trouble"]


def test_window_says_when_work_goes_on(tmp_path: Path) -> None:
    add(tmp_path, "1", "domains: [a.example]\nwindow: {start: 2080-01-01 22:00, end: 2080-01-02 06:00}\n")
    add(tmp_path, "2", "domains: [a.example]\nwindow: {start: 2001-01-01 00:00, end: 2001-01-02 00:00}\n")
    found = remembered(tmp_path)
    assert found["2"]["domains"][0]["next"] == "no window is left"
    assert found["1"]["domains"][0]["next"].startswith("window 2080-01-01 "), found


def test_hundred_tickets_take_a_moment(tmp_path: Path) -> None:
    for number in range(100):
        add(tmp_path, str(number), f"domains: [d{number}.example]\n")
        with open_ticket_state(str(tmp_path / "state" / str(number))) as state:
            state.close_domain(f"d{number}.example", 1.0)
    began = time.process_time()
    assert {row["domains"][0]["phase"] for row in remembered(tmp_path).values()} == {"closed"}
    assert time.process_time() - began < 3
