# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The option ``oauth`` of a side: what it takes, what it needs, and what is never shown of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.oauth.grants import OAuth
from ansible_collections.mailops.migration.plugins.module_utils.support import endpoint_arguments
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_request

from tests.unit.support.arguments import params, validated

REFRESH = {"grant": "refresh_token", "client_id": "app", "refresh_token": "r-secret"}
MICROSOFT = {"grant": "client_credentials", "client_id": "app", "tenant": "x.example", "client_secret": "s-secret"}
GOOGLE = {"grant": "service_account", "key": '{"private_key": "k-secret"}'}


def less(oauth: dict[str, Any], name: str, **more: Any) -> dict[str, Any]:
    """The settings without one and with others."""
    return {key: value for key, value in {**oauth, **more}.items() if key != name}


def with_oauth(oauth: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"host": "imap.gmail.com", "username": "jo@example.com", "auth": "xoauth2", "oauth": oauth, **options}


def grant_of(monkeypatch: pytest.MonkeyPatch, side: dict[str, Any]) -> OAuth:
    """The settings of the grant that the arguments make."""
    made: list[OAuth] = []
    monkeypatch.setattr(endpoint_arguments, "fetcher", lambda oauth, refresh_token: made.append(oauth))
    sync_request(params(source=side), check=False)
    return made[0]


def test_refresh_token_goes_to_the_provider_s_own_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    found = grant_of(monkeypatch, with_oauth(REFRESH))
    assert (found.token_url, found.refresh_token) == ("https://oauth2.googleapis.com/token", "r-secret")
    other = grant_of(monkeypatch, with_oauth({**REFRESH, "token_url": "https://x.example/token"}))
    assert other.token_url == "https://x.example/token"


def test_subject_of_a_service_account_is_the_user_name_unless_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert grant_of(monkeypatch, with_oauth(GOOGLE)).subject == "jo@example.com"
    assert grant_of(monkeypatch, with_oauth({**GOOGLE, "subject": "ann@example.com"})).subject == "ann@example.com"


def test_secrets_are_read_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("\ufeffs-secret\n")
    oauth = less(MICROSOFT, "client_secret", client_secret_file=str(file))
    assert grant_of(monkeypatch, with_oauth(oauth)).client_secret == "s-secret"


@pytest.mark.parametrize(
    ("oauth", "words"),
    [
        ({"grant": "refresh_token"}, "client_id"),
        (less(MICROSOFT, "tenant"), "tenant, token_url"),
        (less(MICROSOFT, "client_secret"), "client_secret_file"),
        ({**MICROSOFT, "certificate_file": "/x"}, "mutually exclusive"),
        ({**MICROSOFT, "token_url": "https://x.example/"}, "mutually exclusive"),
        ({"grant": "service_account"}, "key_file"),
        ({"grant": "password"}, "grant"),
        ({**REFRESH, "cliend_secret": "x"}, "cliend_secret"),
    ],
)
def test_wrong_oauth_is_told_by_name(oauth: dict[str, Any], words: str) -> None:
    errors = validated(source=with_oauth(oauth)).error_messages
    assert any(words in message for message in errors), errors


@pytest.mark.parametrize(
    ("side", "words"),
    [
        (with_oauth(REFRESH, auth="login"), "auth is login"),
        (with_oauth(REFRESH, host="imap.x.example"), "token_url is missing"),
        (with_oauth({"grant": "refresh_token", "client_id": "app"}), "refresh_token is missing"),
        (with_oauth(less(REFRESH, "refresh_token", refresh_token_file="/nonexistent")), "/nonexistent"),
    ],
)
def test_oauth_that_cannot_work_is_refused(side: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        sync_request(params(source=side), check=False)
    assert words in str(error.value) and error.value.where.startswith("source")


@pytest.mark.parametrize(
    ("oauth", "module", "package"),
    [(MICROSOFT, "msal", "msal"), (GOOGLE, "google.oauth2.service_account", "google-auth")],
)
def test_missing_library_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, oauth: dict[str, Any], module: str, package: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=f"({package})"):
        sync_request(params(source=with_oauth(oauth)), check=False)


def test_refresh_tokens_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("msal", "google.oauth2.service_account"):
        monkeypatch.setitem(sys.modules, module, None)
    assert sync_request(params(source=with_oauth(REFRESH)), check=False).source.tokens is not None


@pytest.mark.parametrize(
    ("oauth", "secret"),
    [(REFRESH, "r-secret"), (MICROSOFT, "s-secret"), (GOOGLE, '{"private_key": "k-secret"}'),
     (less(MICROSOFT, "client_secret", certificate="c-secret"), "c-secret")],
)  # fmt: skip
def test_secrets_of_oauth_are_never_logged(oauth: dict[str, Any], secret: str) -> None:
    assert secret in validated(source=with_oauth(oauth))._no_log_values
    assert "secret" not in repr(OAuth(**oauth))
