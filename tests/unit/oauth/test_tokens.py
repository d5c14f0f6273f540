# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConnectionLost, LoginRefused
from ansible_collections.mailops.migration.plugins.module_utils.oauth.tokens import Token, TokenSource


class Clock:
    """A clock that a test sets, and an endpoint that counts its tokens."""

    def __init__(self, lifetime: float | None = 3600.0) -> None:
        self.now = 1000.0
        self.lifetime = lifetime
        self.given = 0
        self.error: Exception | None = None
        self.source = TokenSource(self._fetch, clock=lambda: self.now)

    def _fetch(self) -> Token:
        self.given += 1
        if self.error:
            raise self.error
        return Token(f"token {self.given}", self.lifetime)


def test_token_serves_until_shortly_before_its_end() -> None:
    clock = Clock()
    assert clock.source.current() == "token 1"
    clock.now += 3600 - 121
    assert clock.source.current() == "token 1"
    clock.now += 2
    assert clock.source.current() == "token 2"


@pytest.mark.parametrize(("lifetime", "good"), [(10.0, 8.9), (None, 10.0**9)])
def test_short_and_untold_lives_are_used(lifetime: float | None, good: float) -> None:
    clock = Clock(lifetime)
    clock.source.current()
    clock.now += good
    assert clock.source.current() == "token 1"


def test_refused_token_is_replaced_once_until_a_server_takes_one() -> None:
    source = Clock().source
    source.accepted(source.current())
    assert source.after_refusal("token 1") == "token 2"
    assert source.after_refusal("token 2") is None
    source.accepted("token 2")
    assert source.after_refusal("token 2") == "token 3"


def test_connection_that_held_an_older_token_gets_the_present_one() -> None:
    clock = Clock()
    clock.source.current()
    clock.source.after_refusal("token 1")
    assert clock.source.after_refusal("token 1") == "token 2"
    assert clock.given == 2


def test_threads_share_one_token() -> None:
    clock = Clock()
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda number: clock.source.current(), range(64))) == {"token 1"}
        assert set(pool.map(lambda number: clock.source.after_refusal("token 1"), range(64))) == {"token 2"}
    assert clock.given == 2


def test_endpoint_that_refused_is_not_asked_again() -> None:
    clock = Clock()
    clock.error = LoginRefused("no")
    for _unused in range(3):
        with pytest.raises(LoginRefused):
            clock.source.current()
    assert clock.given == 1


def test_endpoint_that_was_not_reached_is_asked_again() -> None:
    clock = Clock()
    clock.error = ConnectionLost("down")
    with pytest.raises(ConnectionLost):
        clock.source.current()
    clock.error = None
    assert clock.source.current() == "token 2"


def test_token_is_not_shown() -> None:
    assert "s3cret" not in repr(Token("s3cret"))
