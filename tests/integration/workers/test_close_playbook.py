# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""close.yml ends a ticket that was migrated: compared a last time, told, wiped, packed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

from tests.support.desk import SECRET, Desk
from tests.support.dovecot import DovecotServer
from tests.support.sync_runner import Migration

PACK = ("-e", "close_pack=true", "--diff")


@pytest.fixture
def desk(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer,
         mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A ticket of one mailbox whose pass is done."""
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    made = Desk(tmp_path, source_server, destination_server, f"{mailbox_name.partition('@')[0]}.example", {})
    [mailbox] = made.all
    migration = Migration(source_server, destination_server, mailbox, tmp_path / "state/9")
    source = {**source_server.endpoint(mailbox, "none"), "password": SECRET.format(mailbox)}
    assert migration.run(source=source)["complete"]
    with (tmp_path / "tickets/9/ticket.yml").open("a") as settings:
        settings.write("language: de\n")
    return made


def everything(desk: Desk) -> dict[Path, bytes]:
    places = [desk.folder / "tickets", desk.folder / "state"]
    return {path: path.read_bytes() for place in places for path in sorted(place.rglob("*"))
            if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))}


def test_ticket_ends_with_a_proof_a_letter_and_no_secret_and_ends_once(desk: Desk) -> None:
    [mailbox], state = desk.all, desk.folder / "state/9"
    domain, secret = mailbox.partition("@")[2], SECRET.format(mailbox).encode()

    refused = desk.run("close.yml", *PACK)
    assert refused.code == 2 and f"{domain} is not closed" in refused.output, refused.output[-3000:]
    assert secret in b"".join(everything(desk).values()) and not list(state.glob("journals-*"))

    with open_ticket_state(str(state)) as ticket:
        ticket.close_domain(domain, 1.0)
    before = everything(desk)
    planned = desk.run("close.yml", "--check", *PACK)
    assert planned.code == 0 and "Would be wiped: mailboxes.csv: 1 secret" in planned.output, planned.output[-3000:]
    assert "Would be packed: 1 journal" in planned.output
    assert everything(desk) == before

    done = desk.run("close.yml", *PACK)
    assert done.code == 0 and "PASS, 3 of 3 messages are here" in done.output
    assert "Wiped: mailboxes.csv: 1 secret" in done.output, done.output[-3000:]
    assert "Left to do: undo.yml takes" in done.output
    assert secret not in b"".join(everything(desk).values()) and secret.decode() not in done.output
    letter = (state / "closing-letter.md").read_text()
    assert "Widerrufen Sie die App" in letter and domain.split("-")[0] in letter
    assert [path.suffix for path in sorted(state.glob("journals-*"))] == [".gz", ".sha256"]

    again = desk.run("close.yml", *PACK)
    assert again.code == 0 and "changed=0" in again.output and "Wiped" not in again.output, again.output[-3000:]
    assert "changed=1" not in again.output
