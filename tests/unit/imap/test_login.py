# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Logins octet by octet, against servers that say what a test tells them to."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    ConnectionLost,
    LoginRefused,
    MigrationError,
    Throttled,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.connection import connect
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint

from tests.unit.imap.scripted import TIMEOUT, Peer, _served

SECRET = "s3cret-pa$$"


def log_in(script: Callable[[Peer], None], *capabilities: str, **options: Any) -> None:
    """Connect to a server that offers ``capabilities`` and then follows ``script``."""

    def serve(peer: Peer) -> None:
        words = " ".join(("IMAP4rev1", *capabilities)).encode()
        peer.say(b"* OK ready\r\n")
        peer.answer(b"CAPABILITY", b"* CAPABILITY " + words)
        script(peer)
        peer.farewell()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        values = {"username": "jo", "password": SECRET, **options}
        with _served(listener, serve):
            connect(Endpoint("127.0.0.1", port=port, encryption="none", timeout=TIMEOUT, **values)).close()


def accept(peer: Peer, command: bytes) -> None:
    tag = peer.expect(command)
    peer.say(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")


def refuse(answer: bytes) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        tag = peer.line().partition(b" ")[0]
        peer.say(answer.replace(b"TAG", tag))

    return script


def challenge(peer: Peer, mechanism: bytes, request: bytes = b"+ \r\n") -> tuple[bytes, bytes]:
    """Tag and response of a SASL exchange."""
    tag = peer.expect(b"AUTHENTICATE " + mechanism)
    peer.say(request)
    return tag, base64.b64decode(peer.line())


@pytest.mark.parametrize(
    ("username", "password", "sent"),
    [
        ("jo", SECRET, b'LOGIN "jo" "s3cret-pa$$"'),
        ("DOMAIN\\jo doe", 'a"b\\c', b'LOGIN "DOMAIN\\\\jo doe" "a\\"b\\\\c"'),
        ("jo) LOGOUT", "{3}", b'LOGIN "jo) LOGOUT" "{3}"'),
        ("jo", "", b'LOGIN "jo" ""'),
    ],
)
def test_user_name_and_password_are_quoted(username: str, password: str, sent: bytes) -> None:
    log_in(lambda peer: accept(peer, sent), username=username, password=password)


def test_password_beyond_ascii_goes_by_plain_where_it_is_offered() -> None:
    def script(peer: Peer) -> None:
        tag, response = challenge(peer, b"PLAIN", b"+ go on, please\r\n")
        assert response == "\0jo\0Größe".encode()
        peer.say(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")

    log_in(script, "AUTH=PLAIN", password="Größe")


def test_password_beyond_ascii_goes_as_literal_where_plain_is_not_offered() -> None:
    def script(peer: Peer) -> None:
        tag = peer.expect(b'LOGIN "jo" {7}')
        peer.say(b"+ go on\r\n")
        assert peer.read(9) == "Größe\r\n".encode()
        peer.say(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")

    log_in(script, password="Größe")


def test_master_user_acts_for_the_mailbox_by_plain() -> None:
    def script(peer: Peer) -> None:
        tag, response = challenge(peer, b"PLAIN")
        assert response == b"anna@example.com\0jo\0s3cret-pa$$"
        peer.say(tag + b" OK [CAPABILITY IMAP4rev1] in\r\n")

    log_in(script, "AUTH=PLAIN", auth="plain", authorization_id="anna@example.com")


@pytest.mark.parametrize(("auth", "reply"), [("xoauth2", b""), ("oauthbearer", b"AQ==")])
def test_refused_token_is_answered_by_protocol_and_its_reason_told(auth: str, reply: bytes) -> None:
    reason = base64.b64encode(json.dumps({"status": "400", "scope": "https://mail/", "token": SECRET}).encode())

    def script(peer: Peer) -> None:
        tag, response = challenge(peer, auth.upper().encode())
        assert b"auth=Bearer s3cret-pa$$\1\1" in response
        peer.say(b"+ " + reason + b"\r\n")
        assert peer.line() == reply
        peer.say(tag + b" NO [AUTHENTICATIONFAILED] no\r\n")

    with pytest.raises(LoginRefused) as error:
        log_in(script, f"AUTH={auth.upper()}", auth=auth)
    assert '"status": "400"' in error.value.what and SECRET not in str(error.value)


def never(peer: Peer) -> None:
    assert peer.line() == b"", "something was sent"


@pytest.mark.parametrize(
    ("options", "capabilities", "words"),
    [
        ({"auth": "plain"}, ("AUTH=CRAM-MD5",), ["AUTH=PLAIN", "CRAM-MD5"]),
        ({"auth": "plain", "authorization_id": "anna"}, ("AUTH=LOGIN",), ["AUTH=PLAIN", "encryption tls"]),
        ({"auth": "xoauth2"}, ("AUTH=PLAIN", "AUTH=OAUTHBEARER"), ["AUTH=XOAUTH2", "OAUTHBEARER, PLAIN"]),
        ({"auth": "login"}, ("LOGINDISABLED", "STARTTLS"), ["LOGINDISABLED", "starttls"]),
        ({"password": "Größe"}, ("LOGINDISABLED",), ["LOGINDISABLED"]),
    ],
)
def test_what_the_server_does_not_offer_is_said_before_anything_secret_goes_out(
    options: dict[str, Any], capabilities: tuple[str, ...], words: list[str]
) -> None:
    with pytest.raises(LoginRefused) as error:
        log_in(never, *capabilities, **options)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize("field", ["username", "password", "authorization_id"])
@pytest.mark.parametrize("bad", ["a\r\nb", "a\nA1 LOGOUT", "a\0b"])
@pytest.mark.parametrize("auth", ["login", "plain"])
def test_line_ends_and_nul_never_reach_the_server(field: str, bad: str, auth: str) -> None:
    with pytest.raises(ConfigurationError):
        log_in(never, "AUTH=PLAIN", auth=auth, **{field: bad})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (b"TAG NO [AUTHENTICATIONFAILED] wrong\r\n", LoginRefused),
        (b"TAG NO [UNAVAILABLE] Temporary authentication failure\r\n", Throttled),
        (b"TAG NO Too many simultaneous connections\r\n", Throttled),
        (b"TAG BAD LOGIN is not understood\r\n", LoginRefused),
        (b"* BYE Too many invalid login attempts\r\n", LoginRefused),
        (b"* BYE Server shutting down\r\n", ConnectionLost),
        (b"* NO [ALERT] account is locked\r\nTAG NO denied\r\n", LoginRefused),
    ],
)
def test_refusal_is_told_from_a_bad_moment(answer: bytes, kind: type[MigrationError]) -> None:
    with pytest.raises(MigrationError) as error:
        log_in(refuse(answer))
    assert error.type is kind


def test_alert_of_the_server_is_told_without_the_link_that_signs_in() -> None:
    with pytest.raises(LoginRefused) as error:
        log_in(refuse(b"* NO [WEBALERT https://accounts.example/?s=abc] Web login required.\r\nTAG NO [ALERT] no\r\n"))
    assert "[WEBALERT] Web login required. [ALERT] no" in error.value.what


@pytest.mark.parametrize("echo", [SECRET.encode(), base64.b64encode(f"\0jo\0{SECRET}".encode())])
@pytest.mark.parametrize("form", [b"TAG NO bad %s\r\n", b"TAG BAD what is %s\r\n", b"* BYE go away %s\r\n"])
def test_password_that_the_server_repeats_is_not_told(echo: bytes, form: bytes) -> None:
    with pytest.raises(MigrationError) as error:
        log_in(refuse(form % echo))
    assert echo.decode() not in str(error.value) and "***" in str(error.value)


class Server:
    """A server that takes only ``taken`` and notes who knocked."""

    def __init__(self, taken: str) -> None:
        self.taken = taken
        self.knocked: list[str] = []

    def endpoint(self, listener: socket.socket, **options: Any) -> Endpoint:
        return Endpoint("127.0.0.1", "jo", SECRET, listener.getsockname()[1], "none", timeout=TIMEOUT, **options)

    def serve(self, listener: socket.socket, times: int) -> None:
        for _unused in range(times):
            with listener.accept()[0] as connection:
                self._talk(Peer(connection))

    def _talk(self, peer: Peer) -> None:
        peer.say(b"* OK ready\r\n")
        while line := peer.line():
            tag, _unused, command = line.partition(b" ")
            if command == b"CAPABILITY":
                peer.say(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")
            elif command.startswith(b"LOGIN"):
                self.knocked.append(command.split(b'"')[1].decode())
                good = self.knocked[-1] == self.taken
                peer.say(tag + (b" OK in\r\n" if good else b" NO [AUTHENTICATIONFAILED] no\r\n"))
            else:
                peer.say(b"* BYE\r\n" + tag + b" OK done\r\n")


def test_other_user_name_is_tried_once_and_kept_for_later_connections() -> None:
    server = Server("jo@example.com")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.serve, args=(listener, 3), daemon=True)
        thread.start()
        endpoint = server.endpoint(listener, other_username="jo@example.com")
        for _unused in range(2):
            with closing(connect(endpoint)):
                pass
        thread.join(TIMEOUT)
    assert server.knocked == ["jo", "jo@example.com", "jo@example.com"]


def test_no_third_login_follows_two_refused_user_names() -> None:
    server = Server("nobody")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=server.serve, args=(listener, 2), daemon=True).start()
        with pytest.raises(LoginRefused, match="neither as jo nor as jo@"):
            connect(server.endpoint(listener, other_username="jo@example.com"))
    assert server.knocked == ["jo", "jo@example.com"]
