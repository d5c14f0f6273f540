# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cutover from end to end: real DNS, real mail, migrate.yml as often as one likes, every guard of cutover.yml."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import NAME, read_ticket_state

from tests.support.dovecot import DovecotServer
from tests.support.mail_maker import make_folder
from tests.support.old_provider import OldProvider
from tests.support.oracle import Content
from tests.support.postfix import wait_for
from tests.support.sandbox import ROOT, Sandbox, running_sandbox
from tests.support.workplace import Run, Workplace

PLAYBOOKS = ROOT / "playbooks"
OLD_MX, OUR_MX = "mx.old-provider.example", "mx.platform.example"
HOUR = 3600
RESIDUAL = b"Subject: residual\r\nMessage-ID: <residual@example>\r\n\r\nBy a resolver that knew the old MX.\r\n"
SWITCH = "SELECT enabled, old_mx, reason FROM local_delivery WHERE domain = ?"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return running_sandbox()


@pytest.fixture
def old_provider() -> Iterator[OldProvider]:
    """On the address to which the old MX leads, and not on ours."""
    with OldProvider(set(), address="127.0.0.2") as provider:
        yield provider


@pytest.fixture
def work(
    tmp_path: Path, sandbox: Sandbox, source_server: DovecotServer, old_provider: OldProvider
) -> Iterator[Workplace]:
    """A ticket of one domain at its old provider, with two mailboxes; a third person has none here yet."""
    place = Workplace(tmp_path, sandbox, source_server, old_mx=old_provider.next_hop)
    place.add_mailbox("anna", "secret-of-anna", make_folder(("Clients",), 2, place.ticket))
    place.add_mailbox("bert", "secret-of-bert")
    old_provider.known |= {place.address("anna"), place.address("carl")}
    sandbox.set_mx(place.domain, OLD_MX, HOUR)
    yield place
    place.clear()


def local_delivery(work: Workplace, domain: str = "") -> str:
    rows = work.sandbox.rows(SWITCH, domain or work.domain)
    return "Yes" if not rows or rows[0][0] else "No"


def let_pass(work: Workplace, seconds: int) -> None:
    """As if everything that the ticket remembers had been that much earlier."""
    with contextlib.closing(sqlite3.connect(work.state_dir / NAME)) as connection:
        connection.execute("UPDATE mx_seen SET first_seen = first_seen - ?, last_seen = last_seen - ?", [seconds] * 2)
        connection.commit()


def migrate(work: Workplace, *flags: str) -> Run:
    return work.run("migrate.yml", *flags, cwd=PLAYBOOKS).fine()


def filled(mailbox: dict[str, Counter[Content]]) -> dict[str, Counter[Content]]:
    return {folder: messages for folder, messages in mailbox.items() if messages}


def told(run: Run) -> str:
    return "\n".join(run.lines)


@pytest.mark.slow
def test_same_command_leads_through_the_cutover_domain_by_domain_until_a_domain_is_closed(
    work: Workplace, sandbox: Sandbox, old_provider: OldProvider
) -> None:
    other = f"other-{work.domain}"
    work.add_mailbox(f"zoe@{other}", "secret-of-zoe")
    old_provider.known.add(f"zoe@{other}")
    sandbox.set_mx(other, OLD_MX, HOUR)

    first = migrate(work)
    assert (
        f"{work.domain} is in phase first, for it has its MX elsewhere: {OLD_MX}; 2 of 2 mailboxes have"
        in "\n".join(first.stand)
    )
    assert f'Local Delivery of {other}, {work.domain} is "No" now.' in first.lines
    assert f"{work.domain}: Waiting for the DNS: the customer has to set the MX records to {OUR_MX}." in told(first)
    assert (local_delivery(work), local_delivery(work, other)) == ("No", "No")

    # Carl has no mailbox here yet, and gets his mail where he has one.
    assert sandbox.send(work.address("carl"))[0] == 250
    wait_for(lambda: old_provider.received == [work.address("carl")], "the old provider to get Carl's mail", str)
    assert sandbox.send(work.address("anna"))[0] == 250

    sandbox.set_mx(work.domain, OUR_MX, 60)
    work.source.save(work.address("bert"), "INBOX", RESIDUAL)
    final = migrate(work)
    assert f"{work.domain} is in phase final, for it has its MX here: {OUR_MX}." in final.stand
    assert f"{other} is in phase first, for it has its MX elsewhere: {OLD_MX}." in final.stand
    assert f'Local Delivery of {work.domain} is "Yes" now.' in final.lines
    assert (local_delivery(work), local_delivery(work, other)) == ("Yes", "No")
    assert f"{work.address('bert')}: copied 1 message" in told(final)
    assert sum("PASS" in line for line in final.lines) == 2
    assert final.tasks(f"zoe@{other}") == 1
    assert (
        f"{work.domain} stays open: this pass still found 1 new message; the old MX records may be believed until"
        in told(final)
    )
    assert sandbox.send(work.address("carl"))[0] == 550

    let_pass(work, 2 * HOUR)
    last = migrate(work)
    assert f"{work.domain} is closed: nothing new came after the old MX records ran out; verify passed." in last.lines
    assert last.changed == {}

    after = migrate(work)
    assert f"{work.domain} is in phase closed, for it was closed on " in "\n".join(after.stand)
    assert after.lines[-1].startswith(f"Ticket {work.ticket}: 1 mailbox, 0 failed; 0 messages copied")
    assert work.address("anna") not in told(after)
    with read_ticket_state(str(work.state_dir)) as state:
        passes = [(done.phase, done.complete, done.copied, done.verified) for done in state.passes(work.domain)]
        assert passes == [("first", 2, 10, 0), ("final", 2, 1, 2), ("final", 2, 0, 2)]
        assert len(state.passes(other)) == 4


def refused(work: Workplace, *flags: str) -> str:
    run = work.run("cutover.yml", *flags, cwd=PLAYBOOKS)
    assert run.code != 0, run.output
    return run.output


@pytest.mark.slow
def test_cutover_shows_where_a_domain_stands_and_each_guard_says_what_to_do(work: Workplace, sandbox: Sandbox) -> None:
    for name in work.rows:
        sandbox.add_mailbox(work.address(name))
    sandbox.write(
        "INSERT INTO local_delivery (domain, enabled, old_mx) VALUES (?, 0, ?)", work.domain, work.old_mx
    )
    elsewhere = refused(work, "-e", "local_delivery=yes")
    assert f'{work.domain} is not switched to \\"Yes\\": it has its MX elsewhere: {OLD_MX}.' in elsewhere
    assert (
        'Switch to \\"Yes\\" once the MX records name our servers. Or cutover.yml -e local_delivery=yes -e force=true'
        in (elsewhere)
    )
    assert local_delivery(work) == "No"

    sandbox.set_mx(work.domain, OUR_MX, 60)
    # Another ticket is open for this domain, and its mailbox is not here yet.
    second = work.folder / "tickets" / "second"
    second.mkdir()
    (second / "ticket.yml").write_text(f"domains: [{work.domain}]\nsource:\n  imap_server: imap.old.example\n")
    (second / "mailboxes.csv").write_text(f"email,password\nemil@{work.domain},secret\n")
    missing = refused(work, "-e", "local_delivery=yes")
    assert f"it lacks 1 of the ticket's addresses here: {work.address('emil')}. Create them first" in missing
    assert "The open ticket second expects mailboxes in these domains, too; they count." in missing
    shown = work.run("cutover.yml", cwd=PLAYBOOKS).fine().shown
    assert shown[
        0
    ] == f"{work.domain} is in phase final, for it has its MX here: {OUR_MX}; 2 of 2 mailboxes have no " + (
        "complete pass yet."
    )
    assert any(
        line.startswith('    Local Delivery: "No", names without a mailbox here are asked for at [127.0.0.2]')
        for line in shown
    )
    assert f"    Missing here: 1 of 3 addresses of its open tickets: {work.address('emil')}." in shown
    assert "    Queue: 0 messages wait here for its people." in shown

    assert "only with a reason, which is kept" in refused(work, "-e", "local_delivery=yes", "-e", "force=true")
    forced = ("-e", "local_delivery=yes", "-e", "force=true", "-e", "{reason: 'CHG-77: Emil is away'}")
    work.run("cutover.yml", *forced, cwd=PLAYBOOKS).fine()
    assert sandbox.rows(SWITCH, work.domain)[0][::2] == (1, "CHG-77: Emil is away")

    here = refused(work, "-e", "local_delivery=no")
    again = Run(2, here).shown
    assert any(line.startswith('    Overridden: Local Delivery "Yes" on 20') and "CHG-77" in line for line in again)
    assert "it has its MX here" in here
    assert 'With the MX here Local Delivery must be \\"Yes\\"; create the missing mailboxes' in here
    assert local_delivery(work) == "Yes"

    assert "Give -e local_delivery=yes or -e local_delivery=no" in refused(work, "-e", "local_delivery=maybe")
    assert "The ticket has no domain nope.example. It has:" in refused(work, "-e", "domain=nope.example")


def at_once(work: Workplace, *flags: Sequence[str]) -> list[Run]:
    """migrate.yml several times at the same time, each run with flags of its own."""
    with ThreadPoolExecutor(len(flags)) as pool:
        return list(pool.map(lambda of_run: migrate(work, *of_run), flags))


@pytest.mark.slow
def test_runs_at_once_bring_every_mailbox_once_and_slices_write_nothing_of_whole_domains(
    work: Workplace, sandbox: Sandbox
) -> None:
    work.add_mailbox("dora", "secret-of-dora")
    names = list(work.rows)
    # Nothing is there yet: both want to make the same, and to bring the same mail.
    at_once(work, (), ())
    assert (work.on_platform(), local_delivery(work)) == (set(names), "No")
    assert all(work.at_platform(name) == filled(work.at_source(name)) for name in names)

    # What a whole run would do now: make a mailbox, switch, and close.
    sandbox.set_mx(work.domain, OUR_MX, 60)
    let_pass(work, 2 * HOUR)
    work.add_mailbox("emil", "secret-of-emil")
    for name in names:
        work.source.save(work.address(name), "INBOX", RESIDUAL)
    slices = at_once(work, ("--limit", "mailboxes[0:1]"), ("--limit", "mailboxes[2]"))
    assert all("Local Delivery is not switched, and no domain is closed." in "\n".join(run.stand) for run in slices)
    assert (work.on_platform(), local_delivery(work)) == (set(names), "No")
    assert all(work.at_platform(name) == filled(work.at_source(name)) for name in names)
    with read_ticket_state(str(work.state_dir)) as state:
        passes = [(done.mailboxes, done.worked) for done in state.passes(work.domain)]
        assert (sorted(passes[2:]), state.closed(work.domain)) == ([(4, 1), (4, 2)], None)

    asked = refused(work, "-e", "local_delivery=yes", "--limit", work.address("anna"))
    assert f"this run sees a part of the ticket only (it is limited to {work.address('anna')})" in asked


@pytest.mark.slow
def test_dns_that_does_not_tell_leaves_everything_as_it_is_and_phase_can_be_given(work: Workplace) -> None:
    resolvers = [f"127.0.0.1:{work.sandbox.port_base + 30}"]
    silent = {"nameservers": resolvers, "authoritative_port": 1, "mx_hosts": [OUR_MX]}
    run = migrate(work, "-e", json.dumps({"mailops_dns": silent}))
    assert f"{work.domain} is in phase first, for it has MX records that cannot be read" in "\n".join(run.stand)
    assert "Passes go on, Local Delivery stays as it is, nothing is closed." in "\n".join(run.stand)
    assert work.sandbox.rows(SWITCH, work.domain) == []
    given = migrate(work, "-e", "phase=final")
    assert f"{work.domain} is in phase final, for it was given; by itself it is first" in "\n".join(given.stand)
    assert sum("PASS" in line for line in given.lines) == 2
    assert "stays open: the old MX records are still handed out" in told(given)
