# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Outlook's Autodiscover answer as plain XML (POX): [MS-OXDSCLI] section 2.2.4, and Microsoft's "Plan to automatically
configure user accounts in Outlook 2010" for what mail servers of the Internet put in it."""

from __future__ import annotations

from xml.etree import ElementTree

from ..core.report_text import printable
from .autoconfig import as_xml
from .provider import Mailbox, Provider, Server

OUTER = "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006"
INNER = "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
# The web server puts the address here that Outlook asked for.
PLACEHOLDERS = {"address": "%EMAILADDRESS%", "local_part": "%EMAILLOCALPART%"}
_ENCRYPTIONS = {"tls": "SSL", "starttls": "TLS"}


def autodiscover(provider: Provider, mailbox: Mailbox | None = None) -> bytes:
    """The answer for one mailbox; or that of a domain, with a placeholder that the web server fills in."""
    login = provider.login(mailbox.address) if mailbox else PLACEHOLDERS[provider.username]
    # No prefixes: Outlook has been seen to read these names only as defaults.
    root = ElementTree.Element("Autodiscover", xmlns=OUTER)
    response = ElementTree.SubElement(root, "Response", xmlns=INNER)
    if mailbox:
        user = ElementTree.SubElement(response, "User")
        ElementTree.SubElement(user, "DisplayName").text = printable(mailbox.name or mailbox.address)
    account = ElementTree.SubElement(response, "Account")
    ElementTree.SubElement(account, "AccountType").text = "email"
    ElementTree.SubElement(account, "Action").text = "settings"
    for protocol in ("imap", "pop3", "smtp"):
        for server in provider.of(protocol)[:1]:
            _protocol(account, server, login)
    return as_xml(root)


def _protocol(account: ElementTree.Element, server: Server, login: str) -> None:
    """Outlook takes one server of a kind, the first."""
    values = {
        "Type": server.protocol.upper(),
        "Server": server.host,
        "Port": str(server.port),
        "LoginName": printable(login),
        "DomainRequired": "off",
        "SPA": "off",
        "SSL": "on",
        "Encryption": _ENCRYPTIONS[server.encryption],
        "AuthRequired": "on",
    }
    if server.protocol == "smtp":
        values |= {"UsePOPAuth": "on", "SMTPLast": "off"}
    section = ElementTree.SubElement(account, "Protocol")
    for name, text in values.items():
        ElementTree.SubElement(section, name).text = text
