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
from tests.support.old_provider import OldProvider
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.secret_search import Search
from tests.support.workplace import PROGRAMS, Workplace

OLD_MX, OUR_MX = "mx.old-provider.example", "mx.platform.example"
RESIDUAL = b"Subject: residual\r\nMessage-ID: <residual@ten>\r\n\r\nBy a resolver that knew the old MX.\r\n"
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
        assert [secret for secret in self.work.secrets() if secret in done.stdout] == [], done.stdout
        assert str(ROOT) not in done.stdout.replace(str(PROGRAMS.parent), "") or cwd == ROOT, done.stdout
        return done.returncode, done.stdout


@pytest.fixture
def newcomer(tmp_path: Path, source_server: DovecotServer) -> Iterator[Newcomer]:
    """A customer with two mailboxes, whose MX records name an old provider and may be kept for five seconds."""
    with OldProvider(set(), address="127.0.0.2") as old_provider:
        place = Workplace(tmp_path / "customer", running_sandbox(), source_server, old_mx=old_provider.next_hop)
        place.add_mailbox("anna", "spring rain 2021")
        place.add_mailbox("bert", "two words")
        old_provider.known |= {place.address("anna"), place.address("bert")}
        place.sandbox.set_mx(place.domain, OLD_MX, 5)
        yield Newcomer(tmp_path / "home", place)
        place.clear()


@pytest.mark.slow
def test_readme_leads_from_an_empty_project_to_a_ticket_that_is_proven_and_ended(newcomer: Newcomer) -> None:
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
    work.sandbox.set_mx(work.domain, OUR_MX, 60)
    work.source.save(work.address("bert"), "INBOX", RESIDUAL)
    assert work.domain in newcomer.types(step[7])
    final = newcomer.types(step[8])
    assert "PASS, 4 of 4 messages are here" in final and "PASS, 5 of 5 messages are here" in final
    for name in work.rows:
        assert work.at_platform(name) == work.at_source(name)
    last = newcomer.types(step[9])
    assert f"{work.domain} is closed: nothing new came after the old MX records ran out; verify passed." in last
    assert re.search(rf"123 +{re.escape(work.domain)} +closed", last)
    ends_the_ticket(newcomer, step[10])


def ends_the_ticket(newcomer: Newcomer, commands: str) -> None:
    """First it only looks, and then keeps its word."""
    looks, ends = commands.strip().splitlines()
    ticket, state = newcomer.project / "tickets/123", newcomer.project / "state/123"
    assert "Would be wiped: mailboxes.csv: 2 secrets" in newcomer.types(looks)
    assert "spring rain" in (ticket / "mailboxes.csv").read_text(encoding="utf-8")

    done = newcomer.types(ends)
    assert done.count("PASS, ") == 2 and "Wiped: mailboxes.csv: 2 secrets" in done
    assert "Packed: 2 journals" in done and "Remove what the customer sent" in done
    customer = {address: row["password"] for address, row in newcomer.work.rows.items()}
    assert Search(customer, (ticket, state)).hits() == []
    assert (ticket / "users.csv").read_text(encoding="utf-8").count("(wiped)") == 2
    [archive], [checksum] = state.glob("journals-*.tar.gz"), state.glob("journals-*.sha256")
    newcomer.types(f"sha256sum -c {checksum.name} && tar -tzf {archive.name}", cwd=state)
    assert "Revoke the app passwords" in (state / "closing-letter.html").read_text(encoding="utf-8")
    assert (state / "report/report.html").is_file()
    again = newcomer.types(ends)
    assert "Wiped" not in again and "changed=1" not in again


def platform_of(block: str, work: Workplace) -> str:
    """The README's settings, with the sandbox in place of its examples."""
    example = yaml.safe_load(block)
    sandbox = {name: value for name, value in work.provider().items() if name != "mailops_state_dir"}
    assert sandbox.keys() < example.keys()
    return yaml.safe_dump({**example, **sandbox})
