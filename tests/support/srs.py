# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian's postsrsd for the tests, and what a receiver that checks SPF does with senders."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns

from tests.support.dovecot import free_ports, scratch_folder
from tests.support.postfix import wait_for
from tests.support.watcher import Watcher, watch_over

PROGRAM = Path("/usr/sbin/postsrsd")


class SenderRewriter:
    """One postsrsd for ``domain`` on two ports of the loopback."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.forward_port, self.reverse_port = free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> SenderRewriter:
        if not PROGRAM.exists():
            raise FileNotFoundError("postsrsd is not installed; install Debian's package postsrsd")
        self._folder = Path(tempfile.mkdtemp(prefix="postsrsd-", dir=scratch_folder()))
        secret = self._folder / "secret"
        secret.write_text("of the tests only\n")
        ports = [f"-f{self.forward_port}", f"-r{self.reverse_port}"]
        self._process = subprocess.Popen([str(PROGRAM), "-4", f"-s{secret}", f"-d{self.domain}", *ports],
                                         stdin=subprocess.DEVNULL, start_new_session=True)
        self._watcher = watch_over(self._folder, self._process.pid)
        wait_for(self._answers, "postsrsd", lambda: "it takes no connection")
        return self

    def __exit__(self, *unused: object) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def variables(self) -> dict[str, object]:
        """The role's."""
        return {
            "mail_platform_srs_domain": self.domain,
            "mail_platform_srs_forward_port": self.forward_port,
            "mail_platform_srs_reverse_port": self.reverse_port,
        }

    def _answers(self) -> bool:
        try:
            for port in (self.forward_port, self.reverse_port):
                socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            return False
        return True


def spf_passes(dns: Dns) -> Callable[[str, str], bool]:
    """Whether a sender may come from a client's address, by RFC 7208 with the mechanisms ip4 and all only.

    No record and the empty sender pass.
    """

    def passes(sender: str, client: str) -> bool:
        texts = dns.resolve(sender.rpartition("@")[2], "TXT").records if sender else ()
        record = next((text for text in texts if text.startswith("v=spf1 ")), "")
        for mechanism in record.split()[1:]:
            if mechanism == "-all":
                return False
            kind, _colon, network = mechanism.partition(":")
            if kind == "ip4" and ipaddress.ip_address(client) in ipaddress.ip_network(network):
                return True
        return True

    return passes
