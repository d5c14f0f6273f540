# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Thunderbird's config-v1.1.xml, which many programs read (draft-ietf-mailmaint-autoconfig)."""

from __future__ import annotations

from xml.etree import ElementTree

from ..core.report_text import printable
from .provider import Mailbox, Provider, Server

_SOCKETS = {"tls": "SSL", "starttls": "STARTTLS"}
_PLACEHOLDERS = {"address": "%EMAILADDRESS%", "local_part": "%EMAILLOCALPART%"}


def autoconfig(provider: Provider, domain: str, mailbox: Mailbox | None = None) -> bytes:
    """The file of a domain, in which programs put the address themselves, or that of one mailbox."""
    username = provider.login(mailbox.address) if mailbox else _PLACEHOLDERS[provider.username]
    root = ElementTree.Element("clientConfig", version="1.1")
    mail = ElementTree.SubElement(root, "emailProvider", id=printable(domain))
    _texts(mail, domain=domain, displayName=provider.name, displayShortName=provider.name)
    for server in (*_incoming(provider), *provider.of("smtp")):
        kind = "outgoingServer" if server.protocol == "smtp" else "incomingServer"
        _texts(
            ElementTree.SubElement(mail, kind, type=server.protocol),
            hostname=server.host,
            port=str(server.port),
            socketType=_SOCKETS[server.encryption],
            username=username,
            authentication="password-cleartext",
        )
    for kind, protocol, url in (
        ("addressbook", "carddav", provider.carddav),
        ("calendar", "caldav", provider.caldav),
    ):
        if url:
            section = ElementTree.SubElement(root, kind, type=protocol)
            _texts(section, url=url, authentication="basic", username=username)
    return as_xml(root)


def as_xml(root: ElementTree.Element) -> bytes:
    """The document, one element a line."""
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _incoming(provider: Provider) -> tuple[Server, ...]:
    return tuple(server for server in provider.servers if server.protocol != "smtp")


def _texts(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = printable(text)
