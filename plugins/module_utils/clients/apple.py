# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Apple's configuration profiles (.mobileconfig): mail, contacts and calendars, and no password.

Keys: Apple's description of profile-specific payload keys (github.com/apple/device-management, mdm/profiles).
"""

from __future__ import annotations

import plistlib
import uuid
from typing import Any
from urllib.parse import urlsplit

from ..core.customer_texts import Texts
from ..core.report_text import printable
from .provider import Mailbox, Provider, safe_name

# A profile that is installed again takes the place of the former one, if its identifiers and UUIDs stay.
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "mailops.migration:mobileconfig")


def apple_profile(provider: Provider, domain: str, texts: Texts, mailbox: Mailbox | None = None) -> bytes:
    """The profile of one mailbox; or that of a domain, whose device asks for address and user name."""
    owner = mailbox.address if mailbox else domain
    name = f"{provider.identifier}.{safe_name(owner)}"
    payloads = [
        ("com.apple.mail.managed", _mail(provider, mailbox)),
        *(
            (f"com.apple.{kind.lower()}.account", _dav(kind, url, provider, mailbox))
            for kind, url in (("CardDAV", provider.carddav), ("CalDAV", provider.caldav))
            if url
        ),
    ]
    content = [
        {**keys, **_common(kind, f"{name}.{kind.split('.')[2]}", f"{provider.name} {kind.split('.')[2]}")}
        for kind, keys in payloads
    ]
    profile = {
        **_common("Configuration", name, f"{provider.name}: {owner}"),
        "PayloadDescription": printable(texts("profile about", provider=provider.name)),
        "PayloadOrganization": printable(provider.name),
        "PayloadContent": content,
    }
    return plistlib.dumps(profile, sort_keys=True)


def _common(kind: str, name: str, shown: str) -> dict[str, Any]:
    return {
        "PayloadType": kind,
        "PayloadVersion": 1,
        "PayloadIdentifier": name,
        "PayloadUUID": str(uuid.uuid5(_NAMESPACE, name)).upper(),
        "PayloadDisplayName": printable(shown),
    }


def _mail(provider: Provider, mailbox: Mailbox | None) -> dict[str, Any]:
    """UseSSL stands for STARTTLS, too: the port tells which."""
    keys: dict[str, Any] = {
        "EmailAccountDescription": printable(provider.name),
        "EmailAccountType": "EmailTypeIMAP",
        "OutgoingPasswordSameAsIncomingPassword": True,
    }
    for side, server in (("Incoming", provider.of("imap")[0]), ("Outgoing", provider.of("smtp")[0])):
        keys |= {
            f"{side}MailServerAuthentication": "EmailAuthPassword",
            f"{side}MailServerHostName": server.host,
            f"{side}MailServerPortNumber": server.port,
            f"{side}MailServerUseSSL": True,
        }
        if mailbox:
            keys[f"{side}MailServerUsername"] = printable(provider.login(mailbox.address))
    if mailbox:
        keys["EmailAddress"] = printable(mailbox.address)
    if mailbox and mailbox.name:
        keys["EmailAccountName"] = printable(mailbox.name)
    return keys


def _dav(kind: str, url: str, provider: Provider, mailbox: Mailbox | None) -> dict[str, Any]:
    parts = urlsplit(url)
    keys: dict[str, Any] = {
        f"{kind}AccountDescription": printable(provider.name),
        f"{kind}HostName": parts.hostname,
        f"{kind}Port": parts.port or 443,
        f"{kind}UseSSL": True,
    }
    if parts.path.strip("/"):
        keys[f"{kind}PrincipalURL"] = parts.path
    if mailbox:
        keys[f"{kind}Username"] = printable(provider.login(mailbox.address))
    return keys
