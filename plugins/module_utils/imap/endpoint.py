# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One side of a migration: its server and its login."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

DEFAULT_PORTS = {"tls": 993, "starttls": 143, "none": 143}
TOKEN_AUTHS = ("xoauth2", "oauthbearer")


class Tokens(Protocol):
    """Where access tokens come from (see ``oauth.tokens``)."""

    def current(self) -> str: ...

    def after_refusal(self, refused: str) -> str | None: ...

    def accepted(self, token: str) -> None: ...

    def secrets(self) -> tuple[str, ...]: ...

    def note(self) -> str: ...


@dataclass(frozen=True)
class Login:
    """Who logs in with which password or access token."""

    username: str
    secret: str = field(repr=False)


@dataclass
class LoginMemory:
    """The user name that the server has taken, shared by all connections of a side."""

    username: str = ""


@dataclass(frozen=True)
class Endpoint:
    """One side's server and login. ``timeout`` is in seconds. Nothing here is ever printed but ``where()``.

    ``other_username`` is tried once where the server refuses ``username``; ``tokens`` stand in for the password.
    """

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 0
    encryption: str = "tls"
    auth: str = "login"
    authorization_id: str = ""
    validate_certs: bool = True
    ca_file: str = ""
    timeout: float = 120.0
    other_username: str = ""
    tokens: Tokens | None = field(default=None, repr=False, compare=False)
    memory: LoginMemory = field(default_factory=LoginMemory, repr=False, compare=False)

    def address(self) -> tuple[str, int]:
        return self.host, self.port or DEFAULT_PORTS[self.encryption]

    def where(self) -> str:
        """Name for messages: ``user@host:port``."""
        host, port = self.address()
        return f"{self.username} at {host}:{port}"

    def secrets(self) -> tuple[str, ...]:
        """What must be in no message."""
        return tuple(filter(None, (self.password, *(self.tokens.secrets() if self.tokens else ()))))

    def login(self) -> Login:
        """The login to begin with. Raises what the source of tokens raises."""
        secret = self.tokens.current() if self.tokens else self.password
        return Login(self.memory.username or self.username, secret)

    def login_after_refusal(self, refused: Login) -> Login | None:
        """Another login to try, once; None where there is none: accounts are locked after too many refusals."""
        if self.tokens:
            token = self.tokens.after_refusal(refused.secret)
            return Login(refused.username, token) if token else None
        if self.other_username and not self.memory.username and refused.username == self.username:
            return Login(self.other_username, refused.secret)
        return None

    def note_accepted(self, login: Login) -> None:
        """Keep what the server has taken for the next connection."""
        self.memory.username = login.username
        if self.tokens:
            self.tokens.accepted(login.secret)
