# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One IMAP session: connection, TLS, login and folders. The one place that imports imapclient."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import (
    ConfigurationError,
    ConnectionLost,
    FolderRefused,
    LoginRefused,
    MigrationError,
    Throttled,
    TlsFailed,
)
from ..core.folders import Folder, Side
from . import diagnose
from .listing import ListLine, Selected, Status, parse_list, parse_selected, parse_status, quote
from .wire import Tagged, Wire

try:
    import imapclient
    from imapclient import exceptions as imap_exceptions
    from imapclient import imap_utf7
except ImportError:  # reported by the callers' dependency check
    imapclient = None

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_STATUS_ITEMS = b"MESSAGES UIDNEXT UIDVALIDITY"


@dataclass(frozen=True)
class Endpoint:
    """One side's server and login. ``timeout`` is in seconds. Nothing here is ever printed but ``where()``."""

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 0
    encryption: str = "tls"
    auth: str = "login"
    authorization_id: str = ""
    validate_certs: bool = True
    ca_file: str = ""
    timeout: float = 120.0

    def address(self) -> tuple[str, int]:
        return self.host, self.port or DEFAULT_PORTS[self.encryption]

    def where(self) -> str:
        """Name for messages: ``user@host:port``."""
        host, port = self.address()
        return f"{self.username} at {host}:{port}"


class Session:
    """A logged-in session; ``wire`` carries message data over the same connection."""

    def __init__(self, client: Any, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint
        self.where = endpoint.where()
        imap = client._imap
        self.wire = Wire(client.socket(), imap.file, imap._new_tag, self.where)
        self.capabilities = frozenset(item.decode("ascii", "replace").upper() for item in client.capabilities())
        self._raw_names: dict[str, bytes] = {}
        self._is_open = False
        self.dropped = False

    def has(self, capability: str) -> bool:
        return capability in self.capabilities

    def encode(self, name: str) -> bytes:
        """``name`` as a quoted string on the wire, spelled as the server listed it."""
        raw = self._raw_names.get(name) or imap_utf7.encode(name)
        if any(octet in raw for octet in b"\r\n\0"):
            raise FolderRefused("its name holds a line end", where=f"{self.where}, {name!r}", remedy="Rename it there")
        return quote(raw)

    def list_side(self) -> tuple[Side, dict[str, Status]]:
        """All folders, and the STATUS of those that can be opened; one round trip where LIST-STATUS is offered."""
        extended = self.has("LIST-EXTENDED") and self.has("LIST-STATUS") and self.has("SPECIAL-USE")
        lines, statuses, subscribed = self._list_extended() if extended else self._list_plain()
        folders = tuple(
            Folder(self._decode(line.name), line.delimiter, line.attributes, self._decode(line.name) in subscribed)
            for line in lines
        )
        if not extended:
            statuses = self._status_pipelined([f.name for f in folders if not _is_container(f)])
        prefix, delimiter = self._namespace(folders)
        return Side(folders, delimiter, prefix), statuses

    def status(self, name: str) -> Status:
        """STATUS of one folder; raises :class:`FolderRefused`."""
        line = b"STATUS " + self.encode(name) + b" (" + self._status_items() + b")"
        responses, tagged = self.wire.run(line)
        found = [parsed[1] for parsed in map(parse_status, responses) if parsed]
        if not tagged.ok or not found:
            raise FolderRefused(f"the server gives no STATUS: {tagged.words()}", where=f"{self.where}, {name}")
        return found[-1]

    def examine(self, name: str) -> Selected:
        """Open a folder read-only."""
        return self._open(b"EXAMINE", name)

    def select(self, name: str) -> Selected:
        """Open a folder for changes."""
        return self._open(b"SELECT", name)

    def leave(self) -> None:
        """Leave the opened folder without expunging anything."""
        if self._is_open:
            self.wire.run(b"UNSELECT" if self.has("UNSELECT") else b"EXAMINE INBOX")
            self._is_open = False

    def create(self, name: str) -> None:
        """Create a folder; one that exists already is fine."""
        _unused, tagged = self.wire.run(b"CREATE " + self.encode(name))
        if not tagged.ok and "ALREADYEXISTS" not in tagged.code and "exists" not in tagged.text.lower():
            raise FolderRefused(f"the server does not create it: {tagged.words()}", where=f"{self.where}, {name}")

    def subscribe(self, name: str) -> None:
        """Subscribe to a folder."""
        _unused, tagged = self.wire.run(b"SUBSCRIBE " + self.encode(name))
        if not tagged.ok:
            raise FolderRefused(f"the server does not subscribe: {tagged.words()}", where=f"{self.where}, {name}")

    def reset_on_close(self, enabled: bool) -> None:
        """Whether what is not sent yet is thrown away when this process dies: then the server never sees the end of a
        half-sent command, and what it has of it is known soon after."""
        linger = struct.pack("ii", 1 if enabled else 0, 0)
        self.wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def close(self) -> None:
        """Log out; a broken connection is no error here."""
        with contextlib.suppress(OSError, ConnectionLost, imap_exceptions.IMAPClientError):
            self.reset_on_close(False)
            self.wire.sock.settimeout(5)
            self._client.logout()
        self.drop()

    def drop(self) -> None:
        """Close the socket as it is; a thread that waits for it is woken."""
        self.dropped = True
        self.wire.broken = True
        with contextlib.suppress(OSError):
            self.wire.sock.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._client.shutdown()

    def _open(self, verb: bytes, name: str) -> Selected:
        self._is_open = True
        responses, tagged = self.wire.run(verb + b" " + self.encode(name))
        if not tagged.ok:
            raise FolderRefused(f"the server does not open it: {tagged.words()}", where=f"{self.where}, {name}")
        return parse_selected(responses)

    def _status_items(self) -> bytes:
        return _STATUS_ITEMS + (b" HIGHESTMODSEQ" if self.has("CONDSTORE") else b"")

    def _list_extended(self) -> tuple[list[ListLine], dict[str, Status], set[str]]:
        returns = b"SUBSCRIBED SPECIAL-USE STATUS (" + self._status_items() + b")"
        responses, tagged = self.wire.run(b'LIST "" "*" RETURN (' + returns + b")")
        if not tagged.ok:
            raise self._unlisted(tagged)
        lines = [line for line in map(parse_list, responses) if line]
        statuses = {self._decode(parsed[0]): parsed[1] for parsed in map(parse_status, responses) if parsed}
        return lines, statuses, {self._decode(line.name) for line in lines if "\\subscribed" in line.attributes}

    def _list_plain(self) -> tuple[list[ListLine], dict[str, Status], set[str]]:
        special = b" RETURN (SPECIAL-USE)" if self.has("SPECIAL-USE") and self.has("LIST-EXTENDED") else b""
        responses, tagged = self.wire.run(b'LIST "" "*"' + special)
        if not tagged.ok:
            raise self._unlisted(tagged)
        lines = [line for line in map(parse_list, responses) if line]
        responses, _unused = self.wire.run(b'LSUB "" "*"')
        subscribed = {self._decode(line.name) for line in map(parse_list, responses) if line}
        return lines, {}, subscribed

    def _unlisted(self, tagged: Tagged) -> MigrationError:
        words = tagged.words()
        if diagnose.is_throttle(words):
            return Throttled(f"the server asks to wait: {words}", where=self.where, wait=diagnose.suggested_wait(words))
        return FolderRefused(f"the server does not list its folders: {words}", where=self.where)

    def _status_pipelined(self, names: list[str]) -> dict[str, Status]:
        """STATUS of many folders, sent ahead in groups; a folder whose STATUS is refused is left out."""
        found: dict[str, Status] = {}
        items = b" (" + self._status_items() + b")"
        for start in range(0, len(names), 50):
            lines = [b"STATUS " + self.encode(name) + items for name in names[start : start + 50] if _is_safe(name)]
            tags = [self.wire.command(line) for line in lines]
            for tag in tags:
                for response in self.wire.untagged(tag):
                    parsed = parse_status(response)
                    if parsed:
                        found[self._decode(parsed[0])] = parsed[1]
                self.wire.answered.pop(tag)
        return found

    def _namespace(self, folders: tuple[Folder, ...]) -> tuple[str, str]:
        delimiter = next((folder.delimiter for folder in folders if folder.delimiter), "/")
        if not self.has("NAMESPACE"):
            return _guess_prefix(folders, delimiter), delimiter
        with contextlib.suppress(imap_exceptions.IMAPClientError):
            personal = self._client.namespace().personal
            if personal:
                prefix, found = personal[0]
                return prefix, found or delimiter
        return "", delimiter

    def _decode(self, raw: bytes) -> str:
        try:
            name = str(imap_utf7.decode(raw))
        except (UnicodeError, ValueError):
            name = raw.decode("latin-1")
        name = "INBOX" if name.upper() == "INBOX" else name
        self._raw_names.setdefault(name, raw)
        return name


def _is_safe(name: str) -> bool:
    return not any(character in name for character in "\r\n\0")


def _guess_prefix(folders: tuple[Folder, ...], delimiter: str) -> str:
    """``INBOX.`` where all other folders lie below INBOX: a personal namespace that the server cannot tell."""
    prefix = f"INBOX{delimiter}"
    others = [folder.name for folder in folders if folder.name != "INBOX"]
    return prefix if others and all(name.startswith(prefix) for name in others) else ""


def _is_container(folder: Folder) -> bool:
    return bool(folder.attributes & {"\\noselect", "\\nonexistent"})


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
