# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Next hops as Postfix's transport table has them: ``[host]:port``, never looked up as a mail domain."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name

SMTP_PORT = 25
_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]+)\](:(?P<port>\d{1,5}))?")
_PLAIN = re.compile(r"(?P<host>[^:\[\]]+)(:(?P<port>\d{1,5}))?")
_REMEDY = "Write it like [mx.old-provider.example]:25"


@dataclass(frozen=True)
class NextHop:
    """A server by host name or IP address, and its port."""

    host: str
    port: int = SMTP_PORT

    def __str__(self) -> str:
        """As Postfix reads it; without the brackets it would look for the host's MX, which may be ourselves."""
        return f"[{self.host}]:{self.port}"


def next_hop(text: str) -> NextHop:
    """``host``, ``host:port``, ``[host]`` or ``[host]:port``. Raises :class:`ConfigurationError`."""
    match = _BRACKETED.fullmatch(text.strip()) or _PLAIN.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(f"has an old provider's server that cannot be read: {text}", remedy=_REMEDY)
    port = int(match["port"] or SMTP_PORT)
    if not 1 <= port <= 65535:
        raise ConfigurationError(f"has an old provider's server with the port {port}", remedy=_REMEDY)
    return NextHop(_host(match["host"]), port)


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return domain_name(text)
    except ConfigurationError:
        raise ConfigurationError(
            f"has an old provider's server whose name is no host name: {text}", remedy=_REMEDY
        ) from None
