# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A Google service account that acts for a mailbox (domain-wide delegation). The one place that imports google-auth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfigurationError
from .token_http import Answer, TokenHttp


def fetch(key: str, subject: str, scope: str, http: TokenHttp) -> Answer:
    """Send a request that the key has signed to the key's own ``token_uri``; the endpoint's answer.

    The callers' dependency check has found google-auth; it is loaded here, for few mailboxes need it.
    """
    from google.auth import exceptions as google_exceptions
    from google.oauth2 import service_account

    transport = _GoogleHttp(http)
    try:
        info = json.loads(key)
        make: Any = service_account.Credentials.from_service_account_info
        credentials = make(info, scopes=[scope], subject=subject)
    except (ValueError, TypeError, AttributeError, google_exceptions.GoogleAuthError):
        raise ConfigurationError(
            "it is not the key of a service account",
            where="oauth.key_file",
            remedy="Give the JSON file that Google's console makes for a key of the service account",
        ) from None
    try:
        credentials.refresh(transport)
    except google_exceptions.GoogleAuthError:
        if not transport.last.status:
            raise
    return transport.last


@dataclass(frozen=True)
class _Response:
    """What google-auth expects of an HTTP library."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class _GoogleHttp:
    """Our HTTPS under google-auth; ``last`` is the answer to the last request."""

    def __init__(self, http: TokenHttp) -> None:
        self._http = http
        self.last = Answer(0, {}, b"")

    def __call__(
        self, url: str, method: str = "GET", body: Any = None, headers: Any = None, **_unused: object
    ) -> _Response:
        self.last = self._http.send(method, url, body, headers or {})
        return _Response(self.last.status, self.last.headers, self.last.body)
