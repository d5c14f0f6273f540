# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Intake on a real folder: hostile files, nothing overwritten, nothing for others to read."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.support import intake_task
from ansible_collections.mailops.migration.plugins.module_utils.support.intake_task import run_intake
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import read_ticket

REQUEST = "email,password,imap_server\nanna@example.com,x y,imap.old.example\n"


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    (folder / "anna@example.com").mkdir(parents=True)
    (folder / "Book1.csv").write_text(REQUEST)
    (folder / "anna@example.com" / "all.vcf").write_text("BEGIN:VCARD\n")
    return folder


def take(sent: Path, *, check: bool = False, ticket: str = "124") -> dict[str, Any]:
    params = {"ticket": ticket, "tickets_dir": str(sent.parent / "tickets"), "source": str(sent)}
    return run_intake(params, check=check)


def test_files_get_their_place_once_for_their_owner_alone(sent: Path) -> None:
    planned = take(sent, check=True)
    assert planned["changed"]
    assert not (sent.parent / "tickets").exists()
    done = take(sent)
    folder = Path(done["ticket_dir"])
    assert sorted(done["written"]) == ["contacts/anna@example.com/all.vcf", "mailboxes.csv", "ticket.yml"]
    assert (folder / "mailboxes.csv").read_text() == REQUEST
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert {mode for name, mode in modes.items() if "." in name and name != "anna@example.com"} == {0o600}
    assert {modes["contacts"], modes["anna@example.com"], stat.S_IMODE(folder.stat().st_mode)} == {0o700}
    assert (planned["written"], take(sent)["changed"]) == (done["written"], False)


def test_the_ticket_yml_that_is_written_is_a_good_one(sent: Path) -> None:
    folder = Path(take(sent)["ticket_dir"])
    ticket = read_ticket("124", {name: (folder / name).read_bytes() for name in ("ticket.yml", "mailboxes.csv")})
    assert (ticket.domains, len(ticket.mailboxes), ticket.findings) == (("example.com",), 1, ())
    # The hints are good, too.
    text = (folder / "ticket.yml").read_text().replace("# ", "").replace("#   ", "  ")
    keys = [line.partition(":")[0].lstrip("# ") for line in text.splitlines() if ":" in line]
    assert {"source", "window", "include_trash"} <= set(keys)


def test_what_is_there_is_never_overwritten(sent: Path) -> None:
    folder = Path(take(sent)["ticket_dir"])
    (folder / "ticket.yml").write_text("domains: [example.com]\n")
    (sent / "Book1.csv").write_text(REQUEST + "bert@example.com,z,imap.old.example\n")
    again = take(sent)
    assert (folder / "mailboxes.csv").read_text() == REQUEST
    assert (folder / "ticket.yml").read_text() == "domains: [example.com]\n"
    assert (again["changed"], [item["path"] for item in again["left"]]) == (False, ["Book1.csv"])
    assert "already, with other content" in again["left"][0]["reason"]
    (folder / "users.csv").symlink_to("/etc/passwd")
    (sent / "u.csv").write_text("email,password,first_name\na@example.com,x,A\n")
    assert "users.csv is in the ticket's folder already" in take(sent)["left"][1]["reason"]


def test_links_pipes_and_huge_files_are_told_and_never_opened(sent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_task, "LARGEST", 1000)
    secret = sent.parent / "secret.csv"
    secret.write_text(REQUEST)
    (sent / "link.csv").symlink_to(secret)
    (sent / "folder").symlink_to("/etc")
    os.mkfifo(sent / "pipe.csv")
    (sent / "huge.csv").write_text(REQUEST + "#" * 1000)
    found = {item["path"]: item["reason"] for item in take(sent)["left"]}
    assert set(found) == {"link.csv", "folder", "pipe.csv", "huge.csv"}
    assert "link" in found["link.csv"]
    assert "no ordinary file" in found["pipe.csv"]
    assert "1.1 kB" in found["huge.csv"]
    remedies = {item["path"]: item["remedy"] for item in take(sent)["left"]}
    assert "Put the file itself" in remedies["link.csv"] and "smaller file" in remedies["huge.csv"]


def test_folder_too_deep_to_be_looked_into_is_told_as_one(sent: Path) -> None:
    deep = sent / "a/b/c/d/e/f/g"
    deep.mkdir(parents=True)
    (deep / "request.csv").write_text(REQUEST)
    (left,) = take(sent)["left"]
    assert (left["path"], "below the 6th level" in left["reason"]) == ("a/b/c/d/e/f/g", True)


def test_names_are_told_as_they_are_written(sent: Path) -> None:
    (sent / "Postfächer 見積.pdf").write_bytes(b"%PDF")
    assert "'Postfächer 見積.pdf' was left: it is a PDF" in "\n".join(take(sent)["lines"])


def test_names_with_umlauts_are_told_as_they_are_and_domains_are_to_be_looked_at(sent: Path) -> None:
    (sent / "Book1.csv").unlink()
    (sent / "Umzug Müller.csv").write_text(REQUEST + "bert@other.example,z,imap.old.example\n", encoding="utf-8")
    (sent / "Anhänge.pdf").write_bytes(b"%PDF")
    lines = "\n".join(take(sent)["lines"])
    assert "'Umzug Müller.csv' is mailboxes.csv" in lines and "'Anhänge.pdf' was left" in lines
    assert "see that its domains are all this customer's (example.com, other.example)" in lines


def test_hostile_names_stay_in_the_folder_and_are_shown_escaped(sent: Path) -> None:
    for name in ("-rf.vcf", "\u202egpj.vcf", "a\nb.vcf", "..vcf", "$(id).ics", "x" * 200 + ".vcf"):
        (sent / name).write_text("BEGIN:VCARD\n")
    done = take(sent)
    folder = Path(done["ticket_dir"])
    written = [folder / name for name in done["written"]]
    assert all(path.resolve().is_relative_to(folder) and path.is_file() for path in written)
    assert len(done["written"]) == 9
    assert all(line.isprintable() for line in done["lines"])


@pytest.mark.parametrize("ticket", ["../124", "", "a/b", ".hidden"])
def test_an_id_that_could_leave_the_folder_of_tickets_is_refused(sent: Path, ticket: str) -> None:
    assert "ticket id" in take(sent, ticket=ticket)["msg"]


def test_a_folder_that_is_none_is_told(sent: Path) -> None:
    assert "is no folder" in take(sent / "nothing")["msg"]
    inside = sent.parent / "tickets" / "124"
    inside.mkdir(parents=True)
    params = {"ticket": "124", "tickets_dir": str(sent.parent / "tickets"), "source": str(inside)}
    assert "lie in one another" in run_intake(params, check=False)["msg"]
