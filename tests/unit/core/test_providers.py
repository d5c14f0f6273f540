# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.providers import provider_of


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("imap.gmail.com", "gmail"),
        ("IMAP.GoogleMail.com", "gmail"),
        ("imap.gmail.com.", "gmail"),
        ("outlook.office365.com", "microsoft365"),
        ("eur03.imap.outlook.com", "microsoft365"),
        ("apple.imap.mail.yahoo.com", "yahoo"),
        ("export.imap.mail.yahoo.com", "yahoo"),
        ("p42-imap.mail.me.com", "icloud"),
        ("pro1.mail.ovh.net", "ovh_pro"),
        ("ssl0.ovh.net", "ovh"),
        ("imappro.zoho.eu", "zoho_pro"),
        ("notgmail.com", ""),
        ("imap.gmail.com.attacker.example", ""),
        ("mail.example.com", ""),
        ("", ""),
    ],
)
def test_provider_is_known_by_its_hosts_and_what_lies_below_them(host: str, provider: str) -> None:
    assert provider_of(host) == provider
