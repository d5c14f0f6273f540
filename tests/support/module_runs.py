# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules run as Ansible runs them on a worker, a process each, without the time that Ansible itself takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# Where programs find the collection: a checkout has it by a link, unless it lies as installed ones do.
COLLECTIONS = ROOT.parents[2] if ROOT.parents[1].name == "ansible_collections" else ROOT / ".ansible/collections"


@dataclass(frozen=True)
class ModuleOutcome:
    """How a module ended, all that it printed, and its result."""

    code: int
    output: str
    result: dict[str, Any]


def run_command(command: list[str], *, environ_update: dict[str, str], **_unused: Any) -> tuple[int, str, str]:
    """What ``AnsibleModule.run_command`` does, for tests that have no module."""
    done = subprocess.run(command, env={**os.environ, **environ_update}, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def run_module(name: str, arguments: dict[str, Any], *, check: bool = False, diff: bool = False) -> ModuleOutcome:
    """One run of the collection's module ``name``; ``check`` and ``diff`` are Ansible's modes."""
    modes = {"_ansible_check_mode": check, "_ansible_diff": diff}
    done = subprocess.run(
        [sys.executable, "-m", f"ansible_collections.mailops.migration.plugins.modules.{name}"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **modes}}),
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if not done.stdout.strip():
        raise RuntimeError(f"module {name} said nothing but:\n{done.stderr}")
    return ModuleOutcome(done.returncode, done.stdout + done.stderr, json.loads(done.stdout.splitlines()[-1]))
