# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A customer's attachments get their place by what they hold, whatever they are called."""

from __future__ import annotations

import posixpath
import re

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.intake import (
    Attachment,
    Sorted,
    domains_in,
    plain_name,
    sort_attachments,
)
from hypothesis import given
from hypothesis import strategies as st


def place(path: str, data: bytes | str) -> Sorted:
    (found,) = sort_attachments([Attachment(path, data.encode() if isinstance(data, str) else data)])
    return found


@pytest.mark.parametrize(
    ("path", "data", "target"),
    [
        ("users.csv", "email,password,imap_server\na@example.com,x,imap.old.example\n", "mailboxes.csv"),
        ("data.txt", "EmailAddress;UserName;Password\na@example.com;a;x\n", "mailboxes.csv"),
        ("Book1.csv", "\ufeffEmail Address [Required];First Name [Required];Last Name [Required];Password [Required]\n",
         "users.csv"),
        ("a.csv", "alias,mailbox\ninfo@example.com,anna@example.com\n", "aliases.csv"),
        ("a.csv", "sep=;\r\nemail;forward_to;keep_copy\r\na@example.com;b@example.org;yes\r\n", "forwards.csv"),
        ("a.csv", "List\tAccount\nteam@example.com\tanna@example.com\n", "lists.csv"),
        ("my aliases.csv", "source,target\ninfo@example.com,anna@example.com\n", "aliases.csv"),
        ("Forwards 2.csv", "source,target\ninfo@example.com,anna@example.com\n", "forwards.csv"),
        ("migration.csv", "email,password\na@example.com,x\n", "mailboxes.csv"),
        ("mailboxes.csv", "Name,Email,Password\nA,a@example.com,x\n", "mailboxes.csv"),
        ("new users.csv", "email,password\na@example.com,x\n", "users.csv"),
        ("Umzug.csv", "E-Mail-Adresse;Kennwort\na@example.com;x\n", "mailboxes.csv"),
        ("a.csv", "Benutzername;Passwort;Posteingangsserver\na@example.com;x;imap.old.example\n", "mailboxes.csv"),
        ("a.csv", "E-Mail;Passwort;Vorname;Nachname\na@example.com;x;A;B\n", "users.csv"),
        ("a.csv", "E-Mail-Adresse;Weiterleitung an\na@example.com;b@example.org\n", "forwards.csv"),
        ("a.csv", "Verteiler;Mitglied\nteam@example.com;a@example.com\n", "lists.csv"),
        ("sync.txt", "# ours\nh1.example;u;p;h2.example;a@example.com;q;\n", "mailboxes.csv"),
        ("anna@example.com.vcf", "BEGIN:VCARD\r\nVERSION:3.0\r\n", "contacts/anna@example.com.vcf"),
        ("anna@example.com/export.txt", "\ufeffBEGIN:VCALENDAR\r\n", "calendars/anna@example.com/export.ics"),
        ("deep/Anna@Example.com/x/y.vcf", "begin:vcard\n", "contacts/Anna@example.com/y.vcf"),
    ],
)  # fmt: skip
def test_content_says_what_a_file_is(path: str, data: str, target: str) -> None:
    assert place(path, data).target == target


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("a.csv", "email,password\na@example.com,x\n", "mailboxes.csv or users.csv"),
        ("a.csv", "source,target\na@example.com,b@example.com\n", "aliases.csv or forwards.csv"),
        ("a.csv", "anna@example.com,secret\n", "no header line"),
        ("a.csv", "E-Mail,Losung\nanna@example.com,secret\n", "known of them are E-Mail"),
        ("a.csv", "E-Mail,Mail,Passwort\na@example.com,b@example.com,secret\n", "known of them are E-Mail, Mail"),
        ("mailboxes.csv", b"PK\x03\x04....[Content_Types].xml....xl/workbook.xml", "spreadsheet"),
        ("mailboxes.csv", b"PK\x03\x04....other", "archive (zip)"),
        ("a.ods", b"PK\x03\x04....mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK", "spreadsheet (ods)"),
        ("a.docx", b"PK\x03\x04....[Content_Types].xml....word/document.xml", "document (docx)"),
        ("request.msg", b"\xd0\xcf\x11\xe0\xa1\xb1", "e-mail that Outlook saved"),
        ("request.eml", "Received: from a\r\n\tby b\r\nMIME-Version: 1.0\r\n\r\nemail,password\r\n", "it is an e-mail"),
        ("winmail.dat", b"\x78\x9f\x3e\x22\0\0", "winmail.dat"),
        ("contacts.csv", "First Name,Last Name,E-mail Address,Mobile Phone\nA,B,a@example.com,1\n", "address book"),
        ("Migration.csv", "Name,Email,Password\nA,a@example.com,x\n", "mailboxes.csv or users.csv"),
        ("mailboxes.csv", b"\xd0\xcf\x11\xe0\xa1\xb1", "old Office"),
        ("mailboxes.csv", b"\x89PNG\r\n\x1a\n\0\0\0", "no text"),
        ("letter.txt", "Dear team,\nplease move us.\n", "no table"),
        ("mailboxes.csv", b" \r\n", "empty"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_told_with_what_to_do(path: str, data: bytes | str, said: str) -> None:
    found = place(path, data)
    assert found.target == ""
    assert said in found.reason
    assert found.remedy
    assert "secret" not in found.reason + found.remedy


def test_contacts_without_an_owner_are_taken_and_told() -> None:
    found = place("export.vcf", "BEGIN:VCARD\n")
    assert (found.target, "owner's address" in found.note) == ("contacts/export.vcf", True)


def test_two_different_files_for_one_place_wait_for_a_person_and_two_equal_ones_do_not() -> None:
    one, other = b"alias,mailbox\na@example.com,b@example.com\n", b"alias,mailbox\nc@example.com,b@example.com\n"
    found = sort_attachments([Attachment("x.csv", one), Attachment("y.csv", other)])
    assert [(each.target, "so would" in each.reason) for each in found] == [("", True), ("", True)]
    equal = sort_attachments([Attachment("x.csv", one), Attachment("y.csv", one)])
    assert [each.target for each in equal] == ["aliases.csv"] * 2


@given(st.text(st.characters(codec="utf-8"), max_size=300))
def test_no_name_leaves_the_folder_or_reads_as_more_than_a_name(name: str) -> None:
    found = place(f"{name}", "BEGIN:VCARD\n").target
    assert posixpath.normpath(found) == found
    assert re.fullmatch(r"contacts(/[A-Za-z0-9_@+][A-Za-z0-9@._+-]*){1,2}\.vcf", found)
    assert max(map(len, found.split("/"))) < 200


def test_different_names_stay_different() -> None:
    assert len({plain_name(name) for name in ("a b", "a/b", "a_b", "a\tb", ".a b", "-a b")}) == 6


def test_domains_are_those_of_the_destinations() -> None:
    tables = {
        "mailboxes.csv": b"Source Email,Password,Destination Email\nx@gmail.com,p,anna@example.com\n"
        b"y@gmail.com,p,b@example.org\n",
        "users.csv": b"email;password\nc@example.org;x\n",
    }
    assert domains_in(tables) == ["example.org", "example.com"]
    assert domains_in({}) == []
