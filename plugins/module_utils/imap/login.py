# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The login on a connected client: LOGIN, or a SASL mechanism that the server offers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from ..core.errors import ConfigurationError, LoginRefused
from .endpoint import Endpoint, Login
from .listing import quote

_UNSENDABLE = re.compile(r"[\0\r\n]")
_REPR = re.compile(r"^.*?\[?b(?P<mark>['\"])(?P<text>.*)(?P=mark)\]?$", re.DOTALL)
_ALERT_LINK = re.compile(r"\[WEBALERT [^\]]*\]")
_LONGEST_WORDS = 500
_MECHANISMS = {"plain": "PLAIN", "xoauth2": "XOAUTH2", "oauthbearer": "OAUTHBEARER"}


@dataclass(frozen=True)
class Answer:
    """What the server said to a login: its words, alerts included, and the challenge of a refused token."""

    ok: bool
    words: str
    challenge: str = ""


def log_in(client: Any, endpoint: Endpoint, login: Login) -> Answer:
    """Log in. Raises ConfigurationError and LoginRefused before anything secret was sent, else what imaplib raises."""
    for text in (login.username, login.secret, endpoint.authorization_id):
        if _UNSENDABLE.search(text):
            raise ConfigurationError(
                "user name or password holds a line end or a NUL",
                where=endpoint.where(),
                remedy="Correct it; a file for a password holds it in one line",
            )
    imap = client._imap
    mechanism = _mechanism(endpoint, login, frozenset(imap.capabilities))
    imap.untagged_responses.clear()
    challenge = ""
    if mechanism == "LOGIN":
        kind, data = _send_login(imap, login)
    else:
        sasl = _Sasl(mechanism, _first_response(mechanism, endpoint, login))
        imap.literal = sasl.answer
        kind, data = imap._simple_command("AUTHENTICATE", mechanism)
        challenge = sasl.challenge
    if kind == "OK":
        imap.state = "AUTH"
    alerts = imap.untagged_responses.pop("NO", [])
    return Answer(kind == "OK", words(*alerts, *data), challenge)


def words(*texts: bytes | str | None) -> str:
    """What a server said as one line, without imaplib's marks and without links that hold a session."""
    plain = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text or "" for text in texts)
    line = " ".join(" ".join(_REPR.sub(r"\g<text>", text).split()) for text in plain)
    return _ALERT_LINK.sub("[WEBALERT]", "".join(filter(str.isprintable, line)))[:_LONGEST_WORDS].strip()


def _mechanism(endpoint: Endpoint, login: Login, offered: frozenset[str]) -> str:
    """LOGIN where the password may go that way, else the SASL mechanism, which the server must offer."""
    is_plain_text = all(text.isascii() and text.isprintable() for text in (login.username, login.secret))
    if endpoint.auth == "login":
        if "LOGINDISABLED" not in offered and (is_plain_text or "AUTH=PLAIN" not in offered):
            return "LOGIN"
        if "AUTH=PLAIN" not in offered:
            raise LoginRefused(
                "the server takes no LOGIN on this connection (LOGINDISABLED); the password was not sent",
                where=endpoint.where(),
                remedy="Use encryption tls or starttls; where it is, the server wants OAuth2 (auth: xoauth2)",
            )
        return "PLAIN"
    mechanism = _MECHANISMS[endpoint.auth]
    if f"AUTH={mechanism}" not in offered:
        raise LoginRefused(
            f"the server does not offer AUTH={mechanism}; nothing secret was sent",
            where=endpoint.where(),
            remedy=_offers(endpoint, offered),
        )
    return mechanism


def _offers(endpoint: Endpoint, offered: frozenset[str]) -> str:
    """What there is instead."""
    known = sorted(item.removeprefix("AUTH=") for item in offered if item.startswith("AUTH="))
    there = f"It offers {', '.join(known)}" if known else "It offers no SASL mechanism at all"
    if endpoint.encryption == "none":
        return f"{there}; try encryption tls or starttls, many servers offer more there"
    if endpoint.authorization_id:
        return f"{there}; for a master user try auth: login with the server's own form, such as user*master"
    return f"{there}; choose another auth"


def _send_login(imap: Any, login: Login) -> tuple[str, list[Any]]:
    """LOGIN with quoted strings; octets beyond ASCII may only stand in a literal (RFC 3501 section 4.3)."""
    user, secret = login.username.encode(), login.secret.encode()
    if login.secret.isascii():
        return imap._simple_command("LOGIN", quote(user), quote(secret))  # type: ignore[no-any-return]
    imap.literal = secret
    return imap._simple_command("LOGIN", quote(user))  # type: ignore[no-any-return]


def _first_response(mechanism: str, endpoint: Endpoint, login: Login) -> bytes:
    """RFC 4616 for PLAIN, RFC 7628 for OAUTHBEARER, Google's protocol for XOAUTH2."""
    if mechanism == "PLAIN":
        text = f"{endpoint.authorization_id}\0{login.username}\0{login.secret}"
    elif mechanism == "XOAUTH2":
        text = f"user={login.username}\1auth=Bearer {login.secret}\1\1"
    else:
        name = login.username.replace("=", "=3D").replace(",", "=2C")
        text = f"n,a={name},\1auth=Bearer {login.secret}\1\1"
    return text.encode()


class _Sasl:
    """One exchange. A second challenge brings the reason of a refusal and is answered so that the server ends it."""

    def __init__(self, mechanism: str, first: bytes) -> None:
        self._answers = [base64.b64encode(first), {"XOAUTH2": b"", "OAUTHBEARER": b"AQ=="}.get(mechanism, b"*")]
        self.challenge = ""

    def answer(self, challenge: bytes) -> bytes:
        """imaplib calls it with the text of each continuation request; the line to send."""
        if len(self._answers) == 1:
            self.challenge = _decoded(challenge)
        return self._answers.pop(0) if self._answers else b"*"


def _decoded(challenge: bytes) -> str:
    try:
        return base64.b64decode(challenge).decode("utf-8", "replace")
    except ValueError:
        return ""
