# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The playbooks as operators and schedulers run them, between a real source and the sandbox's platform."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import oracle
from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import make_folder
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.workplace import Workplace

PLAYBOOKS = ROOT / "playbooks"
LATE_MAIL = b"Subject: late\r\nMessage-ID: <late@example>\r\n\r\nArrived between the passes.\r\n"
# What templates, terminals and CSV readers would act on.
ODD_PASSWORD = "{{ 6 * 7 }}\\ \"quoted\" 'k;9,%s'"
ODD_FOLDER = "Pläne {{ 6 * 7 }} \u202eevil"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return running_sandbox()


@pytest.fixture
def bare(tmp_path: Path, sandbox: Sandbox, source_server: DovecotServer) -> Workplace:
    """A place of work where no ticket has any mail yet."""
    return Workplace(tmp_path, sandbox, source_server)


@pytest.fixture
def work(tmp_path: Path, sandbox: Sandbox, source_server: DovecotServer) -> Iterator[Workplace]:
    """A ticket of three mailboxes that nothing has been done for yet."""
    place = Workplace(tmp_path, sandbox, source_server)
    place.add_mailbox("anna", ODD_PASSWORD, make_folder((ODD_FOLDER,), 2, place.ticket))
    place.add_mailbox("bert", "spring rain 2021", make_folder(("Clients", "Acme"), 3, place.ticket))
    place.add_mailbox("zoe", "secret-of-zoe")
    yield place
    place.clear()


def moved(work: Workplace, *names: str) -> bool:
    """Whether the platform holds exactly what the source holds."""
    return all(work.at_platform(name) == {f: m for f, m in work.at_source(name).items() if m} for name in names)


def test_one_command_moves_a_ticket_in_two_passes_proves_it_and_then_changes_nothing(work: Workplace) -> None:
    planned = work.run("migrate.yml", "--check", "--diff", cwd=PLAYBOOKS).fine()
    assert (work.on_platform(), work.state_dir.exists()) == (set(), False)
    assert f"{work.address('bert')}: would copy 7 messages" in "\n".join(planned.lines)
    assert set(planned.changed) == {"localhost", *map(work.address, work.rows)}
    # The diff shows the mailboxes of a domain that is only planned.
    diff = planned.output.partition(" : Have the mailboxes]")[2].partition("TASK [")[0]
    assert all(f"+{work.address(name)}" in diff for name in work.rows)

    first = work.run("migrate.yml", "-vvv", "--diff", cwd=PLAYBOOKS).fine()
    assert first.stand[-2] == (
        f"{work.domain} is in phase first, for it does not exist in DNS; 3 of 3 mailboxes have no complete pass yet."
    )
    assert first.lines[-1].startswith(f"Ticket {work.ticket}: 3 mailboxes, 0 failed; 17 messages copied (")
    assert "localhost" in first.changed
    assert moved(work, "anna", "bert", "zoe")

    work.source.save(work.address("bert"), "INBOX", LATE_MAIL)
    work.sandbox.set_mx(work.domain, "mx.platform.example", 60)
    final = work.run("playbooks/migrate.yml").fine()
    assert final.stand[-2] == f"{work.domain} is in phase final, for it has its MX here: mx.platform.example."
    assert f"{work.address('bert')}: copied 1 message" in "\n".join(final.lines)
    assert [line for line in final.lines if "PASS" in line] == final.lines[:3]
    assert final.changed == {work.address("bert"): 1}
    # One task for the pass and one for the proof: in a large ticket each further one costs minutes.
    assert final.tasks(work.address("anna")) == 2
    assert moved(work, "anna", "bert", "zoe")

    installed = work.install()
    path = str(installed / "collections")
    again = work.run("mailops.migration.migrate", "-i", "mailops.yml", cwd=installed, ANSIBLE_COLLECTIONS_PATH=path)
    assert again.fine().changed == {}
    assert sum("nothing new" in line and "PASS" in line for line in again.lines) == 3


def test_wrong_password_and_broken_row_fail_alone_and_the_next_run_takes_only_what_is_left(work: Workplace) -> None:
    work.write(bert={"password": "wrong"}, zoe={"port": "many"})
    summary = work.folder / "summary.json"
    run = work.run("migrate.yml", "-e", f"mailops_summary_file={summary}", cwd=PLAYBOOKS)
    assert run.code != 0
    assert run.failed == {work.address("bert"), "localhost"}
    told = "\n".join(run.lines)
    assert f"{work.address('bert')}: FAILED\n" in told
    assert "the server refuses the login" in told
    assert "correct them in mailboxes.csv and run again" in told
    assert "mailboxes.csv:4 (port): error: " in told
    assert moved(work, "anna")

    written = json.loads(summary.read_text(encoding="utf-8"))
    assert (written["ticket"], written["good"], written["phase"]) == (work.ticket, False, "first")
    assert {each["mailbox"]: each["good"] for each in written["mailboxes"]} == {
        work.address("anna"): True,
        work.address("bert"): False,
    }
    assert [error.partition(":")[0] for error in written["errors"]] == ["mailboxes.csv"]

    work.write()
    mended = work.run("migrate.yml", "-e", f"mailops_summary_file={summary}", cwd=PLAYBOOKS).fine()
    assert mended.changed == {work.address("bert"): 1, work.address("zoe"): 1}
    assert f"{work.address('anna')}: nothing new; 6 messages there" in mended.lines
    assert json.loads(summary.read_text(encoding="utf-8"))["good"] is True
    assert moved(work, "anna", "bert", "zoe")


def test_limit_writes_nothing_on_the_platform_and_says_so(work: Workplace) -> None:
    anna = work.address("anna")
    early = work.run("migrate.yml", "--limit", anna, cwd=PLAYBOOKS)
    assert (early.failed, work.on_platform()) == ({anna}, set())
    assert f"The run is limited to {anna}: nothing is written that concerns whole domains" in "\n".join(early.stand)
    assert "Provision first (provision.yml, without --limit)" in early.output

    work.run("provision.yml", cwd=PLAYBOOKS).fine()
    assert work.on_platform() == {"anna", "bert", "zoe"}
    run = work.run("sync.yml", "--limit", anna, cwd=PLAYBOOKS).fine()
    assert run.changed == {anna: 1}
    assert moved(work, "anna")
    assert work.at_platform("bert") == {}


def test_preflight_tells_everything_at_once_and_writes_nothing(work: Workplace) -> None:
    work.settings = "language: de\ntimezone: Europe/Berlin\nlimits: {bytes_per_day: 2000}\n"
    work.write(bert={"password": "wrong"}, zoe={"port": "many"})
    before = {name: oracle.snapshot(work.source, work.address(name)) for name in work.rows}
    run = work.run(
        "preflight.yml", "-e", "mailops_create_domains=false", "-e", "mailops_message_limit=700", cwd=PLAYBOOKS
    )
    told = "\n".join(run.lines)
    assert run.failed == {work.address("anna"), work.address("bert"), "localhost"}
    assert f"the domain {work.domain} is not on the platform" in told
    assert f"{work.address('anna')}: FAILED; would copy 6 messages" in told
    assert "the server refuses the login" in told
    assert "mailboxes.csv:4 (port): error: " in told
    assert f"{work.domain}: DNS records missing" in run.output
    # What a report is made of, and it; what happened; no journal.
    written = {"logs", "preflight", "report", "ticket.sqlite", "ticket.sqlite.lock"}
    assert (run.changed, work.on_platform(), set(os.listdir(work.state_dir))) == ({}, set(), written)
    assert {name: oracle.snapshot(work.source, work.address(name)) for name in work.rows} == before
    check_preflight_files(work)
    cut = work.run("preflight.yml", "-e", "preflight_minutes=0.0001", cwd=PLAYBOOKS)
    assert cut.failed >= {work.address("anna"), work.address("bert")}
    assert "not looked at: the time for this preflight is over" in "\n".join(cut.lines)
    data = json.loads((work.state_dir / "preflight" / "preflight.json").read_text(encoding="utf-8"))
    assert (data["totals"]["not_looked_at"], data["totals"]["messages"]) == (2, 0)


def check_preflight_files(work: Workplace) -> None:
    """What the preflight of Anna (good), Bert (wrong password) and Zoe (bad row) has written."""
    names = ("preflight.json", "preflight.html", "preflight.md", "customer.md")
    places = {name: work.state_dir / "preflight" / name for name in names}
    assert [stat.S_IMODE(place.stat().st_mode) for place in places.values()] == [0o600] * 4
    texts = {name: place.read_text(encoding="utf-8") for name, place in places.items()}
    assert not [secret for secret in work.secrets() if any(secret in text for text in texts.values())]

    data = json.loads(texts["preflight.json"])
    anna, bert = (next(row for row in data["mailboxes"] if row["mailbox"] == work.address(n)) for n in ("anna", "bert"))
    assert (data["good"], anna["good"], bert["good"], data["totals"]["mailboxes"]) == (False, False, False, 2)
    assert (anna["logins"]["source"]["ok"], bert["logins"]["source"]["error"]) == (True, "login_refused")
    assert (anna["messages"], anna["excluded_messages"]) == (6, 2)
    there = oracle.read_mailbox(work.source, work.address("anna"))
    sizes = [message.size for folder, messages in there.items() if folder != "Trash" for message in messages]
    assert anna["bytes"] == sum(sizes)
    assert anna["too_large_count"] == sum(size > 700 for size in sizes)
    assert [finding["column"] for finding in data["findings"] if finding["level"] == "error"] == ["port"]
    assert (data["estimate"]["decides"]["kind"], data["estimate"]["exceeds_promise"]) == ("budget", True)

    for name in ("preflight.html", "preflight.md"):
        assert "Not ready: 2 of 2 mailboxes" in texts[name]
    assert "{{ 6 * 7 }}" in texts["preflight.html"]
    assert "\u202e" not in texts["preflight.html"]
    letter = texts["customer.md"]
    assert 'mailboxes.csv, Zeile 4: die Spalte "port"' in letter
    assert "nimmt den Benutzernamen" in letter
    assert re.search(r"anna.*: 2 \(der Papierkorb", letter)
    assert "Ihr alter Anbieter lässt uns je Postfach nur" in letter
    assert "master" not in letter.replace("postmaster@", "")


def test_domain_is_not_created_without_the_operators_word(work: Workplace) -> None:
    run = work.run("provision.yml", "-e", "mailops_create_domains=false", cwd=PLAYBOOKS)
    assert (run.failed, run.changed, work.on_platform()) == ({"localhost"}, {}, set())
    assert f"the domain {work.domain} is not on the platform; 3 mailboxes of users.csv cannot be created" in run.output


def test_verify_fails_a_mailbox_whose_source_has_more_and_final_sync_mends_it(work: Workplace) -> None:
    work.run("migrate.yml", cwd=PLAYBOOKS).fine()
    work.source.save(work.address("zoe"), "INBOX", LATE_MAIL)
    verdict = work.run("verify.yml", cwd=PLAYBOOKS)
    assert (verdict.failed, verdict.changed) == ({work.address("zoe")}, {})
    assert f"{work.address('zoe')}: FAILED; FAIL, 1 difference, 4 of 5 messages are here" in verdict.lines
    assert any("missing: INBOX (uid 5): arrived at the source after the last pass" in line for line in verdict.lines)
    assert f"{work.address('anna')}: PASS, 6 of 6 messages are here" in verdict.lines
    synced = work.run("final_sync.yml", cwd=PLAYBOOKS).fine()
    assert synced.changed == {work.address("zoe"): 1}
    work.run("verify.yml", cwd=PLAYBOOKS).fine()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ((), "No ticket was named, so there is nothing to do."),
        (("-i", "localhost,", "-e", "ticket=123"), "  plugin: mailops.migration.ticket\n  tickets_dir: "),
        (("-e", "ticket=nope"), "there is no ticket nope in "),
        (("-e", "ticket=../x"), "the ticket id '../x' is not valid"),
    ],
    ids=["no ticket", "no inventory of ours", "unknown ticket", "bad id"],
)
def test_run_that_has_no_ticket_to_work_on_ends_with_one_clear_error(
    bare: Workplace, flags: tuple[str, ...], said: str
) -> None:
    (bare.folder / "tickets").mkdir()
    run = bare.run("migrate.yml", *flags, cwd=PLAYBOOKS, ticket="")
    assert run.code != 0
    assert said in run.output
    assert "Traceback" not in run.output


def test_unknown_phase_unknown_depth_and_missing_variables_are_refused_at_once(bare: Workplace) -> None:
    bare.rows["anna"] = {"email": bare.address("anna"), "password": "never used"}
    bare.write()
    run = bare.run("migrate.yml", "-e", "phase=second", cwd=PLAYBOOKS)
    assert run.code != 0
    assert "There is no phase 'second'. Give -e phase=first or -e phase=final" in run.output
    run = bare.run("verify.yml", "-e", "depth=deep", cwd=PLAYBOOKS)
    assert run.output.count("fatal: ") == 1
    assert "There is no depth 'deep'. Give -e depth=full" in run.output
    inventory = bare.folder / "mailops.yml"
    inventory.write_text("plugin: mailops.migration.ticket\n", encoding="utf-8")
    run = bare.run("migrate.yml", "-i", str(inventory), cwd=PLAYBOOKS)
    assert run.code != 0
    assert "Not set: mailops_state_dir, mailops_destination, mailops_platform." in run.output
