# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import signal
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.sync.supervise import Supervisor

from tests.unit.sync.processes import MODULE_UTILS, comes_true, line_of, python

# A parent that starts an engine and waits; the engine notes in files when it is told to stop.
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[3:]], start_new_session=sys.argv[2] == "leader")
print(child.pid, flush=True)
child.wait()
"""
ENGINE = f"""
import sys, time
from pathlib import Path
from {MODULE_UTILS}.sync import supervise
supervise.GRACE = float(sys.argv[2])
with supervise.Supervisor(poll=0.05) as supervisor:
    Path(sys.argv[1], "ready").touch()
    while not supervisor.stopped():
        time.sleep(0.02)
    Path(sys.argv[1], "told").touch()
    time.sleep(float(sys.argv[3]))
Path(sys.argv[1], "ended").touch()
"""
# Starts PARENT in turn: a chain of three, all in one session.
GRANDPARENT = """
import subprocess, sys
parent = subprocess.Popen([sys.executable, "-c", *sys.argv[1:]])
print(parent.pid, flush=True)
parent.wait()
"""


def is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_engine_is_told_and_ends_in_order_when_its_parent_is_killed(tmp_path: Path) -> None:
    with python(PARENT, ENGINE, "leader", str(tmp_path), "20", "0") as parent:
        engine = int(line_of(parent))
        assert comes_true((tmp_path / "ready").exists)
        assert not (tmp_path / "told").exists()
        parent.kill()
        assert comes_true((tmp_path / "ended").exists)
    assert comes_true(lambda: not is_alive(engine))


def test_engine_that_does_not_listen_is_ended_after_its_grace(tmp_path: Path) -> None:
    with python(PARENT, ENGINE, "leader", str(tmp_path), "0.3", "60") as parent:
        engine = int(line_of(parent))
        assert comes_true((tmp_path / "ready").exists)
        parent.kill()
        assert comes_true((tmp_path / "told").exists)
        assert comes_true(lambda: not is_alive(engine))
    assert not (tmp_path / "ended").exists()


def test_engine_is_told_when_an_ancestor_of_its_session_is_killed(tmp_path: Path) -> None:
    with python(GRANDPARENT, PARENT, ENGINE, "member", str(tmp_path), "20", "1") as grandparent:
        parent = int(line_of(grandparent))
        engine = int(line_of(grandparent))
        assert comes_true((tmp_path / "ready").exists)
        grandparent.kill()
        assert comes_true((tmp_path / "told").exists)
        assert is_alive(parent)
        os.kill(parent, signal.SIGKILL)
        assert comes_true((tmp_path / "ended").exists)
    assert comes_true(lambda: not is_alive(engine))


def test_engine_whose_parent_lives_is_not_told() -> None:
    with Supervisor(poll=0.01) as supervisor:
        assert not comes_true(supervisor.stopped, within=0.3)


def test_watch_ends_with_its_block() -> None:
    with Supervisor(poll=60) as supervisor:
        watch = supervisor._thread
        assert watch.is_alive()
    assert not watch.is_alive()
