# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""client_setup.yml as an operator runs it, the module as it writes, and the page as the customer sees it."""

from __future__ import annotations

import json
import plistlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from tests.support.chromium import page_tree, picture, printed
from tests.support.dovecot import DovecotServer
from tests.support.module_runs import ModuleOutcome, run_module
from tests.support.sandbox import ROOT, running_sandbox
from tests.support.workplace import Workplace

PROVIDER: dict[str, Any] = {
    "name": "Example Mail",
    "servers": [
        {"protocol": "imap", "host": "imap.provider.example"},
        {"protocol": "smtp", "host": "smtp.provider.example"},
        {"protocol": "pop3", "host": "pop.provider.example"},
    ],
    "carddav": "https://dav.provider.example/",
    "webmail": "https://webmail.provider.example/",
    "support": {"mail": "support@provider.example"},
}


def run(dest: Path, *, check: bool = False, **changes: Any) -> ModuleOutcome:
    arguments = {"dest": str(dest), "provider": PROVIDER, "mailboxes": [{"address": "anna@example.com"}], **changes}
    return run_module("client_setup", arguments, check=check, diff=True)


def test_files_are_written_where_their_content_changes_and_a_check_says_which(tmp_path: Path) -> None:
    dest = tmp_path / "clients"
    planned = run(dest, check=True).result
    assert planned["changed"] and len(planned["written"]) == 11 and not dest.exists()
    assert run(dest).result["written"] == planned["written"]
    times = {path: path.stat().st_mtime_ns for path in dest.rglob("*") if path.is_file()}
    assert {oct(path.stat().st_mode & 0o777) for path in times} == {"0o644"}
    assert not run(dest).result["changed"]
    page = dest / "example.com/mailboxes/anna@example.com/setup.md"
    page.write_text("mine", encoding="utf-8")
    again = run(dest).result
    assert again["written"] == ["example.com/mailboxes/anna@example.com/setup.md"]
    assert (again["diff"][0]["before"], len(again["diff"])) == ("mine", 1)
    assert all(path.stat().st_mtime_ns == time for path, time in times.items() if path != page)


def test_files_of_a_mailbox_that_left_are_removed_where_that_is_wanted_and_nothing_else(tmp_path: Path) -> None:
    both = [{"address": "anna@example.com"}, {"address": "bert@example.com"}]
    run(tmp_path, mailboxes=both)
    bert = tmp_path / "example.com/mailboxes/bert@example.com"
    other = tmp_path / "other.example/mailboxes/x@other.example"
    (bert.with_name("notes.txt")).write_text("mine", encoding="utf-8")
    other.mkdir(parents=True)
    (other / "setup.md").write_text("another ticket's", encoding="utf-8")
    assert not run(tmp_path).result["changed"] and bert.exists()
    planned = run(tmp_path, check=True, remove_departed=True).result
    assert planned["changed"] and len(planned["removed"]) == 5 and bert.exists()
    done = run(tmp_path, remove_departed=True).result
    assert done["removed"] == planned["removed"] and not bert.exists()
    assert (other / "setup.md").exists() and bert.with_name("notes.txt").exists()
    assert (tmp_path / "example.com/mailboxes/anna@example.com/setup.md").exists()
    again = run(tmp_path, remove_departed=True).result
    assert (again["changed"], again["removed"]) == (False, [])


def test_file_that_cannot_be_written_is_named_and_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "example.com").mkdir()
    (tmp_path / "example.com/mail").write_text("in the way", encoding="utf-8")
    refused = run(tmp_path)
    assert refused.code != 0
    assert "config-v1.1.xml" in refused.result["msg"]
    assert (tmp_path / "example.com/setup.html").exists() is refused.result["changed"] is True


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("de", True)])
def test_page_is_read_in_a_browser(tmp_path: Path, language: str, dark: bool) -> None:
    run(tmp_path, language=language)
    page = tmp_path / "example.com/mailboxes/anna@example.com/setup.html"
    tree = html.fromstring(page_tree(page))
    told = {"en": ["The golden rule: do not edit", "Manage Rules & Alerts"], "de": ["goldene Regel", "Regeln expor"]}
    text = tree.text_content()
    assert all(part in text for part in (*told[language], "imap.provider.example", "993", "anna@example.com"))
    assert [len(table.findall(".//tr")) for table in tree.iter("table")] == [2, 4, 3]
    assert not tree.xpath("//@src | //@href")
    shot = picture(page, f"client-setup-{language}", dark=dark)
    assert shot.stat().st_size > 20_000


def test_page_is_printed(tmp_path: Path) -> None:
    run(tmp_path)
    assert printed(tmp_path / "example.com/setup.html", "client-setup").read_bytes().startswith(b"%PDF")


@pytest.fixture
def work(tmp_path: Path, source_server: DovecotServer) -> Iterator[Workplace]:
    place = Workplace(tmp_path, running_sandbox(), source_server, settings="language: de\ninclude_trash: true\n")
    place.add_mailbox("anna", "spring rain 2021")
    place.add_mailbox("bert", "autumn leaf 1999")
    yield place
    place.clear()


def test_operator_has_the_files_of_a_ticket_whatever_the_run_is_limited_to(work: Workplace) -> None:
    planned = work.run("client_setup.yml", "--check", "--diff", cwd=ROOT / "playbooks").fine()
    assert planned.changed and not (work.state_dir / "clients").exists()
    done = work.run("client_setup.yml", "--limit", work.address("bert"), cwd=ROOT / "playbooks").fine()
    assert done.changed
    folder = work.state_dir / "clients" / work.domain
    assert {path.name for path in (folder / "mailboxes").iterdir()} == {work.address("anna"), work.address("bert")}
    profile = plistlib.loads((folder / "mailboxes" / work.address("anna") / "email.mobileconfig").read_bytes())
    assert profile["PayloadContent"][0]["IncomingMailServerHostName"] == "imap.platform.example"
    assert "Ihr Papierkorb schon, wie vereinbart" in (folder / "setup.html").read_text(encoding="utf-8")
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [secret for secret in work.secrets() if json.dumps(secret)[1:-1].encode() in written]
    assert work.run("client_setup.yml", cwd=ROOT / "playbooks").fine().changed == {}
