# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What comes before a TLS handshake is never trusted, and a handshake that fails says what to do."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import closing, suppress

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConnectionLost,
    Throttled,
    TlsFailed,
    Unreachable,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.connection import connect
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint

from tests.support.certificates import session_authority
from tests.unit.imap.scripted import TIMEOUT, Peer, _served

SECRET = "s3cret-pa$$"


def server_context() -> ssl.SSLContext:
    certificate = session_authority().issue("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    return context


def capabilities_of(script: Callable[[Peer], None], encryption: str = "starttls",
                    timeout: float = TIMEOUT) -> frozenset[str]:
    """Log in at a server that follows ``script``; what the session believes that the server can."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = Endpoint(
            "127.0.0.1",
            "jo",
            SECRET,
            listener.getsockname()[1],
            encryption,
            ca_file=str(session_authority().ca_file),
            timeout=timeout,
        )
        with _served(listener, script), closing(connect(endpoint)) as session:
            return session.capabilities


def hushed(script: Callable[[Peer], None]) -> Callable[[Peer], None]:
    """The script of a server on which the client hangs up."""

    def run(peer: Peer) -> None:
        with suppress(OSError):
            script(peer)

    return run


def until_starttls(peer: Peer) -> bytes:
    peer.say(b"* OK ready\r\n")
    peer.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 STARTTLS")
    return peer.expect(b"STARTTLS")


INJECTED = b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN INJECTED\r\n* NO [ALERT] your password is needed\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (INJECTED, b""),
        (b"", INJECTED),
        (b"", b"* PREAUTH welcome\r\nAAAA2 OK done\r\n"),
        (b"* CAPABILITY IMAP4rev1 INJECTED\r\n", b"* BYE go away\r\n"),
    ],
    ids=["before the answer", "behind the answer", "a login that was none", "a farewell"],
)
def test_what_was_slipped_in_before_the_handshake_counts_for_nothing(before: bytes, after: bytes) -> None:
    def script(peer: Peer) -> None:
        tag = until_starttls(peer)
        peer.say(before + tag + b" OK begin\r\n" + after)
        with server_context().wrap_socket(peer.sock, server_side=True) as secured:
            inner = Peer(secured)
            inner.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 GENUINE")
            tag = inner.expect(b'LOGIN "jo" "s3cret-pa$$"')
            inner.say(tag + b" OK in\r\n")
            inner.answer(b"CAPABILITY", b"* CAPABILITY IMAP4rev1 GENUINE")
            inner.farewell()

    assert capabilities_of(script) == {"IMAP4REV1", "GENUINE"}


def test_greeting_that_claims_a_login_before_the_handshake_is_refused() -> None:
    def script(peer: Peer) -> None:
        peer.say(b"* PREAUTH welcome\r\n")
        while line := peer.line():
            tag, _unused, command = line.partition(b" ")
            assert command == b"CAPABILITY"
            peer.say(b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + tag + b" OK done\r\n")

    with pytest.raises(TlsFailed, match="STARTTLS"):
        capabilities_of(script)


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"* BYE [UNAVAILABLE] try again later\r\n", Throttled), (b"", ConnectionLost)]
)
def test_connection_lost_before_the_handshake_is_no_fault_of_tls(answer: bytes, kind: type[Exception]) -> None:
    def script(peer: Peer) -> None:
        until_starttls(peer)
        peer.say(answer)

    with pytest.raises(kind) as error:
        capabilities_of(script)
    assert error.type is kind


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_server_of_old_tls_only_is_refused_with_a_remedy() -> None:
    def script(peer: Peer) -> None:
        context = server_context()
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.wrap_socket(peer.sock, server_side=True)

    with pytest.raises(TlsFailed, match=r"TLS 1\.2"):
        capabilities_of(hushed(script), "tls")


def test_server_without_tls_on_this_port_is_told_by_its_port() -> None:
    with pytest.raises(TlsFailed, match="Check port and encryption"):
        capabilities_of(hushed(lambda peer: peer.say(b"* OK ready\r\n")), "tls")


def test_server_that_hangs_up_at_the_handshake_is_no_fault_of_tls() -> None:
    """One that counts connections does so; another attempt may succeed, and nobody doubts whose server it is."""
    with pytest.raises(ConnectionLost, match=r"hung up before anybody logged in\. .*limits connections"):
        capabilities_of(hushed(lambda peer: peer.sock.close()), "tls")


@pytest.mark.parametrize("encryption", ["tls", "starttls", "none"])
def test_server_that_says_nothing_is_given_up_in_time_and_told_as_that(encryption: str) -> None:
    def script(peer: Peer) -> None:
        while peer.sock.recv(4096):
            pass

    with pytest.raises(Unreachable, match=r"the server did not answer within 1 second\. Check .*encryption"):
        capabilities_of(hushed(script), encryption, timeout=1.0)
