# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The folder map against real servers: they take every name that it makes, and list it as it was made."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import closing

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_plan import plan_folders
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    Folder,
    FolderPlan,
    FolderRules,
    Side,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.connection import connect
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.imap.session import Session

from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape

SLASHED = (
    "INBOX", "Inbox/Work", "Clients/Dr. Jones", "Dr. Jones", " Work ", "Work", "work", "~root", "..", "a//b",
    "tab\tname", "Entwürfe", unicodedata.normalize("NFD", "Müller"), "Müller/Äpfel", "Gesendete Elemente",
    "Gesendete Elemente/2019", '50% * "quoted" & back\\slash', "😀 fun", "日本語/メール", "Ж" * 300, "Ж" * 300 + "a",
    "x" * 400, "$HOME", "{{ x }}", "-rf", "Spam reports", "Clients/Trash talk", "INBOX/Deep/er",
)  # fmt: skip
PREFIXED = ("INBOX", "INBOX.Inbox.Status", "INBOX.Status", "INBOX.a/b", "INBOX.Clients.A & B", "INBOX.INBOX.x")
SHAPES = {
    "platform": DovecotShape(separator=".", layout="maildir++", fsync="never", create_special=True),
    "prefix": DovecotShape(separator=".", prefix="INBOX.", layout="maildir++", fsync="never"),
    "file-system": DovecotShape(separator="/", layout="fs", fsync="never"),
}
SOURCES = {
    "slashed": Side(tuple(Folder(name, "/", subscribed=True) for name in SLASHED), "/"),
    "prefixed": Side(tuple(Folder(name, ".", subscribed=True) for name in PREFIXED), ".", "INBOX."),
}


@pytest.fixture(scope="module", params=SHAPES)
def server(request: pytest.FixtureRequest) -> Iterator[DovecotServer]:
    with DovecotServer(SHAPES[request.param]) as running:
        yield running


@pytest.mark.parametrize("source", SOURCES)
def test_server_takes_the_map_and_leaves_nothing_to_do(
    server: DovecotServer, mailbox_name: str, source: str
) -> None:
    with closing(connect(Endpoint(**server.endpoint(mailbox_name)))) as session:
        first = plan_folders(SOURCES[source], session.list_side()[0], FolderRules())
        make(first, session)
        second = plan_folders(SOURCES[source], session.list_side()[0], FolderRules())
        for pair in second.pairs:
            session.status(pair.destination)
    assert len(first.pairs) == len(SOURCES[source].folders)
    assert any(pair.create for pair in first.pairs)
    assert not any(pair.create or pair.subscribe for pair in second.pairs)
    assert {pair.source: pair.destination for pair in second.pairs} == {p.source: p.destination for p in first.pairs}


def make(plan: FolderPlan, session: Session) -> None:
    for pair in plan.pairs:
        if pair.create:
            session.create(pair.destination)
        if pair.subscribe:
            assert session.subscribe([pair.destination]) == {}
