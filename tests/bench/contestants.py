# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is measured: the engine with its defaults, the tools that people use today, and a bare sketch."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.support.dovecot import DovecotServer

ROOT = Path(__file__).resolve().parents[2]
TIME_LIMIT = 3600.0


@dataclass(frozen=True)
class Job:
    """One mailbox between two endpoints (as ``imap_sync`` takes them), and a folder for what a tool must remember.

    ``server`` is the destination's, for tools that work on its disk and not over IMAP.
    """

    source: Mapping[str, Any]
    destination: Mapping[str, Any]
    state: Path
    server: DovecotServer


@dataclass(frozen=True)
class Measured:
    """One run. ``seconds`` of the work, ``cpu`` and ``rss_mb`` of the tool's process; ``process`` with its start."""

    seconds: float
    process: float
    cpu: float
    rss_mb: float
    copied: int | None = None


@dataclass(frozen=True)
class Contestant:
    """A tool by name. ``again`` says whether it can bring a mailbox up to date; ``is_peer`` whether people use it."""

    name: str
    run: Callable[[Job], Measured]
    again: bool = True
    is_peer: bool = True


class Failed(Exception):
    """A tool did not do its work; the text is its own."""


def contestants() -> list[Contestant]:
    """All that this machine has, ours first."""
    found = [Contestant("mailops", _mailops, is_peer=False)]
    if shutil.which("mbsync"):
        found.append(Contestant("mbsync", _mbsync))
    found.append(Contestant("doveadm", _doveadm))
    if shutil.which("imapsync"):
        found.append(Contestant("imapsync", _imapsync))
    found.append(Contestant("sketch", _sketch(1), again=False, is_peer=False))
    found.append(Contestant("sketch x2", _sketch(2), again=False, is_peer=False))
    return found


def _mailops(job: Job) -> Measured:
    """Seconds and memory are the engine's own, for in a run of Ansible one process serves many mailboxes."""
    arguments = {"mailbox": "bench@example.com", "state_dir": str(job.state),
                 "source": dict(job.source), "destination": dict(job.destination)}
    environment = {"PYTHONPATH": f"{ROOT / '.ansible' / 'collections'}:{ROOT}", "PATH": "/usr/bin:/bin"}
    measured, output = _timed([sys.executable, "-m", "tests.bench.engine"], json.dumps(arguments), environment)
    inside = json.loads(output)
    if inside["result"].get("failed"):
        raise Failed(inside["result"]["msg"])
    return Measured(inside["seconds"], measured.process, inside["cpu_seconds"], inside["peak_rss_mb"],
                    inside["result"]["counts"]["copied"])


def _sketch(connections: int) -> Callable[[Job], Measured]:
    def run(job: Job) -> Measured:
        work = {"source": dict(job.source), "destination": dict(job.destination), "connections": connections}
        environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        return _timed([sys.executable, "-m", "tests.bench.sketch"], json.dumps(work), environment)[0]

    return run


def _mbsync(job: Job) -> Measured:
    """Pull only, with arrival dates; pipelining is its default."""
    config = job.state / "mbsyncrc"
    stores = "".join(_mbsync_store(name, end) for name, end in (("far", job.source), ("near", job.destination)))
    config.write_text(f"{stores}Channel mail\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync Pull\n"
                      f"Expunge None\nCopyArrivalDate yes\nSyncState {job.state}/\n")
    return _timed(["mbsync", "-q", "-q", "-c", str(config), "mail"])[0]


def _mbsync_store(name: str, endpoint: Mapping[str, Any]) -> str:
    return (f"IMAPStore {name}\nHost {endpoint['host']}\nPort {endpoint['port']}\nUser {endpoint['username']}\n"
            f"Pass {endpoint['password']}\nSSLType None\nAuthMechs LOGIN\nTimeout 600\n\n")


def _doveadm(job: Job) -> Measured:
    """At the destination, writing to its disk: only the source is reached over IMAP, as its handbook has it."""
    settings = {
        "imapc_host": job.source["host"], "imapc_port": str(job.source["port"]), "imapc_ssl": "no",
        "imapc_user": job.source["username"], "imapc_password": job.source["password"],
        "imapc_features": "rfc822.size fetch-headers", "mail_prefetch_count": "20", "auth_debug": "no",
    }
    options = [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]
    command = ["doveadm", "-c", str(job.server.place.config_file), *options,
               "backup", "-R", "-u", job.destination["username"], "imapc:"]
    return _timed(command)[0]


def _imapsync(job: Job) -> Measured:
    """With the options that its handbook gives for speed on a first pass and again."""
    command = ["imapsync", "--nolog", "--noreleasecheck", "--useuid", "--usecache", "--tmpdir", str(job.state),
               "--automap", "--nofoldersizes", "--nofoldersizesatend", "--subscribe"]
    for number, end in (("1", job.source), ("2", job.destination)):
        secret = job.state / f"secret{number}"
        secret.write_text(end["password"])
        command += [f"--host{number}", end["host"], f"--port{number}", str(end["port"]),
                    f"--user{number}", end["username"], f"--passfile{number}", str(secret), f"--notls{number}"]
    return _timed(command)[0]


def _timed(
    command: Sequence[str], text: str = "", environment: Mapping[str, str] | None = None
) -> tuple[Measured, str]:
    """Run to the end; the process's own time and memory, and what it printed. Raises :class:`Failed`."""
    with TemporaryFile("w+") as given, TemporaryFile("w+") as output, TemporaryFile("w+") as complaints:
        given.write(text)
        given.seek(0)
        began = time.monotonic()
        # In a session of its own: the engine ends when a parent of it does, and a bench may outlive the shell it is of.
        process = subprocess.Popen(command, stdin=given, stdout=output, stderr=complaints, cwd=ROOT,
                                   start_new_session=True, env=None if environment is None else dict(environment))
        peak = _Peak(process.pid)
        limit = threading.Timer(TIME_LIMIT, process.kill)
        limit.start()
        _unused, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        limit.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        complaints.seek(0)
        if process.returncode:
            raise Failed(f"{command[0]} ended with {process.returncode}: {complaints.read()[-2000:]}")
        return Measured(seconds, seconds, usage.ru_utime + usage.ru_stime, peak.megabytes()), output.read()


class _Peak(threading.Thread):
    """Looks at the high-water mark of a process while it lives: what wait4 tells begins with that of its parent."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._status = Path(f"/proc/{pid}/status")
        self._kilobytes = 0
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while found := re.search(r"VmHWM:\s*(\d+)", self._status.read_text()):
                self._kilobytes = int(found[1])
                time.sleep(0.05)

    def megabytes(self) -> float:
        self.join()
        return self._kilobytes / 1024
