# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import builtins
import re

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    PasswordScheme,
    hash_password,
    hash_passwords,
    hash_problem,
    matches,
    password_problem,
)
from hypothesis import given, settings
from hypothesis import strategies as st

BCRYPT = PasswordScheme("BLF-CRYPT", 4)
ARGON2 = PasswordScheme("ARGON2ID", 1)


def test_default_is_what_doveadm_uses():
    stored = hash_password("geheim", PasswordScheme())
    assert re.fullmatch(r"\{BLF-CRYPT\}\$2y\$05\$[./A-Za-z0-9]{53}", stored)


def test_argon2id_is_written_with_its_parameters():
    assert hash_password("geheim", ARGON2).startswith("{ARGON2ID}$argon2id$v=19$m=65536,t=1,p=1$")


@settings(max_examples=15, deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=18))
def test_hash_matches_its_password_only(password):
    stored = hash_password(password, BCRYPT)
    assert matches(password, stored)
    assert not matches(password + "x", stored)


def test_argon2id_matches_its_password_only():
    stored = hash_password("größer", ARGON2)
    assert matches("größer", stored)
    assert not matches("kleiner", stored)


def test_equal_passwords_get_different_hashes():
    hashes = hash_passwords({"a": "same", "b": "same"}, BCRYPT)
    assert hashes["a"] != hashes["b"]
    assert all(matches("same", stored) for stored in hashes.values())


@pytest.mark.parametrize(
    "stored", ["", "plain", "{PLAIN}geheim", "{BLF-CRYPT}short", "{ARGON2ID}broken", "{SHA512-CRYPT}x"]
)
def test_stored_text_that_cannot_be_checked_does_not_match(stored):
    assert not matches("geheim", stored)


def test_bcrypt_limit_counts_bytes():
    assert password_problem("a" * 72, BCRYPT) == ""
    assert "73 bytes" in password_problem("a" * 71 + "ü", BCRYPT)


def test_argon2id_takes_long_passwords():
    assert password_problem("a" * 200, ARGON2) == ""


@pytest.mark.parametrize(("password", "reason"), [("", "no password"), ("geheim\0", "NUL"), ("geheim\ud800", "UTF-8")])
def test_unusable_passwords_are_findings_that_do_not_show_them(password, reason):
    problem = password_problem(password, BCRYPT)
    assert reason in problem
    assert "geheim" not in problem


@pytest.mark.parametrize(
    "stored",
    [
        "{PLAIN}geheim",
        "{CLEARTEXT}geheim",
        "{BLFCRYPT}$2y$05$x",
        "geheim",
        "{SSHA}",
        "{BLF-CRYPT}$2y$05$cut",
        "{MD5} a b",
    ],
)
def test_readable_unknown_or_cut_hashes_are_findings(stored):
    problem = hash_problem(stored)
    assert problem
    assert "geheim" not in problem


@pytest.mark.parametrize("stored", ["{BLF-CRYPT}$2b$12$" + "a" * 53, "{SHA512-CRYPT}$6$salt$hash", "{SSHA.HEX}0a0b"])
def test_hashes_of_other_makers_are_taken(stored):
    assert hash_problem(stored) == ""


@pytest.mark.parametrize(("name", "cost"), [("BLF-CRYPT", 3), ("BLF-CRYPT", 32), ("ARGON2ID", 0), ("PLAIN", 5)])
def test_scheme_that_cannot_be_used_is_refused(name, cost):
    with pytest.raises(ConfigurationError):
        PasswordScheme(name, cost)


def test_missing_library_is_named_with_the_way_out(monkeypatch):
    original = builtins.__import__

    def without_bcrypt(name, *arguments):
        if name == "bcrypt":
            raise ImportError(name)
        return original(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_bcrypt)
    with pytest.raises(ConfigurationError, match="pip install bcrypt"):
        hash_password("geheim", BCRYPT)
