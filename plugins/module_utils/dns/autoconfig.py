# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A domain's own word on its mail servers, as Thunderbird asks for it: a small XML file, by HTTPS alone.

https://benbucksch.github.io/autoconfig-spec/draft-autoconfig-1.html. Nothing of a mailbox is told to whoever answers.
"""

from __future__ import annotations

import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO
from xml.etree import ElementTree

TIMEOUT = 5.0
"""Seconds for one answer."""
LONGEST = 100_000
_URLS = (
    "https://autoconfig.{domain}/mail/config-v1.1.xml",
    "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml",
)
# What a document type can declare is expanded by parsers, to gigabytes if it is meant to.
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DOMAIN = re.compile(r"(?=.{1,240}\Z)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_ENCRYPTIONS = {"SSL": "tls", "STARTTLS": "starttls"}

Fetch = Callable[[str], bytes]


@dataclass(frozen=True)
class IncomingServer:
    """An IMAP server that a file names. ``whole_address``: whether the user name is the whole address."""

    host: str
    port: int
    encryption: str
    whole_address: bool
    url: str


def ask_autoconfig(domain: str, fetch: Fetch | None = None) -> list[IncomingServer]:
    """The IMAP servers with TLS that the domain names, from the first of its places that answers with any."""
    if not _DOMAIN.fullmatch(domain):
        return []
    for url in (template.format(domain=domain) for template in _URLS):
        found = parse_autoconfig((fetch or fetch_small)(url), url)
        if found:
            return found
    return []


def parse_autoconfig(data: bytes, url: str) -> list[IncomingServer]:
    """The IMAP servers of a file; empty for what is none, too large, or declares anything."""
    if len(data) > LONGEST or _DECLARATION.search(data) or b"\0" in data:
        return []
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return []
    servers = (_server(node, url) for node in root.iterfind("./emailProvider/incomingServer"))
    return [server for server in servers if server is not None]


def _server(node: ElementTree.Element, url: str) -> IncomingServer | None:
    def text(name: str) -> str:
        return (node.findtext(name) or "").strip()

    host, port = text("hostname").lower().rstrip("."), text("port")
    encryption = _ENCRYPTIONS.get(text("socketType").upper(), "")
    if node.get("type", "").lower() != "imap" or not encryption or not _HOST.fullmatch(host):
        return None
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        return None
    return IncomingServer(host, int(port), encryption, text("username").upper() != "%EMAILLOCALPART%", url)


def fetch_small(url: str, ca_file: str = "") -> bytes:
    """What lies at a https address; empty for whatever goes wrong, and for a redirect: it could lead anywhere."""
    if not url.startswith("https://"):
        return b""
    context = ssl.create_default_context(cafile=ca_file or None)
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=context))
    try:
        with opener.open(url, timeout=TIMEOUT) as response:
            return bytes(response.read(LONGEST + 1)) if response.status == 200 else b""
    except (OSError, HTTPException, ValueError):
        return b""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None
