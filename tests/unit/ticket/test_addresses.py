# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Addresses and server names as customers write them."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import (
    Server,
    address_key,
    parse_address,
    parse_domain,
    parse_port,
    parse_server,
)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("Anna.Muster@Example.COM", "Anna.Muster@example.com"),
        ("  anna@example.com\u00a0", "anna@example.com"),
        ("anna\u200b@example.com", "anna@example.com"),
        ("!a&b+c@example.com", "!a&b+c@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@bu\u0308cher.example", "anna@xn--bcher-kva.example"),
        ("anna@STRASSE.example", "anna@strasse.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("müller@example.com", "müller@example.com"),
    ],
)
def test_address_gets_a_canonical_domain_and_keeps_its_local_part(written: str, canonical: str) -> None:
    assert parse_address(written) == canonical


@pytest.mark.parametrize(
    "written",
    [
        "anna", "anna@", "@example.com", "anna@example", "an na@example.com", "anna@exa mple.com", "a..b@example.com",
        ".a@example.com", "\u201canna\u201d@example.com", "anna@-a.com", "anna@example.123", "a@b@example.com",
        "a@example..com",
        "Anna <anna@example.com>", f"{'a' * 65}@example.com", f"a@{'b' * 64}.com", "anna@exam_ple.com", "a\n@b.com",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(written: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_address(written)
    assert written not in str(refused.value)


def test_addresses_compare_without_case() -> None:
    assert address_key(parse_address("Anna@EXAMPLE.com")) == address_key(parse_address("anna@example.com"))


@pytest.mark.parametrize(
    ("written", "server"),
    [
        ("IMAP.Example.com", Server("imap.example.com")),
        ("imap://imap.example.com", Server("imap.example.com")),
        ("imaps://imap.example.com:1993/", Server("imap.example.com", 1993, True)),
        ("ssl:imap.example.com", Server("imap.example.com", None, True)),
        ("ssl://imap.example.com:993", Server("imap.example.com", 993, True)),
        ("imap.example.com:143", Server("imap.example.com", 143)),
        ("127.0.0.1:10993", Server("127.0.0.1", 10993)),
        ("::1", Server("::1")),
        ("[::1]:993", Server("::1", 993)),
        ("localhost", Server("localhost")),
    ],
)
def test_server_loses_scheme_and_keeps_port(written: str, server: Server) -> None:
    assert parse_server(written) == server


@pytest.mark.parametrize("written", ["imap example com", "imap.example.com:99999", "", "http://x/y", "a@example.com"])
def test_what_is_no_server_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse_server(written)


@pytest.mark.parametrize("written", ["0", "65536", "99x", "-1", "9.9E+2", "٣"])
def test_port_out_of_range_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        parse_port(written)


def test_domain_loses_its_final_dot() -> None:
    assert parse_domain("Example.COM.") == "example.com"
