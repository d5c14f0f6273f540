# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A large folder archived by the product and by doveadm move, side by side on one server: seconds, CPU, peak memory."""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from tests.support.archive_runner import TODAY, archive
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.fill import fill_mailbox
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_message

YEARS = range(2019, 2027)
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One contestant's run; CPU seconds of the client and of the server, peak memory of the client in MB."""

    name: str
    seconds: float
    client: float
    server: float
    memory: float


def main() -> int:
    """Fill, archive by both, compare what the folders hold then; 1 when it is not the same."""
    parser = argparse.ArgumentParser(prog="bin/bench archive", description=__doc__)
    parser.add_argument("--messages", type=int, default=60_000, help="messages in the folder (default: 60000)")
    parser.add_argument("--rounds", type=int, default=2, help="how often each does it, in turns (default: 2)")
    parser.add_argument("--mixed", action="store_true", help="years mixed in the folder, not one after the other")
    options = parser.parse_args()
    shape = DovecotShape(separator=".", layout="maildir++")
    with DovecotServer(shape) as server, tempfile.TemporaryDirectory() as folder:
        fill_mailbox(server, "filled@example.com", _mailbox(options.messages, mixed=options.mixed))
        found: list[dict[str, str]] = []
        for number in range(options.rounds):
            for name, work in (("mailbox_archive", _ours), ("doveadm move", _doveadm)):
                user = f"{name.split()[0]}-{number}@example.com"
                _copy(server, user)
                run = _measured(name, server, lambda work=work, user=user: work(server, user, Path(folder)))
                print(f"{run.name:16} {run.seconds:7.2f} s, CPU {run.client:6.2f} s + server {run.server:6.2f} s, peak"
                      f" {run.memory:6.1f} MB", flush=True)
                found.append({name: row["messages"] for name, row in server.status(user).items()})
        same = all(each == found[0] for each in found)
    print("the folders hold the same" if same else f"the folders differ: {found}")
    return 0 if same else 1


def _mailbox(messages: int, *, mixed: bool) -> MailboxSpec:
    step = timedelta(days=365 * len(YEARS)) / messages
    dates = [datetime(YEARS[0], 1, 1, tzinfo=UTC) + (number * 7919 % messages if mixed else number) * step
             for number in range(messages)]
    made = (replace(make_message(f"archive/{n}", size=1000), received=min(date, TODAY)) for n, date in enumerate(dates))
    return MailboxSpec((FolderSpec(("INBOX",), tuple(made)),))


def _copy(server: DovecotServer, user: str) -> None:
    """Another mailbox with the same files."""
    home = server.place.home(user)
    home.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(server.place.home("filled@example.com")), str(home)], check=True)
    server.status(user)


def _measured(name: str, server: DovecotServer, work: Callable[[], None]) -> Run:
    """Run it in a process of its own; the server's part is the CPU of its processes that ended meanwhile."""
    before, began = _server_cpu(server), time.monotonic()
    receive, send = get_context("fork").Pipe(duplex=False)
    child = get_context("fork").Process(target=_child, args=(work, send))
    child.start()
    client, memory = receive.recv()
    child.join()
    seconds = time.monotonic() - began
    time.sleep(0.5)  # until the server has seen its process end
    return Run(name, seconds, client, _server_cpu(server) - before, memory)


def _child(work: Callable[[], None], send: object) -> None:
    work()
    whole = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in whole)
    send.send((cpu, max(each.ru_maxrss for each in whole) / 1024))  # type: ignore[attr-defined]


def _server_cpu(server: DovecotServer) -> float:
    """CPU seconds of the server's processes, of those too that have ended (proc(5), fields 14 to 17 of stat)."""
    master = server.master_pid()
    pids = [master, *map(int, subprocess.run(["pgrep", "-P", str(master)], capture_output=True, text=True,
                                             check=False).stdout.split())]
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def _ours(server: DovecotServer, user: str, folder: Path) -> None:
    login = server.endpoint(user, "none")
    result = archive({"mailbox": user, "destination": login, "state_dir": str(folder), "threshold": 1000})
    assert result["complete"], result


def _doveadm(server: DovecotServer, user: str, _folder: Path) -> None:
    for year in range(YEARS[0], TODAY.year - 1):
        target = f"Archive.INBOX.{year}"
        server.create_folders(user, [target])
        server.move(user, target, "mailbox", "INBOX", "since", f"{year}-01-01", "before", f"{year + 1}-01-01")


if __name__ == "__main__":
    sys.exit(main())
