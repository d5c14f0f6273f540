# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real resolver for the tests: Unbound, which caches, and checks DNSSEC where it has a trust anchor."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import dns.exception
import dns.message
import dns.query
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Server

from tests.support.dovecot import free_ports, scratch_folder
from tests.support.watcher import watch_over

PATIENCE = 20.0
PROGRAM = "/usr/sbin/unbound"
CONFIGURATION = """\
server:
    interface: 127.0.0.1
    port: {port}
    do-ip6: no
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "{folder}"
    pidfile: ""
    use-syslog: no
    logfile: "{folder}/unbound.log"
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    {anchors}
remote-control:
    control-enable: no
{stubs}
"""
STUB = """\
stub-zone:
    name: "{zone}"
    stub-addr: {server.address}@{server.port}
"""


@contextlib.contextmanager
def unbound(zones: Mapping[str, Server], *, anchors: Mapping[str, str] | None = None) -> Iterator[Server]:
    """An Unbound that asks these servers for these zones. ``anchors``: the DS record that a zone must fit."""
    if not Path(PROGRAM).exists():
        raise FileNotFoundError("unbound is not installed; install Debian's package unbound")
    server = Server("127.0.0.1", free_ports(1)[0])
    folder = Path(tempfile.mkdtemp(prefix="unbound-", dir=scratch_folder()))
    trust = "\n    ".join(f'trust-anchor: "{zone}. DS {record}"' for zone, record in (anchors or {}).items())
    stubs = "".join(STUB.format(zone=zone, server=own) for zone, own in zones.items())
    file = folder / "unbound.conf"
    file.write_text(CONFIGURATION.format(folder=folder, port=server.port, anchors=trust, stubs=stubs))
    process = subprocess.Popen([PROGRAM, "-c", str(file)], stdin=subprocess.DEVNULL, start_new_session=True)
    watcher = watch_over(folder, process.pid)
    try:
        _await_answer(server, process, folder)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        watcher.dismiss()
        shutil.rmtree(folder, ignore_errors=True)


def _await_answer(server: Server, process: subprocess.Popen[bytes], folder: Path) -> None:
    question = dns.message.make_query("localhost", "A")
    patience_ends = time.monotonic() + PATIENCE
    while time.monotonic() < patience_ends and process.poll() is None:
        with contextlib.suppress(OSError, dns.exception.DNSException):
            dns.query.udp(question, server.address, 0.5, server.port)
            return
        time.sleep(0.01)
    log = folder / "unbound.log"
    raise RuntimeError(f"unbound did not start:\n{log.read_text(errors='replace') if log.exists() else ''}")
