# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real servers, started once for a session and shared: every test has a mailbox of its own on them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape


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
