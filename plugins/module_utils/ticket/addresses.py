# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""E-mail addresses and server names as customers write them, in one canonical form.

Domains become lower-cased A-labels (IDNA 2008 without its mapping tables: NFKC, lower case, RFC 3492). The local part
of an address stays as written; two addresses are the same when their ``address_key`` is.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~\-"
_LOCAL = re.compile(rf"[{_ATEXT}\u0080-\U0010ffff]+(?:\.[{_ATEXT}\u0080-\U0010ffff]+)*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SCHEME = re.compile(r"(imaps?|ssl|tls):(?://)?", re.IGNORECASE)
_PORT = re.compile(r":([0-9]{1,5})\Z")
# Copied from web pages and spreadsheets; no address or host name holds them.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


@dataclass(frozen=True, slots=True)
class Server:
    """A server name without scheme; ``port`` and ``tls`` only when the customer's text told them."""

    host: str
    port: int | None = None
    tls: bool = False


def tidy(text: str) -> str:
    """The text without spaces at its edges and without characters that nobody can see."""
    return text.strip() if text.isascii() else text.translate(_INVISIBLE).strip()


def parse_address(text: str) -> str:
    """Return the address with a canonical domain, local part as written. Raises ValueError without quoting the text."""
    local, at, domain = tidy(text).rpartition("@")
    if not at:
        raise ValueError("is no e-mail address: there is no @")
    if len(local.encode()) > 64 or not _LOCAL.fullmatch(local) or not _is_printable(local):
        raise ValueError("is no e-mail address: what stands before the @ is not allowed there")
    if "." not in domain:
        raise ValueError("is no e-mail address: the domain after the @ has no dot")
    return f"{local}@{parse_domain(domain)}"


def address_key(address: str) -> str:
    """What two spellings of one address have in common."""
    return address.lower()


def parse_domain(text: str) -> str:
    """Return the domain as lower-cased A-labels. Raises ValueError without quoting the text."""
    labels = unicodedata.normalize("NFKC", tidy(text)).lower().removesuffix(".").split(".")
    ascii_labels = [_a_label(unicodedata.normalize("NFC", label)) for label in labels]
    domain = ".".join(ascii_labels)
    if not all(map(_LABEL.fullmatch, ascii_labels)) or len(domain) > 253 or ascii_labels[-1].isdigit():
        raise ValueError("holds no valid domain name")
    return domain


def parse_server(text: str) -> Server:
    """Return a server from ``imap.example.com``, ``imaps://host:993/``, ``ssl:host``, an IP address and the like."""
    rest = tidy(text).lower()
    scheme = _SCHEME.match(rest)
    if scheme:
        rest = rest[scheme.end() :]
    rest = rest.rstrip("/")
    port = None
    # A bare IPv6 address has colons of its own; one with a port stands in brackets.
    if rest.count(":") == 1 or rest.startswith("["):
        found = _PORT.search(rest)
        if found:
            port, rest = parse_port(found[1]), rest[: found.start()]
    return Server(_host(rest.removeprefix("[").removesuffix("]")), port, bool(scheme and scheme[1] != "imap"))


def parse_port(text: str) -> int:
    """Return a TCP port. Raises ValueError."""
    digits = tidy(text)
    if not re.fullmatch(r"[0-9]{1,5}", digits) or not 1 <= int(digits) <= 65535:
        raise ValueError("is no port: it should be a whole number from 1 to 65535")
    return int(digits)


def _a_label(label: str) -> str:
    if label.isascii():
        return label
    if not all(char.isalnum() or char == "-" or unicodedata.combining(char) for char in label):
        return ""
    return "xn--" + label.encode("punycode").decode("ascii")


def _is_printable(local: str) -> bool:
    """Letters and digits of any script, none of the typographic signs that word processors put in."""
    return all(char.isascii() or char.isalnum() or unicodedata.combining(char) for char in local)


def _host(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        return parse_domain(text)
    except ValueError:
        raise ValueError("is no server name: it should look like imap.example.com") from None
