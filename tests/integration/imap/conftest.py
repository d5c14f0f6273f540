# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A mailbox on its way between the session's servers, and servers of special shapes shared by the tests here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.figures import Figures
from tests.support.sync_runner import Migration, Result


@pytest.fixture
def migration(
    source_server: DovecotServer, destination_server: DovecotServer, mailbox_name: str, state_dir: Path
) -> Migration:
    """A new mailbox on both servers and an empty folder for its journal."""
    return Migration(source_server, destination_server, mailbox_name, state_dir)


@pytest.fixture(scope="session")
def figures() -> Iterator[Figures]:
    """What was moved between which servers, written down when the session ends."""
    collected = Figures()
    yield collected
    collected.write()


@pytest.fixture
def tally(figures: Figures, request: pytest.FixtureRequest) -> Callable[..., None]:
    """``tally(proof, messages=…)``: count a migration of the test's pair of servers for the summary."""
    def add(proof: Result, **numbers: int) -> None:
        figures.add(request.node.callspec.params["pair"], proof, **numbers)

    return add
