# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Two tickets at once, one of them in slices, that read from one server: its cap holds for all of them together."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.sync.slots import ServerSlots

from tests.support.ansible_runs import AnsibleRun
from tests.support.desk import Desk
from tests.support.dovecot import DovecotServer
from tests.support.slices import Slice
from tests.unit.sync.processes import comes_true

CAP = 1


@pytest.fixture
def desks(tmp_path: Path, source_server: DovecotServer, destination_server: DovecotServer,
          mailbox_name: str, monkeypatch: pytest.MonkeyPatch) -> list[Desk]:
    """Each with a ticket of two mailboxes; the second one is told to count in the first one's folder."""
    monkeypatch.delenv("MAILOPS_TICKETS_DIR", raising=False)
    domain = f"{mailbox_name.partition('@')[0]}.example"
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        made.append(Desk(tmp_path / name, source_server, destination_server, f"{name}-{domain}", {}, ("anna", "bert")))
        with (made[-1].ticket / "ticket.yml").open("a") as settings:
            settings.write(f"limits: {{server_connections: {CAP}}}\n")
    return made


def test_slices_and_tickets_together_never_have_more_connections_than_the_ticket_says(desks: list[Desk]) -> None:
    first, second = desks
    place = first.folder / "state/slots"
    port = first.source.endpoint("nobody")["port"]
    with ServerSlots(str(place), "127.0.0.1", port, CAP).one(wait=0):
        slices = [Slice(first, "sync.yml", f"mailboxes[{number}]", first.folder / f"slice{number}")
                  for number in (0, 1)]
        whole = AnsibleRun("ansible-playbook", "-i", f"{second.folder}/mailops.yml", "playbooks/sync.yml",
                           "-e", "ticket=9", "-e", f"mailops_slots_dir={place}")
        waiting = comes_true(lambda: all(desk.logs().count('"slot_wait"') == 2 for desk in desks), within=240)
        logs = [desk.logs() for desk in desks]
    outcome = whole.wait(200)
    told = [each.wait() for each in slices]

    assert waiting, (outcome.output[-3000:], told)
    assert not any('"login"' in log for log in logs), logs
    assert outcome.code == 0, outcome.output[-3000:]
    assert all(desk.arrived() == desk.wanted() for desk in desks)
