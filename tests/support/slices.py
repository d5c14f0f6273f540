# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One of several runs of a playbook on one ticket, by ansible-runner."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ansible_runner

from tests.support.ansible_runs import ROOT
from tests.support.desk import Desk


class Slice:
    """A playbook under a limit, its ticket named by the environment, as a job of AWX runs it."""

    def __init__(self, desk: Desk, playbook: str, limit: str, place: Path, **variables: Any) -> None:
        place.mkdir()
        ours = ("MAILOPS_", "ANSIBLE_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        environment |= {"MAILOPS_TICKET": "9", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "MAILOPS_PROGRESS": "off"}
        self.thread, self.runner = ansible_runner.run_async(
            private_data_dir=str(place), playbook=str(ROOT / "playbooks" / playbook), project_dir=str(ROOT),
            inventory=str(desk.folder / "mailops.yml"), limit=limit, envvars=environment, quiet=True,
            extravars={"sliced": True, **variables})

    def wait(self) -> str:
        """What it printed, when it has ended well."""
        self.thread.join(280)
        told = str(self.runner.stdout.read())
        assert (self.runner.status, self.runner.rc) == ("successful", 0), told[-6000:]
        return told

    def worked(self, task: str) -> list[str]:
        """The hosts for which a task was carried out."""
        return sorted(event["event_data"]["host"] for event in self.runner.events
                      if event["event"] == "runner_on_ok" and event["event_data"]["task"] == task)
