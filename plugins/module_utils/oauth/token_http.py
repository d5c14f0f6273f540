# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTPS to token endpoints: verified always, no redirects, for secrets travel in the requests."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage
from typing import IO, Any

from ..core.errors import ConfigurationError, ConnectionLost, TlsFailed
from ..core.hang_up import hung_up

_LONGEST_ANSWER = 1024 * 1024
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What an endpoint answered, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TokenHttp:
    """Requests to token endpoints. ``timeout`` is in seconds; proxies come from the environment (HTTPS_PROXY).

    Raises ConfigurationError, TlsFailed and ConnectionLost, which name the endpoint's host and hold nothing of the
    request.
    """

    def __init__(self, ca_file: str = "", timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._opener = urllib.request.build_opener(
            _NoRedirect, urllib.request.HTTPSHandler(context=_verifying_context(ca_file))
        )

    def post(self, url: str, form: Mapping[str, str]) -> Answer:
        """Send ``form`` as a body; nothing of it stands in the URL."""
        return self.send("POST", url, urllib.parse.urlencode(form).encode(), _FORM)

    def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """One request, one answer."""
        host = endpoint_host(url)
        request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                return Answer(response.status, dict(response.headers), response.read(_LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read(_LONGEST_ANSWER))
        except (OSError, HTTPException) as error:
            raise _network_error(error, host) from None


def endpoint_host(url: str) -> str:
    """``host:port`` of a token endpoint. Raises ConfigurationError for an address that is not https."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ConfigurationError(
            "the address of a token endpoint should begin with https://", remedy="Correct token_url, or the key file"
        )
    return parts.netloc.rpartition("@")[2]


def _verifying_context(ca_file: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise ConfigurationError(
            f"the CA file {ca_file} cannot be read ({error.strerror or error})",
            remedy="Name a file with certificates in PEM form in oauth.ca_file",
        ) from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: nothing is sent to where it points."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _network_error(error: Exception, host: str) -> Exception:
    reason: Any = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLError) and not hung_up(reason):
        why = getattr(reason, "verify_message", "") or reason.reason or "the handshake failed"
        return TlsFailed(
            f"TLS with the token endpoint failed: {why}",
            where=host,
            remedy="Check token_url, or name its authority in oauth.ca_file; no secret was sent",
        )
    why = "it hung up" if hung_up(reason) else getattr(reason, "strerror", None) or type(reason).__name__
    return ConnectionLost(
        f"no answer of the token endpoint ({why})",
        where=host,
        remedy="Check token_url, firewall and HTTPS_PROXY",
    )
