# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An SSH server on loopback that lets this user in with a key of its own: a worker for Ansible."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.dovecot import free_ports

_CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 100
PidFile none
LogLevel VERBOSE
"""


class SshServer:
    """Started with the block, with all that it holds gone after it. ``log`` is what it wrote."""

    def __enter__(self) -> SshServer:
        # A control socket's path must fit into 104 octets.
        self.folder = Path(tempfile.mkdtemp(prefix="sshd-", dir="/tmp"))
        [self.port] = free_ports(1)
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True)
        (self.folder / "sshd_config").write_text(_CONFIG.format(port=self.port, folder=self.folder))
        key = (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
        self._process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", self.folder / "sshd_config",
                                          "-E", self.folder / "log"])
        until = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError(f"sshd does not start: {self.log}")
            time.sleep(0.02)
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def variables(self) -> dict[str, Any]:
        """What an inventory host needs to be reached here."""
        return {
            "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": self.port,
            "ansible_user": getpass.getuser(), "ansible_ssh_private_key_file": str(self.folder / "user_key"),
            "ansible_control_path_dir": str(self.folder),
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={self.folder}/known_hosts -o IdentitiesOnly=yes",
        }

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
