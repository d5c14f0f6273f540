# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Timers for tickets and for the operator's own jobs; what they start is started as systemd would."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schedule import (
    Job,
    Place,
    calendar,
    unit_files,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window, occurrences

from tests.support.dovecot import DovecotServer
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.workplace import Run, Workplace

PLAYBOOKS = ROOT / "playbooks"


NOW = datetime(2027, 3, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "window",
    [
        Window(start="22:00", end="06:00", days=("saturday", "friday")),
        Window(start="6:05", end="7:00"),
        Window(days=("sunday",)),
        Window(start="2027-03-31 22:00 +05:30", end="2027-04-01 06:00Z"),
    ],
)
def test_systemd_starts_a_job_when_its_window_opens(window: Window) -> None:
    text = calendar(window, "Europe/Berlin")
    command = ["systemd-analyze", "calendar", "--base-time=2027-03-24 12:00:00 UTC", text]
    read = subprocess.run(command, capture_output=True, text=True, check=True, env={"LC_ALL": "C", "TZ": "UTC"}).stdout
    found = re.search(r"(?:Next elapse|\(in UTC\)): \w+ (\S+ \S+) UTC", read)
    assert found, read
    start = next(each.start for each in occurrences(window, "Europe/Berlin", NOW) if each.start > NOW)
    assert found[1] == f"{start:%Y-%m-%d %H:%M:%S}"


def test_units_are_good_for_systemd_whatever_stands_in_paths_and_variables(tmp_path: Path) -> None:
    odd = {"note": "50% of $HOME \\ 'q' \"d\" {{ x }} ; rm"}
    place = Place("/usr/bin/true", "/srv/mail ops", NOW, ("-i", "/srv/100% sure.yml"), {"DIR": 'a "b" $HOME %h'})
    job = Job("odd", "migrate", (Window(days=("sunday",)),), only_while_open=True, variables=odd)
    files = unit_files(job, place)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = [line for line in done.stderr.splitlines() if "mailops-odd" in line]
    assert (done.returncode, told) == (0, []), done.stderr


@pytest.fixture
def work(tmp_path: Path, source_server: DovecotServer) -> Iterator[Workplace]:
    sandbox: Sandbox = running_sandbox()
    place = Workplace(tmp_path, sandbox, source_server)
    place.rows["anna"] = {"email": place.address("anna"), "password": "secret-of-anna"}
    window = '{start: "22:00", end: "06:00", days: [saturday], not_before: 2098-03-01 00:00}'
    place.settings = f"timezone: Europe/Berlin\nwindow: {window}\n"
    place.write()
    (tmp_path / "units").mkdir()
    yield place
    place.clear()


def schedule(work: Workplace, *flags: str, ticket: str | None = None) -> Run:
    places = {"schedule_unit_dir": str(work.folder / "units"), "schedule_user": "root"}
    return work.run("schedule.yml", "-e", json.dumps(places), *flags, cwd=PLAYBOOKS, ticket=ticket).fine()


def units(work: Workplace) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (work.folder / "units").iterdir()}


def test_timer_of_a_ticket_is_written_once_asks_for_the_window_and_goes_again(work: Workplace) -> None:
    planned = schedule(work, "--check", "--diff", "-e", "playbook=final_sync")
    assert ("+OnCalendar=Sat *-*-* 22:00:00 Europe/Berlin" in planned.output, units(work)) == (True, {})
    first = schedule(work, "-e", "playbook=final_sync")
    assert first.changed == {"localhost": 1}
    assert "DTSTART;TZID=Europe/Berlin:20980301T220000 RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=SA" in first.output
    name = f"mailops-ticket-{work.ticket}-final_sync"
    written = units(work)
    assert set(written) == {f"{name}.service", f"{name}.timer"}
    paths = [str(work.folder / "units" / each) for each in written]
    command = ["systemd-analyze", "verify", "--man=no", *paths]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert [line for line in verified.stderr.splitlines() if name in line] == []

    # Closed: the condition fails, so that systemd leaves this start out.
    condition = re.search("^ExecCondition=(.*)$", written[f"{name}.service"], re.MULTILINE)
    assert condition
    words = shlex.split(condition[1].replace("$$", "$").replace("%%", "%"))
    environment = work.environment()
    asked = subprocess.run(words, cwd=PLAYBOOKS, env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode == 1, asked.stdout
    assert "The ticket's window is closed" in asked.stdout

    assert schedule(work, "-e", "playbook=final_sync").changed == {}
    assert schedule(work, "-e", "playbook=final_sync", "-e", "state=absent").changed == {"localhost": 1}
    assert units(work) == {}


def test_jobs_of_the_operator_need_no_ticket(work: Workplace) -> None:
    job = {"name": "archive", "playbook": "archive", "at": "03:00", "days": ["sunday"],
           "variables": {"scope": "platform"}}  # fmt: skip
    schedule(work, "-e", json.dumps({"mailops_jobs": [job]}), ticket="")
    written = units(work)
    assert "OnCalendar=Sun *-*-* 03:00:00 UTC\n" in written["mailops-archive.timer"]
    assert '/archive.yml -e "{\\"scope\\": \\"platform\\"}"\n' in written["mailops-archive.service"]
    assert "ExecCondition" not in written["mailops-archive.service"]
