# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mailboxes of one ticket on two workers over SSH, and what becomes of them when one of both is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.dovecot import DovecotServer
from tests.support.sshd import SshServer

NEW = b"Subject: new\r\nMessage-ID: <new@example>\r\n\r\nSince the first pass.\r\n"


@pytest.fixture
def desk(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer,
         mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    domain = f"{mailbox_name.partition('@')[0]}.example"
    with ExitStack() as stack:
        workers = {name: stack.enter_context(SshServer()) for name in ("w1", "w2")}
        yield Desk(tmp_path, source_server, destination_server, domain, workers)


def test_mailbox_keeps_its_worker_and_a_lost_worker_loses_and_doubles_nothing(desk: Desk) -> None:
    first = desk.run("sync.yml", "-vv")
    assert first.code == 0 and "ESTABLISH" not in first.output, first.output[-4000:]
    assert desk.arrived() == desk.wanted()
    assert {name: desk.journals(name) for name in ("w1", "w2", "state")} == {
        "w1": desk.of(desk.mailboxes["w1"]), "w2": desk.of(desk.mailboxes["w2"]), "state": set()}
    # Logs come to the controller; no password stays on a worker, in no file.
    logs = {path.name.rpartition("-")[0] for path in (desk.folder / "state/9/logs").glob("*.jsonl")}
    assert logs == set(desk.all)
    written = [path for place in desk.workers for folder in desk.folder.glob(f"{place}*") for path in folder.rglob("*")]
    assert not [path for path in written if path.is_file() and b"-secret" in path.read_bytes()]
    assert not list(desk.folder.glob("w?/9/fetch*"))

    shutil.rmtree(desk.folder / "w2")
    del desk.workers["w2"]
    desk.write_inventory()
    for mailbox in desk.all:
        desk.source.save(mailbox, "INBOX", NEW)
    second = desk.run("sync.yml", "-vv")
    assert second.code == 0, second.output[-4000:]
    assert desk.arrived() == desk.wanted()
    assert desk.journals("w1") == desk.of(desk.all)
    assert all(f"{mailbox}: copied 1 message" in second.output for mailbox in desk.all), second.output[-3000:]
