# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which files the inventory plugin takes, and where it looks for tickets."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible import constants
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.inventory.ticket import DOCUMENTATION, InventoryModule

NAME = "mailops.migration.ticket"


@pytest.fixture
def plugin() -> InventoryModule:
    """The plugin as Ansible's loader would hand it out."""
    options = yaml.safe_load(DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("inventory", NAME, options)
    made = InventoryModule()
    made._load_name = made.ansible_name = NAME
    made._redirected_names = [NAME]
    return made


@pytest.mark.parametrize(("name", "taken"), [("mailops.yml", True), ("a.yaml", True), ("mailboxes.csv", False)])
def test_only_yaml_files_are_taken(plugin: InventoryModule, tmp_path: Path, name: str, taken: bool) -> None:
    path = tmp_path / name
    path.write_text(f"plugin: {NAME}\n")
    assert plugin.verify_file(str(path)) is taken


def hosts_of(plugin: InventoryModule, inventory_file: Path) -> list[str]:
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), str(inventory_file), cache=False)
    return [host.name for host in inventory.groups["mailboxes"].get_hosts()]


def add_ticket(tickets_dir: Path, address: str) -> None:
    folder = tickets_dir / "1"
    folder.mkdir(parents=True)
    (folder / "ticket.yml").write_text("source: {preset: gmail}\n")
    (folder / "mailboxes.csv").write_text(f"email,password\n{address},x\n")


def test_folder_of_the_file_starts_at_the_file_and_that_of_the_environment_at_the_operator(
    plugin: InventoryModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_ticket(tmp_path / "there" / "tickets", "anna@example.com")
    add_ticket(tmp_path / "here" / "mine", "ben@example.com")
    inventory_file = tmp_path / "there" / "mailops.yml"
    inventory_file.write_text(f"plugin: {NAME}\ntickets_dir: tickets\nticket: 1\n")
    monkeypatch.chdir(tmp_path / "here")
    assert hosts_of(plugin, inventory_file) == ["anna@example.com"]
    monkeypatch.setenv("MAILOPS_TICKETS_DIR", "mine")
    assert hosts_of(plugin, inventory_file) == ["ben@example.com"]


def test_platform_hosts_are_those_that_the_file_names(plugin: InventoryModule, tmp_path: Path) -> None:
    inventory_file = tmp_path / "mailops.yml"
    inventory_file.write_text(f"plugin: {NAME}\nmail_platform: [mx1.example.com]\n")
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), str(inventory_file), cache=False)
    (host,) = inventory.groups["mail_platform"].get_hosts()
    assert host.name == "mx1.example.com"
    assert "ansible_connection" not in host.vars


def test_mailbox_has_its_worker_s_connection_and_its_part_of_the_connections(
    plugin: InventoryModule, tmp_path: Path
) -> None:
    add_ticket(tmp_path / "tickets", "anna@example.com")
    (tmp_path / "tickets/1/ticket.yml").write_text("source: {preset: gmail}\nlimits: {server_connections: 9}\n")
    inventory_file = tmp_path / "mailops.yml"
    workers = {"w1": {"ansible_host": "10.0.0.1", "mailops_state_dir": "/srv/s"}, "w2": {"ansible_host": "10.0.0.2"}}
    inventory_file.write_text(yaml.safe_dump({"plugin": NAME, "ticket": "1", "workers": workers}))
    inventory = InventoryData()
    plugin.parse(inventory, DataLoader(), str(inventory_file), cache=False)
    assert [host.name for host in inventory.groups["workers"].get_hosts()] == ["w1", "w2"]
    found = inventory.hosts["anna@example.com"].vars
    assert found["ansible_host"] == workers[found["mailops_worker"]]["ansible_host"]
    assert (found["ansible_connection"], found["ansible_pipelining"]) == ("ssh", True)
    assert found["ansible_python_interpreter"] == "/usr/bin/python3"
    assert found["mailops_limits"]["server_connections"] == 4
