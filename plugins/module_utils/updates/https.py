# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One HTTPS request, and the difference between one that never left and one that may have arrived.

What libraries above http.client throw does not tell the two apart, and what may have arrived is not sent twice.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..core.errors import ConfigurationError
from ..core.hang_up import hung_up
from .values import MaybeTaken, NotTaken

_LONGEST_ANSWER = 2**20


@dataclass(frozen=True)
class Request:
    """``headers`` and ``body`` may hold secrets; the URL does not."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    def text(self) -> str:
        """What it says, as far as it is text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Https:
    """``ca_file``: the authority of the ticket system's certificate; None stands for the system's authorities."""

    ca_file: str | None = None
    timeout: float = 30.0

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status. Raises :class:`NotTaken` and :class:`MaybeTaken`."""
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        connection = http.client.HTTPSConnection(host, parts.port or 443, timeout=self.timeout, context=self._context())
        try:
            self._connect(connection, host)
            return self._exchange(connection, host, request)
        finally:
            connection.close()

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError as error:
            raise ConfigurationError(
                f"the authority's file cannot be read ({error.strerror or error})",
                where=self.ca_file or "",
                remedy="Correct ca_file",
            ) from None

    def _connect(self, connection: http.client.HTTPSConnection, host: str) -> None:
        try:
            connection.connect()
        except ssl.SSLError as error:
            if hung_up(error):
                raise NotTaken(
                    "it hung up before anything was sent", where=host, remedy="See whether it runs", everybody=True
                ) from None
            raise NotTaken(
                f"its certificate could not be verified ({error.reason or 'TLS failed'})",
                where=host,
                remedy="Name its authority in ca_file, or correct the name in the address; nothing was sent",
                everybody=True,
            ) from None
        except OSError as error:
            raise NotTaken(
                f"it cannot be reached ({error.strerror or error})",
                where=host,
                remedy="See whether it runs",
                everybody=True,
            ) from None

    def _exchange(self, connection: http.client.HTTPSConnection, host: str, request: Request) -> Answer:
        parts = urlsplit(request.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            connection.request(request.method, target, body=request.body, headers=dict(request.headers))
            response = connection.getresponse()
            return Answer(response.status, response.read(_LONGEST_ANSWER))
        except (OSError, http.client.HTTPException) as error:
            raise MaybeTaken(
                f"it gave no answer ({type(error).__name__})", where=host, remedy="Look at the ticket"
            ) from None


def checked_url(url: str, option: str) -> str:
    """The URL, which is fit for secrets beside it. Raises :class:`ConfigurationError`, in which it is not repeated."""
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(
            "should be an address that begins with https:// and holds no user or password",
            where=option,
            remedy="Write it like https://tickets.example.com/api; secrets belong into headers",
        )
    return url
