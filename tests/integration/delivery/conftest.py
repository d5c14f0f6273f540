# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our mail platform on each kind of database, and an old provider; started once, every test has domains of its own."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.databases import KINDS, Databases
from tests.support.mail_platform import MailPlatform, OldPostfix


@pytest.fixture(scope="session")
def platforms(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], MailPlatform]]:
    """``platforms("sqlite")``: the session's one platform on this kind of database."""
    with ExitStack() as running:

        @functools.cache
        def platform_on(kind: str) -> MailPlatform:
            database = databases.new(kind, tmp_path_factory.mktemp("database"))
            return running.enter_context(MailPlatform(database, mail_platform_patience=3))

        yield platform_on


@pytest.fixture(params=KINDS)
def any_platform(request: pytest.FixtureRequest, platforms: Callable[[str], MailPlatform]) -> MailPlatform:
    """Our platform, on each kind of database."""
    return platforms(request.param)


@pytest.fixture(scope="session")
def platform(platforms: Callable[[str], MailPlatform]) -> MailPlatform:
    """Our platform on SQLite."""
    return platforms("sqlite")


@pytest.fixture(scope="session")
def old_provider() -> Iterator[OldPostfix]:
    with OldPostfix() as made:
        yield made


@pytest.fixture
def domain() -> str:
    """A domain that no other test uses."""
    return f"{uuid.uuid4().hex[:12]}.example"
