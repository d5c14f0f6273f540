# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A token endpoint of the tests over HTTPS: refresh tokens, client credentials, signed assertions, introspection.

It plays Google's, Microsoft's and anybody's endpoint, verifies what is signed, and tells a Dovecot whether a token is
good and whose it is.
"""

from __future__ import annotations

import json
import secrets
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt

from tests.support.certificates import session_authority

GOOGLE_AUDIENCE = "https://oauth2.googleapis.com/token"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ID = "the-client"
CLIENT_SECRET = "cl1ent $ecret"
TENANT = "contoso.example"
Form = dict[str, str]
Reply = tuple[int, dict[str, Any]]


@dataclass
class TokenServer:
    """What the endpoint knows; tests change it while it serves.

    ``lifetime`` is how long tokens are good, in seconds; ``told_lifetime`` what clients are told instead, where it is
    set. ``account`` is the mailbox that client credentials open. ``rotate`` gives a new refresh token with each answer
    and takes the old one away. ``trouble`` holds answers that come before any other, first in, first out. Refresh
    tokens are taken ``good_for`` times in all. ``asked`` counts requests by grant, ``introspected`` those of the mail
    server, ``found_inactive`` how often it heard no.
    """

    lifetime: float = 3600.0
    told_lifetime: float | None = None
    account: str = ""
    rotate: bool = False
    refresh_tokens: dict[str, str] = field(default_factory=dict)
    service_keys: dict[str, str] = field(default_factory=dict)
    certificate: str = ""
    good_for: int = 1_000_000
    trouble: list[tuple[int, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    introspected: int = 0
    found_inactive: int = 0
    forms: list[Form] = field(default_factory=list)
    url: str = ""
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def serving(self) -> Iterator[TokenServer]:
        """Serve on a free port of the loopback."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        server.daemon_threads = True
        certificate = session_authority().issue("localhost")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.certificate, certificate.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        self.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def issue(self, user: str, lifetime: float | None = None) -> str:
        """A token for a mailbox, without any asking."""
        token = f"at-{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = (user, time.monotonic() + (self.lifetime if lifetime is None else lifetime))
        return token

    def revoke_access(self) -> None:
        """All tokens that are out are worth nothing from now on."""
        with self._lock:
            self._tokens.clear()

    def answer(self, path: str, form: Form) -> Reply:
        if path == "/introspect":
            return 200, self._introspect(form)
        if path == f"/{TENANT}/v2.0/.well-known/openid-configuration":
            base = f"{self.url}/{TENANT}/oauth2/v2.0"
            return 200, {"token_endpoint": f"{base}/token", "authorization_endpoint": f"{base}/authorize",
                         "issuer": f"{self.url}/{TENANT}/v2.0"}
        if path in ("/token", f"/{TENANT}/oauth2/v2.0/token"):
            self.forms.append(form)
            self.asked[form.get("grant_type", "")] += 1
            return self._grant(form)
        return 400, {"error": "invalid_tenant", "error_description": f"no {path} here"}

    def _introspect(self, form: Form) -> dict[str, Any]:
        with self._lock:
            self.introspected += 1
            user, until = self._tokens.get(form.get("token", ""), ("", 0.0))
            is_active = time.monotonic() < until
            self.found_inactive += not is_active
        return {"active": is_active, "username": user}

    def _grant(self, form: Form) -> Reply:
        kind = form.get("grant_type")
        if kind == JWT_GRANT:
            return self._of_assertion(form["assertion"])
        if not self._knows_client(form):
            return 401, {"error": "invalid_client", "error_description": f"bad secret {form.get('client_secret')}"}
        if kind == "client_credentials":
            return self._token(self.account)
        user = self.refresh_tokens.get(form.get("refresh_token", "")) if self.good_for > 0 else None
        self.good_for -= 1
        if kind != "refresh_token" or user is None:
            return 400, {"error": "invalid_grant", "error_description": f"{form.get('refresh_token')} was revoked"}
        return self._token(user, self._rotated(form["refresh_token"], user) if self.rotate else "")

    def _knows_client(self, form: Form) -> bool:
        if form.get("client_id") != CLIENT_ID:
            return False
        if "client_assertion" not in form:
            return form.get("client_secret") == CLIENT_SECRET
        claims = _claims(form["client_assertion"], self.certificate, f"{self.url}/{TENANT}/oauth2/v2.0/token")
        return claims.get("iss") == claims.get("sub") == CLIENT_ID

    def _of_assertion(self, assertion: str) -> Reply:
        issuer = jwt.decode(assertion, options={"verify_signature": False}).get("iss", "")
        claims = _claims(assertion, self.service_keys.get(issuer, ""), GOOGLE_AUDIENCE)
        if claims.get("scope") != "https://mail.google.com/":
            return 400, {"error": "unauthorized_client", "error_description": "Client is unauthorized to retrieve"
                         " access tokens using this method, or client not authorized for any of the scopes requested."}
        return self._token(claims["sub"])

    def _rotated(self, old: str, user: str) -> str:
        del self.refresh_tokens[old]
        new = f"rt-{secrets.token_urlsafe(24)}"
        self.refresh_tokens[new] = user
        return new

    def _token(self, user: str, refresh_token: str = "") -> Reply:
        told = self.lifetime if self.told_lifetime is None else self.told_lifetime
        reply = {"access_token": self.issue(user), "token_type": "Bearer", "expires_in": int(told)}
        return 200, {**reply, "refresh_token": refresh_token} if refresh_token else reply


def _claims(assertion: str, public_key: str, audience: str) -> dict[str, Any]:
    """The claims of a JWT whose signature, time and audience are right; none otherwise."""
    try:
        claims: dict[str, Any] = jwt.decode(assertion, public_key, algorithms=["RS256", "PS256"], audience=audience)
    except (jwt.PyJWTError, ValueError, TypeError):
        return {}
    return claims


def _handler(endpoint: TokenServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._reply(dict(parse_qsl(body.decode(), keep_blank_values=True)))

        def _reply(self, form: Form) -> None:
            path = urlsplit(self.path).path
            headers: dict[str, str] = {}
            if endpoint.trouble and path != "/introspect":
                status, fields, headers = endpoint.trouble.pop(0)
            else:
                status, fields = endpoint.answer(path, form)
            body = json.dumps(fields).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)),
                                **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Tests look at what was asked, not at a log."""

    return Handler


def dovecot_passdb(url: str, folder: Path) -> str:
    """Configuration with which a Dovecot asks this endpoint about XOAUTH2 and OAUTHBEARER tokens."""
    settings = folder / "oauth2.conf.ext"
    settings.write_text(
        f"introspection_url = {url}/introspect\nintrospection_mode = post\nusername_attribute = username\n"
        f"active_attribute = active\nactive_value = true\ntls_ca_cert_file = {session_authority().ca_file}\n"
    )
    settings.chmod(0o644)
    return f"""
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {settings}
}}
"""
