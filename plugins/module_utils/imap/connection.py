# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connecting: network, TLS and login, each failure as the error that says what to do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from ..core.errors import ConfigurationError, ConnectionLost, LoginRefused, Throttled, TlsFailed
from . import diagnose
from .endpoint import Endpoint
from .library import imap_exceptions, imapclient
from .session import Session


def connect(endpoint: Endpoint) -> Session:
    """Connect and log in. Raises the subclass of MigrationError that fits; never falls back to plain text."""
    client = _connect(endpoint)
    try:
        _log_in(client, endpoint)
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Session(client, endpoint)
    except BaseException:
        with contextlib.suppress(OSError):
            client.shutdown()
        raise


def _connect(endpoint: Endpoint) -> Any:
    host, port = endpoint.address()
    with _network_errors(endpoint):
        client = imapclient.IMAPClient(
            host,
            port,
            use_uid=True,
            ssl=endpoint.encryption == "tls",
            ssl_context=_tls_context(endpoint),
            timeout=imapclient.SocketTimeout(connect=min(endpoint.timeout, 30.0), read=endpoint.timeout),
        )
        if endpoint.encryption == "starttls":
            _start_tls(client, endpoint)
        return client


def _start_tls(client: Any, endpoint: Endpoint) -> None:
    try:
        client.starttls(_tls_context(endpoint))
    except (imap_exceptions.CapabilityError, imap_exceptions.IMAPClientError) as error:
        client.shutdown()
        raise TlsFailed(
            "the server does not offer STARTTLS, so the password was not sent",
            where=endpoint.where(),
            remedy="Use encryption tls (port 993), or ask the provider why STARTTLS is missing",
        ) from error


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if endpoint.encryption == "none":
        return None
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_file or None)
    except OSError as error:
        raise ConfigurationError(
            f"the CA file {endpoint.ca_file} cannot be read ({error.strerror or error})", where=endpoint.where()
        ) from error
    if not endpoint.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _log_in(client: Any, endpoint: Endpoint) -> None:
    user, secret = endpoint.username, endpoint.password
    with _network_errors(endpoint):
        try:
            if endpoint.auth == "plain":
                client.plain_login(user, secret, endpoint.authorization_id or None)
            elif endpoint.auth == "xoauth2":
                client.oauth2_login(user, secret)
            elif endpoint.auth == "oauthbearer":
                client.oauthbearer_login(user, secret)
            elif (user + secret).isascii() and (user + secret).isprintable():
                client.login(user, secret)
            else:
                client.plain_login(user, secret)
        except imap_exceptions.LoginError as error:
            hung_up = isinstance(error.__context__, imap_exceptions.IMAPClientAbortError)
            raise _login_error(endpoint, str(error), hung_up=hung_up) from None


def _login_error(endpoint: Endpoint, text: str, *, hung_up: bool) -> Exception:
    words = _words(endpoint, text)
    if diagnose.is_throttle(words) and "AUTHENTICATIONFAILED" not in words.upper():
        wait = diagnose.suggested_wait(words)
        return Throttled(f"the server does not take logins now: {words}", where=endpoint.where(), wait=wait)
    if hung_up and "AUTHENTICATIONFAILED" not in words.upper():
        return ConnectionLost(f"the server hung up during the login: {words}", where=endpoint.where())
    remedy = diagnose.login_remedy(endpoint.host, words)
    return LoginRefused(f"the server refuses the login: {words}", where=endpoint.where(), remedy=remedy)


@contextlib.contextmanager
def _network_errors(endpoint: Endpoint) -> Iterator[None]:
    """Exceptions of socket, ssl and imaplib as ours."""
    where = endpoint.where()
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise TlsFailed(
            f"the server's certificate is not valid here: {error.verify_message}",
            where=where,
            remedy="Check the host name, or name the provider's CA in ca_file; the password was not sent",
        ) from error
    except ssl.SSLError as error:
        raise TlsFailed(
            f"TLS failed: {error.reason or error}", where=where, remedy="Check port and encryption (tls, starttls)"
        ) from error
    except socket.gaierror as error:
        raise ConnectionLost(
            f"the host name does not resolve ({error.strerror})", where=where, remedy="Check imap_server"
        ) from error
    except OSError as error:
        raise ConnectionLost(
            f"no connection ({error.strerror or error or 'timed out'})",
            where=where,
            remedy="Check host, port, firewall",
        ) from error
    except imap_exceptions.IMAPClientError as error:
        raise _protocol_error(endpoint, str(error)) from None


def _words(endpoint: Endpoint, text: str) -> str:
    """The server's words without the password, should it repeat it, and without imapclient's marks of bytes."""
    masked = text.replace(endpoint.password, "***") if endpoint.password else text
    return masked[2:-1] if masked.startswith(("b'", 'b"')) else masked


def _protocol_error(endpoint: Endpoint, text: str) -> Exception:
    words = _words(endpoint, text)
    if diagnose.is_throttle(words):
        return Throttled(
            f"the server asks to wait: {words}", where=endpoint.where(), wait=diagnose.suggested_wait(words)
        )
    return ConnectionLost(f"the server did not go on: {words}", where=endpoint.where())
