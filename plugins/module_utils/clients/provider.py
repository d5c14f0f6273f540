# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The provider's servers as mail programs need them, in one place; and whose mailboxes they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..core.errors import ConfigurationError

# By protocol, then encryption. RFC 8314 section 3.3 (SMTP), RFC 2595 section 7 and RFC 9051 section 11.1.
PORTS: Mapping[str, Mapping[str, int]] = {
    "imap": {"tls": 993, "starttls": 143},
    "pop3": {"tls": 995, "starttls": 110},
    "smtp": {"tls": 465, "starttls": 587},
}
USERNAMES = ("address", "local_part")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\Z")
_UNSAFE = re.compile(r"[^a-z0-9@.+-]")


@dataclass(frozen=True)
class Server:
    """``protocol`` and ``encryption`` are keys of :data:`PORTS`. None of them takes a password in the clear."""

    protocol: str
    host: str
    port: int
    encryption: str


@dataclass(frozen=True)
class Support:
    """Whom customers ask; what is not known is empty."""

    name: str = ""
    mail: str = ""
    phone: str = ""
    web: str = ""


@dataclass(frozen=True)
class Provider:
    """The settings of one domain. ``servers`` are in the order in which they are to be preferred.

    ``identifier`` is the beginning of the names of Apple's profiles, a domain backwards.
    """

    name: str
    servers: tuple[Server, ...]
    username: str = USERNAMES[0]
    carddav: str = ""
    caldav: str = ""
    webmail: str = ""
    support: Support = Support()
    identifier: str = ""

    def of(self, protocol: str) -> tuple[Server, ...]:
        """The servers of one protocol."""
        return tuple(server for server in self.servers if server.protocol == protocol)

    def login(self, address: str) -> str:
        """The user name of a mailbox."""
        return address if self.username == "address" else address.rpartition("@")[0]


@dataclass(frozen=True)
class Mailbox:
    """``name`` is its owner's, as the customer wrote it; it may be empty."""

    address: str
    name: str = ""


def read_provider(options: Mapping[str, Any], domain: str) -> Provider:
    """The provider as customers of ``domain`` see it; ``{domain}`` in a host or address stands for the domain.

    Raises :class:`ConfigurationError`.
    """
    if not _HOST.match(domain) or "." not in domain:
        raise ConfigurationError(
            f"{domain!r} is no domain",
            remedy="Write it like example.com; one with other letters as xn--bcher-kva.example",
        )
    servers = tuple(_server(row, domain) for row in options["servers"])
    for protocol in ("imap", "smtp"):
        if protocol not in {server.protocol for server in servers}:
            raise ConfigurationError(
                f"no server has the protocol {protocol}", where="provider.servers", remedy="Add one to mailops_clients"
            )
    return Provider(
        name=options["name"],
        servers=servers,
        username=options.get("username") or USERNAMES[0],
        carddav=_address(options, "carddav", domain),
        caldav=_address(options, "caldav", domain),
        webmail=_address(options, "webmail", domain),
        support=Support(**{key: value or "" for key, value in (options.get("support") or {}).items()}),
        identifier=options.get("identifier") or ".".join(reversed(servers[0].host.split("."))),
    )


def safe_name(text: str) -> str:
    """A name for a file or folder: one that is safe stays as it is, no two texts share one."""
    known = text.strip().lower()
    name = _UNSAFE.sub("_", known)[:100].lstrip(".-")
    mark = hashlib.sha256(known.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return name if name and name == known and ".." not in name else f"{name.replace('..', '_')}-{mark}"


def domains_of(domains: Sequence[str], mailboxes: Sequence[Mailbox]) -> tuple[str, ...]:
    """All domains, those without mailboxes too; in lower case, each once."""
    named = [*domains, *(mailbox.address.rpartition("@")[2] for mailbox in mailboxes)]
    return tuple(dict.fromkeys(domain.strip().lower().removesuffix(".") for domain in named))


def _server(row: Mapping[str, Any], domain: str) -> Server:
    encryption = row.get("encryption") or "tls"
    host = row["host"].replace("{domain}", domain).strip().lower().removesuffix(".")
    if not _HOST.match(host):
        raise ConfigurationError(
            f"{row['host']!r} is no server name", where="provider.servers", remedy="Write it like imap.example.com"
        )
    return Server(row["protocol"], host, row.get("port") or PORTS[row["protocol"]][encryption], encryption)


def _address(options: Mapping[str, Any], key: str, domain: str) -> str:
    text = (options.get(key) or "").replace("{domain}", domain).strip()
    if text and not _usable(text):
        raise ConfigurationError(
            f"{options[key]!r} is no address that programs can use",
            where=f"provider.{key}",
            remedy="Write it like https://dav.example.com/, without a user or password",
        )
    return text


def _usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and _HOST.match(parts.hostname or "") and parts.port != 0
    except ValueError:
        return False
    return bool(good) and "@" not in parts.netloc and url.isascii() and url.isprintable() and " " not in url
