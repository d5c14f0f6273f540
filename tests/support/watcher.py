# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clean-up that happens even when the test run is killed."""

from __future__ import annotations

import subprocess
from pathlib import Path

SCRIPT = 'cat >/dev/null; test "$2" -eq 0 || kill -s KILL -- "-$2"; rm -rf "$1"'


class Watcher:
    """A shell that removes a folder, and kills a process group, once our end of its pipe closes."""

    def __init__(self, shell: subprocess.Popen[bytes]) -> None:
        self._shell = shell

    def dismiss(self) -> None:
        """End the watch without doing anything."""
        self._shell.kill()
        self._shell.communicate()


def watch_over(folder: Path, group: int = 0) -> Watcher:
    """Watch a folder and, unless it is 0, a process group until this process ends in whatever way."""
    return Watcher(subprocess.Popen(["sh", "-c", SCRIPT, "sh", str(folder), str(group)], stdin=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL, start_new_session=True))
