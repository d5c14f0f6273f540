# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One ticket in two runs of ansible-runner at once, each on a part of its mailboxes, as AWX slices a job."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.databases import Databases
from tests.support.desk import SECRET, Desk
from tests.support.dovecot import DovecotServer
from tests.support.slices import Slice

NAMES = ("anna", "bert", "cara", "dora")
PASS, PROVISION = "Bring over what is new", "Have the mailboxes"
LIMITS = ("mailboxes[0:1]", "all:!mailboxes[0:1]")
VARIABLES = {"phase": "first", "mailops_ticket_system": {}, "mailops_create_domains": True}


@pytest.fixture
def volume() -> Iterator[Path]:
    """Another file system than that of the project, as one that is mounted into each job's container."""
    with TemporaryDirectory(dir="/dev/shm") as place:
        yield Path(place)


@pytest.fixture
def desk(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer, databases: Databases,
         mailbox_name: str, volume: Path) -> Desk:
    assert volume.stat().st_dev != tmp_path.stat().st_dev
    (tmp_path / "state").symlink_to(volume)
    domain = f"{mailbox_name.partition('@')[0]}.example"
    dsn = databases.new("sqlite", tmp_path).dsn
    made = Desk(tmp_path, source_server, destination_server, domain, {}, NAMES, dsn=dsn)
    shutil.copy(made.ticket / "mailboxes.csv", made.ticket / "users.csv")
    return made


def test_every_mailbox_comes_once_and_one_slice_does_what_concerns_domains(desk: Desk) -> None:
    slices = [Slice(desk, "migrate.yml", limit, desk.folder / f"slice{number}", **VARIABLES)
              for number, limit in enumerate(LIMITS)]
    told = [each.wait() for each in slices]

    worked = [each.worked(PASS) for each in slices]
    assert [len(each) for each in worked] == [2, 2] and sorted(worked[0] + worked[1]) == sorted(desk.all)
    assert desk.arrived() == desk.wanted()
    # The first slice does not reach the platform's host, so the second one leads.
    assert [set(each.worked(PROVISION)) for each in slices] == [set(), {"localhost"}]
    assert "This slice does what concerns whole domains" in told[1]
    assert "What concerns whole domains is done by another slice: process " in told[0]
    said = (desk.ticket / "updates.md").read_text()
    assert (said.count("We have begun"), said.count("Your e-mail is copied")) == (1, 1), said
    report = json.loads((desk.folder / "state/9/report/report.json").read_text())
    assert len(report["mailboxes"]) == len(NAMES)
    assert desk.journals("state") == desk.of(desk.all)
    assert not any(SECRET.format(mailbox) in text for mailbox in desk.all for text in told)
