# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket is read once in a run, and anew when one of its files has changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import entries_of, load_ticket


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "ticket.yml").write_text("domains: [example.com]\nsource: {preset: gmail}\n")
    (tmp_path / "1" / "mailboxes.csv").write_text("email,password\nanna@example.com,x\n")
    return tmp_path / "1"


def test_ticket_that_was_read_is_known(folder: Path) -> None:
    loader = DataLoader()
    assert load_ticket(str(folder), loader) is load_ticket(str(folder), loader)


def test_update_that_a_run_writes_beside_the_files_has_nobody_read_the_ticket_anew(folder: Path) -> None:
    loader = DataLoader()
    before = load_ticket(str(folder), loader)
    (folder / "updates.md").write_text("We have begun.\n")
    assert load_ticket(str(folder), loader) is before


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


def test_new_file_of_contacts_is_seen(folder: Path) -> None:
    loader = DataLoader()
    before = load_ticket(str(folder), loader)
    (folder / "contacts").mkdir()
    (folder / "contacts" / "anna@example.com.vcf").write_text("")
    assert [file.owner for file in load_ticket(str(folder), loader).owned_files] == ["anna@example.com"]
    assert not before.owned_files


def test_links_are_followed_only_within_the_folder_of_their_kind(folder: Path, tmp_path: Path) -> None:
    anna = folder / "contacts" / "anna@example.com"
    anna.mkdir(parents=True)
    (tmp_path / "elsewhere.vcf").write_text("")
    (anna / "a.vcf").write_text("")
    for name, target in (("b", "a.vcf"), ("c", "../../mailboxes.csv"), ("d", str(tmp_path / "elsewhere.vcf"))):
        (anna / f"{name}.vcf").symlink_to(target)
    (folder / "contacts" / "loop").symlink_to("..")
    (folder / "calendars").symlink_to(tmp_path)
    states = {entry.path: entry.state for entry in entries_of(str(folder))}
    assert states == {
        "calendars": "outside",
        "contacts": "folder",
        "contacts/anna@example.com": "folder",
        "contacts/anna@example.com/a.vcf": "file",
        "contacts/anna@example.com/b.vcf": "file",
        "contacts/anna@example.com/c.vcf": "outside",
        "contacts/anna@example.com/d.vcf": "outside",
        "contacts/loop": "outside",
        "mailboxes.csv": "file",
        "ticket.yml": "file",
    }


def test_pipe_and_link_that_leads_nowhere_are_no_files(folder: Path) -> None:
    (folder / "contacts").mkdir()
    os.mkfifo(folder / "contacts" / "pipe.vcf")
    (folder / "contacts" / "gone.vcf").symlink_to("nowhere.vcf")
    states = {entry.path: entry.state for entry in entries_of(str(folder)) if "/" in entry.path}
    assert states == {"contacts/gone.vcf": "special", "contacts/pipe.vcf": "special"}
