# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How an access token is got: by refresh token, by the client's own credentials, by a service account."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import ConnectionLost, LoginRefused, MigrationError, Throttled
from ..core.masking import mask
from . import google, microsoft
from .refresh_token import RefreshToken
from .token_http import Answer, TokenHttp, endpoint_host
from .tokens import Token

MICROSOFT_AUTHORITY = "https://login.microsoftonline.com"
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
GOOGLE_SCOPE = "https://mail.google.com/"
GRANTS = ("refresh_token", "client_credentials", "service_account")

_REMEDIES = {
    "refresh_token": "Sign in once more with this account for this client and give the new refresh token",
    "client_credentials": "Check client_id, its secret or certificate (have they run out?) and the tenant; the tenant's"
    " administrator must have granted IMAP.AccessAsApp to this application",
    "service_account": "Check that the mailbox exists and that the domain's administrator has delegated the scope"
    f" {GOOGLE_SCOPE} to the client id of this service account (domain-wide delegation)",
}
# Microsoft gives a new refresh token with each answer and goes on taking the old ones.
_KEEPS_OLD = re.compile(r"^https://login\.(?:partner\.)?microsoftonline\.(?:com|us|cn)(?:[:/]|\Z)", re.IGNORECASE)
_BUSY = ("temporarily_unavailable", "server_error", "slow_down")
_LONGEST_WORDS = 300


@dataclass(frozen=True)
class OAuth:
    """The settings of one account's grant.

    ``certificate`` holds certificate and private key in PEM form, ``key`` the JSON of a service account's key file,
    ``subject`` the mailbox that the service account acts for.
    """

    grant: str
    token_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    refresh_token_file: str = ""
    scope: str = ""
    tenant: str = ""
    authority: str = MICROSOFT_AUTHORITY
    certificate: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    subject: str = ""
    ca_file: str = ""

    def secrets(self) -> tuple[str, ...]:
        """What must be in no message."""
        return tuple(filter(None, (self.client_secret, self.refresh_token, self.certificate, self.key)))


def refresh_token_of(oauth: OAuth) -> RefreshToken:
    """The refresh token of these settings."""
    keeps_old = bool(_KEEPS_OLD.search(oauth.token_url))
    return RefreshToken(oauth.refresh_token, oauth.refresh_token_file, keeps_old=keeps_old)


def fetcher(oauth: OAuth, refresh_token: RefreshToken, http: TokenHttp | None = None) -> Callable[[], Token]:
    """A function that gets a token each time it is called; ``refresh_token`` serves the grant of that name.

    It raises LoginRefused where the endpoint refuses for good, ConnectionLost (Throttled) where another attempt may
    succeed, TlsFailed and ConfigurationError.
    """
    http = http or TokenHttp(oauth.ca_file)
    if oauth.grant == "refresh_token":
        return _RefreshGrant(oauth, refresh_token, http)
    if oauth.grant == "service_account":
        return lambda: _token_of(oauth, google.fetch(oauth.key, oauth.subject, oauth.scope or GOOGLE_SCOPE, http))
    if oauth.token_url:
        return lambda: _from_endpoint(oauth, http, {"grant_type": "client_credentials"})
    authority = f"{oauth.authority.rstrip('/')}/{oauth.tenant}"
    credential = microsoft.certificate_credential(oauth.certificate) if oauth.certificate else oauth.client_secret
    scope = oauth.scope or MICROSOFT_SCOPE
    return lambda: _token_of(oauth, microsoft.fetch(oauth.client_id, credential, authority, scope, http))


class _RefreshGrant:
    """RFC 6749 section 6. An endpoint may give a new refresh token with each answer; the last one is used next."""

    def __init__(self, oauth: OAuth, refresh_token: RefreshToken, http: TokenHttp) -> None:
        self._oauth = oauth
        self._http = http
        self._refresh_token = refresh_token

    def __call__(self) -> Token:
        asked_with = self._refresh_token.current()
        answer = _ask(self._oauth, self._http, {"grant_type": "refresh_token", "refresh_token": asked_with})
        token = _token_of(self._oauth, answer, more_secrets=(asked_with,))
        self._refresh_token.replace(str(_fields(answer).get("refresh_token") or asked_with))
        return token


def _from_endpoint(oauth: OAuth, http: TokenHttp, form: dict[str, str]) -> Token:
    return _token_of(oauth, _ask(oauth, http, form))


def _ask(oauth: OAuth, http: TokenHttp, form: dict[str, str]) -> Answer:
    client = {"client_id": oauth.client_id, "client_secret": oauth.client_secret, "scope": oauth.scope}
    return http.post(oauth.token_url, {**form, **{name: value for name, value in client.items() if value}})


def _token_of(oauth: OAuth, answer: Answer, more_secrets: tuple[str, ...] = ()) -> Token:
    fields = _fields(answer)
    secret = fields.get("access_token")
    if answer.status == 200 and isinstance(secret, str) and secret:
        return Token(secret, _seconds(fields.get("expires_in")))
    raise _refusal(oauth, answer, fields, (*oauth.secrets(), *more_secrets))


def _fields(answer: Answer) -> dict[str, Any]:
    try:
        fields = json.loads(answer.body)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _seconds(value: Any) -> float | None:
    """A lifetime; some endpoints write it as a string."""
    try:
        return max(float(value), 0.0)
    except (TypeError, ValueError):
        return None


def _refusal(oauth: OAuth, answer: Answer, fields: dict[str, Any], secrets: tuple[str, ...]) -> MigrationError:
    """The error for an answer without a token. Only the fields of RFC 6749 section 5.2 are shown of it."""
    where = _where(oauth)
    told = " ".join(str(fields[name]) for name in ("error", "error_description") if fields.get(name))
    words = mask(" ".join(told.split()), secrets)[:_LONGEST_WORDS] or f"status {answer.status}"
    if answer.status == 429 or fields.get("error") in _BUSY:
        wait = _seconds({name.lower(): value for name, value in answer.headers.items()}.get("retry-after")) or 0.0
        return Throttled(f"the token endpoint asks to wait: {words}", where=where, wait=wait)
    if answer.status >= 500:
        return ConnectionLost(f"the token endpoint fails: {words}", where=where, remedy="Run again later")
    if 300 <= answer.status < 400:
        return LoginRefused(
            f"the token endpoint points elsewhere (status {answer.status}); no secret was sent there",
            where=where,
            remedy="Give the address of the endpoint itself as token_url",
        )
    return LoginRefused(f"no access token is given: {words}", where=where, remedy=_REMEDIES[oauth.grant])


def _where(oauth: OAuth) -> str:
    if oauth.grant == "service_account":
        return f"{oauth.subject} at the token endpoint of Google"
    return f"token endpoint {endpoint_host(oauth.token_url or oauth.authority)}"
