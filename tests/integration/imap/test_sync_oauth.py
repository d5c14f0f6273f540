# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""OAuth2 logins against a real Dovecot that asks a token endpoint, with tokens that run out in the middle of a pass."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import token_server as endpoint
from tests.support.certificates import Authority, session_authority
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Fault, Say, at_command
from tests.support.sync_runner import Migration, Result, counts, filled
from tests.support.token_server import CLIENT_ID, CLIENT_SECRET, TENANT, TokenServer, dovecot_passdb

SPEC = MailboxSpec((make_folder(("INBOX",), 2, "oauth"),))
FOLDERS = MailboxSpec(tuple(make_folder((f"Folder {number}",), 3, f"oauth {number}") for number in range(6)))
EXPIRED = b"* BYE Session invalidated - AccessTokenExpired\r\n"
# How long the tokens are good that run out in mid-run, in seconds; the server ends the session when one has.
LIFETIME = 2.0
TOKEN_RUNS_OUT = Say(untagged=EXPIRED, after=LIFETIME + 0.1)


@pytest.fixture(scope="module")
def service() -> Iterator[TokenServer]:
    with TokenServer().serving() as server:
        yield server


@pytest.fixture(scope="module")
def oauth_source(service: TokenServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DovecotServer]:
    """A Dovecot that takes tokens of the endpoint."""
    folder = tmp_path_factory.mktemp("passdb")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    with DovecotServer(DovecotShape(fsync="never", extra=dovecot_passdb(service.url, folder))) as server:
        yield server


@pytest.fixture
def tokens(service: TokenServer) -> TokenServer:
    """The endpoint as it is at the beginning."""
    url = service.url
    service.revoke_access()
    fresh = TokenServer()
    for name in ("lifetime", "told_lifetime", "account", "rotate", "refresh_tokens", "service_keys", "certificate",
                 "trouble", "good_for", "asked", "introspected", "found_inactive", "forms"):
        setattr(service, name, getattr(fresh, name))
    service.url = url
    return service


@pytest.fixture
def migration(oauth_source: DovecotServer, destination_server: DovecotServer, mailbox_name: str, tmp_path: Path,
              tokens: TokenServer) -> Migration:
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    tokens.account = mailbox_name
    tokens.refresh_tokens["the-refresh-token"] = mailbox_name
    return Migration(oauth_source, destination_server, mailbox_name, state)


def by_token(migration: Migration, auth: str = "xoauth2", **options: Any) -> dict[str, Any]:
    """The source's options; ``oauth`` or ``password`` come with ``options``."""
    side = {**migration.source.endpoint(migration.user, "none"), "auth": auth, **options}
    if "password" not in options:
        del side["password"]
    return side


def refresh(tokens: TokenServer, **changes: Any) -> dict[str, Any]:
    return {"grant": "refresh_token", "token_url": f"{tokens.url}/token", "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET, "refresh_token": "the-refresh-token",
            "ca_file": str(session_authority().ca_file), **changes}


def microsoft(tokens: TokenServer, **changes: Any) -> dict[str, Any]:
    return {"grant": "client_credentials", "tenant": TENANT, "authority": tokens.url, "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET, "ca_file": str(session_authority().ca_file), **changes}


def service_account(tokens: TokenServer, folder: Path) -> dict[str, Any]:
    """A key as Google's console makes it, known to the endpoint."""
    private, public = key_pair(folder)
    key = folder / "key.json"
    key.write_text(json.dumps({
        "type": "service_account", "client_email": "mover@project.iam.example", "private_key_id": "1",
        "private_key": private, "token_uri": f"{tokens.url}/token", "client_id": "117", "project_id": "project",
    }))
    tokens.service_keys["mover@project.iam.example"] = public
    return {"grant": "service_account", "key_file": str(key), "ca_file": str(session_authority().ca_file)}


def key_pair(folder: Path) -> tuple[str, str]:
    private, public = folder / "private.pem", folder / "public.pem"
    run_openssl("genrsa", "-out", str(private), "2048")
    run_openssl("rsa", "-in", str(private), "-pubout", "-out", str(public))
    return private.read_text(), public.read_text()


def run_openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_token_that_was_given_opens_the_mailbox(migration: Migration, tokens: TokenServer, auth: str) -> None:
    migration.fill(SPEC)

    result = migration.attempt(source=by_token(migration, auth, password=tokens.issue(migration.user)))

    assert counts(result) == {"copied": 2}
    assert migration.at_destination() == migration.expected(SPEC)


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_token_that_is_too_old_is_refused_with_a_remedy_and_not_shown(
    migration: Migration, tokens: TokenServer, auth: str
) -> None:
    token = tokens.issue(migration.user, lifetime=-1)

    result = migration.attempt(source=by_token(migration, auth, password=token))

    assert_failed(result, "refuses the login", "give oauth")
    assert token not in json.dumps(result)
    assert tokens.introspected == 1


@pytest.mark.parametrize("auth", ["xoauth2", "oauthbearer"])
def test_one_token_serves_all_connections(migration: Migration, tokens: TokenServer, auth: str) -> None:
    migration.fill(FOLDERS)

    result = migration.attempt(source=by_token(migration, auth, oauth=refresh(tokens)), limits={"connections": 4})

    assert counts(result) == {"copied": 18}
    assert tokens.introspected > 1
    assert tokens.asked == {"refresh_token": 1}


def test_refresh_token_may_stand_as_the_password(migration: Migration, tokens: TokenServer, tmp_path: Path) -> None:
    migration.fill(SPEC)
    secret = tmp_path / "secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    oauth = refresh(tokens, client_secret_file=str(secret))
    del oauth["refresh_token"], oauth["client_secret"]

    assert counts(migration.attempt(source=by_token(migration, password="the-refresh-token", oauth=oauth))) == {
        "copied": 2
    }


@pytest.mark.parametrize(("told", "rotate"), [("the truth", False), ("an hour", True)])
def test_token_that_runs_out_in_the_middle_is_renewed_and_nothing_doubled(
    migration: Migration, tokens: TokenServer, told: str, rotate: bool
) -> None:
    """The server ends the session as Microsoft's does. Where the client knows the time it asks before it is refused."""
    migration.fill(FOLDERS)
    tokens.lifetime, tokens.rotate = LIFETIME, rotate
    tokens.told_lifetime = 3600.0 if told == "an hour" else None
    ends = [Fault(at_command("UID FETCH", number), TOKEN_RUNS_OUT) for number in (4, 9)]
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), *ends) as proxy:
        result = migration.attempt(source=by_token(migration, oauth=refresh(tokens), port=proxy.port))

        assert len(proxy.script.fired) == 2
    assert result["complete"] and not result["failures"]
    assert filled(migration.at_destination()) == migration.expected(FOLDERS)
    assert tokens.asked["refresh_token"] == 3
    assert tokens.found_inactive == (2 if told == "an hour" else 0)


def test_refresh_token_that_is_replaced_is_told_and_not_shown(migration: Migration, tokens: TokenServer) -> None:
    migration.fill(SPEC)
    tokens.rotate = True

    result = migration.run(source=by_token(migration, oauth=refresh(tokens)))

    [warning] = result["warnings"]
    assert warning.startswith("source: the provider has given a new refresh token") and "sign in once more" in warning
    [new] = tokens.refresh_tokens
    assert new not in json.dumps(result) and "the-refresh-token" not in json.dumps(result)


def test_refresh_token_that_is_replaced_is_kept_in_its_file(migration: Migration, tokens: TokenServer) -> None:
    migration.fill(SPEC)
    tokens.rotate = True
    file = migration.state_dir.parent / "token"
    file.write_text("the-refresh-token\n")
    oauth = refresh(tokens, refresh_token_file=str(file))
    del oauth["refresh_token"]
    side = by_token(migration, oauth=oauth)

    first, second = migration.run(source=side), migration.run(source=side)

    assert (counts(first), counts(second), first["warnings"], second["warnings"]) == (
        {"copied": 2}, {"already_there": 2}, [], [])
    assert [file.read_text().strip()] == list(tokens.refresh_tokens)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.parent.glob(".refresh-token-*")] == []


def test_refresh_token_revoked_in_the_middle_ends_the_pass_and_another_goes_on(
    migration: Migration, tokens: TokenServer
) -> None:
    migration.fill(FOLDERS)
    tokens.lifetime, tokens.good_for = LIFETIME, 1
    end = Fault(at_command("UID FETCH", 9), TOKEN_RUNS_OUT)
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), end) as proxy:
        revoked = migration.attempt(source=by_token(migration, oauth=refresh(tokens), port=proxy.port))

    assert revoked["failed"] and "invalid_grant" in revoked["msg"] and "Sign in once more" in revoked["msg"]
    assert "the-refresh-token" not in json.dumps(revoked)
    assert tokens.asked == {"refresh_token": 2}
    assert 0 < revoked["counts"]["copied"] < 18
    tokens.good_for = 1
    again = migration.attempt(source=by_token(migration, oauth=refresh(tokens)))
    assert again["complete"] and not again["failures"]
    assert filled(migration.at_destination()) == migration.expected(FOLDERS)


def test_revoked_refresh_token_is_tried_once_only(migration: Migration, tokens: TokenServer) -> None:
    tokens.refresh_tokens.clear()

    result = migration.attempt(source=by_token(migration, oauth=refresh(tokens)))

    assert_failed(result, "invalid_grant", "Sign in once more")
    assert "the-refresh-token" not in json.dumps(result)
    assert tokens.asked == {"refresh_token": 1} and tokens.introspected == 0


def test_fresh_token_that_the_server_refuses_is_replaced_once_only(migration: Migration, tokens: TokenServer) -> None:
    tokens.refresh_tokens["the-refresh-token"] = "somebody-else@example.com"

    result = migration.attempt(source=by_token(migration, oauth=refresh(tokens)))

    assert_failed(result, "refuses the login", "check user name and scope")
    assert tokens.asked == {"refresh_token": 2}
    assert tokens.introspected == 2


def test_service_account_acts_for_the_mailbox(migration: Migration, tokens: TokenServer, tmp_path: Path) -> None:
    migration.fill(SPEC)

    result = migration.attempt(source=by_token(migration, oauth=service_account(tokens, tmp_path)))

    assert counts(result) == {"copied": 2}
    assert tokens.asked == {endpoint.JWT_GRANT: 1}


def test_service_account_without_delegation_is_refused_with_a_remedy(
    migration: Migration, tokens: TokenServer, tmp_path: Path
) -> None:
    oauth = service_account(tokens, tmp_path)
    (tmp_path / "other").mkdir()
    tokens.service_keys["mover@project.iam.example"] = key_pair(tmp_path / "other")[1]

    result = migration.attempt(source=by_token(migration, oauth=oauth))

    assert_failed(result, "unauthorized_client", "domain-wide delegation")
    assert "PRIVATE KEY" not in json.dumps(result)


def test_key_file_of_something_else_is_refused(migration: Migration, tokens: TokenServer, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text('{"installed": {"client_secret": "$ecret"}}')

    result = migration.attempt(source=by_token(migration, oauth={"grant": "service_account", "key_file": str(key)}))

    assert_failed(result, "not the key of a service account")
    assert "$ecret" not in json.dumps(result)


def test_client_credentials_of_a_microsoft_tenant_open_the_mailbox(migration: Migration, tokens: TokenServer) -> None:
    migration.fill(SPEC)

    assert counts(migration.attempt(source=by_token(migration, oauth=microsoft(tokens)))) == {"copied": 2}
    assert tokens.asked == {"client_credentials": 1}
    assert tokens.forms[0]["scope"] == "https://outlook.office365.com/.default"


def test_certificate_stands_for_the_client_secret(migration: Migration, tokens: TokenServer, tmp_path: Path) -> None:
    migration.fill(SPEC)
    private, tokens.certificate = key_pair(tmp_path)
    run_openssl("req", "-x509", "-key", str(tmp_path / "private.pem"), "-subj", "/CN=mover", "-out",
                str(tmp_path / "certificate.pem"))
    both = tmp_path / "both.pem"
    both.write_text((tmp_path / "certificate.pem").read_text() + private)
    oauth = microsoft(tokens, certificate_file=str(both))
    del oauth["client_secret"]

    assert counts(migration.attempt(source=by_token(migration, oauth=oauth))) == {"copied": 2}
    assert "client_assertion" in tokens.forms[0] and "client_secret" not in tokens.forms[0]


@pytest.mark.parametrize("changes", [{"client_secret": "wr0ng-$ecret"}, {"tenant": "no-such.example"}])
def test_client_that_the_tenant_does_not_know_is_refused_with_a_remedy(
    migration: Migration, tokens: TokenServer, changes: dict[str, str]
) -> None:
    result = migration.attempt(source=by_token(migration, oauth=microsoft(tokens, **changes)))

    assert_failed(result, "tenant")
    assert "wr0ng-$ecret" not in json.dumps(result)


def test_client_credentials_of_another_endpoint_open_the_mailbox(migration: Migration, tokens: TokenServer) -> None:
    migration.fill(SPEC)
    oauth = refresh(tokens, grant="client_credentials")
    del oauth["refresh_token"]

    assert counts(migration.attempt(source=by_token(migration, oauth=oauth))) == {"copied": 2}


def test_secrets_go_to_no_endpoint_that_cannot_be_verified(
    migration: Migration, tokens: TokenServer, tmp_path: Path
) -> None:
    stranger = Authority.create(tmp_path)

    for changes in ({"ca_file": str(stranger.ca_file)}, {"token_url": tokens.url.replace("https:", "http:")}):
        result = migration.attempt(source=by_token(migration, oauth=refresh(tokens, **changes)))

        assert_failed(result, "token endpoint")
    assert tokens.forms == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_secrets_follow_no_redirect(migration: Migration, tokens: TokenServer, status: int) -> None:
    tokens.trouble.append((status, {}, {"Location": f"{tokens.url}/token"}))

    result = migration.attempt(source=by_token(migration, oauth=refresh(tokens)))

    assert_failed(result, f"status {status}", "token_url")
    assert tokens.forms == []


@pytest.mark.parametrize("trouble", [
    (429, {"error": "slow_down"}, {"Retry-After": "1"}), (503, {}, {}), (400, {"error": "temporarily_unavailable"}, {}),
])
def test_endpoint_that_is_busy_is_asked_again(
    migration: Migration, tokens: TokenServer, trouble: tuple[int, dict[str, Any], dict[str, str]]
) -> None:
    migration.fill(SPEC)
    tokens.trouble.append(trouble)

    assert counts(migration.attempt(source=by_token(migration, oauth=refresh(tokens)))) == {"copied": 2}


def assert_failed(result: Result, *words: str) -> None:
    assert result["failed"] and not result["changed"]
    assert all(word in result["msg"] for word in words), result["msg"]
    assert CLIENT_SECRET not in json.dumps(result)
