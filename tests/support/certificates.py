# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A certificate authority of the tests, made by openssl once for each test session."""

from __future__ import annotations

import functools
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.watcher import Watcher, watch_over

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
HERE = "DNS:localhost,IP:127.0.0.1"


@dataclass(frozen=True)
class Certificate:
    """What a server presents: the files of a certificate and its key."""

    certificate: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """An authority whose files lie in ``folder``; ``ca_file`` is what clients trust."""

    folder: Path

    @classmethod
    def create(cls, folder: Path) -> Authority:
        """Make the authority's own key and certificate in ``folder``."""
        authority = cls(folder)
        _openssl("req", "-x509", *CURVE, "-days", "3650", "-subj", "/CN=Test authority",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                 "-keyout", str(authority._key), "-out", str(authority.ca_file))
        return authority

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def _key(self) -> Path:
        return self.folder / "ca.key"

    def issue(self, name: str, *, hosts: str = HERE, days: int = 30) -> Certificate:
        """Sign a certificate for ``hosts`` (openssl's subjectAltName); a negative ``days`` makes an expired one."""
        issued = Certificate(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        if issued.certificate.exists():
            return issued
        request = self.folder / f"{name}.csr"
        extensions = self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={hosts}\nbasicConstraints=critical,CA:FALSE\n")
        _openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", "-keyout", str(issued.key), "-out", str(request))
        _openssl("x509", "-req", "-in", str(request), "-CA", str(self.ca_file), "-CAkey", str(self._key),
                 "-CAcreateserial", "-days", str(days), "-extfile", str(extensions), "-out", str(issued.certificate))
        return issued


def session_authority() -> Authority:
    """The one authority of this process; its folder goes when the process ends, killed or not."""
    return _session()[0]


@functools.cache
def _session() -> tuple[Authority, Watcher]:
    folder = Path(tempfile.mkdtemp(prefix="test-ca-"))
    folder.chmod(0o755)
    return Authority.create(folder), watch_over(folder)


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True)
