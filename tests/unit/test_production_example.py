# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The project that operators copy: it names what there is, all of it, and Ansible reads it in a folder of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from tests.support.module_runs import COLLECTIONS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "inventories/production.example"
PROGRAMS = Path(sys.executable).parent
# What the inventory gives, or the playbooks fill in.
NOT_SET_BY_OPERATORS = {
    "mailops_all_mailboxes", "mailops_confirm_inferred", "mailops_domains", "mailops_findings", "mailops_limits",
    "mailops_mailbox", "mailops_settings", "mailops_source", "mailops_ticket", "mailops_ticket_dir",
    "mailops_tickets_dir", "mailops_to_archive", "mailops_to_import", "mailops_to_look_at", "mailops_none",
    "mailops_intake_problem", "mailops_ticket_problem", "mailops_worker",
}  # fmt: skip
_NAME = re.compile(r"^(?:# )?(mailops_[a-z_]+):", re.MULTILINE)


def named() -> list[str]:
    return _NAME.findall((EXAMPLE / "group_vars/all/main.yml").read_text())


def used() -> set[str]:
    """The variables of operators that roles read."""
    text = "".join(path.read_text() for folder in ("defaults", "vars", "tasks", "meta")
                   for path in sorted(ROOT.glob(f"roles/*/{folder}/*.yml")))
    text += (ROOT / "plugins/lookup/ticket.py").read_text()
    return set(re.findall(r"\bmailops_[a-z]+(?:_[a-z]+)*\b", text)) - NOT_SET_BY_OPERATORS


def test_every_variable_of_operators_is_explained_once_and_no_other_one() -> None:
    assert sorted(named()) == sorted(used())
    lines = (EXAMPLE / "group_vars/all/main.yml").read_text().splitlines()
    bare = [line for before, line in pairwise(lines)
            if _NAME.match(line) and not re.match(r"# (?!mailops_\w+:)|# mailops_manifest_key", before)]
    assert bare == []


def test_secrets_are_references_and_all_of_them_are_in_the_vault() -> None:
    settings = (EXAMPLE / "group_vars/all/main.yml").read_text()
    in_use = {name for line in settings.splitlines() if not line.startswith("#")
              for name in re.findall(r"vault_\w+", line)}
    assert in_use == set(yaml.safe_load((EXAMPLE / "group_vars/all/vault.yml").read_text()))
    for line in settings.splitlines():
        if re.search(r"\b(password|secret):", line):
            assert "{{ vault_" in line or "_file" in line, line


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example in an otherwise empty folder, beside a ticket."""
    place = tmp_path / "project"
    shutil.copytree(EXAMPLE, place)
    ticket = tmp_path / "tickets/7"
    ticket.mkdir(parents=True)
    (ticket / "ticket.yml").write_text("domains: [example.com]\nsource: {preset: gmail}\n")
    (ticket / "mailboxes.csv").write_text("email,password\nanna@example.com,x\n")
    return place


def run(project: Path, program: str, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MAILOPS_"))}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "HOME": str(project.parent),
                    "MAILOPS_TICKETS_DIR": str(project.parent / "tickets"), "MAILOPS_TICKET": "7"}
    done = subprocess.run([str(PROGRAMS / program), *arguments], cwd=project, env=environment, text=True,
                          capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_ansible_reads_it_in_a_folder_of_its_own(project: Path) -> None:
    found = json.loads(run(project, "ansible-inventory", "--list"))["_meta"]["hostvars"]
    anna = found["anna@example.com"]
    assert anna["ansible_host"] in ("192.0.2.11", "192.0.2.12")
    assert anna["mailops_state_dir"] == "/var/lib/mailops"
    assert found["localhost"]["mailops_ticket"]["__ansible_unsafe"] == "7"
    assert "playbooks/migrate.yml" in run(
        project, "ansible-playbook", "--syntax-check", "mailops.migration.migrate")
