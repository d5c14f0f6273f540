# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Client credentials of a Microsoft tenant. The one place that imports msal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from ..core.errors import ConfigurationError, LoginRefused
from .token_http import Answer, TokenHttp, endpoint_host

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----", re.DOTALL)


def certificate_credential(pem: str) -> dict[str, str]:
    """msal's form of a certificate and its private key, which ``pem`` holds in any order."""
    blocks = {match[1].rpartition(" ")[2]: match[0] for match in reversed(list(_PEM.finditer(pem)))}
    if not {"CERTIFICATE", "KEY"} <= blocks.keys():
        raise ConfigurationError(
            "it should hold a certificate and its private key in PEM form",
            where="oauth.certificate_file",
            remedy="Put both into the one file; openssl pkcs12 -nodes makes it from a .pfx file",
        )
    return {"private_key": blocks["KEY"], "public_certificate": blocks["CERTIFICATE"]}


def fetch(client_id: str, credential: str | Mapping[str, str], authority: str, scope: str, http: TokenHttp) -> Answer:
    """The endpoint's answer, made from what msal says of it. Nothing is cached here.

    The callers' dependency check has found msal; it is loaded here, for it takes longer than a pass with nothing new.
    """
    import msal

    client = _MsalHttp(http)
    host = endpoint_host(authority)
    try:
        application = msal.ConfidentialClientApplication(
            client_id,
            client_credential=credential,
            authority=authority,
            http_client=client,
            # The authority is the operator's word; msal would ask Microsoft whether it knows it.
            instance_discovery=False,
        )
        result: Mapping[str, Any] = application.acquire_token_for_client(scopes=[scope])
    except ValueError as error:
        if client.last.status >= 429:
            return client.last
        raise _unusable(error, client.last, host) from None
    if "access_token" in result:
        return Answer(200, client.last.headers, json.dumps(result).encode())
    return Answer(client.last.status, client.last.headers, json.dumps(dict(result), default=str).encode())


def _unusable(error: ValueError, last: Answer, host: str) -> Exception:
    """msal raises ValueError for a tenant that is not there, and for keys that it cannot read."""
    if last.status >= 300:
        return LoginRefused(
            f"there is no such tenant (status {last.status})",
            where=host,
            remedy="Check oauth.tenant and oauth.authority",
        )
    return ConfigurationError(
        f"msal cannot use these settings ({type(error).__name__})",
        where="oauth",
        remedy="Check tenant, authority and the certificate with its key",
    )


@dataclass(frozen=True)
class _Response:
    """What msal expects of an HTTP library."""

    status_code: int
    text: str
    headers: Mapping[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ValueError(f"status {self.status_code}")


class _MsalHttp:
    """Our HTTPS under msal; ``last`` is the answer to the last request."""

    def __init__(self, http: TokenHttp) -> None:
        self._http = http
        self.last = Answer(0, {}, b"")

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_unused: object) -> _Response:
        body = data.encode() if isinstance(data, str) else urlencode(data or {}).encode()
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", _with(url, params), body, {**form, **(headers or {})})

    def get(self, url: str, params: Any = None, headers: Any = None, **_unused: object) -> _Response:
        return self._send("GET", _with(url, params), None, headers or {})

    def close(self) -> None:
        """Each request has its own connection."""

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> _Response:
        self.last = self._http.send(method, url, body, headers)
        return _Response(self.last.status, self.last.body.decode("utf-8", "replace"), self.last.headers)


def _with(url: str, params: Any) -> str:
    return f"{url}?{urlencode(params)}" if params else url
