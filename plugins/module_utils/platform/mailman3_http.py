# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests to Mailman core's REST interface: TLS is verified, no redirect is followed, no proxy comes in between."""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    ConnectionLost,
    LoginRefused,
    PlatformError,
    TlsFailed,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.hang_up import hung_up

_VERSION = "3.1"
_ANSWER_SECONDS = 120.0


@dataclass(frozen=True)
class Access:
    """Where the interface is and who asks. ``url`` is without the version; ``plain_http``: also beyond this machine."""

    url: str
    user: str
    password: str = field(repr=False)
    ca_file: str = ""
    plain_http: bool = False


@dataclass(frozen=True)
class Reply:
    """An answer and its JSON; an empty mapping where there was none."""

    status: int
    data: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What Mailman says of a refusal, for people."""
        return " ".join(str(self.data.get("description") or f"status {self.status}").split())[:200]


class MailmanHttp:
    """One Mailman core. Its errors name the host and hold neither user nor password."""

    def __init__(self, access: Access) -> None:
        self._base = f"{access.url.rstrip('/')}/{_VERSION}/"
        self._host = _host(access)
        login = base64.b64encode(f"{access.user}:{access.password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Accept": "application/json"}
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=_verifying_context(access.ca_file)),
            _NoRedirect,
        )

    def send(
        self, method: str, path: str, form: Sequence[tuple[str, str]] = (), query: Mapping[str, str | int] | None = None
    ) -> Reply:
        """One request with ``form`` as its body.

        Returns refusals of the request (status 400 to 499), too. Raises :class:`LoginRefused` for those of the login,
        :class:`TlsFailed`, :class:`ConnectionLost`, and :class:`PlatformError` for an answer that is not Mailman's.
        """
        url = self._base + path + (f"?{urlencode(query)}" if query else "")
        body = urlencode(form).encode() if form else None
        request = urllib.request.Request(url, body, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=_ANSWER_SECONDS) as response:
                return self._read(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return self._read(error.code, error.read())
        except (OSError, HTTPException) as error:
            raise self._no_answer(error) from None

    def unexpected(self, reply: Reply) -> PlatformError:
        """The error for an answer that nothing can be made of."""
        return PlatformError(
            f"Mailman answered with status {reply.status}: {reply.words}",
            where=self._host,
            remedy="Look into Mailman's log, and whether platform.api_url is the address of its REST interface",
        )

    def _read(self, status: int, body: bytes) -> Reply:
        if status in (401, 403):
            raise LoginRefused(
                "Mailman does not take the user and password",
                where=self._host,
                remedy="Compare platform.api_user and platform.api_password with admin_user and admin_pass in the"
                " section [webservice] of mailman.cfg",
            )
        try:
            data = json.loads(body) if body else {}
        except ValueError:
            data = None
        reply = Reply(status, data if isinstance(data, dict) else {})
        if not 200 <= status < 300 and not 400 <= status < 500:
            raise self.unexpected(reply)
        if not isinstance(data, dict) and status < 300:
            raise self.unexpected(Reply(status, {"description": "its answer is not JSON"}))
        return reply

    def _no_answer(self, error: Exception) -> Exception:
        reason: Any = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLError) and not hung_up(reason):
            why = getattr(reason, "verify_message", "") or reason.reason or "the handshake failed"
            return TlsFailed(
                f"TLS with Mailman failed: {why}",
                where=self._host,
                remedy="Name the certificate's authority in platform.ca_file, or correct the name in platform.api_url",
            )
        why = "it hung up" if hung_up(reason) else getattr(reason, "strerror", None) or type(reason).__name__
        return ConnectionLost(
            f"Mailman gave no answer ({why})",
            where=self._host,
            remedy="See whether Mailman runs and platform.api_url is right, then run again",
        )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The password goes nowhere but to the address that was given."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _host(access: Access) -> str:
    """``host:port`` of a URL over which the password may go. The URL is not repeated, for it may hold a secret."""
    try:
        parts = urlsplit(access.url)
        host = parts.hostname or ""
        usable = parts.scheme in ("http", "https") and host and parts.port != 0
    except ValueError:
        usable = False
    if not usable or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            "platform.api_url is not the http or https address of a REST interface without user, password and query",
            remedy="Write it like https://lists.example.com:8001, and the login into api_user and api_password",
        )
    if parts.scheme == "http" and not access.plain_http and not _is_loopback(host):
        raise ConfigurationError(
            f"platform.api_url would send the password over the network as plain text to {host}",
            remedy="Use https, or say plain_http: true where the network is trusted, such as between containers",
        )
    return parts.netloc


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _verifying_context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise ConfigurationError(
            f"the CA file {ca_file} cannot be read ({error.strerror or error})",
            remedy="Name a file with certificates in PEM form in platform.ca_file",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
