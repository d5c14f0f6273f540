# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP to one DAV server over verified TLS, with connections that stay open. Imports requests.

Passwords are in no URL and in no text of an error, and go to no other host than the one that was named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from ..core.errors import ConfigurationError, ConnectionLost, LoginRefused, MigrationError, Stopped, TlsFailed
from ..core.hang_up import hung_up

try:
    import requests
except ImportError:  # reported by the module
    requests = None  # type: ignore[assignment]

LONGEST_ANSWER = 256 * 1024 * 1024
_ATTEMPTS, _LONGEST_WAIT, _REDIRECTS = 4, 60.0, 5
_REDIRECTED = (301, 302, 303, 307, 308)


@dataclass(frozen=True)
class Login:
    """How to reach and enter a server. ``encryption`` is ``tls`` or ``none``; ``timeout`` in seconds."""

    username: str
    password: str
    ca_file: str = ""
    encryption: str = "tls"
    timeout: float = 120.0


@dataclass(frozen=True)
class Answer:
    """What the server said. ``url`` is where it was said, after redirects; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class DavHttp:
    """Requests to one server, from any thread. ``stopped`` ends the work between two requests.

    Raises LoginRefused, TlsFailed, ConnectionLost (also for a server that stays busy) and Stopped.
    """

    def __init__(self, login: Login, *, stopped: Callable[[], bool] = lambda: False) -> None:
        self._login = login
        self._stopped = stopped
        self._local = threading.local()
        self._digest = False
        self.requests = 0

    def send(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None,
        timeout: float = 0.0,
    ) -> Answer:  # fmt: skip
        """One request, repeated where the connection broke or the server asked to wait; redirects are an answer.

        ``timeout``: seconds that this one may take where that is more than the login says.
        """
        self._check(url)
        waited = 0.5
        for attempt in range(1, _ATTEMPTS + 1):
            if self._stopped():
                raise Stopped("the run that wanted this is gone", remedy="Run again")
            try:
                answer = self._once(method, url, body, headers or {}, max(timeout, self._login.timeout))
            except ConnectionLost:
                if attempt == _ATTEMPTS:
                    raise
                self._local.session = None
                answer = None
            if answer is not None and answer.status == 401:
                self._refused(answer, url)
                continue
            if answer is not None and answer.status not in (429, 502, 503, 504):
                return answer
            if answer is not None and attempt == _ATTEMPTS:
                raise ConnectionLost(
                    f"the server stays busy (HTTP {answer.status})", where=host_of(url), remedy="Run again later"
                )
            time.sleep(min(_LONGEST_WAIT, max(waited, _retry_after(answer))))
            waited *= 2
        raise ConnectionLost("the server takes no login", where=host_of(url), remedy="Run again later")

    def follow(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The same with redirects followed, to the same host and never from TLS to plain text."""
        for _redirect in range(_REDIRECTS):
            answer = self.send(method, url, body, headers)
            target = answer.headers.get("location", "")
            if answer.status not in _REDIRECTED or not target:
                return answer
            url = self.allowed(url, target)
        raise ConnectionLost("the server redirects in circles", where=host_of(url), remedy="Give the address (url)")

    def allowed(self, url: str, target: str) -> str:
        """``target`` as seen from ``url``. Raises :class:`ConfigurationError` where the login would go elsewhere."""
        there = urljoin(url, target)
        here, other = urlsplit(url), urlsplit(there)
        same = other.hostname == here.hostname or (other.hostname or "").endswith(f".{here.hostname}")
        if not same or (here.scheme == "https" and other.scheme != "https"):
            raise ConfigurationError(
                f"the server sends its clients to {other.scheme}://{other.netloc.rpartition('@')[2]}, another place",
                where=host_of(url),
                remedy="Give that address as url, if it is right",
            )
        return there

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme == "http" and self._login.encryption == "none":
            return
        if parts.scheme != "https":
            raise ConfigurationError(
                "the address should begin with https://, for the password goes there",
                where=host_of(url),
                remedy="Correct url, or set encryption to none where nobody listens in between",
            )

    def _once(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], timeout: float
    ) -> Answer:  # fmt: skip
        session = self._session()
        self.requests += 1
        try:
            with session.request(
                method, url, data=body, headers=dict(headers), allow_redirects=False, stream=True,
                timeout=(min(20.0, self._login.timeout), timeout),
            ) as response:  # fmt: skip
                content = self._read(response, url)
                found = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status_code, found, content, url)
        except requests.exceptions.RequestException as error:
            raise self._no_answer(error, url) from None

    def _no_answer(self, error: Exception, url: str) -> MigrationError:
        if isinstance(error, requests.exceptions.SSLError) and not hung_up(error):
            return TlsFailed(
                f"its certificate could not be verified ({_reason(error)})",
                where=host_of(url),
                remedy="Name its authority in ca_file, or correct the name in url",
            )
        why = "it hung up" if hung_up(error) else type(error).__name__
        return ConnectionLost(f"no answer ({why})", where=host_of(url), remedy="Check url and that the server runs")

    def _read(self, response: Any, url: str) -> bytes:
        parts, size = [], 0
        for part in response.iter_content(1 << 20):
            size += len(part)
            if size > LONGEST_ANSWER:
                raise MigrationError("the answer is longer than 256 MB", where=host_of(url), remedy="Check the server")
            parts.append(part)
        return b"".join(parts)

    def _session(self) -> Any:
        session = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.trust_env = False
            session.verify = self._login.ca_file or True
            session.headers["User-Agent"] = "mailops.migration"
            session.auth = self._auth()
            self._local.session = session
        return session

    def _auth(self) -> Any:
        name, word = self._login.username, self._login.password
        if self._digest:
            return requests.auth.HTTPDigestAuth(name, word)
        return requests.auth.HTTPBasicAuth(name.encode(), word.encode())

    def _refused(self, answer: Answer, url: str) -> None:
        """Try the way of logging in that the server names, else say that it took none."""
        offered = answer.headers.get("www-authenticate", "").lower()
        if "digest" in offered and "basic" not in offered and not self._digest:
            self._digest = True
            self._local.session = None
            return
        raise LoginRefused(
            f"the server did not take the login of {self._login.username}",
            where=host_of(url),
            remedy="Check username and password, and whether the server wants an app password",
        )


def host_of(url: str) -> str:
    """``host:port`` of an address, never what stands before an @."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _retry_after(answer: Answer | None) -> float:
    value = answer.headers.get("retry-after", "") if answer else ""
    return float(value) if value.isdigit() else 0.0


def _reason(error: Exception) -> str:
    text = str(error)
    start = text.find("certificate verify failed")
    return text[start : start + 120].partition(" (_ssl")[0] if start >= 0 else "the handshake failed"
