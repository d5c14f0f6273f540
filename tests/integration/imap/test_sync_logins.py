# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logins and TLS: what works, and what is refused with a remedy and without showing the password."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.sync import engine

from tests.support.certificates import Authority, session_authority
from tests.support.dovecot import MASTER_PASSWORD, PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER, DovecotShape
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import hide_capabilities
from tests.support.sync_runner import Migration, Result, counts

SPEC = MailboxSpec((make_folder(("INBOX",), 2, "logins"),))
WRONG = "wr0ng-$ecret"


@pytest.fixture
def filled(migration: Migration) -> Migration:
    migration.fill(SPEC)
    return migration


def run_with(migration: Migration, side: str, encryption: str = "none", **changes: Any) -> Result:
    """One pass with one side's connection changed."""
    server = migration.source if side == "source" else migration.destination
    changed: dict[str, Any] = {side: {**server.endpoint(migration.user, encryption), **changes}}
    return migration.attempt(**changed)


def assert_refused(migration: Migration, result: Result, *words: str) -> None:
    """Nothing was done, the words are in the message, and the password is not."""
    assert result["failed"] and not result["changed"]
    assert all(word in result["msg"] for word in words), result["msg"]
    assert WRONG not in json.dumps(result)
    assert not migration.at_destination().get("INBOX")


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("auth", ["login", "plain"])
def test_wrong_password_is_refused_with_a_remedy(filled: Migration, side: str, auth: str) -> None:
    result = run_with(filled, side, password=WRONG, auth=auth)

    assert_refused(filled, result, filled.user, "refuses the login", "Check user name and password")


@pytest.mark.parametrize("password", ["Größe€ 漢字", 'quo"te\\ $HOME %d {{ x }}', " edge spaces ", "p" * 200])
@pytest.mark.parametrize("auth", ["login", "plain"])
def test_password_of_any_characters_works(filled: Migration, password: str, auth: str) -> None:
    filled.source.set_password(filled.user, password)

    assert counts(run_with(filled, "source", password=password, auth=auth)) == {"copied": 2}


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_encrypted_connections_work_on_both_sides(filled: Migration, encryption: str) -> None:
    result = filled.run(source=filled.source.endpoint(filled.user, encryption),
                        destination=filled.destination.endpoint(filled.user, encryption))

    assert counts(result) == {"copied": 2}


def test_stripped_starttls_is_refused_before_the_password_goes_out(filled: Migration) -> None:
    with FaultProxy(("127.0.0.1", filled.source.place.imap_port), rewrites=[hide_capabilities("STARTTLS")]) as proxy:
        result = run_with(filled, "source", "starttls", port=proxy.port, password=WRONG)

        assert proxy.traffic.commands["LOGIN"] + proxy.traffic.commands["AUTHENTICATE"] == 0
    assert_refused(filled, result, "STARTTLS")


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_certificate_of_an_unknown_authority_is_refused(filled: Migration, tmp_path: Path, encryption: str) -> None:
    stranger = Authority.create(tmp_path)

    result = run_with(filled, "source", encryption, ca_file=str(stranger.ca_file), password=WRONG)

    assert_refused(filled, result, "certificate", "ca_file")


@pytest.mark.parametrize(("name", "how"), [
    ("expired", {"days": -1}), ("elsewhere", {"hosts": "DNS:imap.elsewhere.example"}),
])
def test_certificate_that_is_expired_or_another_server_s_is_refused(
    migration: Migration, name: str, how: dict[str, Any]
) -> None:
    with DovecotServer(DovecotShape(fsync="never"), session_authority().issue(name, **how)) as server:
        bad = Migration(server, migration.destination, migration.user, migration.state_dir)
        bad.fill(SPEC)

        assert_refused(bad, run_with(bad, "source", "tls", password=WRONG), "certificate")
        assert counts(run_with(bad, "source", "tls", validate_certs=False)) == {"copied": 2}


def test_ca_file_that_is_not_there_is_named(filled: Migration) -> None:
    result = run_with(filled, "source", "tls", ca_file="/nonexistent/ca.pem", password=WRONG)

    assert_refused(filled, result, "/nonexistent/ca.pem")


@pytest.mark.parametrize("login", [
    {"username_form": "{user}*" + MASTER, "auth": "login"},
    {"username_form": "{user}*" + MASTER, "auth": "plain"},
    {"username_form": MASTER, "auth": "plain", "authorization": True},
])
def test_master_user_logs_in_for_the_mailbox(filled: Migration, login: dict[str, Any]) -> None:
    options = {"username": login["username_form"].format(user=filled.user), "password": MASTER_PASSWORD,
               "auth": login["auth"]}
    if login.get("authorization"):
        options["authorization_id"] = filled.user

    assert counts(run_with(filled, "destination", **options)) == {"copied": 2}
    assert filled.at_destination() == filled.expected(SPEC)


def test_password_comes_from_a_file_without_its_last_line_end(filled: Migration, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    endpoint = filled.source.endpoint(filled.user, "none")
    del endpoint["password"]

    assert counts(filled.run(source={**endpoint, "password_file": str(file)})) == {"copied": 2}


def test_password_file_that_is_not_there_is_named(filled: Migration) -> None:
    endpoint = filled.source.endpoint(filled.user, "none")
    del endpoint["password"]

    result = filled.run(source={**endpoint, "password_file": "/nonexistent/password"})

    assert_refused(filled, result, "/nonexistent/password")


@pytest.mark.parametrize("options", [{"port": 1}, {"host": "no-such-host.invalid"}])
def test_server_that_is_not_there_is_named(
    filled: Migration, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    monkeypatch.setattr(engine, "ATTEMPTS", 2)

    result = run_with(filled, "source", password=WRONG, **options)

    assert_refused(filled, result, str(next(iter(options.values()))))
