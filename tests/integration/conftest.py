# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real servers, started once for a session and shared: every test has a mailbox of its own on them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.databases import KINDS, Database, Databases
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Fault
from tests.support.server_shapes import Server, server_park

MakeProxy = Callable[..., FaultProxy]


@pytest.fixture(scope="session")
def source_server() -> Iterator[DovecotServer]:
    """A Dovecot with ``/`` as separator and folders as they lie in the file system."""
    with DovecotServer(DovecotShape(separator="/", layout="fs", fsync="never")) as server:
        yield server


@pytest.fixture(scope="session")
def destination_server() -> Iterator[DovecotServer]:
    """A Dovecot with ``.`` as separator, on Maildir++."""
    with DovecotServer(DovecotShape(separator=".", layout="maildir++", fsync="never")) as server:
        yield server


@pytest.fixture(scope="session")
def server() -> Iterator[Callable[[str], Server]]:
    """``server("courier")``: the session's one server of that name in ``server_shapes``."""
    with server_park() as park:
        yield park


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """``databases.new("postgresql", tmp_path)``: empty tables, PostfixAdmin's own and Local Delivery's."""
    with Databases() as made:
        yield made


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Database:
    """Empty tables, PostfixAdmin's own and Local Delivery's, in each kind of database."""
    return databases.new(request.param, tmp_path)


@pytest.fixture
def make_proxy() -> Iterator[MakeProxy]:
    """``make_proxy(server, *faults, delay=…, rewrites=…)``: a started proxy before a server, stopped with the test."""
    made: list[FaultProxy] = []

    def make(server: DovecotServer, *faults: Fault, **options: Any) -> FaultProxy:
        made.append(FaultProxy(("127.0.0.1", server.place.imap_port), *faults, **options))
        made[-1].start()
        return made[-1]

    yield make
    for proxy in made:
        proxy.stop()


@pytest.fixture
def mailbox_name() -> str:
    """An address that no other test uses, on any server."""
    return f"user-{uuid.uuid4().hex[:12]}@example.com"


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    """A folder for journals, private to the test."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    return folder
