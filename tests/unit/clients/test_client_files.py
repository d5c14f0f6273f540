# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a customer sets up mail programs with: each format as its readers want it, whatever people are called."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import dns.zone
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.clients.files import setup_files
from ansible_collections.mailops.migration.plugins.module_utils.clients.page import Agreed
from ansible_collections.mailops.migration.plugins.module_utils.clients.provider import Mailbox, safe_name
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES, Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

SCHEMAS = Path(__file__).parents[2] / "support" / "schemas"
AUTOCONFIG = etree.RelaxNG(etree.parse(SCHEMAS / "config-v1.1.rng"))
AUTODISCOVER = etree.XMLSchema(etree.parse(SCHEMAS / "autodiscover.xsd"))
INNER = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
EVIL = "'\"<b>&amp;]]>{{ 6 * 7 }}\n../../etc/passwd\u202e\0%EMAILADDRESS%"

PROVIDER: dict[str, Any] = {
    "name": "Example & Söhne",
    "servers": [
        {"protocol": "imap", "host": "imap.provider.example"},
        {"protocol": "smtp", "host": "smtp.provider.example"},
        {"protocol": "smtp", "host": "smtp.provider.example", "encryption": "starttls"},
        {"protocol": "pop3", "host": "pop.provider.example", "port": 1995},
    ],
    "carddav": "https://dav.provider.example/",
    "caldav": "https://dav.provider.example:8443/dav/",
    "webmail": "https://webmail.{domain}/",
    "support": {"name": "The Team", "mail": "support@provider.example", "phone": None, "web": None},
}


AS_ALWAYS = Agreed()


def files(*mailboxes: Mailbox, language: str = "en", agreed: Agreed = AS_ALWAYS, **changes: Any) -> dict[str, bytes]:
    return setup_files({**PROVIDER, **changes}, ["example.com"], mailboxes, agreed, Texts(language))


def of(made: dict[str, bytes], address: str) -> dict[str, bytes]:
    start = f"example.com/mailboxes/{safe_name(address)}/"
    return {name.removeprefix(start): data for name, data in made.items() if name.startswith(start)}


ANNA = Mailbox("Anna@example.com", "Anna Example")
DOMAIN = "example.com/"


def test_autoconfig_keeps_to_its_schema_and_names_servers_in_the_order_of_the_provider() -> None:
    made = files(ANNA)
    for data in (made[DOMAIN + "mail/config-v1.1.xml"], of(made, ANNA.address)["config-v1.1.xml"]):
        AUTOCONFIG.assertValid(etree.fromstring(data))
    root = etree.fromstring(made[DOMAIN + "mail/config-v1.1.xml"])
    assert [(s.get("type"), s.findtext("port"), s.findtext("socketType")) for s in root.iter("outgoingServer")] == [
        ("smtp", "465", "SSL"), ("smtp", "587", "STARTTLS"),
    ]  # fmt: skip
    assert [s.findtext("hostname") for s in root.iter("incomingServer")] == [
        "imap.provider.example", "pop.provider.example",
    ]  # fmt: skip
    assert {s.text for s in root.iter("username")} == {"%EMAILADDRESS%"}
    assert root.findtext("calendar/url") == "https://dav.provider.example:8443/dav/"
    own = etree.fromstring(of(made, ANNA.address)["config-v1.1.xml"])
    assert {s.text for s in own.iter("username")} == {"Anna@example.com"}


def test_autodiscover_keeps_to_its_schema_and_has_one_server_of_each_kind() -> None:
    made = files(ANNA)
    for data in (made[DOMAIN + "autodiscover/autodiscover.xml"], of(made, ANNA.address)["autodiscover.xml"]):
        AUTODISCOVER.assertValid(etree.fromstring(data))
    root = etree.fromstring(of(made, ANNA.address)["autodiscover.xml"])
    names = ("Type", "Server", "Port", "Encryption", "LoginName")
    assert [tuple(p.findtext(INNER + name) for name in names) for p in root.iter(INNER + "Protocol")] == [
        ("IMAP", "imap.provider.example", "993", "SSL", "Anna@example.com"),
        ("POP3", "pop.provider.example", "1995", "SSL", "Anna@example.com"),
        ("SMTP", "smtp.provider.example", "465", "SSL", "Anna@example.com"),
    ]
    assert root.find(f".//{INNER}DisplayName").text == "Anna Example"


def test_apple_profile_has_mail_contacts_and_calendars_and_no_password() -> None:
    profile = plistlib.loads(of(files(ANNA), ANNA.address)["email.mobileconfig"])
    mail, contacts, calendars = profile["PayloadContent"]
    assert mail["PayloadType"] == "com.apple.mail.managed"
    assert (mail["IncomingMailServerHostName"], mail["IncomingMailServerPortNumber"]) == ("imap.provider.example", 993)
    assert (mail["OutgoingMailServerHostName"], mail["OutgoingMailServerPortNumber"]) == ("smtp.provider.example", 465)
    assert (mail["EmailAddress"], mail["EmailAccountName"]) == ("Anna@example.com", "Anna Example")
    assert mail["IncomingMailServerUsername"] == mail["OutgoingMailServerUsername"] == "Anna@example.com"
    assert (contacts["PayloadType"], contacts["CardDAVPort"]) == ("com.apple.carddav.account", 443)
    assert (calendars["CalDAVPort"], calendars["CalDAVPrincipalURL"]) == (8443, "/dav/")
    assert {key for part in profile["PayloadContent"] for key in part if key.endswith("Password")} == {
        "OutgoingPasswordSameAsIncomingPassword"
    }


def test_apple_profiles_of_a_mailbox_are_the_same_each_time_and_those_of_others_are_not() -> None:
    def marks(mailbox: Mailbox) -> list[str]:
        profile = plistlib.loads(of(files(mailbox), mailbox.address)["email.mobileconfig"])
        return [part["PayloadUUID"] for part in (profile, *profile["PayloadContent"])]

    bert = Mailbox("bert@example.com")
    assert marks(ANNA) == marks(Mailbox(ANNA.address, "A new name"))
    assert len({*marks(ANNA), *marks(bert)}) == 8
    assert all(UUID(mark).version == 5 for mark in marks(ANNA))


def test_apple_profile_of_a_domain_leaves_it_to_the_device_to_ask_who_it_is_for() -> None:
    mail = plistlib.loads(files()[DOMAIN + "email.mobileconfig"])["PayloadContent"][0]
    assert not {"EmailAddress", "IncomingMailServerUsername", "OutgoingMailServerUsername"} & set(mail)


def test_dns_says_what_is_there_and_what_is_not() -> None:
    lines = files()[DOMAIN + "dns.txt"].decode().splitlines()
    assert lines == [
        "_imaps._tcp.example.com. 3600 IN SRV 0 1 993 imap.provider.example.",
        "_submissions._tcp.example.com. 3600 IN SRV 0 1 465 smtp.provider.example.",
        "_submission._tcp.example.com. 3600 IN SRV 0 1 587 smtp.provider.example.",
        "_pop3s._tcp.example.com. 3600 IN SRV 0 1 1995 pop.provider.example.",
        "_imap._tcp.example.com. 3600 IN SRV 0 0 0 .",
        "_pop3._tcp.example.com. 3600 IN SRV 0 0 0 .",
        "_carddavs._tcp.example.com. 3600 IN SRV 0 1 443 dav.provider.example.",
        "_caldavs._tcp.example.com. 3600 IN SRV 0 1 8443 dav.provider.example.",
        '_caldavs._tcp.example.com. 3600 IN TXT "path=/dav/"',
    ]


def test_zone_takes_the_dns_lines() -> None:
    lines = files()[DOMAIN + "dns.txt"].decode()
    zone = dns.zone.from_text(lines, origin="example.com.", check_origin=False)
    assert len(list(zone.iterate_rdatas())) == len(lines.splitlines())


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["The golden rule: do not edit", "Choose Options, then Export Rules.", "then Import Rules.",
                "First make a backup", "more than 10,000 messages", "Archive.Leads.2023", "Trash and Spam were not"]),
        ("de", ["Die goldene Regel: Ändern Sie nicht", "dann Regeln exportieren.", "dann Regeln importieren.",
                "Sichern Sie zuerst", "mehr als 10.000 Nachrichten", "Archive.Kunden.2023", "Papierkorb und Spam"]),
    ],
)  # fmt: skip
def test_page_has_servers_and_all_that_the_service_promises_to_tell(language: str, said: Sequence[str]) -> None:
    page = of(files(ANNA, language=language), ANNA.address)["setup.html"].decode()
    for text in (*said, "imap.provider.example", "993", "SSL/TLS", "STARTTLS", "https://webmail.example.com/",
                 "Example &amp; Söhne", "Anna@example.com", "support@provider.example"):  # fmt: skip
        assert text in page, text
    assert f'<html lang="{language}">' in page


def test_page_says_what_was_agreed_of_trash_spam_and_archive() -> None:
    def page(agreed: Agreed) -> str:
        return files(agreed=agreed)[DOMAIN + "setup.md"].decode()

    assert "Your Trash was, as agreed" in page(Agreed(trash=True))
    assert "Spam was, as agreed" in page(Agreed(junk=True))
    assert "Trash and Spam were transferred" in page(Agreed(trash=True, junk=True))
    assert "Archive" not in page(Agreed(threshold=0))


def test_local_part_is_the_user_name_where_the_provider_says_so() -> None:
    made = files(ANNA, username="local_part")
    assert b"<username>%EMAILLOCALPART%</username>" in made[DOMAIN + "mail/config-v1.1.xml"]
    assert b"<LoginName>Anna</LoginName>" in of(made, ANNA.address)["autodiscover.xml"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_addresses_and_names_stay_text_and_never_make_a_path(language: str) -> None:
    mailboxes = [Mailbox(f"{EVIL}@example.com", EVIL), Mailbox("../../../x@example.com"), Mailbox("/etc/x@example.com"),
                 Mailbox(".@example.com"), Mailbox("Ä@example.com"), Mailbox("ä@example.com")]  # fmt: skip
    made = files(*mailboxes, language=language, name=EVIL)
    assert all(re.fullmatch(r"[a-z0-9@_+.-]+(/[a-z0-9@_+.-]+)*", name, re.ASCII) and ".." not in name for name in made)
    assert all(not part.startswith(".") for name in made for part in name.split("/"))
    own = of(made, mailboxes[0].address)
    AUTOCONFIG.assertValid(etree.fromstring(own["config-v1.1.xml"]))
    AUTODISCOVER.assertValid(etree.fromstring(own["autodiscover.xml"]))
    assert "<b>" in plistlib.loads(own["email.mobileconfig"])["PayloadContent"][0]["EmailAccountName"]
    page = own["setup.html"].decode()
    assert "<b>" not in page and "&lt;b&gt;" in page and "\u202e" not in page and "{{ 6 * 7 }}" in page


@given(text=st.text(max_size=150), other=st.text(max_size=150))
def test_safe_names_are_parts_of_a_path_and_no_two_texts_share_one(text: str, other: str) -> None:
    assert re.fullmatch(r"[a-z0-9@_+-][a-z0-9@_+.-]*", safe_name(text))
    assert ".." not in safe_name(text)
    same = text.strip().lower() == other.strip().lower()
    assert (safe_name(text) == safe_name(other)) is same


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"servers": PROVIDER["servers"][1:]}, "no server has the protocol imap"),
        ({"servers": [{"protocol": "imap", "host": "imap example"}]}, "'imap example' is no server name"),
        ({"carddav": "http://dav.example/"}, "is no address that programs can use"),
        ({"carddav": "https://user:pass@dav.example/"}, "is no address that programs can use"),
        ({"caldav": "https://dav.example:99999/"}, "is no address that programs can use"),
    ],
)
def test_provider_that_programs_could_not_use_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(why)):
        files(**changes)


def test_domain_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is no domain"):
        setup_files(PROVIDER, ["example.com\n_x 1 IN A 192.0.2.1"], (), Agreed(), Texts("en"))
