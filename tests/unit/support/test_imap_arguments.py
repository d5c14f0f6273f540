# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import FolderRules
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_request
from ansible_collections.mailops.migration.plugins.module_utils.sync.limits import Limits
from ansible_collections.mailops.migration.plugins.module_utils.sync.request import SyncRequest

from tests.unit.support.arguments import params, side, validated


def request(**arguments: Any) -> SyncRequest:
    return sync_request(params(**arguments), check=False)


def source(**options: Any) -> Endpoint:
    return request(source=side(**options)).source


def refusal(**arguments: Any) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as error:
        request(**arguments)
    return error.value


def test_least_arguments_make_a_request_with_the_defaults() -> None:
    login = Endpoint("imap.example", "jo", "secret")
    assert request() == SyncRequest("jo@example.net", login, login, "/state")


def test_every_option_of_a_side_reaches_its_endpoint() -> None:
    options = {
        "port": 1143,
        "encryption": "starttls",
        "auth": "plain",
        "authorization_id": "boss",
        "validate_certs": False,
        "ca_file": "/ca.pem",
        "timeout": 5,
    }
    expected = Endpoint(
        "imap.example",
        "jo",
        "secret",
        port=1143,
        encryption="starttls",
        auth="plain",
        authorization_id="boss",
        validate_certs=False,
        ca_file="/ca.pem",
        timeout=5.0,
    )
    assert source(**options) == request(destination=side(**options)).destination == expected


def test_every_other_option_reaches_the_request() -> None:
    found = request(
        include_trash=True,
        include_junk=True,
        folders={"include": ["a"], "exclude": ["b", "c"], "rename": {"d": "e"}},
        limits={
            "connections": 4,
            "server_connections": 9,
            "messages_per_second": 2.5,
            "bytes_per_day": 7,
            "deadline": "2026-03-01T06:00:00+01:00",
        },
        accepted=["ABCD"],
        recopy=True,
        merge=True,
        source=side(alias="shop"),
    )
    assert found.rules == FolderRules(True, True, ("a",), ("b", "c"), (("d", "e"),))
    assert found.limits == Limits(4, 9, 2.5, 7, 1772341200.0)
    assert (found.accepted, found.source_alias) == (frozenset({"abcd"}), "shop")
    assert found.recopy and found.merge


def test_check_mode_is_passed_on() -> None:
    assert sync_request(params(), check=True).check
    assert not request().check


@pytest.mark.parametrize(
    "password", [" edge spaces ", "{{ lookup('file', '/etc/passwd') }}", "a\\b\"c'd;e#f%g", "pässword"]
)
def test_password_is_taken_as_it_is(password: str) -> None:
    assert source(password=password).password == password


@pytest.mark.parametrize(
    "content, password",
    [
        (b"secret\n", "secret"),
        (b"secret", "secret"),
        (b"secret\r\n", "secret"),
        (b" two words \n", " two words "),
        (b"first\nsecond\n", "first\nsecond"),
        ("pässword\n".encode(), "pässword"),
        (b"", ""),
    ],
)
def test_password_file_is_read_without_its_last_line_end(tmp_path: Path, content: bytes, password: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    assert source(password_file=str(file)).password == password


def test_password_file_that_is_missing_is_named_with_its_option(tmp_path: Path) -> None:
    error = refusal(destination=side(password_file=str(tmp_path / "no")))
    assert error.where == "destination.password_file"
    assert error.what == f"the file {tmp_path / 'no'} cannot be read (No such file or directory)"


def test_password_file_of_another_encoding_is_refused_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_bytes(b"geheim\xe4")
    error = refusal(source=side(password_file=str(file)))
    assert "it is not UTF-8" in error.what
    assert "geheim" not in str(error)
    assert error.__cause__ is None and error.__suppress_context__


@pytest.mark.parametrize("deadline", ["tomorrow", "2026-03-01T06:00:00", "2026-03-01", "06:00"])
def test_deadline_without_zone_or_sense_is_refused(deadline: str) -> None:
    error = refusal(limits={"deadline": deadline})
    assert (error.where, error.what) == ("limits.deadline", f"{deadline!r} is not a point in time with its zone")


def test_deadline_in_utc_is_read() -> None:
    assert request(limits={"deadline": "1970-01-01T00:01:00Z"}).limits.deadline == 60.0


@pytest.mark.parametrize("connections", [-1])
def test_fewer_than_one_connection_is_refused(connections: int) -> None:
    assert refusal(limits={"connections": connections}).where == "limits.connections"


def test_home_of_the_user_may_be_written_as_a_tilde(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "password").write_text("secret\n")
    found = request(state_dir="~/state", source=side(password_file="~/password"))
    assert (found.state_dir, found.source.password) == (str(tmp_path / "state"), "secret")


@pytest.mark.parametrize(
    "arguments, words",
    [
        ({"source": side(password="p", password_file="/x")}, "mutually exclusive"),
        ({"source": {"host": "h", "username": "u"}}, "one of the following is required"),
        ({"source": {"username": "u", "password": "p"}}, "missing required arguments: host"),
        ({"source": side(encryption="ssl")}, "value of encryption must be one of"),
        ({"source": side(auth="ntlm")}, "value of auth must be one of"),
        ({"source": side(passwort="x")}, "passwort"),
        ({"limits": {"connections": "many"}}, "connections"),
    ],
)
def test_wrong_arguments_are_told_by_name(arguments: dict[str, Any], words: str) -> None:
    assert any(words in message for message in validated(**arguments).error_messages)


def test_passwords_of_both_sides_are_never_logged() -> None:
    result = validated(source=side(password="source secret"), destination=side(password="other secret"))
    assert {"source secret", "other secret"} <= result._no_log_values


def test_password_is_not_in_the_words_of_an_endpoint() -> None:
    assert "secret" not in repr(request()) and "secret" not in source().where()


@pytest.mark.parametrize("host, exchange", [("outlook.office365.com", True), ("imap.example", False)])
def test_source_at_microsoft_is_known_to_list_what_is_no_mail(host: str, exchange: bool) -> None:
    assert request(source=side(host=host)).rules.exchange is exchange
