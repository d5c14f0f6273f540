# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one guard for libraries that are not in Python's standard library."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from ansible.module_utils.basic import AnsibleModule, missing_required_lib


@dataclass(frozen=True)
class Library:
    """What pip calls the library, and what it is needed for (the end of "This is required …")."""

    package: str
    reason: str


# By the name under which it is imported.
LIBRARIES: Mapping[str, Library] = {
    "imapclient": Library("imapclient", "to talk to IMAP servers"),
    "dns": Library("dnspython", "to look up DNS records"),
    "bcrypt": Library("bcrypt", "to hash passwords with the scheme BLF-CRYPT"),
    "argon2": Library("argon2-cffi", "to hash passwords with the scheme ARGON2ID"),
    "msal": Library("msal", "for oauth with the client credentials of a Microsoft tenant"),
    "google.oauth2.service_account": Library("google-auth", "for oauth with a Google service account"),
    "cryptography": Library("cryptography", "to sign manifests and to check their signatures"),
    "requests": Library("requests", "to talk to mailcow, CardDAV and CalDAV servers"),
    "lxml": Library("lxml", "to read what CardDAV and CalDAV servers answer"),
    "icalendar": Library("icalendar", "to read calendars"),
    "vobject": Library("vobject", "to say why a server does not take an entry"),
    "jinja2": Library("jinja2", "to write messages by templates"),
}


def missing_text(*names: str) -> str:
    """What to tell the user about those libraries (import names) that cannot be imported; empty if none."""
    return " ".join(
        missing_required_lib(LIBRARIES[name].package, reason=LIBRARIES[name].reason)
        for name in names
        if not _importable(name)
    )


def require(module: AnsibleModule, *names: str) -> None:
    """Return when all libraries ``names`` (import names) are there; fail the module otherwise."""
    text = missing_text(*names)
    if text:
        module.fail_json(msg=text)


def _importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
