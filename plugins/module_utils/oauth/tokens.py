# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Access tokens that stay valid: one for all connections of an account, renewed in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ..core.errors import LoginRefused

# A token is renewed this long before its end (seconds), or at nine tenths of a shorter life.
_MARGIN = 120.0


@dataclass(frozen=True)
class Token:
    """What a token endpoint gave. ``lifetime`` in seconds, None where the endpoint did not say."""

    secret: str = field(repr=False)
    lifetime: float | None = None


class Account(Protocol):
    """See :class:`~.refresh_token.RefreshToken`."""

    @property
    def note(self) -> str: ...

    def secrets(self) -> tuple[str, ...]: ...


class TokenSource:
    """Gives the valid token of one account to any thread, and asks for another only when it must.

    :param fetch: gets a token from its endpoint; what it raises comes through. An endpoint that has refused for good
        (LoginRefused) is not asked again.
    :param account: what the tokens are asked with: its secrets, and what there is to say of it.
    """

    def __init__(
        self, fetch: Callable[[], Token], account: Account | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._account = account
        self._clock = clock
        self._given: set[str] = set()
        self._lock = threading.Lock()
        self._secret = ""
        self._until = 0.0
        self._last_chance = False
        self._refusal: LoginRefused | None = None

    def current(self) -> str:
        """A token that should be valid for a while."""
        with self._lock:
            if not self._secret or self._clock() >= self._until:
                self._renew()
            return self._secret

    def after_refusal(self, refused: str) -> str | None:
        """Another token in place of one that a server refused though it looked valid.

        None when the refused one was itself such a replacement and no server has taken it since: then the fault is not
        in the token's age.
        """
        with self._lock:
            if refused == self._secret:
                if self._last_chance:
                    return None
                self._renew()
                self._last_chance = True
            return self._secret

    def accepted(self, token: str) -> None:
        """A server took ``token``."""
        with self._lock:
            if token == self._secret:
                self._last_chance = False

    def secrets(self) -> tuple[str, ...]:
        """All tokens that there were so far."""
        with self._lock:
            return (*self._given, *(self._account.secrets() if self._account else ()))

    def note(self) -> str:
        """What the reader of the result should know, or nothing."""
        return self._account.note if self._account else ""

    def _renew(self) -> None:
        if self._refusal is not None:
            raise self._refusal
        try:
            token = self._fetch()
        except LoginRefused as error:
            self._refusal = error
            raise
        self._secret = token.secret
        self._given.add(token.secret)
        self._last_chance = False
        lifetime = float("inf") if token.lifetime is None else token.lifetime
        self._until = self._clock() + max(lifetime - _MARGIN, lifetime * 0.9)
