# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a DNS server said, or why it said nothing that can be used."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

DNS_PORT = 53


class AnswerState(Enum):
    """How a question ended; the values are words for people."""

    OK = "answers"
    NO_DATA = "has the name and no such record"
    NO_NAME = "says that the name does not exist (NXDOMAIN)"
    SERVER_FAILURE = "has an error of its own (SERVFAIL)"
    REFUSED = "refuses to answer (REFUSED)"
    BOGUS = "finds that the DNSSEC signatures do not fit (bogus)"
    LOOP = "has an alias (CNAME) that leads in a circle or on for ever"
    LAME = "is named as the zone's server and is none (lame delegation)"
    TIMEOUT = "does not answer in time"
    UNREACHABLE = "cannot be reached"
    NONSENSE = "answers what cannot be read"


@dataclass(frozen=True)
class Server:
    """A name server by its IP address; ``name`` is what people know it by, where it has a name."""

    address: str
    port: int = DNS_PORT
    name: str = ""

    def __str__(self) -> str:
        port = "" if self.port == DNS_PORT else f" port {self.port}"
        return f"{self.name} ({self.address}{port})" if self.name else f"{self.address}{port}"


@dataclass(frozen=True)
class Answer:
    """One server's answer about one name and type.

    ``records`` are sorted texts: host names in lower case without the final dot (MX with its preference before it, the
    null MX as ``0 .``), TXT with its parts joined. ``ttl`` is in seconds; where there are no records, how long that may
    be remembered (RFC 2308), 0 if the server does not say. ``alias``: the name in another zone that the name stands
    for, when the server tells no more.
    """

    server: Server
    name: str
    kind: str
    state: AnswerState
    records: tuple[str, ...] = ()
    ttl: int = 0
    alias: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it tells what the zone holds, be it nothing."""
        return self.state in (AnswerState.OK, AnswerState.NO_DATA, AnswerState.NO_NAME)

    def trouble(self) -> str:
        """Server and state as a clause: ``ns1.example (192.0.2.1) does not answer in time``."""
        return f"{self.server} {self.state.value}"
