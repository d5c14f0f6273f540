# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ansible`` and ``ansible-playbook`` as an operator starts them, and the processes that they start in turn."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONNECTIONS = ROOT / "tests/support/connection_plugins"


@dataclass(frozen=True)
class Outcome:
    """How a run ended, what it printed, and the result of an ad-hoc task."""

    code: int
    output: str

    @property
    def result(self) -> dict[str, Any]:
        found = re.search(r"^localhost \| \w+!? => ", self.output, re.MULTILINE)
        assert found, self.output
        result: dict[str, Any] = json.JSONDecoder().raw_decode(self.output, found.end())[0]
        return result


class AnsibleRun:
    """A run in the background. It leads a process group; Ansible's workers lead sessions of their own."""

    def __init__(self, program: str, *arguments: str) -> None:
        environment = {**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                       "ANSIBLE_CONNECTION_PLUGINS": str(CONNECTIONS)}
        self._process = subprocess.Popen([str(Path(sys.executable).with_name(program)), *arguments],
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT,
                                         env=environment, start_new_session=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout: float = 90.0) -> Outcome:
        output, _unused = self._process.communicate(timeout=timeout)
        return Outcome(self._process.returncode, output)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill_alone(self) -> list[int]:
        """Kill -9 the main process; the processes that it leaves behind."""
        children = descendants(self._process.pid)
        self._process.kill()
        self._process.wait()
        return children

    def kill_all(self) -> None:
        """Kill -9 its process group and those of all that it has started, at once."""
        for group in {os.getpgid(pid) for pid in (self._process.pid, *descendants(self._process.pid))}:
            os.killpg(group, signal.SIGKILL)
        self._process.wait()


def ad_hoc(module: str, arguments: dict[str, Any], *flags: str, connection: str = "local") -> AnsibleRun:
    """``ansible localhost -m mailops.migration.<module> -a <arguments>``."""
    return AnsibleRun("ansible", "localhost", "-i", "localhost,", "-c", connection,
                      "-m", f"mailops.migration.{module}", "-a", json.dumps(arguments), *flags)


def descendants(pid: int) -> list[int]:
    """The children of a process and their children (proc(5))."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except FileNotFoundError:
        return []
    children = [int(word) for word in text.split()]
    return children + [below for child in children for below in descendants(child)]


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"
