# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Connecting: network, TLS and login, each failure as the error that says what to do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from ..core.errors import ConfigurationError, ConnectionLost, LoginRefused, Throttled, TlsFailed, Unreachable
from ..core.masking import mask
from ..core.report_text import count
from . import diagnose
from .endpoint import Endpoint, Login
from .library import imap_exceptions, imapclient
from .login import Answer, log_in, words
from .login_remedies import login_remedy
from .session import Session

_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "DH_KEY_TOO_SMALL", "HANDSHAKE_FAILURE", "LEGACY")


def connect(endpoint: Endpoint) -> Session:
    """Connect and log in. Raises the subclass of MigrationError that fits; never falls back to plain text."""
    login = endpoint.login()
    try:
        session = _connect_as(endpoint, login)
    except LoginRefused as error:
        other = endpoint.login_after_refusal(login)
        if other is None:
            raise
        session = _connect_again(endpoint, login, other, error)
        login = other
    endpoint.note_accepted(login)
    return session


def _connect_again(endpoint: Endpoint, first: Login, other: Login, refusal: LoginRefused) -> Session:
    try:
        return _connect_as(endpoint, other)
    except LoginRefused as error:
        if other.username == first.username:
            raise
        what = f"{refusal.what} (neither as {first.username} nor as {other.username})"
        raise LoginRefused(what, where=refusal.where, remedy=refusal.remedy) from error


def _connect_as(endpoint: Endpoint, login: Login) -> Session:
    client = _connect(endpoint)
    try:
        _log_in(client, endpoint, login)
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with _network_errors(endpoint):
            return Session(client, endpoint)
    except BaseException:
        _hang_up(client)
        raise


def _connect(endpoint: Endpoint) -> Any:
    host, port = endpoint.address()
    context = _tls_context(endpoint)
    with _network_errors(endpoint), _unreachable(endpoint):
        client = imapclient.IMAPClient(
            host,
            port,
            use_uid=True,
            ssl=endpoint.encryption == "tls",
            ssl_context=context,
            timeout=imapclient.SocketTimeout(connect=_patience(endpoint), read=endpoint.timeout),
        )
    if endpoint.encryption == "starttls":
        _start_tls(client, endpoint, context)
    return client


def _patience(endpoint: Endpoint) -> float:
    """Seconds for the connection, its TLS and the server's first words."""
    return min(endpoint.timeout, 30.0)


def _start_tls(client: Any, endpoint: Endpoint, context: ssl.SSLContext | None) -> None:
    """Nothing that came before the handshake is kept: whoever stands between could have written it (RFC 9051 11.1)."""
    try:
        with _network_errors(endpoint, no_protocol=True):
            client.starttls(context)
        client._imap.untagged_responses.clear()
    except BaseException as error:
        _hang_up(client)
        if isinstance(error, imap_exceptions.IMAPClientAbortError):
            raise _protocol_error(endpoint, str(error)) from None
        if isinstance(error, imap_exceptions.IMAPClientError):
            raise TlsFailed(
                "the server does not offer STARTTLS, so the password was not sent",
                where=endpoint.where(),
                remedy="Use encryption tls (port 993), or ask the provider why STARTTLS is missing",
            ) from error
        raise


def _hang_up(client: Any) -> None:
    with contextlib.suppress(OSError):
        client.shutdown()


def _tls_context(endpoint: Endpoint) -> ssl.SSLContext | None:
    if endpoint.encryption == "none":
        return None
    try:
        context = ssl.create_default_context(cafile=endpoint.ca_file or None)
    except OSError as error:
        raise ConfigurationError(
            f"the CA file {endpoint.ca_file} cannot be read ({error.strerror or error})", where=endpoint.where()
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not endpoint.validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _log_in(client: Any, endpoint: Endpoint, login: Login) -> None:
    with _network_errors(endpoint, no_protocol=True):
        try:
            answer = log_in(client, endpoint, login)
        except imap_exceptions.IMAPClientAbortError as error:
            alerts = client._imap.untagged_responses.get("NO", [])
            raise _hung_up(endpoint, login, words(*alerts, str(error))) from None
        except imap_exceptions.IMAPClientError as error:
            answer = Answer(False, words(str(error)))
    if not answer.ok:
        raise _refusal(endpoint, login, answer)


def _hung_up(endpoint: Endpoint, login: Login, said: str) -> Exception:
    """The server ended the connection in the middle of the login: perhaps by chance, perhaps as its way to refuse."""
    if diagnose.is_login_refusal(said):
        return _refusal(endpoint, login, Answer(False, said))
    masked = mask(said, _secrets(endpoint, login))
    if diagnose.is_throttle(masked):
        return _throttled(endpoint, masked)
    return ConnectionLost(f"the server hung up during the login: {masked}", where=endpoint.where())


def _refusal(endpoint: Endpoint, login: Login, answer: Answer) -> Exception:
    said = mask(f"{answer.words} {_reason(answer.challenge)}".strip(), _secrets(endpoint, login))
    if diagnose.is_throttle(said) and not diagnose.is_login_refusal(said):
        return _throttled(endpoint, said)
    remedy = login_remedy(endpoint.host, said, auth=endpoint.auth, renewed=endpoint.tokens is not None)
    return LoginRefused(f"the server refuses the login: {said}", where=endpoint.where(), remedy=remedy)


def _reason(challenge: str) -> str:
    """The server's JSON on a refused token (RFC 7628 section 3.2.2), in brackets."""
    return f"({words(challenge)})" if challenge.strip() else ""


def _throttled(endpoint: Endpoint, said: str) -> Throttled:
    wait = diagnose.suggested_wait(said)
    return Throttled(f"the server does not take logins now: {said}", where=endpoint.where(), wait=wait)


def _secrets(endpoint: Endpoint, login: Login) -> tuple[str, ...]:
    return (login.secret, *endpoint.secrets())


@contextlib.contextmanager
def _unreachable(endpoint: Endpoint) -> Iterator[None]:
    """A server that does not even take a connection."""
    try:
        yield
    except socket.gaierror as error:
        raise Unreachable(
            f"the host name does not resolve ({error.strerror})", where=endpoint.where(), remedy="Check imap_server"
        ) from error
    except ConnectionRefusedError as error:
        raise Unreachable(
            f"no connection ({error.strerror})", where=endpoint.where(), remedy="Check host, port, firewall"
        ) from error
    except TimeoutError as error:
        raise Unreachable(
            f"the server did not answer within {count(round(_patience(endpoint)), 'second')}",
            where=endpoint.where(),
            remedy="Check host, port, firewall, and encryption (a server that waits for tls is silent before it)",
        ) from error


@contextlib.contextmanager
def _network_errors(endpoint: Endpoint, *, no_protocol: bool = False) -> Iterator[None]:
    """Exceptions of socket, ssl and imaplib as ours; those of imaplib come through with ``no_protocol``."""
    where = endpoint.where()
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise TlsFailed(
            f"the server's certificate is not valid here: {error.verify_message}",
            where=where,
            remedy="Check the host name, or name the provider's CA in ca_file; the password was not sent",
        ) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError) as error:
        raise ConnectionLost(
            "the server hung up before anybody logged in",
            where=where,
            remedy="Check port and encryption; a server that limits connections does so, too: run again later",
        ) from error
    except ssl.SSLError as error:
        raise TlsFailed(f"TLS failed: {error.reason or error}", where=where, remedy=_tls_remedy(error)) from error
    except OSError as error:
        raise ConnectionLost(
            f"no connection ({error.strerror or error or 'timed out'})",
            where=where,
            remedy="Check host, port, firewall",
        ) from error
    except imap_exceptions.IMAPClientError as error:
        if no_protocol:
            raise
        raise _protocol_error(endpoint, str(error)) from None


def _tls_remedy(error: ssl.SSLError) -> str:
    if any(word in (error.reason or "") for word in _OLD_TLS):
        return "The server has nothing as new as TLS 1.2: ask the provider for it, or for another host name that has it"
    return "Check port and encryption (tls, starttls)"


def _protocol_error(endpoint: Endpoint, text: str) -> Exception:
    said = mask(words(text), endpoint.secrets())
    if diagnose.is_throttle(said):
        return Throttled(f"the server asks to wait: {said}", where=endpoint.where(), wait=diagnose.suggested_wait(said))
    return ConnectionLost(f"the server did not go on: {said}", where=endpoint.where())
