# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One side of a migration: its server and its login."""

from __future__ import annotations

from dataclasses import dataclass, field

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}


@dataclass(frozen=True)
class Endpoint:
    """One side's server and login. ``timeout`` is in seconds. Nothing here is ever printed but ``where()``."""

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 0
    encryption: str = "tls"
    auth: str = "login"
    authorization_id: str = ""
    validate_certs: bool = True
    ca_file: str = ""
    timeout: float = 120.0

    def address(self) -> tuple[str, int]:
        return self.host, self.port or DEFAULT_PORTS[self.encryption]

    def where(self) -> str:
        """Name for messages: ``user@host:port``."""
        host, port = self.address()
        return f"{self.username} at {host}:{port}"
