# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logins and TLS: what works, and what is refused with a remedy and without showing the password."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.master_login import master_login
from ansible_collections.mailops.migration.plugins.module_utils.sync import engine

from tests.support.certificates import Authority, session_authority
from tests.support.dovecot import MASTER_PASSWORD, PASSWORD, DovecotServer
from tests.support.dovecot_config import MASTER, DovecotShape
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import answer, hide_capabilities
from tests.support.sync_runner import Migration, Result, counts

SPEC = MailboxSpec((make_folder(("INBOX",), 2, "logins"),))
WRONG = "wr0ng-$ecret"
BAD_CERTIFICATES = [("expired", {"days": -1}), ("elsewhere", {"hosts": "DNS:imap.elsewhere.example"})]


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


@pytest.mark.parametrize("side", ["source", "destination"])
def test_stripped_starttls_is_refused_before_the_password_goes_out(filled: Migration, side: str) -> None:
    server = filled.source if side == "source" else filled.destination
    with FaultProxy(("127.0.0.1", server.place.imap_port), rewrites=[hide_capabilities("STARTTLS")]) as proxy:
        result = run_with(filled, side, "starttls", port=proxy.port, password=WRONG)

        assert proxy.traffic.commands["LOGIN"] + proxy.traffic.commands["AUTHENTICATE"] == 0
    assert_refused(filled, result, "STARTTLS")


@pytest.mark.parametrize("refusal", [b"NO not today", b"BAD unknown command"])
def test_refused_starttls_ends_the_connection_before_the_password_goes_out(filled: Migration, refusal: bytes) -> None:
    fault = answer(refusal, "STARTTLS")
    with FaultProxy(("127.0.0.1", filled.source.place.imap_port), fault) as proxy:
        result = run_with(filled, "source", "starttls", port=proxy.port, password=WRONG)

        assert proxy.traffic.commands["LOGIN"] + proxy.traffic.commands["AUTHENTICATE"] == 0
    assert_refused(filled, result, "STARTTLS")


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
def test_certificate_of_an_unknown_authority_is_refused(filled: Migration, tmp_path: Path, encryption: str) -> None:
    stranger = Authority.create(tmp_path)

    result = run_with(filled, "source", encryption, ca_file=str(stranger.ca_file), password=WRONG)

    assert_refused(filled, result, "certificate", "ca_file")


@pytest.fixture(scope="module", params=BAD_CERTIFICATES, ids=lambda param: param[0])
def badly_certified(request: pytest.FixtureRequest) -> Iterator[DovecotServer]:
    """A server whose certificate is expired, or another server's."""
    name, how = request.param
    with DovecotServer(DovecotShape(fsync="never"), session_authority().issue(name, **how)) as server:
        yield server


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_certificate_that_is_expired_or_another_server_s_is_refused(
    migration: Migration, badly_certified: DovecotServer, side: str, encryption: str
) -> None:
    bad = replace(migration, **{side: badly_certified})
    bad.fill(SPEC)

    assert_refused(bad, run_with(bad, side, encryption, password=WRONG), "certificate", "the password was not sent")
    assert counts(run_with(bad, side, encryption, validate_certs=False)) == {"copied": 2}


@pytest.mark.parametrize("encryption", ["tls", "starttls"])
@pytest.mark.parametrize("side", ["source", "destination"])
def test_certificate_that_only_our_own_authority_vouches_for_needs_its_file(
    filled: Migration, side: str, encryption: str
) -> None:
    """Without ``ca_file`` the system's authorities count, and they do not know it."""
    assert_refused(filled, run_with(filled, side, encryption, ca_file=None, password=WRONG), "certificate", "ca_file")
    assert counts(run_with(filled, side, encryption)) == {"copied": 2}


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


@pytest.fixture(scope="module")
def master_first_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DovecotServer]:
    """A server that wants the master user before the mailbox, behind a slash."""
    folder = tmp_path_factory.mktemp("master-first")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    database, settings = folder / "masters.sqlite", folder / "sql.conf.ext"
    subprocess.run(["sqlite3", str(database), "CREATE TABLE unused (x)"], check=True)
    settings.write_text(f"""
driver = sqlite
connect = {database}
password_query = SELECT substr('%u', {len(MASTER) + 2}) AS user, '{{PLAIN}}{MASTER_PASSWORD}' AS password \\
  WHERE '%u' LIKE '{MASTER}/%%'
""")
    extra = f"passdb {{\n  driver = sql\n  args = {settings}\n}}\n"
    with DovecotServer(DovecotShape(fsync="never", extra=extra)) as server:
        yield server


@pytest.mark.parametrize(("side", "auth"), [("source", "login"), ("destination", "plain")])
def test_master_user_may_stand_before_the_mailbox(
    migration: Migration, master_first_server: DovecotServer, side: str, auth: str
) -> None:
    through = replace(migration, **{side: master_first_server})
    through.fill(SPEC)
    login = master_login({"host": "unused", "master_user": MASTER, "master_password": MASTER_PASSWORD,
                          "master_login": "master_first"}, migration.user)

    result = run_with(through, side, username=login["username"], password=login["password"], auth=auth)

    assert counts(result) == {"copied": 2}
    assert through.at_destination() == through.expected(SPEC)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_password_comes_from_a_file_without_its_last_line_end(filled: Migration, tmp_path: Path, mark: str) -> None:
    file = tmp_path / "password"
    file.write_text(f"{mark}{PASSWORD}\n")
    endpoint = filled.source.endpoint(filled.user, "none")
    del endpoint["password"]

    assert counts(filled.run(source={**endpoint, "password_file": str(file)})) == {"copied": 2}


def test_password_file_that_is_not_there_is_named(filled: Migration) -> None:
    endpoint = filled.source.endpoint(filled.user, "none")
    del endpoint["password"]

    result = filled.run(source={**endpoint, "password_file": "/nonexistent/password"})

    assert_refused(filled, result, "/nonexistent/password")


@pytest.mark.parametrize("side", ["source", "destination"])
@pytest.mark.parametrize("options", [{"port": 1}, {"host": "no-such-host.invalid"}])
def test_server_that_is_not_there_is_named_soon(
    filled: Migration, monkeypatch: pytest.MonkeyPatch, side: str, options: dict[str, Any]
) -> None:
    pauses: list[int] = []
    monkeypatch.setattr(engine, "_pause", lambda error, failures, *unused: pauses.append(failures))

    result = run_with(filled, side, password=WRONG, **options)

    assert_refused(filled, result, str(next(iter(options.values()))))
    assert pauses == [1]


def test_password_that_the_server_repeats_later_is_not_in_the_result(filled: Migration) -> None:
    """Whatever a server answers goes into the result as its words."""
    echo = answer(f"NO {PASSWORD} is no folder".encode(), "EXAMINE")
    with FaultProxy(("127.0.0.1", filled.source.place.imap_port), echo) as proxy:
        result = filled.through(source=proxy).run()

    assert "*** is no folder" in result["failures"][0]["reason"]
    assert PASSWORD not in json.dumps(result)
