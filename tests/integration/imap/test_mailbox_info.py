# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""imap_mailbox_info on real servers: what it tells is what the server holds."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.info_task import info_spec, run_info

from tests.support import oracle
from tests.support.dovecot import DovecotServer, free_ports
from tests.support.dovecot_config import BARE, DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder

Result = dict[str, Any]
SPEC = MailboxSpec(
    (
        make_folder(("INBOX",), 5, "info"),
        make_folder(("Gesendete Elemente",), 2, "info"),
        make_folder(("Projects", "Müller"), 3, "info"),
        make_folder(("Trash",), 4, "info"),
        FolderSpec(("Empty",), subscribed=False),
    )
)


def look(source: dict[str, Any], **changes: Any) -> Result:
    checked = ArgumentSpecValidator(info_spec()).validate({"source": source, **changes})
    assert not checked.error_messages, checked.error_messages
    return run_info(checked.validated_parameters, check=False)


def folder(result: Result, name: str) -> dict[str, Any]:
    (found,) = [each for each in result["folders"] if each["name"] == name]
    return found


def true_size(server: DovecotServer, user: str, name: str) -> int:
    return sum(message.size for message in oracle.read_mailbox(server, user)[name])


def test_folders_are_told_with_what_they_hold_and_whether_they_move(
    source_server: DovecotServer, mailbox_name: str
) -> None:
    fill_maildir(source_server, mailbox_name, SPEC)
    before = oracle.snapshot(source_server, mailbox_name)

    result = look(source_server.endpoint(mailbox_name), folders={"exclude": ["Empty"]})

    assert oracle.snapshot(source_server, mailbox_name) == before
    assert result["login"] == {"ok": True, "error": "", "reason": "", "remedy": ""}
    assert "IMAP4REV1" in result["capabilities"]
    assert result["folders"][0]["name"] == "INBOX"
    messages = {each["name"]: each["messages"] for each in result["folders"] if each["selectable"]}
    assert messages == {"INBOX": 5, "Gesendete Elemente": 2, "Projects/Müller": 3, "Trash": 4, "Empty": 0}
    roles = {each["name"]: each["role"] for each in result["folders"] if each["role"]}
    assert roles == {"INBOX": "inbox", "Gesendete Elemente": "sent", "Trash": "trash"}
    assert {each["name"] for each in result["folders"] if each["selectable"] and not each["migrated"]} == {
        "Trash",
        "Empty",
    }
    assert "include_trash" in folder(result, "Trash")["reason"]
    assert folder(result, "Trash")["special_use"] == "\\trash"
    assert (folder(result, "INBOX")["subscribed"], folder(result, "Empty")["subscribed"]) == (True, False)
    assert (result["totals"]["messages"], result["totals"]["migrated_messages"]) == (14, 10)
    assert (result["totals"]["size"], folder(result, "INBOX")["size"], result["quota"]) == (None, None, None)


@pytest.fixture(scope="module")
def bare_server() -> Any:
    """A server with nothing but IMAP4rev1, so that sizes are to be added up."""
    with DovecotServer(DovecotShape(capabilities=BARE, fsync="never")) as server:
        yield server


def test_sizes_are_the_same_with_and_without_status_size(
    source_server: DovecotServer, bare_server: DovecotServer, mailbox_name: str
) -> None:
    for server, offers in ((source_server, True), (bare_server, False)):
        fill_maildir(server, mailbox_name, SPEC)

        result = look(server.endpoint(mailbox_name, "none"), sizes=True, include_trash=True)

        assert ("STATUS=SIZE" in result["capabilities"]) is offers
        assert folder(result, "INBOX")["size"] == true_size(server, mailbox_name, "INBOX")
        assert folder(result, "Empty")["size"] == 0
        expected = sum(true_size(server, mailbox_name, name) for name in ("INBOX", "Gesendete Elemente", "Trash"))
        expected += true_size(server, mailbox_name, "Projects/Müller")
        assert result["totals"]["size"] == result["totals"]["migrated_size"] == expected
        assert result["totals"]["excluded_size"] == 0


def test_quota_is_told_in_octets(mailbox_name: str) -> None:
    with DovecotServer(DovecotShape(quota="10M", fsync="never")) as server:
        server.save(mailbox_name, "INBOX", b"Subject: x\r\n\r\n" + b"y" * 50_000)

        quota = look(server.endpoint(mailbox_name))["quota"]

    assert quota["limit"] == 10 * 1024 * 1024
    assert 50_000 <= quota["used"] < 52_000


def test_refused_login_says_why_and_what_to_do(source_server: DovecotServer, mailbox_name: str) -> None:
    result = look({**source_server.endpoint(mailbox_name), "password": "wrong-one"})

    assert result["failed"]
    assert (result["login"]["ok"], result["login"]["error"]) == (False, "login_refused")
    assert "refuses the login" in result["login"]["reason"]
    assert "Check user name and password" in result["login"]["remedy"]
    assert result["folders"] == []
    assert "wrong-one" not in str(result)


def test_certificate_that_is_not_trusted_is_told_apart_from_a_server_that_is_not_there(
    source_server: DovecotServer, mailbox_name: str
) -> None:
    untrusted = {key: value for key, value in source_server.endpoint(mailbox_name).items() if key != "ca_file"}
    (closed,) = free_ports(1)

    assert look(untrusted)["login"]["error"] == "tls_failed"
    assert look({**untrusted, "port": closed})["login"]["error"] == "connection_lost"


def test_password_file_that_cannot_be_read_is_told(source_server: DovecotServer, mailbox_name: str) -> None:
    source = source_server.endpoint(mailbox_name)
    del source["password"]

    result = look({**source, "password_file": "/nonexistent/password"})

    assert result["login"]["error"] == "configuration_error"
    assert "/nonexistent/password" in result["msg"]
