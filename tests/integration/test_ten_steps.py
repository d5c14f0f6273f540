# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ten steps of the README, its own commands, with the built collection in an empty project."""

from __future__ import annotations

import re
import subprocess
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.dovecot import DovecotServer
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.workplace import PROGRAMS, Workplace

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks() -> dict[int, str]:
    """The block of each step."""
    part = README.split("## The first real migration in ten steps")[1].split("\n## ")[0]
    steps = re.split(r"^(\d+)\. ", part, flags=re.MULTILINE)[1:]
    return {
        int(number): textwrap.dedent("\n".join(re.findall(r"^ {6,}.*", text, re.MULTILINE)))
        for number, text in zip(steps[::2], steps[1::2], strict=True)
    }


@dataclass(frozen=True)
class Newcomer:
    """Who has a home, a shell and the README, and no checkout's settings."""

    home: Path
    work: Workplace

    def types(self, commands: str, *, cwd: Path | None = None) -> str:
        """What the commands print; they must end well."""
        environment = {**self.work.environment(), "HOME": str(self.home)}
        del environment["MAILOPS_TICKETS_DIR"]
        environment["PATH"] = f"{PROGRAMS}:{environment['PATH']}"
        done = subprocess.run(
            ["bash", "-ec", commands], cwd=cwd or self.home / "migrations", env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture
def newcomer(tmp_path: Path, source_server: DovecotServer) -> Iterator[Newcomer]:
    place = Workplace(tmp_path / "customer", running_sandbox(), source_server)
    place.add_mailbox("anna", "spring rain 2021")
    yield Newcomer(tmp_path / "home", place)
    place.clear()


def test_readme_leads_from_an_empty_project_to_a_proven_ticket(newcomer: Newcomer) -> None:
    step, home, work = blocks(), newcomer.home, newcomer.work
    assert list(step) == list(range(1, 11))
    attachments = home / "Downloads" / "ticket-123"
    attachments.mkdir(parents=True)
    files = work.folder / "tickets" / work.ticket
    for name, sent in {"mailboxes.csv": "Migration.csv", "users.csv": "New users.csv"}.items():
        (files / name).rename(attachments / sent)

    # The programs are those of the tests; pip has nothing to bring.
    build = "\n".join(line for line in step[1].splitlines() if not line.startswith("python3 -m venv"))
    newcomer.types(build.replace("/tmp", str(home)), cwd=ROOT)
    project = home / "migrations"
    (project / "mailops.yml").write_text(step[2] + "\n", encoding="utf-8")
    (project / "group_vars/all.yml").write_text(provider_of(step[3], work), encoding="utf-8")

    newcomer.types(f"{step[4]} || true")
    ticket = project / "tickets/123"
    assert {path.name for path in ticket.iterdir()} >= {"mailboxes.csv", "users.csv", "ticket.yml"}
    (ticket / "ticket.yml").write_bytes((files / "ticket.yml").read_bytes())
    assert "1 mailbox" in newcomer.types(step[5])
    assert "Ticket 123: 1 mailbox, 0 failed; 4 messages copied" in newcomer.types(step[6])
    work.sandbox.set_mx(work.domain, "mx.platform.example", 60)
    assert work.domain in newcomer.types(step[7])
    assert "PASS, 4 of 4 messages are here" in newcomer.types(step[8])
    assert work.at_platform("anna") == work.at_source("anna")
    assert re.search(rf"123 +{re.escape(work.domain)} +final", newcomer.types(step[9]))
    assert "report/report.html" in newcomer.types(step[10])
    assert (project / "state/123/report/report.html").is_file()


def provider_of(block: str, work: Workplace) -> str:
    """The README's settings, with the sandbox in place of its examples."""
    example = yaml.safe_load(block)
    sandbox = {name: value for name, value in work.provider().items() if name != "mailops_state_dir"}
    assert sandbox.keys() < example.keys()
    return yaml.safe_dump({**example, **sandbox})
