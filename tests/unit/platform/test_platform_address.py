# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import (
    can_log_in,
    domain_name,
    mailbox_address,
)


def test_addresses_are_lowercased_and_trimmed():
    assert mailbox_address(" Anna.Example@Example.COM ") == "anna.example@example.com"


def test_international_domain_becomes_its_ascii_form():
    assert mailbox_address("info@müller.example") == "info@xn--mller-kva.example"


def test_final_dot_of_a_domain_is_dropped():
    assert domain_name("example.com.") == "example.com"


@pytest.mark.parametrize("text", ["info@straße.example", "info@βόλος.example"])
def test_domain_that_two_standards_read_differently_is_refused(text):
    with pytest.raises(ConfigurationError, match="two ways"):
        mailbox_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "anna", "@example.com", "anna@", "anna@example", "anna@exa_mple.com", "anna@-example.com", "anna@a..com",
        "an na@example.com", ".anna@example.com", "an..na@example.com", "a" * 65 + "@example.com", "änna@example.com",
        "anna@" + "a" * 64 + ".com", "a\nb@example.com", "anna@example.com\nx",
    ],
)  # fmt: skip
def test_text_that_is_no_mailbox_address_is_refused(text):
    with pytest.raises(ConfigurationError):
        mailbox_address(text)


@pytest.mark.parametrize(
    "text", ["../../x@example.com", "anna/.x@example.com", "anna*migrate@example.com", "%d@example.com"]
)
def test_characters_with_a_meaning_in_paths_and_logins_are_refused(text):
    with pytest.raises(ConfigurationError, match="before the @"):
        mailbox_address(text)


def test_apostrophe_is_an_address_but_no_login_by_default():
    assert mailbox_address("o'brien@example.com") == "o'brien@example.com"
    assert not can_log_in("o'brien@example.com")
    assert can_log_in("anna.b_c-d@example.com")
