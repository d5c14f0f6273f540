# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ten steps of the README, its own commands, with the built collection in an empty project and an empty home."""

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
    """What each step gives to type or to write."""
    part = README.split("## The first real migration in ten steps")[1].split("\n## ")[0]
    steps = re.split(r"^(\d+)\. ", part, flags=re.MULTILINE)[1:]
    return {
        int(number): textwrap.dedent("\n".join(re.findall(r"^ {6,}.*", text, re.MULTILINE)))
        for number, text in zip(steps[::2], steps[1::2], strict=True)
    }


@dataclass(frozen=True)
class Newcomer:
    """Who has a home, a shell and the README, and nothing of the checkout's settings."""

    home: Path
    work: Workplace

    @property
    def project(self) -> Path:
        return self.home / "migrations"

    def types(self, commands: str, *, cwd: Path | None = None) -> str:
        """What the commands print; they must end well."""
        code, output = self.tries(commands, cwd or self.project)
        assert code == 0, output
        return output

    def tries(self, commands: str, cwd: Path) -> tuple[int, str]:
        """How the commands ended, and what they print."""
        unset = ("MAILOPS_TICKETS_DIR", "MAILOPS_SANDBOX_DIR", "MAILOPS_SANDBOX_PORT_BASE", "PYTHONPATH", "VIRTUAL_ENV")
        environment = {name: value for name, value in self.work.environment().items() if name not in unset}
        environment |= {"HOME": str(self.home), "PATH": f"{PROGRAMS}:{environment['PATH']}"}
        done = subprocess.run(
            ["bash", "-ec", commands], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=240,
        )  # fmt: skip
        assert str(ROOT) not in done.stdout.replace(str(PROGRAMS.parent), "") or cwd == ROOT, done.stdout
        return done.returncode, done.stdout


@pytest.fixture
def newcomer(tmp_path: Path, source_server: DovecotServer) -> Iterator[Newcomer]:
    place = Workplace(tmp_path / "customer", running_sandbox(), source_server)
    place.add_mailbox("anna", "spring rain 2021")
    place.add_mailbox("bert", "two words")
    yield Newcomer(tmp_path / "home", place)
    place.clear()


@pytest.mark.slow
def test_readme_leads_from_an_empty_project_to_a_proven_ticket(newcomer: Newcomer) -> None:
    step, work, project = blocks(), newcomer.work, newcomer.project
    assert list(step) == list(range(1, 11))
    sent = newcomer.home / "Downloads" / "ticket-123"
    sent.mkdir(parents=True)
    files = work.folder / "tickets" / work.ticket
    for name, called in {"mailboxes.csv": "Migration.csv", "users.csv": "New users.csv"}.items():
        (files / name).rename(sent / called)

    # The programs are those of the tests, so pip has nothing to bring.
    build = "\n".join(line for line in step[1].splitlines() if not line.startswith("python3 -m venv"))
    newcomer.types(build.replace("/tmp", str(newcomer.home)), cwd=ROOT)
    (project / "mailops.yml").write_text(step[2] + "\n", encoding="utf-8")
    (project / "group_vars/all.yml").write_text(platform_of(step[3], work), encoding="utf-8")

    # It ends with what is still to be filled in.
    assert newcomer.tries(step[4], project)[0] != 0
    ticket = project / "tickets/123"
    assert {path.name for path in ticket.iterdir()} >= {"mailboxes.csv", "users.csv", "ticket.yml"}
    (ticket / "ticket.yml").write_bytes((files / "ticket.yml").read_bytes())
    assert "2 mailboxes" in newcomer.types(step[5])
    assert "Ticket 123: 2 mailboxes, 0 failed; 8 messages copied" in newcomer.types(step[6])
    work.sandbox.set_mx(work.domain, "mx.platform.example", 60)
    assert work.domain in newcomer.types(step[7])
    assert newcomer.types(step[8]).count("PASS, 4 of 4 messages are here") == 2
    for name in work.rows:
        assert work.at_platform(name) == work.at_source(name)
    assert re.search(rf"123 +{re.escape(work.domain)} +final", newcomer.types(step[9]))
    assert (project / "state/123/report/report.html").is_file()
    # It only looks, and the secrets stay.
    newcomer.types(step[10])
    assert "spring rain" in (ticket / "mailboxes.csv").read_text(encoding="utf-8")


def platform_of(block: str, work: Workplace) -> str:
    """The README's settings, with the sandbox in place of its examples."""
    example = yaml.safe_load(block)
    sandbox = {name: value for name, value in work.provider().items() if name != "mailops_state_dir"}
    assert sandbox.keys() < example.keys()
    return yaml.safe_dump({**example, **sandbox})
