# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Prints what the roles tell people, out of a playbook's output on standard input."""

from __future__ import annotations

import json
import re
import sys

TASKS = "Tell it|Say what this run is about|Say where each domain stands"
TOLD = re.compile(rf"^TASK \[(?:\S+ : )?(?:{TASKS})\][^\n]*\nok[^\n]*=> (\{{.*?^\}})", re.MULTILINE | re.DOTALL)
ERROR = re.compile(r"^\[ERROR\]: .*", re.MULTILINE)


def told(output: str) -> list[str]:
    """The lines of all reports in it, then Ansible's error messages."""
    reports = [line for block in TOLD.findall(output) for line in json.loads(block)["msg"]]
    return reports + ERROR.findall(output)


if __name__ == "__main__":
    for line in told(sys.stdin.read()):
        print(f"  {line}")
