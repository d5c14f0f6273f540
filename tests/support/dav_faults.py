# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web server on loopback before a DAV server: it passes on what it is asked, but for the faults that a test wants."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import requests

_METHODS = ("OPTIONS", "GET", "PUT", "DELETE", "PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "MKCALENDAR")
_HOPS = ("content-length", "connection", "transfer-encoding", "content-encoding")
_NONCE, _REALM = "dcd98b7102dd2f0e", "dav"


@dataclass(frozen=True)
class Said:
    """An answer that the server behind knows nothing of."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)


class LostAnswer:
    """The server behind is asked, and its answer never comes."""


Fault = Callable[[str, str, int], "Said | LostAnswer | None"]
"""What to do with the ``number``-th request (from 1 on) of a method to a path; None passes it on."""


class DavFaults:
    """``fault`` may be changed at any time. ``digest`` (user, password): that login, by digest only."""

    def __init__(self, behind: str, fault: Fault = lambda *_request: None, *, digest: tuple[str, str] | None = None):
        self._behind = behind.rstrip("/")
        self.fault = fault
        self.digest = digest
        self.asked: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        front = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: object) -> None:
                pass

            def serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                with front._lock:
                    front.asked.append((self.command, self.path))
                    number = sum(method == self.command for method, _path in front.asked)
                said = front._refusal(self) or front.fault(self.command, self.path, number)
                if isinstance(said, Said):
                    self.tell(said.status, said.headers, b"")
                    return
                answer = front._pass_on(self, body)
                if isinstance(said, LostAnswer):
                    self.close_connection = True
                    return
                kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOPS}
                self.tell(answer.status_code, kept, answer.content)

            def tell(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

        for method in _METHODS:
            setattr(Handler, f"do_{method}", Handler.serve)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}/"

    def __enter__(self) -> DavFaults:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, method: str) -> int:
        """How many requests of this method came."""
        return sum(each == method for each, _path in self.asked)

    def _pass_on(self, request: BaseHTTPRequestHandler, body: bytes) -> requests.Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in ("host", "connection")}
        if self.digest:
            headers.pop("Authorization", None)
        with requests.Session() as session:
            session.trust_env = False
            auth = self.digest or (lambda prepared: prepared)
            return session.request(request.command, self._behind + request.path, data=body, headers=headers,
                                   auth=auth, allow_redirects=False, timeout=60)

    def _refusal(self, request: BaseHTTPRequestHandler) -> Said | None:
        """What a server says that takes a login by digest only (RFC 7616, MD5 and ``qop=auth``), if it is not given."""
        if self.digest is None:
            return None
        given = request.headers.get("Authorization", "")
        fields = {name: quoted or bare for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,\s]+))', given)}
        if given.startswith("Digest ") and fields.get("response") == self._response(request.command, fields):
            return None
        return Said(401, {"WWW-Authenticate": f'Digest realm="{_REALM}", nonce="{_NONCE}", qop="auth", algorithm=MD5'})

    def _response(self, method: str, fields: Mapping[str, str]) -> str:
        user, password = self.digest or ("", "")
        parts = (fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return _md5(_md5(user, _REALM, password), *parts, _md5(method, fields.get("uri", "")))


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()
