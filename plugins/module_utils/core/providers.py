# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which provider a server name belongs to."""

from __future__ import annotations

# Names of hosts; what lies below one of them belongs to it too, the longest name that fits decides.
HOSTS: dict[str, tuple[str, ...]] = {
    "gmail": ("imap.gmail.com", "imap.googlemail.com", "gmail.com", "googlemail.com"),
    "microsoft365": (
        "outlook.office365.com",
        "office365.com",
        "outlook.office.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "partner.outlook.cn",
    ),
    "yahoo": ("imap.mail.yahoo.com", "mail.yahoo.com", "imap.mail.yahoo.co.jp"),
    "aol": ("imap.aol.com", "aol.com"),
    "att": ("imap.mail.att.net", "att.net"),
    "icloud": ("imap.mail.me.com", "mail.me.com", "icloud.com"),
    "gmx": ("imap.gmx.net", "gmx.net", "imap.gmx.com", "gmx.com", "gmx.de"),
    "webde": ("imap.web.de", "web.de"),
    "ionos": (
        "imap.ionos.com",
        "ionos.com",
        "ionos.de",
        "ionos.co.uk",
        "ionos.fr",
        "ionos.es",
        "imap.1und1.de",
        "1und1.de",
    ),
    "ovh": ("ssl0.ovh.net", "imap.mail.ovh.net", "ns0.ovh.net"),
    "ovh_pro": ("pro1.mail.ovh.net", "pro2.mail.ovh.net", "pro3.mail.ovh.net"),
    "zoho": ("imap.zoho.com",),
    "zoho_eu": ("imap.zoho.eu",),
    "zoho_pro": ("imappro.zoho.com", "imappro.zoho.eu", "imappro.zoho.in"),
    "rackspace": ("secure.emailsrvr.com", "emailsrvr.com"),
    "godaddy": ("imap.secureserver.net", "secureserver.net"),
    "titan": ("imap.titan.email", "titan.email"),
    "fastmail": ("imap.fastmail.com", "fastmail.com", "messagingengine.com"),
    "yandex": ("imap.yandex.com", "imap.yandex.ru", "yandex.com", "yandex.ru", "yandex.net"),
    "free": ("imap.free.fr", "free.fr"),
    "orange": ("imap.orange.fr", "orange.fr"),
    "laposte": ("imap.laposte.net", "laposte.net"),
    "sfr": ("imap.sfr.fr", "sfr.fr"),
    "strato": ("imap.strato.de", "strato.de", "strato.com"),
    "tonline": ("secureimap.t-online.de", "t-online.de"),
    "hetzner": ("mail.your-server.de", "your-server.de"),
    "libero": ("imapmail.libero.it", "libero.it"),
    "aruba_pec": ("imaps.pec.aruba.it", "pec.aruba.it"),
    "tim": ("imap.tim.it", "tim.it"),
}

# Names of mail exchangers by whose provider mailboxes are read there; what lies below belongs to it, too.
EXCHANGERS: dict[str, str] = {
    "google.com": "gmail",
    "googlemail.com": "gmail",
    "mail.protection.outlook.com": "microsoft365",
    "mx.microsoft": "microsoft365",
    "kundenserver.de": "ionos",
    "mx.ionos.com": "ionos",
    "mx.ionos.de": "ionos",
    "mail.ovh.net": "ovh",
    "zoho.com": "zoho_pro",
    "zoho.eu": "zoho_pro",
    "emailsrvr.com": "rackspace",
    "secureserver.net": "godaddy",
    "titan.email": "titan",
    "messagingengine.com": "fastmail",
    "mx.yandex.net": "yandex",
    "rzone.de": "strato",
}

# Where refresh tokens are turned into access tokens.
TOKEN_URLS: dict[str, str] = {
    "gmail": "https://oauth2.googleapis.com/token",
    "microsoft365": "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    "yahoo": "https://api.login.yahoo.com/oauth2/get_token",
    "aol": "https://api.login.aol.com/oauth2/get_token",
    "fastmail": "https://api.fastmail.com/oauth/refresh",
}

_BY_HOST = {host: provider for provider, hosts in HOSTS.items() for host in hosts}


def provider_behind(exchanger: str) -> str:
    """Whose mailboxes a mail exchanger takes mail for, empty when it is nobody we know."""
    labels = exchanger.lower().rstrip(".").split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    return next((EXCHANGERS[name] for name in names if name in EXCHANGERS), "")


def provider_of(host: str) -> str:
    """The provider's name as ticket.yml knows it, empty for a server of nobody we know."""
    labels = host.lower().rstrip(".").split(".")
    names = (".".join(labels[start:]) for start in range(len(labels)))
    return next((_BY_HOST[name] for name in names if name in _BY_HOST), "")
