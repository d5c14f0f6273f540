# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""verify.yml and undo.yml as operators run them: the proof of a whole ticket, and its way back."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import (
    open_ticket_state,
    read_ticket_state,
)

from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import make_folder
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.workplace import Workplace

PLAYBOOKS = ROOT / "playbooks"
ODD_FOLDER = "<b>Pläne {{ 6 * 7 }}"


@pytest.fixture
def work(tmp_path: Path, source_server: DovecotServer) -> Iterator[Workplace]:
    """A ticket of two mailboxes, with an alias, a forward and a list."""
    place = Workplace(tmp_path, running_sandbox(), source_server)
    place.add_mailbox("anna", "spring rain 2021", make_folder((ODD_FOLDER,), 2, place.ticket))
    place.add_mailbox("bert", "autumn leaf 1999")
    folder = tmp_path / "tickets" / place.ticket
    for name, text in {
        "aliases.csv": f"alias,mailbox\ninfo@{place.domain},{place.address('anna')}\n",
        "forwards.csv": f"email,forward_to,keep_copy\n{place.address('bert')},x@elsewhere.example,yes\n",
        "lists.csv": f"list,member\nteam@{place.domain},{place.address('anna')}\n"
        f"team@{place.domain},y@elsewhere.example\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    yield place
    place.clear()


def test_ticket_is_proven_told_to_the_customer_and_taken_back(work: Workplace, tmp_path: Path) -> None:
    team = f"team@{work.domain}"
    first = work.run("migrate.yml", cwd=PLAYBOOKS)
    assert f"{team} is no list on the platform" in first.output
    assert {work.address("anna"), work.address("bert")} <= set(first.changed)
    work.sandbox.add_alias(team, work.address("anna"))
    work.sandbox.set_mx(work.domain, "mx.platform.example", 60)

    key = tmp_path / "manifest.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", key], check=True)
    flags = ("-e", f"mailops_manifest_key_file={key}")
    verdict = work.run("verify.yml", *flags, cwd=PLAYBOOKS)
    told = "\n".join(verdict.lines)
    assert (verdict.failed, verdict.changed) == ({"localhost"}, {})
    assert f"{work.address('anna')}: PASS, 6 of 6 messages are here" in told
    assert "not all are as the files ask (1 alias, 1 forward, 2 members of lists)" in told
    assert f"{team} does not lead to y@elsewhere.example. Run provision.yml" in told

    good = work.run("migrate.yml", *flags, "-e", "depth=facts", cwd=PLAYBOOKS).fine()
    assert "Aliases, forwards, lists: every one is correctly mapped" in "\n".join(good.lines)
    assert any("PASS by the journal's word, 6 of 6 messages are here" in line for line in good.lines)
    proof = work.state_dir / "proof"
    assert len(list(proof.iterdir())) == 2 * 3 + 2
    assert {oct(path.stat().st_mode & 0o777) for path in proof.iterdir()} == {"0o600"}
    page = (proof / "ticket.html").read_text(encoding="utf-8")
    assert "Every alias, every forward and every member of a list is correctly mapped." in page
    assert "&lt;b&gt;Pläne {{ 6 * 7 }}" in next(proof.glob("anna*.html")).read_text(encoding="utf-8")

    _undo(work)


def _undo(work: Workplace) -> None:
    before = work.at_platform("anna")
    with open_ticket_state(str(work.state_dir)) as state:
        state.close_domain(work.domain, 1.0)
    planned = work.run("undo.yml", "--check", cwd=PLAYBOOKS).fine()
    assert f"{work.address('anna')}: would take back 6 messages and 1 folder" in planned.lines
    refused = work.run("undo.yml", "-e", "confirm=124", cwd=PLAYBOOKS)
    assert refused.code != 0
    assert f"Then say that you mean it: -e confirm={work.ticket}" in refused.output
    assert work.at_platform("anna") == before
    assert _closed(work) == 1.0

    done = work.run("undo.yml", "-e", f"confirm={work.ticket}", cwd=PLAYBOOKS).fine()
    assert done.changed == {work.address("anna"): 1, work.address("bert"): 1}
    assert (work.at_platform("anna"), work.at_platform("bert")) == ({}, {})
    assert _closed(work) is None
    again = work.run("migrate.yml", cwd=PLAYBOOKS).fine()
    assert again.changed.keys() >= {work.address("anna"), work.address("bert")}
    assert work.at_platform("anna") == before


def _closed(work: Workplace) -> float | None:
    with read_ticket_state(str(work.state_dir)) as state:
        return state.closed(work.domain)
