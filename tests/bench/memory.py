# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench memory: the peak of one folder's passes and proofs, also where most of it must be read or is gone."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.contestants import ROOT
from tests.bench.course import DISK
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import big_folder

USER = "memory@example.com"


def main() -> None:
    """One line for each step: peak memory of its process, seconds and processor time."""
    parser = argparse.ArgumentParser(prog="bin/bench memory", description=__doc__)
    parser.add_argument("--messages", type=int, default=50_000, help="messages in the folder (default: 50000)")
    messages: int = parser.parse_args().messages
    with (
        DovecotServer(parent=DISK) as source,
        DovecotServer(DovecotShape(mail_format="mdbox"), parent=DISK) as destination,
        tempfile.TemporaryDirectory(prefix="bench-", dir=DISK) as state,
    ):
        fill_maildir(source, USER, big_folder(messages, 600, "memory"))
        ends = {"source": source.endpoint(USER, "none"), "destination": destination.endpoint(USER, "none")}
        arguments = {"mailbox": USER, "state_dir": state, **ends}
        _step("first pass", "sync", arguments)
        _step("nothing new", "sync", arguments)
        _step("proof, every message read", "compare", arguments)
        _step("proof by what the journal knows", "compare", {**arguments, "depth": "facts"})
        for file in Path(state).glob("*.sqlite*"):
            file.unlink()
        _step("journal and its copy lost", "sync", arguments)
        source.expunge(USER, "mailbox", "INBOX", "uid", f"1:{messages // 2}")
        _step("half of it gone at the source", "sync", arguments)
        _step("proof after that", "compare", arguments)


def _step(name: str, work: str, arguments: Mapping[str, Any]) -> None:
    environment = {"PYTHONPATH": f"{ROOT / '.ansible' / 'collections'}:{ROOT}", "PATH": os.defpath}
    done = subprocess.run([sys.executable, "-m", "tests.bench.engine", work], input=json.dumps(arguments), text=True,
                          stdout=subprocess.PIPE, env=environment, cwd=ROOT, check=True)
    told = json.loads(done.stdout)
    if told["result"].get("failed") or not told["result"].get("passed", True):
        sys.exit(f"{name}: {told['result'].get('msg') or told['result']['counts']}")
    print(f"{name:32} {told['peak_rss_mb']:7.1f} MB, {told['seconds']:7.2f} s, CPU {told['cpu_seconds']:6.2f} s",
          flush=True)


if __name__ == "__main__":
    main()
