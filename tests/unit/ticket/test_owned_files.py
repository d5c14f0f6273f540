# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose contacts and calendars the files of a ticket are, and what is said about those that are nobody's."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.owned_files import Entry, State
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket, read_ticket

MAILBOXES = """email,password,destination_email,imap_server
anna@example.com,x,,i.example
old@example.com,x,Bo@example.com,i.example
"""
USERS = "email,password\nnew@example.com,x\n"


def ticket_with(*paths: str | Entry) -> Ticket:
    entries = [path if isinstance(path, Entry) else Entry(path, "file") for path in paths]
    folders = {entry.path.rpartition("/")[0] for entry in entries if "/" in entry.path}
    return read_ticket(
        "1",
        {"ticket.yml": b"domains: [example.com]\n", "mailboxes.csv": MAILBOXES.encode(), "users.csv": USERS.encode()},
        entries=[*entries, *(Entry(folder, "folder") for folder in folders)],
    )


def owners(ticket: Ticket) -> dict[str, str]:
    return {file.path: file.owner for file in ticket.owned_files}


def told(ticket: Ticket) -> list[tuple[str, str]]:
    return [(finding.file, finding.level) for finding in ticket.findings]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("contacts/anna@example.com.vcf", "anna@example.com"),
        ("contacts/anna@example.com/private.vcf", "anna@example.com"),
        ("contacts/ANNA@Example.com.VCF", "anna@example.com"),
        ("contacts/anna@example.com/Müller, Jörg; {{ 7 }}.vcf", "anna@example.com"),
        ("calendars/anna@example.com/2019.ics", "anna@example.com"),
        ("calendars/old@example.com.ics", "Bo@example.com"),
        ("calendars/bo@example.com.ical", "Bo@example.com"),
        ("contacts/new@example.com.vcard", "new@example.com"),
    ],
)
def test_file_belongs_to_the_mailbox_that_its_name_or_folder_names(path: str, owner: str) -> None:
    ticket = ticket_with(path)
    assert (owners(ticket), told(ticket)) == ({path: owner}, [])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("contacts/all.vcf", "no address"),
        ("contacts/anna.vcf", "no address"),
        ("contacts/team/anna.vcf", "no address"),
        ("contacts/eve@example.com.vcf", "no mailbox of this ticket"),
        ("contacts/eve@example.com/a.vcf", "no mailbox of this ticket"),
        ("calendars/anna@other.example.ics", "no mailbox of this ticket"),
        ("contacts/anna@example.com/deep/a.vcf", "too deep"),
        ("contacts/anna@example.com.ics", "does not belong into contacts/"),
        ("contacts/anna@example.com/export.csv", "no .vcf file"),
        ("calendars/anna@example.com/takeout.zip", "no .ics file"),
        ("anna@example.com.vcf", "lies where it is not read"),
    ],
)
def test_file_that_is_nobody_s_is_a_finding_with_a_remedy(path: str, words: str) -> None:
    ticket = ticket_with(path)
    (finding,) = ticket.findings
    assert (finding.file, finding.level, bool(finding.remedy)) == (path, "error", True)
    assert words in finding.message
    assert not ticket.owned_files


@pytest.mark.parametrize("state", ["outside", "special", "unreadable"])
def test_what_is_no_file_of_the_ticket_is_a_finding_and_not_read(state: State) -> None:
    ticket = ticket_with(Entry("contacts/anna@example.com.vcf", state), "contacts/anna@example.com/a.vcf")
    assert told(ticket) == [("contacts/anna@example.com.vcf", "error")]
    assert owners(ticket) == {"contacts/anna@example.com/a.vcf": "anna@example.com"}


@pytest.mark.parametrize("state", ["outside", "special", "unreadable", "file"])
def test_folder_of_contacts_that_is_none_is_a_finding(state: State) -> None:
    assert told(ticket_with(Entry("contacts", state))) == [("contacts", "error")]


@pytest.mark.parametrize("name", ["Contacts", "contact", "CALENDARS", "calendar"])
def test_folder_of_another_name_is_told_because_it_is_not_read(name: str) -> None:
    assert told(ticket_with(Entry(name, "folder"))) == [(name, "error")]


def test_empty_folder_is_told() -> None:
    assert told(ticket_with(Entry("contacts/anna@example.com", "folder"))) == [("contacts/anna@example.com", "warning")]


@pytest.mark.parametrize("name", [".DS_Store", "._anna@example.com.vcf", "Thumbs.db", "desktop.ini", "__MACOSX/x.vcf"])
def test_what_systems_leave_behind_is_no_finding(name: str) -> None:
    ticket = ticket_with(f"contacts/{name}", "contacts/anna@example.com.vcf")
    assert (told(ticket), len(ticket.owned_files)) == ([], 1)


def test_other_files_of_a_ticket_are_nobody_s_business() -> None:
    assert not told(ticket_with("notes.txt", "preflight.json", Entry("mail", "folder"), Entry("key.json", "outside")))
