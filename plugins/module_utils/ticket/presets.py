# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of the providers that customers come from: defaults that a ticket overrides, never facts in logic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ansible_collections.mailops.migration.plugins.module_utils.core.providers import provider_of
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Auth, Encryption


@dataclass(frozen=True)
class Preset:
    """A source provider.

    :param host: may hold ``{domain}``, the domain of the mailbox at the source.
    :param login: what the provider takes as user name when the customer gives none.
    :param other_login: what is tried once where that is refused.
    :param connections: at the same time for one account. :param bytes_per_day: read from one account in 24 hours.
    """

    host: str
    port: int = 993
    encryption: Encryption = "tls"
    auth: Auth = "login"
    login: Literal["address", "local_part"] = "address"
    other_login: Literal["", "address"] = ""
    connections: int | None = None
    bytes_per_day: int | None = None
    password: str = ""

    def lanes(self) -> int | None:
        """With how many connections a mailbox is worked on, None for the usual number.

        At most half of what the provider allows an account, for its owner's programs need the others; and few, for the
        destination has a limit too (Dovecot's ``mail_max_userip_connections`` is 10).
        """
        return min(_LANES, max(self.connections // 2, 1)) if self.connections else None


_LANES = 4
_APP = "an app password"
_TOKEN = "an OAuth2 access token"

PRESETS: dict[str, Preset] = {
    "gmail": Preset("imap.gmail.com", connections=15, bytes_per_day=2_500_000_000, password=_APP),
    "microsoft365": Preset("outlook.office365.com", auth="xoauth2", connections=10, password=_TOKEN),
    "yahoo": Preset("imap.mail.yahoo.com", connections=5, password=_APP),
    "aol": Preset("imap.aol.com", connections=5, password=_APP),
    "att": Preset("imap.mail.att.net", connections=5, password=_APP),
    "icloud": Preset("imap.mail.me.com", login="local_part", other_login="address", password=_APP),
    "gmx": Preset("imap.gmx.net"),
    "webde": Preset("imap.web.de", login="local_part"),
    "ionos": Preset("imap.ionos.com"),
    "ovh": Preset("ssl0.ovh.net"),
    "ovh_pro": Preset("pro1.mail.ovh.net"),
    "zoho": Preset("imap.zoho.com", password=_APP),
    "zoho_eu": Preset("imap.zoho.eu", password=_APP),
    "zoho_pro": Preset("imappro.zoho.com", password=_APP),
    "rackspace": Preset("secure.emailsrvr.com", connections=16),
    "godaddy": Preset("imap.secureserver.net"),
    "titan": Preset("imap.titan.email"),
    "fastmail": Preset("imap.fastmail.com", password=_APP),
    "yandex": Preset("imap.yandex.com", password=_APP),
    "free": Preset("imap.free.fr", login="local_part"),
    "orange": Preset("imap.orange.fr"),
    "laposte": Preset("imap.laposte.net", login="local_part"),
    "sfr": Preset("imap.sfr.fr"),
    "strato": Preset("imap.strato.de"),
    "tonline": Preset("secureimap.t-online.de"),
    "hetzner": Preset("mail.your-server.de"),
    "libero": Preset("imapmail.libero.it"),
    "aruba_pec": Preset("imaps.pec.aruba.it"),
    "tim": Preset("imap.tim.it", port=143, encryption="starttls"),
    "cpanel": Preset("mail.{domain}", connections=10),
    "plesk": Preset("mail.{domain}", connections=10),
    "directadmin": Preset("mail.{domain}", connections=10),
}

_NOTHING_KNOWN = Preset("")


def preset_of_host(host: str) -> Preset:
    """Return what is known of a server, or a preset without opinions."""
    return PRESETS.get(provider_of(host), _NOTHING_KNOWN)


def is_google(host: str) -> bool:
    """Google shows its app passwords in groups of four; the spaces between them are no part of them."""
    return provider_of(host) == "gmail"
