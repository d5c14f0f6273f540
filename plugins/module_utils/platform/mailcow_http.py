# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mailcow's REST interface over verified TLS. The one place that imports requests.

The API key and passwords are in no URL and in no text of an error. Source: mailcow's OpenAPI description, ``/api``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError, PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.core.hang_up import hung_up

try:
    import requests
except ImportError:  # reported when a client is made
    requests = None  # type: ignore[assignment]

_CONNECT_SECONDS, _ANSWER_SECONDS = 10.0, 120.0
_STATUS_REMEDIES: Mapping[int, str] = {
    401: "Check platform.api_key, and that mailcow's list of allowed addresses has this machine's",
    403: "Use a key that may write, and add this machine's address to mailcow's list of allowed addresses",
}


class StepRefused(PlatformError):
    """mailcow answered, and did not take this one step."""


class MailcowClient:
    """Asks one mailcow. Raises :class:`PlatformError`, and :class:`ConfigurationError` when it is made."""

    def __init__(self, api_url: str, api_key: str, ca_file: str | None = None) -> None:
        self.host = _host(api_url)
        if not re.fullmatch(r"[\x21-\x7e]+", api_key):
            raise ConfigurationError(
                "platform.api_key is empty or has characters that no key has", remedy="Copy it from mailcow once more"
            )
        if requests is None:
            raise ConfigurationError(
                "the Python library requests is missing where the platform is reached",
                remedy="Install it with pip install requests",
            )
        self._base = api_url.rstrip("/") + "/api/v1/"
        self._session = requests.Session()
        # Neither a proxy nor other authorities nor a .netrc from the environment come in between.
        self._session.trust_env = False
        self._session.verify = ca_file or True
        self._session.headers["X-API-Key"] = api_key

    def rows(self, path: str) -> list[Mapping[str, Any]]:
        """The list that ``get/path`` answers with; mailcow says ``{}`` where there is nothing."""
        answer = self._answer("GET", f"get/{path}", None)
        if isinstance(answer, dict):
            if "type" in answer:
                raise self._refused(answer)
            return []
        return list(answer)

    def change(self, path: str, body: Any) -> None:
        """Post ``body``; return when mailcow says that it was done and nothing else."""
        answer = self._answer("POST", path, body)
        notes = answer if isinstance(answer, list) else [answer]
        types = [note.get("type") for note in notes]
        if "success" not in types or {"danger", "error"} & set(types):
            words = _reasons([note for note in notes if note.get("type") != "success"])
            part = ", and did a part of this step" if "success" in types else ""
            raise StepRefused(
                f"mailcow refused: {words}{part}",
                where=self.host,
                remedy="Correct what mailcow names, then run this again",
            )

    def _answer(self, method: str, path: str, body: Any) -> Any:
        try:
            response = self._session.request(
                method,
                self._base + path,
                json=body,
                timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            if isinstance(error, requests.exceptions.SSLError) and not hung_up(error):
                raise PlatformError(
                    "its certificate could not be verified",
                    where=self.host,
                    remedy="Name the authority in platform.ca_file, or correct the name in platform.api_url",
                ) from None
            why = "it hung up" if hung_up(error) else type(error).__name__
            raise PlatformError(
                f"mailcow gave no answer to {path} ({why})"
                + ("" if body is None else ", so this step may have been done or not"),
                where=self.host,
                remedy="See whether mailcow runs, then run this again",
            ) from None
        return self._read(response, path)

    def _read(self, response: Any, path: str) -> Any:
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code != 200 and isinstance(answer, dict):
            raise self._refused(answer, response.status_code)
        good = isinstance(answer, dict) or (isinstance(answer, list) and all(isinstance(row, dict) for row in answer))
        if response.status_code != 200 or not good:
            raise PlatformError(
                f"the answer to {path} has the status {response.status_code} and is not mailcow's JSON",
                where=self.host,
                remedy="Check platform.api_url: it is the address of mailcow's web interface",
            )
        return answer

    def _refused(self, answer: Mapping[str, Any], status: int = 200) -> PlatformError:
        return PlatformError(
            f"mailcow refused: {_reasons([answer])}",
            where=self.host,
            remedy=_STATUS_REMEDIES.get(
                status, "Check the platform's options and mailcow's version, then run this again"
            ),
        )


def _reasons(notes: Sequence[Mapping[str, Any]]) -> str:
    """mailcow's words. Beside them an answer holds what was sent, which is nobody's business."""
    return "; ".join(_words(note.get("msg")) for note in notes) or "no reason given"


def _words(message: object) -> str:
    parts = message if isinstance(message, list) else [message]
    return " ".join(str(part) for part in parts)


def _host(api_url: str) -> str:
    """The host of a URL that is fit for passwords. The text is not repeated, for it may hold one."""
    try:
        parts = urlsplit(api_url)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme != "https" or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            "platform.api_url should be the https address of mailcow's web interface, without user, password or query",
            remedy="Write it as https://mail.example.com",
        )
    return host
