# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The provider's template becomes the records of one domain."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import dkim_record, expected_records

from tests.unit.dns.makers import DOMAIN, KEY

TEMPLATE = {
    "mx": ["10 MX1.platform.example.", "20 mx2.platform.example"],
    "spf": ["include:spf.platform.example"],
    "dkim": [{"selector": "S1", "key": KEY}, {"selector": "s2", "cname": "s2.dkim.platform.example."}],
    "dmarc": "v=DMARC1; p=none; rua=mailto:dmarc@{domain}",
    "webmail": "webmail.platform.example",
    "srv": {"imaps": "imap.platform.example:993", "pop3s": ".", "autodiscover": "{domain}.ad.platform.example:443"},
    "mta_sts": {"host": "mta-sts.platform.example", "id": "1"},
    "tls_rpt": "mailto:tls@platform.example",
    "absent": ["autoconfig"],
}


def test_template_becomes_records_with_the_domain_in_its_texts() -> None:
    found = {(row.kind.value, row.name, row.type): row.values for row in expected_records(DOMAIN, TEMPLATE)}
    assert found == {
        ("mx", DOMAIN, "MX"): ("10 mx1.platform.example", "20 mx2.platform.example"),
        ("spf", DOMAIN, "TXT"): ("~all", "include:spf.platform.example"),
        ("dkim", f"s1._domainkey.{DOMAIN}", "TXT"): (f"v=DKIM1; k=ed25519; p={KEY}",),
        ("dkim", f"s2._domainkey.{DOMAIN}", "CNAME"): ("s2.dkim.platform.example",),
        ("dmarc", f"_dmarc.{DOMAIN}", "TXT"): (f"v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}",),
        ("webmail", f"webmail.{DOMAIN}", "CNAME"): ("webmail.platform.example",),
        ("srv", f"_imaps._tcp.{DOMAIN}", "SRV"): ("0 1 993 imap.platform.example",),
        ("srv", f"_pop3s._tcp.{DOMAIN}", "SRV"): ("0 0 0 .",),
        ("autodiscover", f"_autodiscover._tcp.{DOMAIN}", "SRV"): (f"0 1 443 {DOMAIN}.ad.platform.example",),
        ("mta_sts", f"_mta-sts.{DOMAIN}", "TXT"): ("v=STSv1; id=1",),
        ("mta_sts", f"mta-sts.{DOMAIN}", "CNAME"): ("mta-sts.platform.example",),
        ("tls_rpt", f"_smtp._tls.{DOMAIN}", "TXT"): ("v=TLSRPTv1; rua=mailto:tls@platform.example",),
        ("autoconfig", f"autoconfig.{DOMAIN}", "CNAME"): (),
    }


@pytest.mark.parametrize("template", [{}, {"mx": None, "dmarc": None, "srv": None, "mta_sts": None}])
def test_what_is_not_named_is_not_expected(template: dict[str, Any]) -> None:
    assert expected_records(DOMAIN, template) == ()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"mx": ["mx.platform.example"]}, "10 mx.platform.example"),
        ({"srv": {"imaps": "imap.platform.example"}}, "imap.platform.example:993"),
        ({"dkim": [{"selector": "s"}]}, "key_file or cname"),
        ({"autoconfig": "host.example", "absent": ["autoconfig"]}, "absent"),
    ],
)
def test_template_that_cannot_be_read_says_how_to_write_it(template: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=r".") as caught:
        expected_records(DOMAIN, template)
    assert words in caught.value.text()


@pytest.mark.parametrize(
    ("given", "record"),
    [
        (KEY, f"v=DKIM1; k=ed25519; p={KEY}"),
        ("MIIB" * 50, f"v=DKIM1; k=rsa; p={'MIIB' * 50}"),
        ("-----BEGIN PUBLIC KEY-----\nMIIB\nMIIC\n-----END PUBLIC KEY-----\n", "v=DKIM1; k=rsa; p=MIIBMIIC"),
        ("v=DKIM1;  k=rsa; p=MIIB", "v=DKIM1; k=rsa; p=MIIB"),
        ("p=MIIB", "p=MIIB"),
        (
            'mailops._domainkey IN TXT ( "v=DKIM1; h=sha256; k=rsa; "\n\t"p=MIIB"\n\t"MIIC" )  ; ----- DKIM key',
            "v=DKIM1; h=sha256; k=rsa; p=MIIBMIIC",
        ),
    ],
)
def test_dkim_key_is_taken_however_it_is_written(given: str, record: str) -> None:
    assert dkim_record(given) == record
