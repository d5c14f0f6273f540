# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket is read once in a run, and anew when one of its files has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import load_ticket


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "ticket.yml").write_text("domains: [example.com]\nsource: {preset: gmail}\n")
    (tmp_path / "1" / "mailboxes.csv").write_text("email,password\nanna@example.com,x\n")
    return tmp_path / "1"


def test_ticket_that_was_read_is_known(folder: Path) -> None:
    loader = DataLoader()
    assert load_ticket(str(folder), loader) is load_ticket(str(folder), loader)


@pytest.mark.parametrize("name", ["ticket.yml", "mailboxes.csv", "users.csv"])
def test_change_of_any_file_is_seen(folder: Path, name: str) -> None:
    loader = DataLoader()
    before = load_ticket(str(folder), loader)
    path = folder / name
    path.write_text((path.read_text() if path.exists() else "email,password\n") + "\n")
    assert load_ticket(str(folder), loader) is not before


def test_confirmation_of_inferred_columns_is_no_property_of_the_files(folder: Path) -> None:
    loader = DataLoader()
    (folder / "mailboxes.csv").write_text("anna@example.com,x\n")
    assert load_ticket(str(folder), loader).blockers
    assert not load_ticket(str(folder), loader, confirm_inferred=True).blockers
