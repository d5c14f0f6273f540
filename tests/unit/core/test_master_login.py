# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The destination is entered by the provider's master login, in one of three forms."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.master_login import master_login

SIDE = {"host": "imap.example", "master_user": "migrate", "master_password": "s3cret"}


def test_master_user_follows_the_address_after_the_separator() -> None:
    assert master_login(SIDE, "anna@example.com") == {
        "host": "imap.example", "username": "anna@example.com*migrate", "password": "s3cret"
    }  # fmt: skip
    assert master_login({**SIDE, "master_separator": "+"}, "a@b.c")["username"] == "a@b.c+migrate"


def test_master_user_may_come_first() -> None:
    first = {**SIDE, "master_login": "master_first"}
    assert master_login(first, "a@b.c")["username"] == "migrate/a@b.c"
    assert master_login({**first, "master_separator": "\\"}, "a@b.c")["username"] == "migrate\\a@b.c"


def test_authzid_logs_in_as_master_and_acts_for_the_address() -> None:
    login = master_login({**SIDE, "master_login": "authzid"}, "anna@example.com")
    assert (login["auth"], login["username"], login["authorization_id"]) == ("plain", "migrate", "anna@example.com")


def test_connection_options_are_passed_on_and_the_password_file_too() -> None:
    side = {"host": "h", "port": 1143, "encryption": "starttls", "ca_file": "/ca.pem", "validate_certs": False,
            "master_user": "m", "master_password_file": "/secret"}  # fmt: skip
    login = master_login(side, "a@b.c")
    assert {name: login[name] for name in ("port", "encryption", "ca_file", "validate_certs", "password_file")} == {
        "port": 1143, "encryption": "starttls", "ca_file": "/ca.pem", "validate_certs": False,
        "password_file": "/secret",
    }  # fmt: skip
    assert "password" not in login


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": None}, "host is missing"),
        ({"master_user": ""}, "master_user is missing"),
        ({"master_password": None}, "either master_password or master_password_file"),
        ({"master_password_file": "/x"}, "either master_password or master_password_file"),
        ({"master_login": "magic"}, "master_login is unknown"),
        ({"password": "customer's"}, "the unknown key password"),
    ],
)
def test_incomplete_login_is_refused_with_a_remedy_and_without_the_secret(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        master_login({**SIDE, **changes}, "a@b.c")
    assert said in caught.value.what
    assert caught.value.remedy
    assert "s3cret" not in caught.value.text()
