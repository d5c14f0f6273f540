# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The end of a ticket: what is refused, what is wiped, what is never touched."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.support import close_task
from ansible_collections.mailops.migration.plugins.module_utils.support.close_task import close_ticket
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_file import journal_path, open_journal
from ansible_collections.mailops.migration.plugins.module_utils.sync.lock import mailbox_lock
from ansible_collections.mailops.migration.plugins.module_utils.sync.pack import pack_journals
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.values import SENT

ANNA, DOMAIN = "anna@example.com", "example.com"
OAUTH = {"grant": "client_credentials", "client_secret_file": "secret", "ca_file": "ca.pem"}


class Desk:
    """A ticket of one mailbox that is through."""

    def __init__(self, folder: Path) -> None:
        self.ticket, self.state = folder / "tickets/9", folder / "state/9"
        self.ticket.mkdir(parents=True)
        (self.ticket / "ticket.yml").write_text(f"domains: [{DOMAIN}]\n")
        (self.ticket / "mailboxes.csv").write_text(f"email,password,note\n{ANNA},Zq-secret,kept\n")
        (self.ticket / "secret").write_text("Zq-client")
        (self.ticket / "ca.pem").write_text("authority")
        with open_ticket_state(str(self.state)) as state:
            state.close_domain(DOMAIN, 1.0)
            state.tell("verify", {ANNA: {"passed": True}}, 50.0)
            state.add_update("started", {"comment": "Zq-body"}, 1.0)
            [update] = state.updates()
            state.note_update(type(update)(update.key, update.payload, SENT), 2.0)

    def close(self, *, check: bool = False, **more: Any) -> dict[str, Any]:
        params = {"ticket": "9", "ticket_dir": str(self.ticket), "state_dir": str(self.state), "domains": [DOMAIN],
                  "hosts": [ANNA], "oauth": OAUTH, "verified_since": 40.0, "anyway": "", "vault": False, "pack": False,
                  "only_look": False, "language": "en", "workers": [], **more}
        return close_ticket(params, unseal, 100.0, check=check)

    def content(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.ticket.rglob("*") if path.is_file()}

    def octets(self) -> bytes:
        """Everything, as a disk would show it."""
        places = [*self.ticket.rglob("*"), *self.state.rglob("*")]
        return b"".join(path.read_bytes() for path in places if path.is_file())


def unseal(data: bytes) -> tuple[bytes, Any]:
    """A vault that turns octets about."""
    if data.startswith(b"VAULT"):
        return data[5:][::-1], lambda new: b"VAULT" + new[::-1]
    return data, None


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_secrets_go_all_else_stays_and_again_is_no_change(desk: Desk) -> None:
    done = desk.close()
    assert done["changed"] and done["wiped"] == ["mailboxes.csv: 1 secret", "secret: removed"] and done["bodies"] == 1
    assert b"Zq-" not in desk.octets()
    assert (desk.ticket / "mailboxes.csv").read_text() == f"email,password,note\n{ANNA},(wiped),kept\n"
    assert not (desk.ticket / "secret").exists() and (desk.ticket / "ca.pem").read_text() == "authority"
    again = desk.close(hosts=[ANNA, "new@example.com"])
    assert (again["changed"], again["closed"], again["obstacles"], again["wiped"]) == (False, True, [], [])


def test_what_the_customer_sent_is_left_to_do_for_its_copies_are_out_of_reach(desk: Desk) -> None:
    assert any("the attachments" in line and line.startswith("Left to do") for line in desk.close()["lines"])


def test_journals_that_stay_on_workers_are_left_to_do(desk: Desk) -> None:
    assert not any("workers" in line for line in desk.close()["lines"])
    told = "Left to do: The workers (w1; w2) keep their journals of this ticket"
    assert any(line.startswith(told) for line in desk.close(workers=["w1", "w2"], pack=True)["lines"])


def test_check_says_what_would_be_wiped_and_writes_nothing(desk: Desk) -> None:
    before = desk.octets()
    told = desk.close(check=True, pack=True)
    assert told["changed"] and "Would be wiped: mailboxes.csv: 1 secret" in told["lines"]
    assert desk.octets() == before and desk.close()["closed"] is False


@pytest.mark.parametrize(
    ("told", "since", "said"),
    [({"passed": False}, 40.0, "differs from its source"), ({"passed": True}, 60.0, "was not compared with its")],
)
def test_ticket_with_something_open_ends_only_with_a_reason_which_is_kept(
    desk: Desk, told: dict[str, Any], since: float, said: str
) -> None:
    with open_ticket_state(str(desk.state)) as state:
        state.tell("verify", {ANNA: told}, 50.0)
    before = desk.content()
    with pytest.raises(ConfigurationError, match=said):
        desk.close(verified_since=since)
    assert desk.content() == before
    assert said in desk.close(verified_since=since, anyway="Jo decided it")["left_open"][0]
    with open_ticket_state(str(desk.state)) as state:
        assert [each.reason for each in state.overrides(DOMAIN)] == ["Jo decided it"]


def test_encrypted_files_are_wiped_when_asked_and_stay_encrypted(desk: Desk) -> None:
    for name in ("mailboxes.csv", "secret"):
        (desk.ticket / name).write_bytes(b"VAULT" + (desk.ticket / name).read_bytes()[::-1])
    before = desk.content()
    assert len(desk.close()["kept"]) == 2 and desk.content() == before
    desk.close(vault=True)
    sealed = (desk.ticket / "mailboxes.csv").read_bytes()
    assert sealed.startswith(b"VAULT") and unseal(sealed)[0] == f"email,password,note\n{ANNA},(wiped),kept\n".encode()
    assert not (desk.ticket / "secret").exists()


def test_links_and_what_lies_outside_are_never_touched(desk: Desk, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    for name in ("a", "b", "c"):
        (victim / name).write_text("dear")
    (desk.ticket / "mailboxes.csv").unlink()
    (desk.ticket / "mailboxes.csv").symlink_to(victim / "a")
    (desk.ticket / "secret").unlink()
    os.link(victim / "b", desk.ticket / "secret")
    (desk.ticket / "sub").symlink_to(victim)
    os.mkfifo(desk.ticket / "users.csv")
    for name in ("sub/c", "../../victim/c", str(victim / "c"), "secret"):
        told = desk.close(anyway="x", oauth={**OAUTH, "client_secret_file": name})
        assert any("left alone" in text for text in told["kept"]), (name, told["kept"])
    assert {(victim / name).read_text() for name in "abc"} == {"dear"}
    assert len(told["kept"]) == 3


def test_file_that_was_given_new_content_keeps_its_mode_and_leaves_nothing_beside_it(desk: Desk) -> None:
    (desk.ticket / "mailboxes.csv").chmod(0o640)
    names = set(os.listdir(desk.ticket))
    handle = os.open(desk.ticket / "mailboxes.csv", os.O_RDONLY)
    desk.close()
    assert (desk.ticket / "mailboxes.csv").stat().st_mode & 0o777 == 0o640
    assert set(os.listdir(desk.ticket)) == names - {"secret"}
    assert os.read(handle, 100) == b""  # the old content is gone from the disk, and not from the folder alone
    os.close(handle)


def test_journals_are_packed_with_a_checksum_and_come_back_by_tar(desk: Desk) -> None:
    path = journal_path(str(desk.state), ANNA)
    connection, _note = open_journal(path, ANNA)
    connection.execute("INSERT INTO meta(key, value) VALUES ('x', 'in the log alone')")
    Path(f"{path}.snapshot").write_bytes(b"copy")
    archive = desk.close(pack=True)["archive"]
    connection.close()
    assert not Path(path).exists() and not Path(f"{path}.snapshot").exists()
    assert desk.close(pack=True)["changed"] is False
    subprocess.run(["sha256sum", "-c", f"{archive}.sha256"], cwd=desk.state, check=True, capture_output=True)
    subprocess.run(["tar", "-xzf", archive], cwd=desk.state, check=True)
    back, _note = open_journal(path, ANNA)
    assert back.execute("SELECT value FROM meta WHERE key = 'x'").fetchone() == ("in the log alone",)
    back.close()


def test_close_that_was_cut_off_is_gone_on_with(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(close_task, "carry_out", lambda *_unused: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.close()
    monkeypatch.undo()
    done = desk.close(verified_since=60.0)
    assert done["closed"] and done["wiped"] and b"Zq-" not in desk.octets()


def test_journal_that_a_run_works_on_is_not_packed(desk: Desk) -> None:
    path = journal_path(str(desk.state), ANNA)
    open_journal(path, ANNA)[0].close()
    with (
        mailbox_lock(path, ANNA, wait=0, now=1.0),
        pytest.raises(Exception, match="another run works on this mailbox"),
    ):
        pack_journals(str(desk.state), 5.0)
    assert Path(path).exists()
