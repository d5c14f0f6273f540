# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sandbox gives what a migration needs: a source as providers have it, and our platform."""

from __future__ import annotations

import json
import os
import smtplib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import yaml
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.dns.mx import mx_verdict
from ansible_collections.mailops.migration.plugins.module_utils.dns.ownership import (
    OwnershipState,
    ownership,
    ownership_record,
)
from imapclient import IMAPClient

from tests.support.module_runs import run_module
from tests.support.old_provider import OldProvider
from tests.support.sandbox import ROOT, Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return running_sandbox()


@pytest.fixture
def domain() -> str:
    return f"{uuid.uuid4().hex[:12]}.example"


@pytest.fixture
def old_provider(domain: str) -> Iterator[OldProvider]:
    with OldProvider({f"stays@{domain}"}) as provider:
        yield provider


def folder_sizes(client: IMAPClient) -> dict[str, int]:
    names = [name for _flags, _separator, name in client.list_folders()]
    return {name: client.folder_status(name, ["MESSAGES"])[b"MESSAGES"] for name in names}


def wait_for_messages(client: IMAPClient, count: int) -> int:
    """How many messages INBOX holds, as soon as it holds ``count`` or after twenty seconds."""
    deadline = time.monotonic() + 20
    while (found := client.select_folder("INBOX")[b"EXISTS"]) < count and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


# --- The source -----------------------------------------------------------------------------------------------------


def test_every_customer_of_the_ticket_can_log_in_and_has_thousands_of_messages_together(sandbox: Sandbox) -> None:
    totals = {}
    for row in sandbox.customers():
        with sandbox.at_source(row) as client:
            totals[row["email"]] = sum(folder_sizes(client).values())
    assert len(totals) >= 6
    assert sum(totals.values()) > 2500


def test_source_has_nested_and_non_ascii_folders_and_marks_special_ones(sandbox: Sandbox) -> None:
    found = {}
    for row in sandbox.customers():
        with sandbox.at_source(row) as client:
            found.update({name: flags for flags, _separator, name in client.list_folders()})
    assert {"Clients/Acme/2023", "Clients/Dr. Jones", "R&D", "项目/二〇二三", "🎉 Feste"} <= set(found)
    assert b"\\Sent" in found["Gesendete Elemente"]
    assert b"\\Trash" in found["Papierkorb"]
    assert b"\\Junk" in found["Junk"]
    assert b"\\Drafts" in found["Entwürfe"]


def test_source_has_flags_keywords_old_dates_and_a_message_marked_deleted(sandbox: Sandbox) -> None:
    anna = next(row for row in sandbox.customers() if row["email"].startswith("anna"))
    with sandbox.at_source(anna) as client:
        client.select_folder("INBOX", readonly=True)
        fetched = client.fetch(client.search(), ["FLAGS", "INTERNALDATE"])
    flags = {flag for message in fetched.values() for flag in message[b"FLAGS"]}
    years = {message[b"INTERNALDATE"].year for message in fetched.values()}
    assert {b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Deleted", b"$Forwarded", b"Invoice"} <= flags
    assert {1970, 2009, 2017, 2025} <= years


def test_seeding_makes_the_same_bytes_every_time_and_nothing_the_second_time(tmp_path: Path) -> None:
    digests = []
    for place in ("one", "two"):
        assert int(seed(tmp_path / place)) > 100
        assert int(seed(tmp_path / place)) == 0
        digests.append(digest_tree(tmp_path / place))
    assert digests[0] == digests[1]


def seed(place: Path) -> str:
    mailboxes = [{"email": "anna@acme.example", "folders": "english", "messages": 120}]
    order = {"root": str(place), "uid": os.getuid(), "gid": os.getgid(), "share": 1.0, "mailboxes": mailboxes}
    command = [sys.executable, str(ROOT / "roles/sandbox/files/seed_source.py")]
    return subprocess.run(command, input=json.dumps(order), capture_output=True, text=True, check=True).stdout


def digest_tree(place: Path) -> str:
    files = sorted(path for path in place.rglob("*") if path.is_file())
    lines = [f"{path.relative_to(place)} {path.stat().st_mtime_ns * (path.parent.name == 'cur')}" for path in files]
    return sha256("\n".join(lines).encode() + b"".join(path.read_bytes() for path in files)).hexdigest()


def test_deliver_brings_new_mail_and_changes_flags_at_the_source(sandbox: Sandbox) -> None:
    info = next(row for row in sandbox.customers() if row["email"].startswith("info"))
    with sandbox.at_source(info) as client:
        before = folder_sizes(client)
        client.select_folder("INBOX", readonly=True)
        flagged = len(client.search("FLAGGED"))
    subprocess.run([str(ROOT / "bin/sandbox"), "deliver"], check=True, capture_output=True)
    with sandbox.at_source(info) as client:
        after = folder_sizes(client)
        client.select_folder("INBOX", readonly=True)
        assert len(client.search("FLAGGED")) == flagged + 1
    assert sum(after.values()) == sum(before.values()) + 2
    assert after["Done 2025"] == before.get("Done 2025", 0) + 1


# --- The platform ---------------------------------------------------------------------------------------------------


def test_mail_for_a_mailbox_and_its_alias_is_read_with_the_master_login(sandbox: Sandbox, domain: str) -> None:
    sandbox.add_mailbox(f"user@{domain}")
    sandbox.add_alias(f"sales@{domain}", f"user@{domain}")
    assert sandbox.send(f"user@{domain}")[0] == 250
    assert sandbox.send(f"sales@{domain}")[0] == 250
    with sandbox.at_platform(f"user@{domain}") as client:
        assert wait_for_messages(client, 2) == 2


def test_master_login_works_by_sasl_plain_with_an_authorization_id(sandbox: Sandbox, domain: str) -> None:
    sandbox.add_mailbox(f"user@{domain}")
    with IMAPClient("127.0.0.1", sandbox.port_base + 22, ssl_context=sandbox.trust) as client:
        client.plain_login("migrate", sandbox.master_password(), f"user@{domain}")
        assert client.select_folder("INBOX")[b"EXISTS"] == 0


def test_alias_domain_delivers_to_the_mailbox_of_its_target(sandbox: Sandbox, domain: str) -> None:
    sandbox.add_mailbox(f"user@{domain}")
    sandbox.write("INSERT INTO alias_domain (alias_domain, target_domain) VALUES (?, ?)", f"other.{domain}", domain)
    assert sandbox.send(f"user@other.{domain}")[0] == 250
    with sandbox.at_platform(f"user@{domain}") as client:
        assert wait_for_messages(client, 1) == 1


def test_unknown_recipients_and_foreign_domains_are_refused(sandbox: Sandbox, domain: str) -> None:
    sandbox.add_mailbox(f"user@{domain}")
    assert sandbox.send(f"nobody@{domain}")[0] == 550
    assert sandbox.send("somebody@elsewhere.example")[0] == 554


def test_old_provider_takes_mail_for_its_people_and_refuses_strangers(sandbox: Sandbox) -> None:
    row = next(row for row in sandbox.customers() if row["email"].startswith("info"))
    with smtplib.SMTP("127.0.0.2", sandbox.port_base + 13, timeout=60) as server:
        server.sendmail("sender@partner.example", [row["email"]], f"Message-ID: <{uuid.uuid4()}@x>\r\n\r\nHello.\r\n")
        server.mail("sender@partner.example")
        assert server.rcpt("nobody@acme.example")[0] == 550


# --- Local Delivery -------------------------------------------------------------------------------------------------


def test_local_delivery_off_keeps_known_mailboxes_here_and_relays_the_rest(
    sandbox: Sandbox, domain: str, old_provider: OldProvider
) -> None:
    sandbox.add_mailbox(f"moved@{domain}")
    statement = "INSERT INTO local_delivery (domain, enabled, old_mx) VALUES (?, 0, ?)"
    sandbox.write(statement, domain, old_provider.next_hop)
    assert sandbox.send(f"moved@{domain}")[0] == 250
    assert sandbox.send(f"stays@{domain}")[0] == 250
    with sandbox.at_platform(f"moved@{domain}") as client:
        assert wait_for_messages(client, 1) == 1
    deadline = time.monotonic() + 20
    while not old_provider.received and time.monotonic() < deadline:
        time.sleep(0.1)
    assert old_provider.received == [f"stays@{domain}"]


# --- DNS ------------------------------------------------------------------------------------------------------------


def test_switch_dns_leads_a_domain_of_the_ticket_to_the_platform_and_back(sandbox: Sandbox) -> None:
    ours = frozenset({"mx.platform.example", "127.0.0.1"})
    place = {}
    for flag in ([], ["--back"]):
        program = [str(ROOT / "bin/sandbox"), "switch-dns", *flag, "acme-labs.example"]
        subprocess.run(program, check=True, capture_output=True)
        place[bool(flag)] = mx_verdict(sandbox.dns(), "acme-labs.example", ours).place
    assert place == {False: MxPlace.OURS, True: MxPlace.ELSEWHERE}


def test_domain_that_was_switched_has_all_that_the_providers_template_asks_for(sandbox: Sandbox) -> None:
    variables = yaml.safe_load((ROOT / "inventories/sandbox/group_vars/all.yml").read_text("utf-8"))
    port = sandbox.port_base + 30
    arguments = {
        "domains": ["acme-labs.example"],
        "records": variables["mailops_dns"]["records"],
        "ownership": {"secret": (sandbox.folder / "secrets" / "ownership_secret").read_text().strip()},
        "nameservers": [f"127.0.0.1:{port}"],
        "authoritative_port": port,
    }
    states = []
    for flag in ([], ["--back"]):
        program = [str(ROOT / "bin/sandbox"), "switch-dns", *flag, "acme-labs.example"]
        subprocess.run(program, check=True, capture_output=True)
        found = run_module("dns_record_check", arguments, check=bool(flag)).result
        states.append((found["domains"][0]["state"], found["changed"]))
    assert states == [("ok", False), ("wrong", False)]


def test_domains_of_the_ticket_are_proven_by_their_ownership_records(sandbox: Sandbox) -> None:
    secret = (sandbox.folder / "secrets" / "ownership_secret").read_text().strip()
    record = ownership_record(secret, "acme.example")
    assert ownership(sandbox.dns(), "acme.example", record).state is OwnershipState.VERIFIED


# --- The end --------------------------------------------------------------------------------------------------------


def test_what_start_stop_daemon_started_ends_in_a_container_whose_first_process_reaps_nothing(tmp_path: Path) -> None:
    place = {"sandbox_dav_pid_file": str(tmp_path / "pid"), "ansible_playbook_python": sys.executable}
    text = (ROOT / "roles/sandbox/vars/main.yml").read_text(encoding="utf-8")
    for name, value in place.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    stop = yaml.safe_load(text)["sandbox_dav_stop"]
    start = ["start-stop-daemon", "--start", "--background", "--make-pidfile", "--pidfile", str(tmp_path / "pid"),
             "--exec", sys.executable, "--", "-c", "import time; time.sleep(60)"]
    container = (
        "import subprocess, sys, time\n"
        f"subprocess.run({start}, check=True)\n"
        f"while subprocess.run({[*stop[:1], '--status', *stop[2:6]]}).returncode: time.sleep(0.05)\n"
        f"sys.exit(subprocess.run({stop}, timeout=15).returncode)"
    )
    command = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", sys.executable, "-c", container]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, (tmp_path / "pid").exists()) == (0, False), done.stderr
