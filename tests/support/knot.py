# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real name server for the tests: Knot with zones of their own, on one address of the loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import dns.exception
import dns.message
import dns.query
import dns.rcode
import dns.update
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Server

from tests.support.dovecot import free_ports, scratch_folder
from tests.support.watcher import Watcher, watch_over

PATIENCE = 20.0
TTL = 60
CONFIGURATION = """\
server:
    rundir: {folder}
    listen: {address}@{port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: {folder}/knot.log
    any: info
database:
    storage: {folder}
acl:
  - id: anybody
    address: 127.0.0.0/8
    action: update
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    acl: anybody
"""

Record = tuple[str, str, str]
"""Owner relative to its zone (``@`` is the zone itself), type, and the rest as a zone file has it."""


class KnotServer:
    """One Knot that serves ``zones`` (records by zone name) at ``address``; SOA and NS records are added.

    Every zone's servers are ``ns1.<zone>`` and so on, one for each of ``speakers``, addresses of the loopback.
    """

    def __init__(
        self,
        zones: Mapping[str, Sequence[Record]],
        *,
        address: str = "127.0.0.1",
        port: int = 0,
        speakers: Sequence[str] = ("127.0.0.1",),
    ) -> None:
        self.server = Server(address, port or free_ports(1)[0])
        self._zones = zones
        self._speakers = speakers
        self._folder: Path | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> KnotServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Write configuration and zones, start, and return when it answers for every zone."""
        if shutil.which("knotd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None:
            raise FileNotFoundError("knotd is not installed; install Debian's package knot")
        self._folder = folder = Path(tempfile.mkdtemp(prefix="knot-", dir=scratch_folder()))
        zones = "".join(f"  - domain: {zone}\n    file: {zone}.zone\n" for zone in self._zones)
        options = {"folder": folder, "address": self.server.address, "port": self.server.port}
        configuration = f"{CONFIGURATION.format(**options)}zone:\n{zones}"
        (folder / "knot.conf").write_text(configuration)
        for zone, records in self._zones.items():
            (folder / f"{zone}.zone").write_text(self._zone(zone, records))
        with (folder / "start.log").open("wb") as output:
            self._process = subprocess.Popen(["/usr/sbin/knotd", "-c", str(folder / "knot.conf")], stdout=output,
                                             stderr=output, stdin=subprocess.DEVNULL, start_new_session=True)
        self._watcher = watch_over(folder, self._process.pid)
        self._await_answer()

    def stop(self) -> None:
        """End it and remove its folder; may be called again."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = self._process = self._watcher = None

    def replace(self, zone: str, owner: str, kind: str, *values: str) -> None:
        """From now on ``owner`` has these records of ``kind`` and no others (RFC 2136)."""
        change = dns.update.UpdateMessage(zone)
        change.delete(owner, kind)
        for value in values:
            change.add(owner, TTL, kind, value)
        reply = dns.query.tcp(change, self.server.address, PATIENCE, self.server.port)
        assert reply.rcode() == dns.rcode.NOERROR, reply

    def _zone(self, zone: str, records: Sequence[Record]) -> str:
        lines = [f"$ORIGIN {zone}.", f"$TTL {TTL}", "@ SOA ns1 hostmaster 1 3600 600 86400 60"]
        for number, speaker in enumerate(self._speakers, start=1):
            lines += [f"@ NS ns{number}", f"ns{number} A {speaker}"]
        return "\n".join([*lines, *(" ".join(record) for record in records)]) + "\n"

    def _await_answer(self) -> None:
        patience_ends = time.monotonic() + PATIENCE
        while not all(self._answers(zone) for zone in self._zones):
            assert self._process is not None and self._folder is not None
            if self._process.poll() is not None or time.monotonic() > patience_ends:
                logs = [self._folder / "start.log", self._folder / "knot.log"]
                words = "\n".join(log.read_text(errors="replace") for log in logs if log.exists())
                self.stop()
                raise RuntimeError(f"knotd did not start:\n{words}")
            time.sleep(0.01)

    def _answers(self, zone: str) -> bool:
        question = dns.message.make_query(zone, "SOA")
        try:
            reply = dns.query.udp(question, self.server.address, 0.5, self.server.port)
        except (OSError, dns.exception.DNSException):
            return False
        return bool(reply.answer)
