# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""source_discovery_info with a real name server and a real IMAP server: who is asked with a password, what is found."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.discovery_task import (
    discovery_spec,
    run_discovery,
)

from tests.support.dovecot import DovecotServer
from tests.support.knot import KnotServer

SECRET = "a secret & more"


@pytest.fixture
def domain() -> str:
    return f"d{uuid.uuid4().hex[:8]}.example"


@pytest.fixture
def names(domain: str, source_server: DovecotServer) -> Iterator[KnotServer]:
    """A name server on which the domain names ``localhost``, where the session's IMAP server is."""
    port = source_server.endpoint("x")["port"]
    with KnotServer({domain: [("_imaps._tcp", "SRV", f"0 0 {port} localhost.")]}) as server:
        yield server


def look(names: KnotServer, source_server: DovecotServer, *rows: dict[str, str], **changes: Any) -> dict[str, Any]:
    given = {
        "mailboxes": list(rows),
        "nameservers": [f"127.0.0.1:{names.server.port}"],
        "ca_file": source_server.endpoint("x")["ca_file"],
        **changes,
    }
    checked = ArgumentSpecValidator(discovery_spec()).validate(given)
    assert not checked.error_messages, checked.error_messages
    return run_discovery(checked.validated_parameters, lambda _url: b"")


def test_a_stranger_sees_no_password_without_the_operators_word(
    domain: str, names: KnotServer, source_server: DovecotServer
) -> None:
    row = {"email": f"anna@{domain}", "password": SECRET}
    source_server.set_password(row["email"], SECRET)
    unasked = look(names, source_server, row)
    (one,) = unasked["domains"][0]["proposals"]
    assert (unasked["domains"][0]["server"], one["trust"], one["tried"]) == ("", "other", False)
    assert "no password went there" in one["reason"]
    assert "trusted_hosts" in one["remedy"]

    found = look(names, source_server, row, trusted_hosts=["LOCALHOST"])
    port = source_server.endpoint("x")["port"]
    assert found["domains"][0]["server"] == f"imaps://localhost:{port}"
    assert found["lines"][0].startswith(f"{domain}: imaps://localhost:{port} takes the login (1 mailbox)")
    assert SECRET not in str(found) + str(unasked)


def test_a_wrong_password_is_told_and_another_mailbox_is_asked(
    domain: str, names: KnotServer, source_server: DovecotServer
) -> None:
    rows = [{"email": f"{name}@{domain}", "password": SECRET} for name in ("anna", "bert", "zoe")]
    for row in rows:
        source_server.set_password(row["email"], "another")
    refused = look(names, source_server, *rows, trusted_hosts=["localhost"])
    (one,) = refused["domains"][0]["proposals"]
    assert (one["tried"], one["good"], "refuses the login" in one["reason"]) == (True, False, True)
    source_server.set_password(rows[2]["email"], SECRET)
    assert look(names, source_server, *rows, trusted_hosts=["localhost"])["domains"][0]["server"] == ""
    source_server.set_password(rows[1]["email"], SECRET)
    assert look(names, source_server, *rows, trusted_hosts=["localhost"])["domains"][0]["server"]


def test_no_password_goes_to_a_server_whose_certificate_is_not_good(
    domain: str, names: KnotServer, source_server: DovecotServer
) -> None:
    row = {"email": f"anna@{domain}", "password": SECRET}
    source_server.set_password(row["email"], SECRET)
    told = look(names, source_server, row, trusted_hosts=["localhost"], ca_file=None)
    (one,) = told["domains"][0]["proposals"]
    assert (one["good"], "certificate" in one["reason"], told["domains"][0]["server"]) == (False, True, "")
